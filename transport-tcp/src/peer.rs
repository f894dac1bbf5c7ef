//! The name of a node: who it is, and the address on which it listens.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use floodnet_core::node::Layer;
use floodnet_core::overlay::{fixed, random_walk};
use floodnet_core::wire::{DecodeError, Wire, take};

use crate::addresses;
use crate::identity::{Identity, KEY_BYTES};

/// Names a node by its identity, and says where it listens.
///
/// Two names of the same identity are the same peer, wherever it listens. A peer whose identity is not known
/// yet ([`Peer::at`]: an entry node that a person typed in) is its address; the node that answers there takes what
/// is sent to it. Such a name never travels.
///
/// Two spellings of one address are the same: an IPv4 address mapped into IPv6 is stored as IPv4, and flow
/// labels and scopes are left out.
#[derive(Clone, Copy)]
pub struct Peer {
    identity: Option<Identity>,
    address: SocketAddr,
}

impl Peer {
    /// The node of this identity, which listens there.
    #[must_use]
    pub const fn new(identity: Identity, address: SocketAddr) -> Self {
        Self { identity: Some(identity), address: canonical(address) }
    }

    /// The node that listens on this address, whatever its identity.
    #[must_use]
    pub const fn at(address: SocketAddr) -> Self {
        Self { identity: None, address: canonical(address) }
    }

    /// The identity, if it is known.
    #[must_use]
    pub const fn identity(self) -> Option<Identity> {
        self.identity
    }

    /// The address on which it listens.
    #[must_use]
    pub const fn address(self) -> SocketAddr {
        self.address
    }

    /// Which source it is of, since one person easily gets many addresses: a /16 of IPv4 is one, and a /32 of IPv6. In
    /// private networks each machine is one, and on loopback each listener.
    #[must_use]
    pub const fn source_group(self) -> u64 {
        addresses::source_group(self.address)
    }
}

/// The one spelling of an address.
const fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Ord for Peer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.identity, other.identity) {
            (Some(mine), Some(theirs)) => mine.cmp(&theirs),
            (None, None) => self.address.cmp(&other.address),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Peer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Peer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Peer {}

impl Hash for Peer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.identity {
            Some(identity) => identity.hash(state),
            None => self.address.hash(state),
        }
    }
}

/// The address, and the first digits of the identity.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = match self.identity {
            Some(identity) => *identity.as_bytes(),
            None => return self.address.fmt(f),
        };
        write!(f, "{}#{a:02x}{b:02x}{c:02x}{d:02x}", self.address)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The identity; 4 or 6, the bytes of the address, the port. An identity of zeros is one that is not known,
/// and does not decode.
impl Wire for Peer {
    fn size(&self) -> u32 {
        match self.address {
            SocketAddr::V4(_) => 32 + 1 + 4 + 2,
            SocketAddr::V6(_) => 32 + 1 + 16 + 2,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.identity.as_ref().map_or(&[0; KEY_BYTES], Identity::as_bytes).as_slice());
        match self.address.ip() {
            IpAddr::V4(ip) => {
                out.push(4);
                out.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                out.push(6);
                out.extend_from_slice(&ip.octets());
            }
        }
        out.extend_from_slice(&self.address.port().to_be_bytes());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let identity: [u8; KEY_BYTES] = take(input)?;
        let ip = match take(input)? {
            [4] => IpAddr::V4(Ipv4Addr::from(take::<4>(input)?)),
            [6] => IpAddr::V6(Ipv6Addr::from(take::<16>(input)?)),
            [kind] => return Err(DecodeError::Kind(kind)),
        };
        let port = take(input).map(u16::from_be_bytes)?;
        if ip != ip.to_canonical() || identity == [0; KEY_BYTES] {
            return Err(DecodeError::Content);
        }
        Ok(Self::new(Identity::from_bytes(identity), SocketAddr::new(ip, port)))
    }
}

/// Messages that may name peers to which the node has no link.
pub trait NamesSender {
    /// Puts `sender` in place of the same peer. A node does not know under which address others see it, and a liar
    /// would name a victim's. So the first receiver puts in the address that the connection shows. The default is for
    /// messages that name nobody.
    fn name_sender(&mut self, sender: Peer) {
        let _ = sender;
    }

    /// The message came over a connection that this node dialed, whatever it says. The default is for messages that
    /// say nothing of it.
    fn came_over_own_dial(&mut self) {}

    /// What the node, which is called `me`, will do to another peer because of this message. The default is nothing.
    fn asks_for(&self, me: Peer) -> Option<Asked> {
        let _ = me;
        None
    }

    /// Leaves out the peer that the node must not deal with. Says whether something is left of the message.
    fn leave_out(&mut self) -> bool {
        false
    }
}

/// What a node may do to another peer because of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It may dial the peer.
    Dial {
        /// The peer to be dialed.
        peer: Peer,
        /// Whether the node will, whatever it costs; else it may pass the message on instead.
        for_sure: bool,
    },
    /// It passes something on to the peer, which must have a link: nobody is dialed for it.
    PassOn(Peer),
}

impl random_walk::Sourced for Peer {
    const HAS_GROUPS: bool = true;

