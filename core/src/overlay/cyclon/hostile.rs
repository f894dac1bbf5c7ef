//! What an adversary can say in the words of this overlay.

use alloc::boxed::Box;
use alloc::vec;

use super::message::{Entries, Entry, Message};
use crate::hostile::{Classes, MessageClass, Pretense};

/// What its messages are for; each of these can be invented, and altered.
pub(super) const CLASSES: Classes =
    Classes::of(&[MessageClass::Join, MessageClass::Accept, MessageClass::Membership]);

impl<Peer: Copy + Ord> Message<Peer> {
    /// What it is for.
    pub(super) const fn class(&self) -> MessageClass {
        match self {
            Self::Join | Self::JoinWalk { .. } => MessageClass::Join,
            Self::Welcome { .. } => MessageClass::Accept,
            Self::Shuffle(_) | Self::Answer(_) => MessageClass::Membership,
        }
    }

    /// A message of this class that nobody asked for. A request claims to have walked to its end, an entry to be new.
    pub(super) fn forged(class: MessageClass, pretense: &Pretense<Peer>) -> Option<Self> {
        let peer = pretense.named;
        match class {
            MessageClass::Join => Some(Self::JoinWalk { joiner: peer, hop_limit: 0 }),
            MessageClass::Accept => Some(Self::Welcome { peer }),
            MessageClass::Membership => Some(Self::Shuffle(Box::new(Entries(vec![Entry { peer, age: 0 }])))),
            MessageClass::Payload
            | MessageClass::Advert
            | MessageClass::Request
            | MessageClass::Prune
            | MessageClass::Ping => None,
        }
    }

    /// Names `named`, as new, in place of whom it names. Says whether it names somebody.
    pub(super) fn name(&mut self, named: Peer) -> bool {
        match self {
            Self::Join => return false,
            Self::JoinWalk { joiner, .. } => *joiner = named,
            Self::Welcome { peer } => *peer = named,
            Self::Shuffle(entries) | Self::Answer(entries) => {
                if entries.0.is_empty() {
                    return false;
                }
                entries.0 = vec![Entry { peer: named, age: 0 }];
            }
        }
        true
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
            assert_eq!(forged.as_ref().map(Message::class), CLASSES.contains(class).then_some(class));
            let Some(mut message) = forged else { continue };
            assert!(message.name(4), "{message:?}");
            assert_eq!(Some(message), Message::forged(class, &Pretense { named: 4, ..pretense }));
        }
        assert!(!Message::Join.name(4));
    }
}
