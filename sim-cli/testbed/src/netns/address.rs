//! The address of each slot: the same in all its lives.

use std::net::{Ipv4Addr, SocketAddr};

/// The first two bytes of all addresses.
const NET: [u8; 2] = [10, 99];
/// Where nodes listen, each at its own address.
const PORT: u16 = 9_000;
/// So many slots have an address.
pub(crate) const MAX_NODES: u32 = 65_000;

/// The address of `slot`.
pub(super) const fn address(slot: u32) -> Ipv4Addr {
    let number = (slot + 1).to_be_bytes();
    Ipv4Addr::new(NET[0], NET[1], number[2], number[3])
}

/// Where `slot` listens.
pub(crate) fn socket(slot: u32) -> SocketAddr {
    SocketAddr::from((address(slot), PORT))
}

/// From which slot to which this packet goes; none if that is not between slots.
pub(super) fn ends(packet: &[u8], slots: u32) -> Option<(u32, u32)> {
    let header: &[u8; 20] = packet.first_chunk()?;
    let slot = |at: usize| {
        let is_ours = header[at..at + 2] == NET;
        let number = u32::from(u16::from_be_bytes([header[at + 2], header[at + 3]]));
        number.checked_sub(1).filter(|slot| is_ours && *slot < slots)
    };
    // RFC 791, section 3.1.
    (header[0] >> 4 == 4).then_some(())?;
    Some((slot(12)?, slot(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_tells_its_slots() {
        let mut packet = [0; 40];
        packet[0] = 0x45;
        packet[12..16].copy_from_slice(&address(0).octets());
        packet[16..20].copy_from_slice(&address(299).octets());
        assert_eq!(address(299), Ipv4Addr::new(10, 99, 1, 44));
        assert_eq!(ends(&packet, 300), Some((0, 299)));
        assert_eq!(ends(&packet, 299), None, "there is no such slot");
        assert_eq!(ends(&packet[..19], 300), None, "no header");
        packet[12] = 11;
        assert_eq!(ends(&packet, 300), None, "a stranger");
        packet[12] = 10;
        packet[0] = 0x60;
        assert_eq!(ends(&packet, 300), None, "another protocol");
    }
}
