//! What delays packets: each takes as long as the simulator's draws say for its link.
//!
//! One thread takes them up, another hands them back when they are due. Packets of one direction do not overtake
//! each other, as on any road. Who stands still neither sends nor receives meanwhile; who is not up does
//! neither at all.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use floodnet_core::time::Time;
use floodnet_sim::between::Between;
use hdrhistogram::Histogram;
use tun_rs::SyncDevice;

use super::address::ends;
use super::{MTU, lock};
use crate::clock::Clock;
use crate::lead::Lead;

/// More microseconds late than this are counted as these.
const MOST: u64 = 10_000_000;

/// When the wire of each slot is plugged in: from the first time on, and until the second.
#[derive(Debug)]
pub(super) struct Plugs(Vec<Mutex<(Time, Time)>>);

impl Plugs {
    /// None is.
    pub(super) fn none(slots: u32) -> Self {
        Self((0..slots).map(|_| Mutex::new((Time::MAX, Time::MAX))).collect())
    }

    /// That of `slot` is from now on `from` to `until`.
    pub(super) fn set(&self, slot: u32, from: Time, until: Time) {
        if let Some(plug) = self.0.get(slot as usize) {
            *lock(plug) = (from, until);
        }
    }

    fn is_in(&self, slot: u32, at: Time) -> bool {
        self.0.get(slot as usize).is_some_and(|plug| {
            let (from, until) = *lock(plug);
            from <= at && at < until
        })
    }
}

/// A packet on its way. In order of when it is due, then of its number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parcel {
    due: Instant,
    number: u64,
    at: Time,
    to: u32,
    packet: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    under_way: BinaryHeap<Reverse<Parcel>>,
    is_over: bool,
}

/// What the two threads share.
#[derive(Debug)]
pub(super) struct Carrier {
    plugs: Arc<Plugs>,
    state: Mutex<State>,
    changed: Condvar,
    lead: Lead,
    carried: AtomicU64,
    nobody: AtomicU64,
    /// Microseconds.
    late: Mutex<Histogram<u64>>,
}

/// What was carried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    pub(super) packets: u64,
    pub(super) for_nobody: u64,
    pub(super) late_p99_ms: f64,
}

