//! What nodes say to each other, and how it travels.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, decode_list, encode_list, list_size, take};

/// As many peers a shuffle or its answer carries at most.
pub const MOST_LISTED: usize = 64;

/// What nodes of this overlay say to each other.
///
/// Lists are boxed: the message of a flood shares its memory with these, and is no larger than 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<Peer> {
    /// "Let me in."
    Join,
    /// "Somebody looks for neighbors: pass this on, and take it where the walk ends."
    ForwardJoin {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
    },
    /// "Be my neighbor." Where the sender already holds the receiver, at the end of a join's walk, it is urgent.
    Neighbor {
        /// The paper's high priority: the receiver takes the sender even if another has to go.
        urgent: bool,
    },
    /// "I have taken you as a neighbor."
    Accepted,
    /// "I have no room for you."
    Refused,
    /// "I had no room left and let you go."
    Disconnect,
    /// A list of peers on its walk.
    Shuffle(Box<Shuffle<Peer>>),
    /// A list in return.
    ShuffleReply(Box<Peers<Peer>>),
}

/// A list of peers on its walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shuffle<Peer> {
    /// Who sent it out, and gets the answer.
    pub origin: Peer,
    /// How many times it may still be passed on.
    pub hop_limit: u8,
    /// Peers that the origin knows, at most [`MOST_LISTED`].
    pub peers: Vec<Peer>,
}

/// A list of peers, at most [`MOST_LISTED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peers<Peer>(pub Vec<Peer>);

const JOIN: u8 = 0;
const FORWARD_JOIN: u8 = 1;
const NEIGHBOR: u8 = 2;
const NEIGHBOR_URGENT: u8 = 3;
const ACCEPTED: u8 = 4;
const REFUSED: u8 = 5;
const DISCONNECT: u8 = 6;
const SHUFFLE: u8 = 7;
const SHUFFLE_REPLY: u8 = 8;

impl<Peer> Message<Peer> {
    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::ForwardJoin { .. } => "forward_join",
            Self::Neighbor { .. } => "neighbor",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Disconnect => "disconnect",
            Self::Shuffle(_) => "shuffle",
            Self::ShuffleReply(_) => "shuffle_reply",
        }
    }

    const fn number(&self) -> u8 {
        match self {
            Self::Join => JOIN,
            Self::ForwardJoin { .. } => FORWARD_JOIN,
            Self::Neighbor { urgent: false } => NEIGHBOR,
            Self::Neighbor { urgent: true } => NEIGHBOR_URGENT,
            Self::Accepted => ACCEPTED,
            Self::Refused => REFUSED,
            Self::Disconnect => DISCONNECT,
            Self::Shuffle(_) => SHUFFLE,
            Self::ShuffleReply(_) => SHUFFLE_REPLY,
        }
    }
}

impl<Peer: Wire + Copy> Wire for Message<Peer> {
    #[inline]
    fn size(&self) -> u32 {
        let tail = match self {
            Self::ForwardJoin { joiner, .. } => joiner.size().saturating_add(1),
            Self::Shuffle(shuffle) => {
                list_size(&shuffle.peers).saturating_add(shuffle.origin.size()).saturating_add(1)
            }
            Self::ShuffleReply(peers) => list_size(&peers.0),
            _ => 0,
        };
        tail.saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.number());
        match self {
            Self::ForwardJoin { joiner, hop_limit } => {
                joiner.encode(out);
                out.push(*hop_limit);
            }
            Self::Shuffle(shuffle) => {
                shuffle.origin.encode(out);
                out.push(shuffle.hop_limit);
                encode_list(&shuffle.peers, out);
            }
            Self::ShuffleReply(peers) => encode_list(&peers.0, out),
            _ => {}
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [number] = take(input)?;
        Ok(match number {
            JOIN => Self::Join,
            FORWARD_JOIN => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::ForwardJoin { joiner, hop_limit }
            }
            NEIGHBOR | NEIGHBOR_URGENT => Self::Neighbor { urgent: number == NEIGHBOR_URGENT },
            ACCEPTED => Self::Accepted,
            REFUSED => Self::Refused,
            DISCONNECT => Self::Disconnect,
            SHUFFLE => {
                let origin = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                let peers = decode_list(input, MOST_LISTED)?;
                Self::Shuffle(Box::new(Shuffle { origin, hop_limit, peers }))
            }
            SHUFFLE_REPLY => Self::ShuffleReply(Box::new(Peers(decode_list(input, MOST_LISTED)?))),
            kind => return Err(DecodeError::Kind(kind)),
        })
    }
}
