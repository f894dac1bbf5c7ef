//! The name of a node: the address on which it listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use floodnet_core::wire::{DecodeError, Wire, take};

/// Names a node by its listening address. Two spellings of one address are the same peer: an IPv4 address
/// mapped into IPv6 is stored as IPv4, and flow labels and scopes are left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(SocketAddr);

impl Peer {
    /// The node that listens there.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(self) -> SocketAddr {
        self.0
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 4 or 6, the bytes of the address, the port.
impl Wire for Peer {
    fn size(&self) -> u32 {
        match self.0 {
            SocketAddr::V4(_) => 1 + 4 + 2,
            SocketAddr::V6(_) => 1 + 16 + 2,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self.0.ip() {
            IpAddr::V4(ip) => {
                out.push(4);
                out.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                out.push(6);
                out.extend_from_slice(&ip.octets());
            }
        }
        out.extend_from_slice(&self.0.port().to_be_bytes());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let ip = match take(input)? {
            [4] => IpAddr::V4(Ipv4Addr::from(take::<4>(input)?)),
            [6] => IpAddr::V6(Ipv6Addr::from(take::<16>(input)?)),
            [kind] => return Err(DecodeError::Kind(kind)),
        };
        let port = take(input).map(u16::from_be_bytes)?;
        if ip != ip.to_canonical() {
            return Err(DecodeError::Content);
        }
        Ok(Self(SocketAddr::new(ip, port)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::wire;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn peers_come_back_as_they_went(address: SocketAddr) {
            let peer = Peer::new(address);
            let bytes = wire::encode(&peer);
            prop_assert_eq!(bytes.len(), wire::packet_size(&peer) as usize);
            prop_assert_eq!(wire::decode(&bytes), Ok(peer));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_bytes(kind in prop_oneof![Just(4u8), Just(6)], rest: [u8; 18], len in 0usize..=18) {
            let bytes = [&[wire::VERSION, kind], &rest[..len]].concat();
            if let Ok(peer) = wire::decode::<Peer>(&bytes) {
                prop_assert_eq!(wire::encode(&peer), bytes);
            }
        }
    }

    #[test]
    fn golden_bytes() {
        let peer = Peer::new("127.0.0.1:258".parse().expect("an address"));
        assert_eq!(wire::encode(&peer), [1, 4, 127, 0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_mapped_address_is_the_same_peer_and_has_one_encoding() {
        let plain = Peer::new("127.0.0.1:1".parse().expect("an address"));
        assert_eq!(Peer::new("[::ffff:127.0.0.1]:1".parse().expect("an address")), plain);
        let mut mapped = vec![wire::VERSION, 6];
        mapped.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1, 0, 1]);
        assert_eq!(wire::decode::<Peer>(&mapped), Err(DecodeError::Content));
    }
}
