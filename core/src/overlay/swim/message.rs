//! What nodes say to each other, and how it travels.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, decode_list, encode_list, list_size, take};

/// As many updates as one message carries at most.
pub const MOST_LISTED: usize = 64;

/// What is held of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<Peer> {
    /// It is there.
    Alive,
    /// It did not answer to this member, and may still say that it is there.
    Suspect {
        /// The member that it did not answer to.
        by: Peer,
    },
    /// It is gone.
    Failed,
}

/// News of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<Peer> {
    /// The member.
    pub peer: Peer,
    /// Its incarnation: a number that only the member itself raises, so that old news are known from newer ones.
    pub incarnation: u32,
    /// What is held of it.
    pub standing: Standing<Peer>,
}

/// A list of updates, at most [`MOST_LISTED`]; the memory for it is taken only if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates<Peer>(Option<Box<List<Peer>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct List<Peer>(Vec<Update<Peer>>);

impl<Peer> Updates<Peer> {
    /// No news.
    pub const NONE: Self = Self(None);

    /// The updates.
    #[must_use]
    pub fn as_slice(&self) -> &[Update<Peer>] {
        self.0.as_ref().map_or(&[], |list| &list.0)
    }
}

impl<Peer> From<Vec<Update<Peer>>> for Updates<Peer> {
    fn from(updates: Vec<Update<Peer>>) -> Self {
        Self((!updates.is_empty()).then(|| Box::new(List(updates))))
    }
}

/// A ping through another member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<Peer> {
    /// The number of the probe.
    pub probe: u32,
    /// The member to ping.
    pub target: Peer,
    /// News.
    pub updates: Updates<Peer>,
}

/// What nodes of this overlay say to each other. Long parts are boxed: the messages of a broadcast share their memory
/// with these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<Peer> {
    /// "Who is there?"
    Join,
    /// "I hold these for members." Answers a join or a sync.
    Members(Updates<Peer>),
    /// "Are you there?"
    Ping {
        /// The number of the probe.
        probe: u32,
        /// News.
        updates: Updates<Peer>,
    },
    /// "I get no answer from this member: do you?"
    PingReq(Box<Request<Peer>>),
    /// "I am there", or the member that was asked for is.
    Ack {
        /// The number of the probe.
        probe: u32,
        /// News.
        updates: Updates<Peer>,
    },
    /// "I get no answer either."
    Nack {
        /// The number of the probe.
        probe: u32,
    },
    /// News, between probes.
    Gossip(Updates<Peer>),
    /// "I hold these for members, and you?"
    Sync(Updates<Peer>),
}

impl<Peer> Message<Peer> {
    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Members(_) => "members",
            Self::Ping { .. } => "ping",
            Self::PingReq(_) => "ping_req",
            Self::Ack { .. } => "ack",
            Self::Nack { .. } => "nack",
            Self::Gossip(_) => "gossip",
            Self::Sync(_) => "sync",
        }
    }
}

impl<Peer: Wire> Wire for Update<Peer> {
    fn size(&self) -> u32 {
        let by = if let Standing::Suspect { by } = &self.standing { by.size() } else { 0 };
        self.peer.size().saturating_add(by).saturating_add(5)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self.standing {
            Standing::Alive => 0,
            Standing::Suspect { .. } => 1,
            Standing::Failed => 2,
        });
        self.peer.encode(out);
        self.incarnation.encode(out);
        if let Standing::Suspect { by } = &self.standing {
            by.encode(out);
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [standing] = take(input)?;
        let (peer, incarnation) = (Peer::decode(input)?, u32::decode(input)?);
        let standing = match standing {
            0 => Standing::Alive,
            1 => Standing::Suspect { by: Peer::decode(input)? },
            2 => Standing::Failed,
            _ => return Err(DecodeError::Content),
        };
        Ok(Self { peer, incarnation, standing })
    }
}

impl<Peer: Wire> Wire for Updates<Peer> {
    fn size(&self) -> u32 {
        list_size(self.as_slice())
    }
    fn encode(&self, out: &mut Vec<u8>) {
        encode_list(self.as_slice(), out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        decode_list(input, MOST_LISTED).map(Self::from)
    }
}

impl<Peer: Wire> Wire for Message<Peer> {
    fn size(&self) -> u32 {
        let tail = match self {
            Self::Join => 0,
            Self::Members(updates) | Self::Gossip(updates) | Self::Sync(updates) => updates.size(),
            Self::Ping { updates, .. } | Self::Ack { updates, .. } => updates.size().saturating_add(4),
            Self::PingReq(request) => {
                request.target.size().saturating_add(request.updates.size()).saturating_add(4)
            }
            Self::Nack { .. } => 4,
        };
        tail.saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, probe) = match self {
            Self::Join => (0, None),
            Self::Members(_) => (1, None),
            Self::Ping { probe, .. } => (2, Some(probe)),
            Self::PingReq(request) => (3, Some(&request.probe)),
            Self::Ack { probe, .. } => (4, Some(probe)),
            Self::Nack { probe } => (5, Some(probe)),
            Self::Gossip(_) => (6, None),
            Self::Sync(_) => (7, None),
        };
        out.push(kind);
        if let Some(probe) = probe {
            probe.encode(out);
        }
        match self {
            Self::Join | Self::Nack { .. } => {}
            Self::PingReq(request) => {
                request.target.encode(out);
                request.updates.encode(out);
            }
            Self::Members(updates)
            | Self::Ping { updates, .. }
            | Self::Ack { updates, .. }
            | Self::Gossip(updates)
            | Self::Sync(updates) => updates.encode(out),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match take(input)? {
            [0] => Self::Join,
            [1] => Self::Members(Updates::decode(input)?),
            [2] => Self::Ping { probe: u32::decode(input)?, updates: Updates::decode(input)? },
            [3] => {
                let (probe, target) = (u32::decode(input)?, Peer::decode(input)?);
                Self::PingReq(Box::new(Request { probe, target, updates: Updates::decode(input)? }))
            }
            [4] => Self::Ack { probe: u32::decode(input)?, updates: Updates::decode(input)? },
            [5] => Self::Nack { probe: u32::decode(input)? },
            [6] => Self::Gossip(Updates::decode(input)?),
            [7] => Self::Sync(Updates::decode(input)?),
            [kind] => return Err(DecodeError::Kind(kind)),
        })
    }
}
