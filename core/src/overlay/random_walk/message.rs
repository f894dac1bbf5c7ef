//! What nodes say to each other, and how it travels.

use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, take};

/// What nodes of this overlay say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<Peer> {
    /// "Somebody looks for neighbors: take them or pass this on."
    Join {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
    },
    /// "I have taken you as a neighbor."
    JoinAck,
    /// "I had no room left and let you go."
    Displaced,
}

impl<Peer: Wire> Wire for Message<Peer> {
    #[inline]
    fn size(&self) -> u32 {
        match self {
            Self::Join { joiner, .. } => joiner.size().saturating_add(2),
            Self::JoinAck | Self::Displaced => 1,
        }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Join { joiner, hop_limit } => {
                out.push(0);
                joiner.encode(out);
                out.push(*hop_limit);
            }
            Self::JoinAck => out.push(1),
            Self::Displaced => out.push(2),
        }
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match take(input)? {
            [0] => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Ok(Self::Join { joiner, hop_limit })
            }
            [1] => Ok(Self::JoinAck),
            [2] => Ok(Self::Displaced),
            [kind] => Err(DecodeError::Kind(kind)),
        }
    }
}