    fn source_group(self, _: &[u32]) -> u64 {
        Self::source_group(self)
    }
}

impl NamesSender for random_walk::Message<Peer> {
    fn name_sender(&mut self, sender: Peer) {
        match self {
            Self::Join { joiner: named, .. } | Self::Referral { peer: named, .. } if *named == sender => {
                *named = sender;
            }
            Self::JoinVia { joiner, via, .. } => {
                for named in [joiner, via] {
                    if *named == sender {
                        *named = sender;
                    }
                }
            }
            _ => {}
        }
    }

    fn came_over_own_dial(&mut self) {
        if let Self::JoinAck { dialed, .. } | Self::Invite { dialed, .. } = self {
            *dialed = false;
        }
    }

    fn asks_for(&self, me: Peer) -> Option<Asked> {
        let dial = |peer| Some(Asked::Dial { peer, for_sure: true });
        match *self {
            Self::Join { joiner, hop_limit, .. } => {
                Some(Asked::Dial { peer: joiner, for_sure: hop_limit == 0 })
            }
            Self::JoinVia { joiner, hop_limit, via, .. } => {
                let peer = if via == me { joiner } else { via };
                Some(Asked::Dial { peer, for_sure: hop_limit == 0 })
            }
            Self::Offer { joiner, .. } => Some(Asked::PassOn(joiner)),
            Self::Referral { peer, .. } => dial(peer),
            Self::Invite { .. } | Self::Accepted => None,
            Self::JoinAck { in_place_of: other, .. }
            | Self::Displaced { for_joiner: other }
            | Self::Refused { take_back: other } => other.and_then(dial),
        }
    }

    fn leave_out(&mut self) -> bool {
        match self {
            Self::JoinAck { in_place_of: other, .. }
            | Self::Displaced { for_joiner: other }
            | Self::Refused { take_back: other } => *other = None,
            _ => return false,
        }
        true
    }
}

impl NamesSender for fixed::Message {}

impl<O: NamesSender, B> NamesSender for Layer<O, B> {
    fn name_sender(&mut self, sender: Peer) {
        if let Self::Overlay(message) = self {
            message.name_sender(sender);
        }
    }

    fn came_over_own_dial(&mut self) {
        if let Self::Overlay(message) = self {
            message.came_over_own_dial();
        }
    }

    fn asks_for(&self, me: Peer) -> Option<Asked> {
        match self {
            Self::Overlay(message) => message.asks_for(me),
            Self::Broadcast(_) => None,
        }
    }

    fn leave_out(&mut self) -> bool {
        match self {
            Self::Overlay(message) => message.leave_out(),
            Self::Broadcast(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::wire;
    use proptest::prelude::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    proptest! {
        #[test]
        fn peers_come_back_as_they_went(key in 1u8.., address: SocketAddr) {
            let peer = Peer::new(Identity::from_bytes([key; 32]), address);
            let bytes = wire::encode(&peer);
            prop_assert_eq!(bytes.len(), wire::packet_size(&peer) as usize);
            let back: Peer = wire::decode(&bytes).expect("just encoded");
            prop_assert_eq!((back.identity(), back.address()), (peer.identity(), peer.address()));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_bytes(kind in prop_oneof![Just(4u8), Just(6)], rest: [u8; 18], len in 0usize..=18) {
            let bytes = [&[wire::VERSION], &[9; 32][..], &[kind], &rest[..len]].concat();
            if let Ok(peer) = wire::decode::<Peer>(&bytes) {
                prop_assert_eq!(wire::encode(&peer), bytes);
            }
        }
    }

    #[test]
    fn golden_bytes() {
        let peer = Peer::new(Identity::from_bytes([0xab; 32]), address("127.0.0.1:258"));
        assert_eq!(
            wire::encode(&peer),
            [&[wire::VERSION], &[0xab; 32][..], &[4, 127, 0, 0, 1, 1, 2]].concat()
        );
        assert_eq!(peer.to_string(), "127.0.0.1:258#abababab");
    }

    #[test]
    fn a_mapped_address_is_the_same_peer_and_has_one_encoding() {
        let plain = Peer::at(address("127.0.0.1:1"));
        assert_eq!(Peer::at(address("[::ffff:127.0.0.1]:1")), plain);
        let mut mapped = [&[wire::VERSION], &[9; 32][..], &[6]].concat();
        mapped.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1, 0, 1]);
        assert_eq!(wire::decode::<Peer>(&mapped), Err(DecodeError::Content));
    }

    #[test]
    fn an_identity_is_the_same_peer_wherever_it_listens() {
        let (ada, bob) = (Identity::from_bytes([1; 32]), Identity::from_bytes([2; 32]));
        let (here, there) = (address("127.0.0.1:1"), address("127.0.0.1:2"));
        assert_eq!(Peer::new(ada, here), Peer::new(ada, there));
        assert_ne!(Peer::new(ada, here), Peer::new(bob, here));
        assert_ne!(Peer::at(here), Peer::new(ada, here), "not known to be the same");
        assert_ne!(Peer::at(here), Peer::at(there));
        assert_eq!(wire::decode::<Peer>(&wire::encode(&Peer::at(here))), Err(DecodeError::Content));
    }
}
