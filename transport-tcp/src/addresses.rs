//! Kinds of addresses: which may be dialed when only other nodes named them, and which count as one source.

use std::net::{IpAddr, SocketAddr};

/// Which addresses a node dials when it knows them from other nodes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Public ones, at ports from 1024.
    Global,
    /// Those and private and loopback ones.
    Near,
    /// Any that is one machine's.
    Any,
}

/// Whether `ip` belongs to this machine or to a private network.
pub(crate) const fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared(ip.octets()),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Between a provider and its customers: 100.64.0.0/10 (RFC 6598).
const fn is_shared([a, b, ..]: [u8; 4]) -> bool {
    a == 100 && b & 0xc0 == 64
}

/// Whether `ip` can be one machine's: neither unspecified nor multicast, broadcast or reserved.
const fn is_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, ..] = ip.octets();
            a != 0 && a < 224
        }
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    }
}

/// Addresses for documentation and measurements, and for IPv4 inside of IPv6: nobody listens there, or it is
/// a second way to say a private address.
const fn is_special(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_documentation() || (a == 198 && b & 0xfe == 18) || (a == 192 && b == 0)
        }
        IpAddr::V6(ip) => {
            let [a, b, ..] = ip.segments();
            // Documentation; 6to4; translation (RFC 6052, RFC 8215); IPv4 in the last four bytes.
            (a == 0x2001 && b == 0x0db8) || a == 0x2002 || a == 0x0064 || a == 0
        }
    }
}

/// Whether a node may dial an address that it knows from other nodes only. They may name a victim's.
pub(crate) const fn may_dial(address: SocketAddr, reach: Reach) -> bool {
    let ip = address.ip();
    if !is_unicast(ip) || address.port() == 0 {
        return false;
    }
    let is_high = address.port() >= 1024;
    match reach {
        Reach::Any => true,
        Reach::Near => is_high && (is_near(ip) || !is_special(ip)),
        Reach::Global => is_high && !is_near(ip) && !is_special(ip),
    }
}

/// The addresses that count as one source where a node chooses its neighbors: a /16 of IPv4, a /32 of IPv6. In a private
/// network each machine is a source, and on loopback each listener, since there all are of one machine.
pub(crate) const fn source_group(address: SocketAddr) -> u64 {
    let ip = address.ip().to_canonical();
    let (kind, bits) = match ip {
        IpAddr::V4(ip) if ip.is_loopback() => (1, (ip.to_bits() as u64) << 16 | address.port() as u64),
        IpAddr::V6(ip) if ip.is_loopback() => (2, address.port() as u64),
        IpAddr::V4(v4) if is_near(ip) => (3, v4.to_bits() as u64),
        IpAddr::V6(v6) if is_near(ip) => (4, v6.to_bits() as u64 & 0xffff_ffff_ffff),
        IpAddr::V4(ip) => (5, (ip.to_bits() >> 16) as u64),
        IpAddr::V6(ip) => (6, (ip.to_bits() >> 96) as u64),
    };
    kind << 56 | bits
}

/// Addresses that one person gets easily: a /24 of IPv4, a /48 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group([u8; 7]);

impl Group {
    pub(crate) const fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Self([4, a, b, c, 0, 0, 0])
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, ..] = ip.octets();
                Self([6, a, b, c, d, e, f])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(address: &str) -> [bool; 3] {
        let address = address.parse().expect("an address");
        [Reach::Global, Reach::Near, Reach::Any].map(|reach| may_dial(address, reach))
    }

    #[test]
    fn who_may_be_dialed_on_hearsay() {
        for public in ["8.8.8.8:5000", "[2a00::1]:5000", "100.128.0.1:1024"] {
            assert_eq!(allowed(public), [true, true, true], "{public}");
        }
        for near in [
            "127.0.0.1:5000",
            "10.1.2.3:5000",
            "172.16.0.1:5000",
            "192.168.0.1:5000",
            "169.254.1.1:5000",
            "100.64.0.1:5000",
            "[::1]:5000",
            "[fd00::1]:5000",
            "[fe80::1]:5000",
        ] {
            assert_eq!(allowed(near), [false, true, true], "{near}");
        }
        for odd in [
            "8.8.8.8:22",
            "192.0.2.1:5000",
            "198.18.0.1:5000",
            "[2001:db8::1]:5000",
            "[64:ff9b::7f00:1]:5000",
        ] {
            assert_eq!(allowed(odd), [false, false, true], "{odd}");
        }
        for nobody in [
            "0.0.0.0:5000",
            "224.0.0.1:5000",
            "255.255.255.255:5000",
            "8.8.8.8:0",
            "[ff02::1]:5000",
            "[::]:5000",
        ] {
            assert_eq!(allowed(nobody), [false, false, false], "{nobody}");
        }
    }

    #[test]
    fn neighbors_come_from_networks_machines_or_listeners() {
        let of = |address: &str| source_group(address.parse().expect("an address"));
        for (one, other, same) in [
            ("8.8.1.1:5000", "8.8.200.9:6000", true),
            ("8.8.1.1:5000", "8.9.1.1:5000", false),
            ("[2a00:1:2::1]:5000", "[2a00:1:9::1]:5000", true),
            ("[2a00:1::1]:5000", "[2a00:2::1]:5000", false),
            ("[::ffff:8.8.1.1]:5000", "8.8.3.3:5000", true),
            ("192.168.1.7:5000", "192.168.1.7:6000", true),
            ("192.168.1.7:5000", "192.168.1.8:5000", false),
            ("[fd00::1]:5000", "[fd00::2]:5000", false),
            ("127.0.0.1:5000", "127.0.0.1:5001", false),
            ("[::1]:5000", "[::1]:5001", false),
            ("127.0.0.1:5000", "[::1]:5000", false),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} and {other}");
        }
    }

    #[test]
    fn groups_are_24_and_48_bits_wide() {
        let group = |ip: &str| Group::of(ip.parse().expect("an address"));
        assert_eq!(group("10.1.2.3"), group("10.1.2.200"));
        assert_eq!(group("10.1.2.3"), group("::ffff:10.1.2.3"));
        assert_ne!(group("10.1.2.3"), group("10.1.3.3"));
        assert_eq!(group("2a00:1:2:3::4"), group("2a00:1:2:9::"));
        assert_ne!(group("2a00:1:2::"), group("2a00:1:3::"));
    }
}
