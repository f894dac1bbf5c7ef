//! What the network carried.
//!
//! - `packets_sent`, `packets_received`: packets handed to the network, and taken in by a protocol.
//!   `payloads_*`: those of them that carry a message of the application.
//! - `bytes_sent.payload`: bytes of the packets that carry one, whole packets with their frames;
//!   `bytes_sent.control`: bytes of all others.
//! - `packets_per_node`: packets sent per slot; the mean is over slots that were up at some time.
//! - `per_node_s`: bytes, and packets without a message, handed to the network / the seconds for which all slots
//!   together were up.
//! - `kinds`: packets handed to the network and their bytes, by the word that the protocol has for them.
//! - `drops`: by named reason, packets that the network lost and inputs that a protocol dropped.
//!   The two are different things: what a protocol drops it has received (or never sent).
//! - `lost`: packets that the network lost, in all and `by_reason`, which sum to it; `in_flight`: those on
//!   the way at the end.
//! - **Conservation**: at the end of a run, sent = received + lost + in flight, for packets and for
//!   payloads. [`Conservation`] states it; every complete run is held to it.

use std::collections::BTreeMap;
use std::ops::Range;

use prefetch_index::prefetch_index;
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
    /// Packets of either kind.
    pub packets: u64,
    /// Packets that carry a message.
    pub payloads: u64,
}

/// What the network lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Packets of either kind.
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
    /// Bytes of packets without a message.
    pub control: u64,
}

/// Packets of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfKind {
    /// Packets handed to the network.
    pub packets: u64,
    /// Their bytes, frames included.
    pub bytes: u64,
}

impl OfKind {
    /// Takes in other counts.
    const fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

/// The packets with one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Copies {
    pub(super) sent: u64,
    pub(super) received: u64,
    /// Suppressed by protocols.
    pub(super) duplicates: u64,
}

impl Copies {
    /// Takes in other counts.
    pub(super) const fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.duplicates += other.duplicates;
    }
}

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Packets that carry a message.
    pub(super) payloads: Copies,
    pub(super) control_sent: u64,
    pub(super) control_received: u64,
    pub(super) bytes: ByKind,
    pub(super) lost: u64,
    pub(super) payloads_lost: u64,
}

impl Traffic {
    /// Packets handed to the network.
    pub(super) const fn sent(&self) -> u64 {
        self.payloads.sent + self.control_sent
    }

    /// Packets taken in.
    pub(super) const fn received(&self) -> u64 {
        self.payloads.received + self.control_received
    }

    /// Takes in other sums.
    pub(super) const fn add(&mut self, other: &Self) {
        self.payloads.add(&other.payloads);
        self.control_sent += other.control_sent;
        self.control_received += other.control_received;
        self.bytes.payload += other.bytes.payload;
        self.bytes.control += other.bytes.control;
        self.lost += other.lost;
        self.payloads_lost += other.payloads_lost;
    }
}

