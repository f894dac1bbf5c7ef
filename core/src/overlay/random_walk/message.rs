//! What nodes say to each other, and how it travels.

use alloc::vec::Vec;

use crate::wire::{DecodeError, Wire, take};

/// What a joiner puts into its requests and gets back with the answers, so that it knows them from what somebody says
/// unasked: only those whom the request passed have seen it. Zero stands for none.
pub type Ticket = u16;

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
        /// The joiner's.
        ticket: Ticket,
    },
    /// As `Join`, of a joiner that perhaps nobody can dial: who would take it sends an [`Offer`](Self::Offer).
    JoinVia {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// How many times it may still be passed on.
        hop_limit: u8,
        /// The joiner's.
        ticket: Ticket,
        /// The node that the joiner asked, which has a connection to it. The joiner puts in itself.
        via: Peer,
    },
    /// "I would take this joiner." To the node that the joiner asked.
    Offer {
        /// The node that looks for neighbors.
        joiner: Peer,
        /// The joiner's.
        ticket: Ticket,
    },
    /// "This node would take you: ask it." The offer, on its way to the joiner; or from that node itself, which has no
    /// room and lets nobody go for a joiner that it knows from others only.
    Referral {
        /// The node that made the offer.
        peer: Peer,
        /// The joiner's.
        ticket: Ticket,
    },
    /// "I have room for you: take me, and say so." To a joiner that the sender knows from others only.
    Invite {
        /// The joiner's.
        ticket: Ticket,
        /// Whether the sender had to dial.
        dialed: bool,
    },
    /// "I have taken you." The answer to an invitation.
    Accepted,
    /// "I have taken you as a neighbor."
    JoinAck {
        /// The neighbor that the sender lost by that.
        in_place_of: Option<Peer>,
        /// The joiner's.
        ticket: Ticket,
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
const ACK: u8 = 1;
const DISPLACED: u8 = 2;
const JOIN_VIA: u8 = 3;
const OFFER: u8 = 4;
const REFERRAL: u8 = 5;
const REFUSED: u8 = 6;
const INVITE: u8 = 7;
const ACCEPTED: u8 = 8;

/// A ticket follows the kind.
const WITH_TICKET: u8 = 0x10;
/// A peer follows that may be missing.
const WITH_PEER: u8 = 0x20;
/// The sender had a connection to the joiner.
const HERE: u8 = 0x40;

impl<Peer: Copy> Message<Peer> {
    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Join { .. } => "join",
            Self::JoinVia { .. } => "join_via",
            Self::Offer { .. } => "offer",
            Self::Referral { .. } => "referral",
            Self::Invite { .. } => "invite",
            Self::Accepted => "accepted",
            Self::JoinAck { .. } => "join_ack",
            Self::Displaced { .. } => "displaced",
            Self::Refused { .. } => "refused",
        }
    }

    /// What the message has of each: its kind, a ticket, a peer, and a flag.
    fn parts(&self) -> (u8, Ticket, Option<Peer>) {
        let here = |dialed| if dialed { 0 } else { HERE };
        match *self {
            Self::Join { joiner, ticket, .. } => (JOIN, ticket, Some(joiner)),
            Self::JoinVia { joiner, ticket, .. } => (JOIN_VIA, ticket, Some(joiner)),
            Self::Offer { joiner, ticket } => (OFFER, ticket, Some(joiner)),
            Self::Referral { peer, ticket } => (REFERRAL, ticket, Some(peer)),
            Self::Invite { ticket, dialed } => (INVITE | here(dialed), ticket, None),
            Self::JoinAck { in_place_of, ticket, dialed } => (ACK | here(dialed), ticket, in_place_of),
            Self::Accepted => (ACCEPTED, 0, None),
            Self::Displaced { for_joiner } => (DISPLACED, 0, for_joiner),
            Self::Refused { take_back } => (REFUSED, 0, take_back),
        }
    }

    /// Whether a message of this kind always names a peer.
    const fn names(kind: u8) -> bool {
        matches!(kind, JOIN | JOIN_VIA | OFFER | REFERRAL)
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
        let (_, ticket, peer) = self.parts();
        let ticket = if ticket == 0 { 1 } else { 3 };
        peer.map_or(0, |peer| peer.size()).saturating_add(tail).saturating_add(ticket)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, ticket, peer) = self.parts();
        let with_ticket = if ticket == 0 { 0 } else { WITH_TICKET };
        let with_peer = if peer.is_some() && !Self::names(kind) { WITH_PEER } else { 0 };
        out.push(kind | with_ticket | with_peer);
        if ticket != 0 {
            out.extend_from_slice(&ticket.to_be_bytes());
        }
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
        let [first] = take(input)?;
        let kind = first & !(WITH_TICKET | WITH_PEER | HERE);
        let takes = |kinds: &[u8], flag: u8| first & flag == 0 || kinds.contains(&kind);
        let is_known = takes(&[JOIN, JOIN_VIA, OFFER, REFERRAL, ACK, INVITE], WITH_TICKET)
            && takes(&[ACK, DISPLACED, REFUSED], WITH_PEER)
            && takes(&[ACK, INVITE], HERE);
        if !is_known {
            return Err(DecodeError::Kind(first));
        }
        let ticket = if first & WITH_TICKET == 0 { 0 } else { Ticket::from_be_bytes(take(input)?) };
        if ticket == 0 && first & WITH_TICKET != 0 {
            // There is one encoding of each message.
            return Err(DecodeError::Content);
        }
        let dialed = first & HERE == 0;
        let mut perhaps = || if first & WITH_PEER == 0 { Ok(None) } else { Peer::decode(input).map(Some) };
        Ok(match kind {
            JOIN => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::Join { joiner, hop_limit, ticket }
            }
            JOIN_VIA => {
                let joiner = Peer::decode(input)?;
                let [hop_limit] = take(input)?;
                Self::JoinVia { joiner, hop_limit, ticket, via: Peer::decode(input)? }
            }
            OFFER => Self::Offer { joiner: Peer::decode(input)?, ticket },
            REFERRAL => Self::Referral { peer: Peer::decode(input)?, ticket },
            ACK => Self::JoinAck { in_place_of: perhaps()?, ticket, dialed },
            INVITE => Self::Invite { ticket, dialed },
            ACCEPTED => Self::Accepted,
            DISPLACED => Self::Displaced { for_joiner: perhaps()? },
            REFUSED => Self::Refused { take_back: perhaps()? },
            _ => return Err(DecodeError::Kind(first)),
        })
    }
}
