//! What an adversary can say in the words of this overlay.

use alloc::boxed::Box;
use alloc::vec;

use super::message::{Message, Peers};
use crate::hostile::{Classes, MessageClass, Pretense};

/// What its messages are for; each of these can be invented.
pub(super) const CLASSES: Classes =
    Classes::of(&[MessageClass::Join, MessageClass::Accept, MessageClass::Membership, MessageClass::Prune]);

/// What names another node, and so can be altered.
pub(super) const LIES: Classes = Classes::of(&[MessageClass::Join, MessageClass::Membership]);

impl<Peer: Copy + Ord> Message<Peer> {
    /// What it is for.
    pub(super) const fn class(&self) -> MessageClass {
        match self {
            Self::Join | Self::ForwardJoin { .. } | Self::Neighbor { .. } => MessageClass::Join,
            Self::Accepted => MessageClass::Accept,
            Self::Shuffle(_) | Self::ShuffleReply(_) => MessageClass::Membership,
            Self::Refused | Self::Disconnect => MessageClass::Prune,
        }
    }

    /// A message of this class that nobody asked for. A node asks for itself urgently, so that another has to go; for
    /// others it claims that their walk has ended.
    pub(super) fn forged(class: MessageClass, pretense: &Pretense<Peer>) -> Option<Self> {
        match class {
            MessageClass::Join if pretense.named == pretense.sender => Some(Self::Neighbor { urgent: true }),
            MessageClass::Join => Some(Self::ForwardJoin { joiner: pretense.named, hop_limit: 0 }),
            MessageClass::Accept => Some(Self::Accepted),
            MessageClass::Membership => Some(Self::ShuffleReply(Box::new(Peers(vec![pretense.named])))),
            MessageClass::Prune => Some(Self::Disconnect),
            MessageClass::Payload | MessageClass::Advert | MessageClass::Request | MessageClass::Ping => None,
        }
    }

    /// Names `named` in place of whom it names. Says whether it names somebody.
    pub(super) fn name(&mut self, named: Peer) -> bool {
        let peers = match self {
            Self::ForwardJoin { joiner, .. } => {
                *joiner = named;
                return true;
            }
            Self::Shuffle(shuffle) => &mut shuffle.peers,
            Self::ShuffleReply(reply) => &mut reply.0,
            Self::Join | Self::Neighbor { .. } | Self::Accepted | Self::Refused | Self::Disconnect => {
                return false;
            }
        };
        let is_list = !peers.is_empty();
        if is_list {
            *peers = vec![named];
        }
        is_list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forged_is_of_the_class_that_was_asked_for() {
        let pretense = Pretense { sender: 1, receiver: 2, named: 3 };
        for class in MessageClass::ALL {
            let forged = Message::forged(class, &pretense);
            assert_eq!(forged.as_ref().map(Message::class), CLASSES.contains(class).then_some(class));
            let named = forged.is_some_and(|mut message| message.name(4));
            assert_eq!(named, LIES.contains(class), "{class:?}");
        }
        let own = Message::forged(MessageClass::Join, &Pretense { named: 1, ..pretense });
        assert_eq!(own, Some(Message::Neighbor { urgent: true }));
    }
}
