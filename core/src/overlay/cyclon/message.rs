//! What nodes say to each other, and how it travels.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, decode_list, encode_list, list_size, take};

/// As many entries a shuffle or its answer carries at most.
pub const MOST_LISTED: usize = 64;

/// A peer, and how many periods ago it was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<Peer> {
    /// The peer.
    pub peer: Peer,
    /// Periods, by the clocks of the nodes that held it.
    pub age: u16,
}

/// A list of entries, at most [`MOST_LISTED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<Peer>(pub Vec<Entry<Peer>>);

/// What nodes of this overlay say to each other. Lists are boxed: the messages of a flood share their memory with
/// these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<Peer> {
    /// "Let me in."
    Join,
    /// "Somebody looks for peers: pass this on, and take it where the walk ends."
    JoinWalk {
        /// The node that looks for peers.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
    },
    /// "I hold you now. Hold this peer."
    Welcome {
        /// The peer whose place the newcomer got, or the sender.
        peer: Peer,
    },
    /// Entries, in return for others.
    Shuffle(Box<Entries<Peer>>),
    /// Entries in return.
    Answer(Box<Entries<Peer>>),
}

impl<Peer> Message<Peer> {
    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::JoinWalk { .. } => "join_walk",
            Self::Welcome { .. } => "welcome",
            Self::Shuffle(_) => "shuffle",
            Self::Answer(_) => "shuffle_reply",
        }
    }
}

impl<Peer: Wire> Wire for Entry<Peer> {
    fn size(&self) -> u32 {
        self.peer.size().saturating_add(2)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        out.extend_from_slice(&self.age.to_be_bytes());
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let peer = Peer::decode(input)?;
        Ok(Self { peer, age: take(input).map(u16::from_be_bytes)? })
    }
}

impl<Peer: Wire + Copy> Wire for Message<Peer> {
    #[inline]
    fn size(&self) -> u32 {
        let tail = match self {
            Self::Join => 0,
            Self::JoinWalk { joiner, .. } => joiner.size().saturating_add(1),
            Self::Welcome { peer } => peer.size(),
            Self::Shuffle(entries) | Self::Answer(entries) => list_size(&entries.0),
        };
        tail.saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Join => out.push(0),
            Self::JoinWalk { joiner, hop_limit } => {
                out.push(1);
                joiner.encode(out);
                out.push(*hop_limit);
            }
            Self::Welcome { peer } => {
                out.push(2);
                peer.encode(out);
            }
            Self::Shuffle(entries) => {
                out.push(3);
                encode_list(&entries.0, out);
            }
            Self::Answer(entries) => {
                out.push(4);
                encode_list(&entries.0, out);
            }
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match take(input)? {
            [0] => Self::Join,
            [1] => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::JoinWalk { joiner, hop_limit }
            }
            [2] => Self::Welcome { peer: Peer::decode(input)? },
            [3] => Self::Shuffle(Box::new(Entries(decode_list(input, MOST_LISTED)?))),
            [4] => Self::Answer(Box::new(Entries(decode_list(input, MOST_LISTED)?))),
            [kind] => return Err(DecodeError::Kind(kind)),
        })
    }
}
