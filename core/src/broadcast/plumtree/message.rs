//! What nodes say to each other, and how it travels.

use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, take};

/// What nodes of this broadcast say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<P, Id> {
    /// A message of the application, on an eager link.
    Gossip {
        /// What the application published.
        payload: P,
        /// Hops from the origin on arrival: 1 on the first link.
        hops: u16,
    },
    /// The announcement of a message, on a lazy link.
    IHave {
        /// The message.
        id: Id,
        /// Hops from the origin, if it came over this link.
        hops: u16,
    },
    /// "Make our link eager, and send me this message."
    Graft {
        /// The message; none to change only the link.
        id: Option<Id>,
    },
    /// "Make our link lazy."
    Prune,
}

const GOSSIP: u8 = 0;
const I_HAVE: u8 = 1;
const GRAFT: u8 = 2;
const GRAFT_LINK: u8 = 3;
const PRUNE: u8 = 4;

impl<P, Id> Message<P, Id> {
    /// What it is, in a word.
    #[inline]
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Gossip { .. } => "payload",
            Self::IHave { .. } => "ihave",
            Self::Graft { .. } => "graft",
            Self::Prune => "prune",
        }
    }
}

impl<P: Wire, Id: Wire> Wire for Message<P, Id> {
    #[inline]
    fn size(&self) -> u32 {
        let tail = match self {
            Self::Gossip { payload, .. } => payload.size().saturating_add(2),
            Self::IHave { id, .. } => id.size().saturating_add(2),
            Self::Graft { id: Some(id) } => id.size(),
            Self::Graft { id: None } | Self::Prune => 0,
        };
        tail.saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Gossip { payload, hops } => {
                out.push(GOSSIP);
                out.extend_from_slice(&hops.to_be_bytes());
                payload.encode(out);
            }
            Self::IHave { id, hops } => {
                out.push(I_HAVE);
                out.extend_from_slice(&hops.to_be_bytes());
                id.encode(out);
            }
            Self::Graft { id: Some(id) } => {
                out.push(GRAFT);
                id.encode(out);
            }
            Self::Graft { id: None } => out.push(GRAFT_LINK),
            Self::Prune => out.push(PRUNE),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match take(input)? {
            [GOSSIP] => {
                let hops = take(input).map(u16::from_be_bytes)?;
                Self::Gossip { hops, payload: P::decode(input)? }
            }
            [I_HAVE] => {
                let hops = take(input).map(u16::from_be_bytes)?;
                Self::IHave { hops, id: Id::decode(input)? }
            }
            [GRAFT] => Self::Graft { id: Some(Id::decode(input)?) },
            [GRAFT_LINK] => Self::Graft { id: None },
            [PRUNE] => Self::Prune,
            [kind] => return Err(DecodeError::Kind(kind)),
        })
    }
}
