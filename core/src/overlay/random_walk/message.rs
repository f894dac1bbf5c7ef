//! What nodes say to each other, and how it travels.

use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, take};

/// What nodes of this overlay say to each other.
///
/// None is larger than a flooded message of the simulator, which shares its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<Peer> {
    /// "Somebody looks for neighbors: take them or pass this on."
    Join {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
    },
    /// As `Join`, of a joiner that perhaps nobody can dial: who would take it sends an [`Offer`](Self::Offer).
    JoinVia {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
        /// The node that the joiner asked, which has a connection to it. The joiner puts in itself.
        via: Peer,
    },
    /// "I would take this joiner." To the node that the joiner asked.
    Offer {
        /// The node that looks for neighbors.
        joiner: Peer,
    },
    /// "This node would take you: ask it." The offer, on its way to the joiner.
    Referral {
        /// The node that made the offer.
        peer: Peer,
    },
    /// "I have taken you as a neighbor."
    JoinAck {
        /// The neighbor that the sender lost by that.
        in_place_of: Option<Peer>,
        /// Whether others brought the request, so that the sender had to dial.
        dialed: bool,
    },
    /// "I had no room left and let you go."
    Displaced {
        /// The joiner that got the place. Who takes it as a neighbor stays linked to the sender, through it.
        for_joiner: Option<Peer>,
    },
    /// "I cannot take you."
    Refused {
        /// The neighbor that was let go for this link. Who takes it back has lost nothing.
        take_back: Option<Peer>,
    },
}

const JOIN: u8 = 0;
/// With a dial and without a loss, as nearly all are.
const ACK: u8 = 1;
const DISPLACED: u8 = 2;
const JOIN_VIA: u8 = 3;
const OFFER: u8 = 4;
const REFERRAL: u8 = 5;
const ACK_HERE: u8 = 6;
const ACK_IN_PLACE: u8 = 7;
const ACK_HERE_IN_PLACE: u8 = 8;
const DISPLACED_FOR: u8 = 9;
const REFUSED: u8 = 10;
const REFUSED_TAKE_BACK: u8 = 11;

impl<Peer: Copy> Message<Peer> {
    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Join { .. } => "join",
            Self::JoinVia { .. } => "join_via",
            Self::Offer { .. } => "offer",
            Self::Referral { .. } => "referral",
            Self::JoinAck { .. } => "join_ack",
            Self::Displaced { .. } => "displaced",
            Self::Refused { .. } => "refused",
        }
    }

    /// The first byte, and the peer behind it.
    const fn head(&self) -> (u8, Option<Peer>) {
        match *self {
            Self::Join { joiner, .. } => (JOIN, Some(joiner)),
            Self::JoinVia { joiner, .. } => (JOIN_VIA, Some(joiner)),
            Self::Offer { joiner } => (OFFER, Some(joiner)),
            Self::Referral { peer } => (REFERRAL, Some(peer)),
            Self::JoinAck { in_place_of: None, dialed: true } => (ACK, None),
            Self::JoinAck { in_place_of: None, dialed: false } => (ACK_HERE, None),
            Self::JoinAck { in_place_of, dialed: true } => (ACK_IN_PLACE, in_place_of),
            Self::JoinAck { in_place_of, dialed: false } => (ACK_HERE_IN_PLACE, in_place_of),
            Self::Displaced { for_joiner: None } => (DISPLACED, None),
            Self::Displaced { for_joiner } => (DISPLACED_FOR, for_joiner),
            Self::Refused { take_back: None } => (REFUSED, None),
            Self::Refused { take_back } => (REFUSED_TAKE_BACK, take_back),
        }
    }
}

impl<Peer: Wire + Copy> Wire for Message<Peer> {
    #[inline]
    fn size(&self) -> u32 {
        let tail = match self {
            Self::Join { .. } => 1,
            Self::JoinVia { via, .. } => via.size().saturating_add(1),
            _ => 0,
        };
        self.head().1.map_or(0, |peer| peer.size()).saturating_add(tail).saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, peer) = self.head();
        out.push(kind);
        if let Some(peer) = peer {
            peer.encode(out);
        }
        match self {
            Self::Join { hop_limit, .. } => out.push(*hop_limit),
            Self::JoinVia { hop_limit, via, .. } => {
                out.push(*hop_limit);
                via.encode(out);
            }
            _ => {}
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [kind] = take(input)?;
        let message = match kind {
            ACK | ACK_HERE => Self::JoinAck { in_place_of: None, dialed: kind == ACK },
            DISPLACED => Self::Displaced { for_joiner: None },
            REFUSED => Self::Refused { take_back: None },
            JOIN => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::Join { joiner, hop_limit }
            }
            JOIN_VIA => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::JoinVia { joiner, hop_limit, via: Peer::decode(input)? }
            }
            OFFER => Self::Offer { joiner: Peer::decode(input)? },
            REFERRAL => Self::Referral { peer: Peer::decode(input)? },
            ACK_IN_PLACE | ACK_HERE_IN_PLACE => {
                Self::JoinAck { in_place_of: Some(Peer::decode(input)?), dialed: kind == ACK_IN_PLACE }
            }
            DISPLACED_FOR => Self::Displaced { for_joiner: Some(Peer::decode(input)?) },
            REFUSED_TAKE_BACK => Self::Refused { take_back: Some(Peer::decode(input)?) },
            kind => return Err(DecodeError::Kind(kind)),
        };
        Ok(message)
    }
}
