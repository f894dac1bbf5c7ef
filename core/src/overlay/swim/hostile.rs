//! What an adversary can say in the words of this overlay.

use alloc::vec;
use alloc::vec::Vec;

use super::message::{Message, Standing, Update, Updates};
use crate::hostile::{Classes, MessageClass, Pretense};

/// What its messages are for; each of these can be altered.
pub(super) const CLASSES: Classes =
    Classes::of(&[MessageClass::Join, MessageClass::Accept, MessageClass::Membership, MessageClass::Ping]);
/// What can be invented: a ping or a join request names nobody but its sender.
pub(super) const FORGED: Classes = Classes::of(&[MessageClass::Accept, MessageClass::Membership]);

impl<Peer: Copy + Ord> Message<Peer> {
    /// What it is for.
    pub(super) const fn class(&self) -> MessageClass {
        match self {
            Self::Join => MessageClass::Join,
            Self::Members(_) => MessageClass::Accept,
            Self::Gossip(_) | Self::Sync(_) => MessageClass::Membership,
            Self::Ping { .. } | Self::PingReq(_) | Self::Ack { .. } | Self::Nack { .. } => MessageClass::Ping,
        }
    }

    /// A message of this class that nobody asked for: a list with one that is there, or the news that it is gone.
    pub(super) fn forged(class: MessageClass, pretense: &Pretense<Peer>) -> Option<Self> {
        let of = |standing| Updates::from(vec![Update { peer: pretense.named, incarnation: 0, standing }]);
        match class {
            MessageClass::Accept => Some(Self::Members(of(Standing::Alive))),
            MessageClass::Membership => Some(Self::Gossip(of(Standing::Failed))),
            _ => None,
        }
    }

    /// Names `named` in place of whom it names. Says whether it names somebody.
    pub(super) fn name(&mut self, named: Peer) -> bool {
        let updates = match self {
            Self::Join | Self::Nack { .. } => return false,
            Self::PingReq(request) => {
                request.target = named;
                return true;
            }
            Self::Members(updates)
            | Self::Gossip(updates)
            | Self::Sync(updates)
            | Self::Ping { updates, .. }
            | Self::Ack { updates, .. } => updates,
        };
        let renamed: Vec<Update<Peer>> =
            updates.as_slice().iter().take(1).map(|update| Update { peer: named, ..*update }).collect();
        let names = !renamed.is_empty();
        *updates = renamed.into();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forged_is_of_the_class_that_was_asked_for_and_can_be_made_to_name_another() {
        let pretense = Pretense { sender: 1, receiver: 2, named: 3 };
        for class in MessageClass::ALL {
            let forged = Message::forged(class, &pretense);
            assert_eq!(forged.as_ref().map(Message::class), FORGED.contains(class).then_some(class));
            let Some(mut message) = forged else { continue };
            assert!(message.name(4), "{message:?}");
            assert_eq!(Some(message), Message::forged(class, &Pretense { named: 4, ..pretense }));
        }
        assert!(!Message::Join.name(4) && !Message::Nack { probe: 1 }.name(4));
        assert!(!Message::Ping { probe: 1, updates: Updates::NONE }.name(4));
    }
}
