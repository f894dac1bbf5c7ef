//! What the network carried.
//!
//! - `packets_sent`, `packets_received`: packets handed to the network, and taken in by a protocol.
//!   `payloads_*`: those of them that carry a message of the application.
//! - `bytes_sent.payload`: bytes of the packets that carry one, whole packets with their frames;
//!   `bytes_sent.control`: bytes of all others.
//! - `packets_per_node`: packets sent per slot; the mean is over slots that were up at some time.
//! - `drops`: by named reason, packets that the network lost and inputs that a protocol dropped.
//!   The two are different things: what a protocol drops it has received (or never sent).
//! - `lost`: packets that the network lost, in all and `by_reason`, which sum to it; `in_flight`: those on
//!   the way at the end.
//! - **Conservation**: at the end of a run, sent = received + lost + in flight, for packets and for
//!   payloads. [`Conservation`] states it; every complete run is held to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where packets of one kind ended. All of them are accounted for when
/// `sent == received + lost + in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conservation {
    /// Handed to the network.
    pub sent: u64,
    /// Taken in by a protocol.
    pub received: u64,
    /// Lost by the network, for any reason.
    pub lost: u64,
    /// On the way when the run ended.
    pub in_flight: u64,
}

impl Conservation {
    /// Whether every packet is accounted for, once.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.sent as u128 == self.received as u128 + self.lost as u128 + self.in_flight as u128
    }
}

/// Packets, and those of them that carry a message of the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packets {
    /// All.
    pub packets: u64,
    /// With a message.
    pub payloads: u64,
}

/// What the network lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Packets.
    pub packets: u64,
    /// Those of them with a message.
    pub payloads: u64,
    /// Packets by reason; they sum to `packets`.
    pub by_reason: BTreeMap<String, u64>,
}

/// Bytes by what they carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByKind {
    /// With a message of the application.
    pub payload: u64,
    /// Without.
    pub control: u64,
}

/// Counts since the start.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) payloads_sent: u64,
    pub(super) payloads_received: u64,
    pub(super) duplicates: u64,
    pub(super) bytes: ByKind,
    pub(super) lost: u64,
    pub(super) payloads_lost: u64,
    /// Packets sent by each slot.
    per_slot: Vec<u64>,
    /// Slots that were up at some time.
    was_up: Vec<bool>,
    /// Losses of the network by reason.
    losses: Reasons,
    /// Drops of protocols by reason.
    refusals: Reasons,
}

/// A count for each reason: few, so that a search by address is faster than any map.
#[derive(Debug, Default)]
struct Reasons(Vec<(&'static str, u64)>);

impl Reasons {
    #[inline]
    fn add(&mut self, reason: &'static str) {
        match self.0.iter_mut().find(|(known, _)| std::ptr::eq(*known, reason)) {
            Some((_, count)) => *count += 1,
            // The same text may have two addresses: they meet again in `add_to`.
            None => self.0.push((reason, 1)),
        }
    }

    fn add_to(&self, all: &mut BTreeMap<String, u64>) {
        for &(reason, count) in &self.0 {
            *all.entry(reason.to_owned()).or_default() += count;
        }
    }
}

impl Load {
    /// Nothing yet, at `slots` slots.
    pub(super) fn new(slots: u32) -> Self {
        Self {
            sent: 0,
            received: 0,
            payloads_sent: 0,
            payloads_received: 0,
            duplicates: 0,
            bytes: ByKind::default(),
            lost: 0,
            payloads_lost: 0,
            per_slot: vec![0; slots as usize],
            was_up: vec![false; slots as usize],
            losses: Reasons::default(),
            refusals: Reasons::default(),
        }
    }

    /// `slot` came up.
    pub(super) fn came_up(&mut self, slot: u32) {
        if let Some(was_up) = self.was_up.get_mut(slot as usize) {
            *was_up = true;
        }
    }

    /// `slot` handed a packet to the network.
    #[inline]
    pub(super) fn sent(&mut self, slot: u32, carries: bool, bytes: u32) {
        self.sent += 1;
        if let Some(count) = self.per_slot.get_mut(slot as usize) {
            *count += 1;
        }
        if carries {
            self.payloads_sent += 1;
            self.bytes.payload += u64::from(bytes);
        } else {
            self.bytes.control += u64::from(bytes);
        }
    }

    /// A protocol took a packet in.
    #[inline]
    pub(super) fn received(&mut self, carries: bool) {
        self.received += 1;
        self.payloads_received += u64::from(carries);
    }

    /// The network lost a packet.
    #[inline]
    pub(super) fn lost(&mut self, carries: bool, reason: &'static str) {
        self.lost += 1;
        self.payloads_lost += u64::from(carries);
        self.losses.add(reason);
    }

    /// A protocol dropped something.
    #[inline]
    pub(super) fn dropped(&mut self, reason: &'static str) {
        self.refusals.add(reason);
    }

    /// By reason, what the network lost and what protocols dropped.
    pub(super) fn drops(&self) -> BTreeMap<String, u64> {
        let mut drops = BTreeMap::new();
        self.losses.add_to(&mut drops);
        self.refusals.add_to(&mut drops);
        drops
    }

    /// What the network lost.
    pub(super) fn losses(&self) -> Losses {
        let mut by_reason = BTreeMap::new();
        self.losses.add_to(&mut by_reason);
        Losses { packets: self.lost, payloads: self.payloads_lost, by_reason }
    }

    /// Packets sent: (by all slots that were ever up, how many those are, by the busiest).
    pub(super) fn per_node(&self) -> (u64, u64, u64) {
        let nodes = self.was_up.iter().filter(|&&was_up| was_up).count() as u64;
        let greatest = self.per_slot.iter().copied().max().unwrap_or(0);
        (self.per_slot.iter().sum(), nodes, greatest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conservation_names_what_is_missing() {
        let mut all = Conservation { sent: 10, received: 6, lost: 3, in_flight: 1 };
        assert!(all.holds());
        all.lost = 2;
        assert!(!all.holds());
        let huge = Conservation { sent: 0, received: u64::MAX, lost: 1, in_flight: 0 };
        assert!(!huge.holds(), "the sum does not wrap");
    }

    #[test]
    fn equal_reasons_meet_whatever_their_address() {
        let other: &'static str = Box::leak("loss".to_owned().into_boxed_str());
        let mut load = Load::new(1);
        load.lost(true, "loss");
        load.lost(false, other);
        load.dropped("full");
        load.dropped("loss");
        let expected = BTreeMap::from([("full".to_owned(), 1), ("loss".to_owned(), 3)]);
        assert_eq!(load.drops(), expected);
        let by_reason = BTreeMap::from([("loss".to_owned(), 2)]);
        let expected = Losses { packets: 2, payloads: 1, by_reason };
        assert_eq!(load.losses(), expected, "a protocol's drop is no loss, whatever its name");
    }

    #[test]
    fn bytes_and_packets_go_by_what_they_carry() {
        let mut load = Load::new(3);
        load.came_up(0);
        load.came_up(1);
        load.sent(0, true, 100);
        load.sent(0, false, 7);
        load.sent(1, false, 8);
        load.received(true);
        load.received(false);
        assert_eq!(load.bytes, ByKind { payload: 100, control: 15 });
        assert_eq!((load.payloads_sent, load.payloads_received), (1, 1));
        assert_eq!(load.per_node(), (3, 2, 2), "slot 2 was never up");
    }
}