impl Carrier {
    /// Starts to carry what comes from `device` back to it. The threads end when the device is gone.
    ///
    /// # Errors
    /// There are no more threads.
    pub(super) fn start(
        device: &Arc<SyncDevice>,
        plugs: Arc<Plugs>,
        clock: Clock,
        between: Between,
    ) -> io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        let late = Histogram::new_with_max(MOST, 3).map_err(io::Error::other)?;
        let carrier = Arc::new(Self {
            plugs,
            state: Mutex::default(),
            changed: Condvar::new(),
            lead: Lead::default(),
            carried: AtomicU64::new(0),
            nobody: AtomicU64::new(0),
            late: Mutex::new(late),
        });
        let (this, from) = (Arc::clone(&carrier), Arc::clone(device));
        let taking = thread::Builder::new()
            .name("takes".to_owned())
            .spawn(move || this.take(&from, &Roads { clock, between }))?;
        let (this, to) = (Arc::clone(&carrier), Arc::clone(device));
        let giving = thread::Builder::new().name("gives".to_owned()).spawn(move || this.give(&to))?;
        Ok((carrier, vec![taking, giving]))
    }

    /// What was carried so far.
    pub(super) fn carried(&self) -> Carried {
        let late = lock(&self.late);
        Carried {
            packets: self.carried.load(Relaxed),
            for_nobody: self.nobody.load(Relaxed),
            late_p99_ms: late.value_at_quantile(0.99) as f64 / 1e3,
        }
    }

    fn take(&self, from: &SyncDevice, roads: &Roads) {
        let mut packet = [0; MTU as usize];
        let mut passed = BTreeMap::new();
        let slots = roads.between.plan().slots();
        for number in 0.. {
            let Ok(length) = from.recv(&mut packet) else { break };
            let packet = &packet[..length];
            let Some((near, far)) = ends(packet, slots) else { continue };
            let now = roads.clock.now();
            if !self.plugs.is_in(near, now) {
                self.nobody.fetch_add(1, Relaxed);
                continue;
            }
            let at = roads.arrival((near, far), now, passed.entry((near, far)).or_default());
            let due = roads.clock.instant(at).into_std();
            self.put(Parcel { due, number, at, to: far, packet: packet.to_vec() });
        }
        lock(&self.state).is_over = true;
        self.changed.notify_one();
    }

    fn put(&self, parcel: Parcel) {
        let mut state = lock(&self.state);
        let is_first = state.under_way.peek().is_none_or(|Reverse(first)| parcel.due < first.due);
        state.under_way.push(Reverse(parcel));
        drop(state);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// The next packet when it is due; none when all is over.
    fn next(&self) -> Option<(Parcel, bool)> {
        let mut state = lock(&self.state);
        let mut waited = false;
        while !state.is_over {
            let Some(Reverse(first)) = state.under_way.peek() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let span = self.lead.before(first.due).saturating_duration_since(Instant::now());
            if span.is_zero() {
                return state.under_way.pop().map(|Reverse(parcel)| (parcel, waited));
            }
            waited = true;
            let woken = self.changed.wait_timeout(state, span);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    fn give(&self, to: &SyncDevice) {
        while let Some((parcel, waited)) = self.next() {
            if !self.plugs.is_in(parcel.to, parcel.at) {
                self.nobody.fetch_add(1, Relaxed);
                continue;
            }
            let now = Instant::now();
            // A packet that is refused is lost, as any may be.
            let _ = to.send(&parcel.packet);
            if waited {
                self.lead.learn(parcel.due, now);
            }
            self.carried.fetch_add(1, Relaxed);
            let late = u64::try_from(now.saturating_duration_since(parcel.due).as_micros()).unwrap_or(MOST);
            lock(&self.late).saturating_record(late);
        }
    }
}

/// How long packets take.
struct Roads {
    clock: Clock,
    between: Between,
}

/// What went from one slot to another: so many packets, the last of which arrives then.
type Passed = (u32, Time);

impl Roads {
    /// When a packet arrives that is sent at `now`, behind what has `passed`.
    fn arrival(&self, (near, far): (u32, u32), now: Time, passed: &mut Passed) -> Time {
        let leaves = self.between.awake(near, now);
        let delay = self.between.packet_delay(near, far, passed.0, leaves);
        let at = self.between.awake(far, (leaves + delay).max(passed.1));
        *passed = (passed.0.wrapping_add(1), at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::time::Duration;
    use floodnet_sim::link::LinkModel;
    use floodnet_sim::plan::{Disturbance, DisturbanceKind, Plan, SlotSet};
    use std::time::Duration as Span;

    fn roads(links: LinkModel, fault: Option<DisturbanceKind>) -> Roads {
        let mut plan = Plan::still(1, 2, Time::from_secs(9));
        let (from, until) = (Time::from_secs(1), Time::from_secs(2));
        plan.disturbances.extend(fault.map(|kind| Disturbance { from, until, kind }));
        let clock = Clock::starting_after(Span::ZERO, 1.0);
        Roads { clock, between: Between::new(Arc::new(plan), Arc::new(links)) }
    }

    #[test]
    fn packets_of_one_direction_keep_their_order() {
        let jitter = Duration::from_millis(40);
        let roads = roads(LinkModel { jitter, ..LinkModel::default() }, None);
        let mut passed = Passed::default();
        let arrivals: Vec<Time> =
            (0..100).map(|ms| roads.arrival((0, 1), Time::from_millis(ms), &mut passed)).collect();
        assert!(arrivals.is_sorted());
        assert!(arrivals[0] >= Time::from_millis(50) && arrivals[99] < Time::from_millis(99 + 50 + 40));
        assert!(arrivals[99].since(arrivals[0]) != Duration::from_millis(99), "each has a delay of its own");
    }

    #[test]
    fn who_stands_still_neither_sends_nor_receives() {
        let mut still = SlotSet::default();
        still.insert(1);
        let roads = roads(LinkModel::default(), Some(DisturbanceKind::Pause(still)));
        let arrive = |way, ms| roads.arrival(way, Time::from_millis(ms), &mut Passed::default());
        assert_eq!(arrive((0, 1), 900), Time::from_millis(950));
        assert_eq!(arrive((0, 1), 990), Time::from_secs(2));
        assert_eq!(arrive((1, 0), 990), Time::from_millis(1_040));
        assert_eq!(arrive((1, 0), 1_500), Time::from_millis(2_050));
    }

    #[test]
    fn a_plug_is_in_for_a_while() {
        let plugs = Plugs::none(1);
        assert!(!plugs.is_in(0, Time::from_secs(5)));
        plugs.set(0, Time::from_secs(2), Time::from_secs(4));
        let is_in = |seconds| plugs.is_in(0, Time::from_secs(seconds));
        assert_eq!([is_in(1), is_in(2), is_in(3), is_in(4)], [false, true, true, false]);
        assert!(!plugs.is_in(1, Time::from_secs(3)), "nobody");
    }
}
