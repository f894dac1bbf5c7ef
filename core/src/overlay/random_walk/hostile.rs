//! What an adversary can say in the words of this overlay.

use super::Message;
use crate::hostile::{Classes, MessageClass, Pretense};

/// What its messages are for; each of these can be invented, and altered.
pub(super) const CLASSES: Classes =
    Classes::of(&[MessageClass::Join, MessageClass::Accept, MessageClass::Membership, MessageClass::Prune]);

impl<Peer: Copy + Ord> Message<Peer> {
    /// What it is for.
    pub(super) const fn class(&self) -> MessageClass {
        match self {
            Self::Join { .. } | Self::JoinVia { .. } => MessageClass::Join,
            Self::JoinAck { .. } | Self::Invite { .. } | Self::Accepted => MessageClass::Accept,
            Self::Offer { .. } | Self::Referral { .. } => MessageClass::Membership,
            Self::Displaced { .. } | Self::Refused { .. } => MessageClass::Prune,
        }
    }

    /// A message of this class that nobody asked for. A request claims to have walked to its end.
    pub(super) fn forged(class: MessageClass, pretense: &Pretense<Peer>) -> Option<Self> {
        let other = (pretense.named != pretense.sender).then_some(pretense.named);
        match class {
            MessageClass::Join => Some(Self::Join { joiner: pretense.named, hop_limit: 0, ticket: 0 }),
            MessageClass::Accept => Some(Self::JoinAck { in_place_of: other, ticket: 0, dialed: false }),
            MessageClass::Membership => Some(Self::Referral { peer: pretense.named, ticket: 0 }),
            MessageClass::Prune => Some(Self::Displaced { for_joiner: other }),
            MessageClass::Payload | MessageClass::Advert | MessageClass::Request | MessageClass::Ping => None,
        }
    }

    /// Names `named` in place of the peer that it names. Says whether it names one.
    pub(super) const fn name(&mut self, named: Peer) -> bool {
        match self {
            Self::Join { joiner, .. } | Self::JoinVia { joiner, .. } | Self::Offer { joiner, .. } => {
                *joiner = named;
            }
            Self::Referral { peer, .. } => *peer = named,
            Self::JoinAck { in_place_of: Some(other), .. }
            | Self::Displaced { for_joiner: Some(other) }
            | Self::Refused { take_back: Some(other) } => *other = named,
            Self::Invite { .. }
            | Self::Accepted
            | Self::JoinAck { in_place_of: None, .. }
            | Self::Displaced { for_joiner: None }
            | Self::Refused { take_back: None } => return false,
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
            assert_eq!(forged.is_some(), CLASSES.contains(class), "{class:?}");
            let Some(mut message) = forged else { continue };
            assert_eq!(message.class(), class);
            assert!(message.name(4), "{message:?}");
            assert_eq!(Some(message), Message::forged(class, &Pretense { named: 4, ..pretense }));
        }
        let mut nobody: Message<u32> = Message::Displaced { for_joiner: None };
        assert!(!nobody.name(4));
        assert_eq!(nobody, Message::Displaced { for_joiner: None });
    }
}
