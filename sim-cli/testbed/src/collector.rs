//! Feeds observations to the measures, in order of time.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use floodnet_sim::observer::{Divisible, Observed, Observer};

use crate::hop_overhead::OverheadMeter;
use crate::sink::Record;
use floodnet_lab::run::HopOverhead;
use floodnet_measure::part::Part;
use floodnet_measure::{Ending, Measures, Results};

/// Feeds [`Measures`] with what nodes of all processes report, which comes in any order.
pub(crate) struct Collector {
    measures: Measures,
    parts: Vec<Part>,
    /// Barriers to come, the next one last.
    barriers: Vec<Time>,
    /// What is not fed yet.
    waiting: Vec<Record>,
    ledger: PacketLedger,
    hop_overhead: Option<OverheadMeter>,
    /// Up to here all was fed.
    fed: Time,
    /// Records that came for a time that was fed already.
    late: u64,
    inputs: u64,
    received: u64,
}

impl Collector {
    /// For a run of so many slots.
    pub(crate) fn new(mut measures: Measures, slots: u32, hop_overhead: Option<OverheadMeter>) -> Self {
        let mut barriers = measures.barriers();
        barriers.reverse();
        let parts = measures.divide(std::slice::from_ref(&(0..slots)));
        Self {
            measures,
            parts,
            barriers,
            waiting: Vec::new(),
            ledger: PacketLedger::new(slots),
            hop_overhead,
            fed: Time::ZERO,
            late: 0,
            inputs: 0,
            received: 0,
        }
    }

    /// Takes what was reported.
    pub(crate) fn add(&mut self, records: Vec<Record>) {
        self.late += records.iter().filter(|record| record.at < self.fed).count() as u64;
        self.waiting.extend(records);
    }

    /// All that happened before `until` has been reported.
    pub(crate) fn advance(&mut self, until: Time) {
        self.feed_before(until);
        self.sample_until(until);
        self.fed = self.fed.max(until);
    }

    /// Takes what happened before `until`, but for the samples behind it.
    pub(crate) fn feed_before(&mut self, until: Time) {
        // What has the same time stays in the order in which it was reported.
        self.waiting.sort_by_key(|record| record.at);
        let past = self.waiting.partition_point(|record| record.at < until);
        let records: Vec<Record> = self.waiting.drain(..past).collect();
        for record in records {
            self.sample_until(record.at);
            self.feed(record);
        }
    }

    /// Samples at each barrier up to `at`.
    fn sample_until(&mut self, at: Time) {
        while let Some(barrier) = self.barriers.pop_if(|barrier| *barrier <= at) {
            self.measures.sample(&mut self.parts, barrier);
        }
    }

    fn feed(&mut self, record: Record) {
        if let Some(hop_overhead) = &mut self.hop_overhead {
            hop_overhead.take(&record);
        }
        let Record { at, slot, what } = record;
        self.inputs += 1;
        self.received += u64::from(matches!(what, Observed::Received { .. }));
        let part = &mut self.parts[0];
        self.ledger.take(slot, what);
        part.observe(at, slot, what);
        self.measures.settle(&mut self.parts);
    }

    /// So much was fed.
    pub(crate) const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// Packets that nodes took in.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// How much longer than the delays of their links hops took.
    pub(crate) fn hop_overhead(&self) -> Option<HopOverhead> {
        self.hop_overhead.as_ref()?.result()
    }

    /// Records that came too late for their sample.
    pub(crate) const fn late(&self) -> u64 {
        self.late
    }

    /// The run has come to its end, or was stopped at `at` (not complete).
    pub(crate) fn finish(mut self, at: Time, complete: bool) -> Results {
        // Not the last sample yet, which is to see what was lost.
        self.feed_before(at);
        let part = &mut self.parts[0];
        let in_flight = self.ledger.close(&mut |slot, what| part.observe(at, slot, what));
        self.sample_until(at);
        self.measures.unite(std::mem::take(&mut self.parts));
        self.measures.finish(Ending {
            digest: None,
            in_flight_payloads: in_flight.payloads,
            in_flight_packets: in_flight.payloads + in_flight.control,
            complete,
        })
    }
}

/// Packets from one slot to another.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    payloads: Tally,
    control: Tally,
}

/// Those of one kind that are not accounted for yet.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Sent, and may arrive.
    open: u64,
    /// Sent, and the receiver went down, or the sender came back, before they arrived: lost unless they do.
    doomed: u64,
    /// Received before the clock of the sender's machine says that they were sent.
    early: u64,
}

impl Tally {
    const fn send(&mut self) {
        if self.early > 0 { self.early -= 1 } else { self.open += 1 }
    }

    const fn receive(&mut self) {
        if self.open > 0 {
            self.open -= 1;
        } else if self.doomed > 0 {
            self.doomed -= 1;
        } else {
            self.early += 1;
        }
    }

    const fn doom(&mut self) {
        self.doomed += self.open;
        self.open = 0;
    }
}

impl Pair {
    const fn of(&mut self, payload: Option<u32>) -> &mut Tally {
        if payload.is_some() { &mut self.payloads } else { &mut self.control }
    }

    const fn doom(&mut self) {
        self.payloads.doom();
        self.control.doom();
    }
}