/// What slots in a row have sent and taken in. Counts per packet are kept once, sums are taken when asked for.
#[derive(Debug)]
pub(super) struct Load {
    first: u32,
    /// By message.
    copies: Vec<Copies>,
    /// Of messages that the plan does not have: none.
    unknown: Copies,
    /// Packets sent by each slot. Counts end at `u32::MAX`, which no run comes near.
    per_slot: Vec<u32>,
    /// Packets sent by slots that are not among these: none.
    by_strangers: u64,
    /// What is kept neither by message nor by kind: the bytes of packets with a message, what was taken in without one,
    /// and losses.
    rest: Traffic,
    /// Packets without a message, by kind.
    control: Kinds,
    /// Packets with a message that are not of the kind [`PAYLOAD`], by kind. Those that are, which are nearly all, are
    /// what the sums by message have besides.
    carriers: Kinds,
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

/// The kind of packets that do nothing but carry a message.
const PAYLOAD: &str = "payload";

/// Packets by kind: few, so that a search by address is faster than any map.
#[derive(Debug, Default)]
struct Kinds(Vec<(&'static str, OfKind)>);

impl Kinds {
    #[inline]
    fn add(&mut self, kind: &'static str, bytes: u32) {
        match self.0.iter_mut().find(|(known, _)| std::ptr::eq(*known, kind)) {
            Some((_, of)) => {
                of.packets += 1;
                of.bytes += u64::from(bytes);
            }
            None => self.add_first(kind, bytes),
        }
    }

    #[cold]
    fn add_first(&mut self, kind: &'static str, bytes: u32) {
        self.0.push((kind, OfKind { packets: 1, bytes: bytes.into() }));
    }

    fn sum(&self) -> OfKind {
        let mut sum = OfKind::default();
        self.0.iter().for_each(|(_, of)| sum.add(of));
        sum
    }
}

impl Load {
    /// Asks the processor to have a slot's count in its cache soon.
    #[inline]
    pub(super) fn prefetch(&self, slot: u32) {
        prefetch_index(&self.per_slot, slot.wrapping_sub(self.first) as usize);
    }

    /// Nothing yet, at `slots` and of `messages` messages.
    pub(super) fn new(slots: Range<u32>, messages: usize) -> Self {
        Self {
            first: slots.start,
            copies: vec![Copies::default(); messages],
            unknown: Copies::default(),
            per_slot: vec![0; slots.len()],
            by_strangers: 0,
            rest: Traffic::default(),
            control: Kinds::default(),
            carriers: Kinds::default(),
            losses: Reasons::default(),
            refusals: Reasons::default(),
        }
    }

    /// The counts of `message`.
    #[inline]
    fn copies(&mut self, message: u32) -> &mut Copies {
        self.copies.get_mut(message as usize).unwrap_or(&mut self.unknown)
    }

    /// Packets that `slot` sent; 0 of a slot that is not among these.
    pub(super) fn sent_by(&self, slot: u32) -> u32 {
        self.per_slot.get(slot.wrapping_sub(self.first) as usize).copied().unwrap_or(0)
    }

    /// `slot` handed a packet to the network.
    #[inline]
    pub(super) fn sent(&mut self, slot: u32, message: Option<u32>, bytes: u32, kind: &'static str) {
        match self.per_slot.get_mut(slot.wrapping_sub(self.first) as usize) {
            Some(count) => *count = count.saturating_add(1),
            None => self.by_strangers += 1,
        }
        let Some(message) = message else { return self.control.add(kind, bytes) };
        self.rest.bytes.payload += u64::from(bytes);
        self.copies(message).sent += 1;
        if kind != PAYLOAD {
            self.carriers.add(kind, bytes);
        }
    }

    /// A protocol took a packet in.
    #[inline]
    pub(super) fn received(&mut self, message: Option<u32>) {
        match message {
            Some(message) => self.copies(message).received += 1,
            None => self.rest.control_received += 1,
        }
    }

    /// A further copy of `message` was suppressed.
    #[inline]
    pub(super) fn duplicate(&mut self, message: u32) {
        self.copies(message).duplicates += 1;
    }

    /// The network lost a packet.
    #[inline]
    pub(super) fn lost(&mut self, carries: bool, reason: &'static str) {
        self.rest.lost += 1;
        self.rest.payloads_lost += u64::from(carries);
        self.losses.add(reason);
    }

    /// A protocol dropped something.
    #[inline]
    pub(super) fn dropped(&mut self, reason: &'static str) {
        self.refusals.add(reason);
    }

    /// By message of the plan.
    pub(super) fn by_message(&self) -> &[Copies] {
        &self.copies
    }

    /// The sums so far.
    pub(super) fn traffic(&self) -> Traffic {
        let mut all = self.rest;
        all.payloads.add(&self.unknown);
        self.copies.iter().for_each(|copies| all.payloads.add(copies));
        let control = self.control.sum();
        (all.control_sent, all.bytes.control) = (control.packets, control.bytes);
        all
    }

    /// Adds to `all`, by reason, what the network lost.
    pub(super) fn add_losses(&self, all: &mut BTreeMap<String, u64>) {
        self.losses.add_to(all);
    }

    /// Adds to `all`, by reason, what the network lost and what protocols dropped.
    pub(super) fn add_drops(&self, all: &mut BTreeMap<String, u64>) {
        self.losses.add_to(all);
        self.refusals.add_to(all);
    }

    /// Adds to `all`, by kind, what was handed to the network.
    pub(super) fn add_kinds(&self, all: &mut BTreeMap<String, OfKind>) {
        let (traffic, carriers) = (self.traffic(), self.carriers.sum());
        let payload = OfKind {
            packets: traffic.payloads.sent - carriers.packets,
            bytes: traffic.bytes.payload - carriers.bytes,
        };
        let payload = Some((PAYLOAD, payload)).filter(|(_, of)| of.packets > 0);
        for (kind, of) in self.control.0.iter().chain(&self.carriers.0).chain(&payload) {
            all.entry((*kind).to_owned()).or_default().add(of);
        }
    }

    /// Packets sent by slots that are not among these.
    pub(super) const fn by_strangers(&self) -> u64 {
        self.by_strangers
    }

    /// Packets sent by the busiest slot.
    pub(super) fn busiest(&self) -> u64 {
        self.per_slot.iter().copied().max().map_or(0, u64::from)
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
        let mut load = Load::new(0..1, 0);
        load.lost(true, "loss");
        load.lost(false, other);
        load.dropped("full");
        load.dropped("loss");
        let mut drops = BTreeMap::new();
        load.add_drops(&mut drops);
        let expected = BTreeMap::from([("full".to_owned(), 1), ("loss".to_owned(), 3)]);
        assert_eq!(drops, expected);
        let mut by_reason = BTreeMap::new();
        load.add_losses(&mut by_reason);
        let expected = BTreeMap::from([("loss".to_owned(), 2)]);
        assert_eq!(by_reason, expected, "a protocol's drop is no loss, whatever its name");
        let traffic = load.traffic();
        assert_eq!((traffic.lost, traffic.payloads_lost), (2, 1));
    }

    #[test]
    fn bytes_and_packets_go_by_what_they_carry() {
        let mut load = Load::new(10..13, 1);
        load.sent(10, Some(0), 100, "payload");
        load.sent(10, None, 7, "hello");
        load.sent(11, None, 8, "hello");
        load.sent(11, Some(0), 30, "caught_up");
        load.sent(12, None, 4, "payload");
        load.received(Some(0));
        load.received(None);
        load.duplicate(0);
        let traffic = load.traffic();
        assert_eq!(traffic.bytes, ByKind { payload: 130, control: 19 });
        assert_eq!(traffic.payloads, Copies { sent: 2, received: 1, duplicates: 1 });
        assert_eq!((traffic.sent(), traffic.received()), (5, 2));
        assert_eq!((load.busiest(), load.by_strangers()), (2, 0));
        let mut kinds = BTreeMap::new();
        load.add_kinds(&mut kinds);
        let of = |packets, bytes| OfKind { packets, bytes };
        let expected = [("caught_up", of(1, 30)), ("hello", of(2, 15)), ("payload", of(2, 104))];
        assert_eq!(kinds, expected.map(|(kind, of)| (kind.to_owned(), of)).into());
    }

    #[test]
    fn what_the_plan_does_not_know_counts_in_sums_alone() {
        let mut load = Load::new(10..13, 2);
        for message in [0, 1, 2, u32::MAX] {
            load.sent(9, Some(message), 1, "payload");
            load.received(Some(message));
            load.duplicate(message);
        }
        let one = Copies { sent: 1, received: 1, duplicates: 1 };
        assert_eq!(load.by_message(), [one, one]);
        assert_eq!(load.traffic().payloads, Copies { sent: 4, received: 4, duplicates: 4 });
        assert_eq!((load.busiest(), load.by_strangers()), (0, 4));
    }
}