/// Keeps account of packets. Sockets do not tell what became of a packet that never came: what a slot has not
/// received when it goes down is lost with it (`down`), what it had sent when it comes back was lost with its
/// former life (`broken`), and the rest is under way at the end.
struct PacketLedger {
    /// By sender and receiver.
    pairs: Vec<BTreeMap<u32, Pair>>,
    /// To whom each slot has sent last.
    last: Vec<u32>,
    up: Vec<bool>,
}

/// Packets under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct InFlight {
    payloads: u64,
    control: u64,
}

impl PacketLedger {
    fn new(slots: u32) -> Self {
        let slots = slots as usize;
        Self { pairs: vec![BTreeMap::new(); slots], last: vec![0; slots], up: vec![false; slots] }
    }

    fn tally(&mut self, from: u32, to: u32, payload: Option<u32>) -> Option<&mut Tally> {
        Some(self.pairs.get_mut(from as usize)?.entry(to).or_default().of(payload))
    }

    fn take(&mut self, slot: u32, what: Observed) {
        let place = slot as usize;
        match what {
            Observed::Sent { to, payload, .. } => {
                self.last[place] = to;
                self.tally(slot, to, payload).into_iter().for_each(Tally::send);
            }
            // Said by the sender right after it was sent: accounted for.
            Observed::Lost { payload, .. } => {
                let to = self.last[place];
                self.tally(slot, to, payload).into_iter().for_each(Tally::receive);
            }
            Observed::Received { from, payload } => {
                self.tally(from, slot, payload).into_iter().for_each(Tally::receive);
            }
            Observed::Up { .. } => {
                self.up[place] = true;
                self.pairs[place].values_mut().for_each(Pair::doom);
                self.doom_to(slot);
            }
            Observed::Down(_) => {
                self.up[place] = false;
                self.doom_to(slot);
            }
            Observed::Protocol(_) => {}
        }
    }

    /// What was sent to `slot` so far does not reach it any more.
    fn doom_to(&mut self, slot: u32) {
        self.pairs.iter_mut().filter_map(|pairs| pairs.get_mut(&slot)).for_each(Pair::doom);
    }

    /// The run is over: tells what was lost, and gives what is still under way.
    fn close(&mut self, tell: &mut dyn FnMut(u32, Observed)) -> InFlight {
        let mut in_flight = InFlight::default();
        for (from, pairs) in self.pairs.iter_mut().enumerate() {
            for (to, pair) in std::mem::take(pairs) {
                let is_up = |slot: usize| self.up.get(slot).is_some_and(|up| *up);
                let arrives = is_up(from) && is_up(to as usize);
                let reason = if is_up(to as usize) { "broken" } else { "down" };
                for (payload, tally, under_way) in [
                    (Some(0), pair.payloads, &mut in_flight.payloads),
                    (None, pair.control, &mut in_flight.control),
                ] {
                    let lost = if arrives { tally.doomed } else { tally.doomed + tally.open };
                    *under_way += if arrives { tally.open } else { 0 };
                    (0..lost).for_each(|_| tell(to, Observed::Lost { payload, reason }));
                }
            }
        }
        in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_sim::plan::{CrashKind, End};

    const CRASH: Observed = Observed::Down(End::Crash(CrashKind::Reset));

    fn sent(to: u32) -> Observed {
        Observed::Sent { to, payload: None, bytes: 9, kind: "message" }
    }

    fn received(from: u32) -> Observed {
        Observed::Received { from, payload: None }
    }

    /// What is lost by reason, and what is under way.
    fn account(history: &[(u32, Observed)]) -> (Vec<&'static str>, u64) {
        let mut ledger = PacketLedger::new(3);
        history.iter().for_each(|&(slot, what)| ledger.take(slot, what));
        let mut lost = Vec::new();
        let in_flight = ledger.close(&mut |_, what| {
            if let Observed::Lost { reason, .. } = what {
                lost.push(reason);
            }
        });
        (lost, in_flight.control)
    }

    #[test]
    fn every_packet_ends_once() {
        let up = |slot| (slot, Observed::Up { incarnation: 0 });
        let both = [up(0), up(1)];
        let with = |more: &[(u32, Observed)]| account(&[&both, more].concat());
        assert_eq!(with(&[(0, sent(1)), (1, received(0))]), (vec![], 0));
        assert_eq!(with(&[(0, sent(1))]), (vec![], 1));
        assert_eq!(with(&[(0, sent(1)), (1, CRASH)]), (vec!["down"], 0));
        assert_eq!(with(&[(1, CRASH), (0, sent(1))]), (vec!["down"], 0));
        assert_eq!(with(&[(0, sent(1)), (1, CRASH), up(1)]), (vec!["broken"], 0));
        assert_eq!(with(&[(0, sent(1)), (0, CRASH), up(0), (1, received(0))]), (vec![], 0), "it came late");
        assert_eq!(with(&[(1, received(0)), (0, sent(1))]), (vec![], 0), "clocks differ");
        let refused = Observed::Lost { payload: None, reason: "too_long" };
        assert_eq!(with(&[(0, sent(1)), (0, sent(9)), (0, refused)]), (vec![], 1), "told by the sender");
    }
}
