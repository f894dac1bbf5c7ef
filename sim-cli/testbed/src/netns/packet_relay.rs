//! Delays packets: each takes as long as the simulator's draws say for its link.
//!
//! One thread takes them from the device, another hands them back when they are due. Packets of one direction do not
//! overtake each other. A paused node neither sends nor receives meanwhile; one whose link is off does neither at all.

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
use super::system::{MTU, lock};
use crate::clock::Clock;
use crate::timer_bias::TimerBias;

/// More microseconds late than this are counted as these.
const MAX_LATE_US: u64 = 10_000_000;

/// When the link of each slot is on: from the first time on, and until the second.
#[derive(Debug)]
pub(super) struct LinkSwitches(Vec<Mutex<(Time, Time)>>);

impl LinkSwitches {
    /// All are off.
    pub(super) fn none(slots: u32) -> Self {
        Self((0..slots).map(|_| Mutex::new((Time::MAX, Time::MAX))).collect())
    }

    /// The link of `slot` is on from `from` until `until`.
    pub(super) fn set(&self, slot: u32, from: Time, until: Time) {
        if let Some(switch) = self.0.get(slot as usize) {
            *lock(switch) = (from, until);
        }
    }

    fn is_on(&self, slot: u32, at: Time) -> bool {
        self.0.get(slot as usize).is_some_and(|switch| {
            let (from, until) = *lock(switch);
            from <= at && at < until
        })
    }
}

/// A packet on its way. In order of when it is due, then of its number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DelayedPacket {
    due: Instant,
    number: u64,
    at: Time,
    to: u32,
    packet: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    under_way: BinaryHeap<Reverse<DelayedPacket>>,
    is_over: bool,
}

/// Takes packets from a device and hands them back later: what its two threads share.
#[derive(Debug)]
pub(super) struct PacketRelay {
    switches: Arc<LinkSwitches>,
    state: Mutex<State>,
    changed: Condvar,
    timer_bias: TimerBias,
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

impl PacketRelay {
    /// Starts to relay what comes from `device` back to it. The threads end when the device is gone.
    ///
    /// # Errors
    /// There are no more threads.
    pub(super) fn start(
        device: &Arc<SyncDevice>,
        switches: Arc<LinkSwitches>,
        clock: Clock,
        between: Between,
    ) -> io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        let late = Histogram::new_with_max(MAX_LATE_US, 3).map_err(io::Error::other)?;
        let relay = Arc::new(Self {
            switches,
            state: Mutex::default(),
            changed: Condvar::new(),
            timer_bias: TimerBias::default(),
            carried: AtomicU64::new(0),
            nobody: AtomicU64::new(0),
            late: Mutex::new(late),
        });
        let (this, from) = (Arc::clone(&relay), Arc::clone(device));
        let taking = thread::Builder::new()
            .name("takes".to_owned())
            .spawn(move || this.receive(&from, &LinkDelays { clock, between }))?;
        let (this, to) = (Arc::clone(&relay), Arc::clone(device));
        let giving = thread::Builder::new().name("gives".to_owned()).spawn(move || this.send_on(&to))?;
        Ok((relay, vec![taking, giving]))
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

    fn receive(&self, from: &SyncDevice, delays: &LinkDelays) {
        let mut packet = [0; MTU as usize];
        let mut passed = BTreeMap::new();
        let slots = delays.between.plan().slots();
        for number in 0.. {
            let Ok(length) = from.recv(&mut packet) else { break };
            let packet = &packet[..length];
            let Some((near, far)) = ends(packet, slots) else { continue };
            let now = delays.clock.now();
            if !self.switches.is_on(near, now) {
                self.nobody.fetch_add(1, Relaxed);
                continue;
            }
            let at = delays.arrival((near, far), now, passed.entry((near, far)).or_default());
            let due = delays.clock.instant(at).into_std();
            self.put(DelayedPacket { due, number, at, to: far, packet: packet.to_vec() });
        }
        lock(&self.state).is_over = true;
        self.changed.notify_one();
    }

    fn put(&self, delayed: DelayedPacket) {
        let mut state = lock(&self.state);
        let is_first = state.under_way.peek().is_none_or(|Reverse(first)| delayed.due < first.due);
        state.under_way.push(Reverse(delayed));
        drop(state);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// The next packet when it is due; none when all is over.
    fn next(&self) -> Option<(DelayedPacket, bool)> {
        let mut state = lock(&self.state);
        let mut waited = false;
        while !state.is_over {
            let Some(Reverse(first)) = state.under_way.peek() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let span = self.timer_bias.before(first.due).saturating_duration_since(Instant::now());
            if span.is_zero() {
                return state.under_way.pop().map(|Reverse(delayed)| (delayed, waited));
            }
            waited = true;
            let woken = self.changed.wait_timeout(state, span);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    fn send_on(&self, to: &SyncDevice) {
        while let Some((delayed, waited)) = self.next() {
            if !self.switches.is_on(delayed.to, delayed.at) {
                self.nobody.fetch_add(1, Relaxed);
                continue;
            }
            let now = Instant::now();
            // A packet that is refused is lost, as any may be.
            let _ = to.send(&delayed.packet);
            if waited {
                self.timer_bias.learn(delayed.due, now);
            }
            self.carried.fetch_add(1, Relaxed);
            let late =
                u64::try_from(now.saturating_duration_since(delayed.due).as_micros()).unwrap_or(MAX_LATE_US);
            lock(&self.late).saturating_record(late);
        }
    }
}

/// How long packets take from slot to slot.
struct LinkDelays {
    clock: Clock,
    between: Between,
}

/// How many packets went from one slot to another, and when the last of them arrives.
type LastPassed = (u32, Time);

impl LinkDelays {
    /// When a packet arrives that is sent at `now`, behind what has `passed`.
    fn arrival(&self, (near, far): (u32, u32), now: Time, passed: &mut LastPassed) -> Time {
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
    use floodnet_sim::spec::Link;
    use std::time::Duration as Span;

    fn delays(links: LinkModel, fault: Option<DisturbanceKind>) -> LinkDelays {
        let mut plan = Plan::still(1, 2, Time::from_secs(9));
        let (from, until) = (Time::from_secs(1), Time::from_secs(2));
        plan.disturbances.extend(fault.map(|kind| Disturbance { from, until, kind }));
        let clock = Clock::starting_after(Span::ZERO, 1.0);
        LinkDelays { clock, between: Between::new(Arc::new(plan), Arc::new(links)) }
    }

    #[test]
    fn packets_of_one_direction_keep_their_order() {
        let jitter = Duration::from_millis(40);
        let delays = delays(LinkModel::new(Link { jitter: jitter.into(), ..Link::default() }), None);
        let mut passed = LastPassed::default();
        let arrivals: Vec<Time> =
            (0..100).map(|ms| delays.arrival((0, 1), Time::from_millis(ms), &mut passed)).collect();
        assert!(arrivals.is_sorted());
        assert!(arrivals[0] >= Time::from_millis(50) && arrivals[99] < Time::from_millis(99 + 50 + 40));
        assert!(arrivals[99].since(arrivals[0]) != Duration::from_millis(99), "each has a delay of its own");
    }

    #[test]
    fn who_stands_still_neither_sends_nor_receives() {
        let mut still = SlotSet::default();
        still.insert(1);
        let delays = delays(LinkModel::default(), Some(DisturbanceKind::Pause(still)));
        let arrive = |way, ms| delays.arrival(way, Time::from_millis(ms), &mut LastPassed::default());
        assert_eq!(arrive((0, 1), 900), Time::from_millis(950));
        assert_eq!(arrive((0, 1), 990), Time::from_secs(2));
        assert_eq!(arrive((1, 0), 990), Time::from_millis(1_040));
        assert_eq!(arrive((1, 0), 1_500), Time::from_millis(2_050));
    }

    #[test]
    fn a_link_is_on_for_a_while() {
        let switches = LinkSwitches::none(1);
        assert!(!switches.is_on(0, Time::from_secs(5)));
        switches.set(0, Time::from_secs(2), Time::from_secs(4));
        let is_on = |seconds| switches.is_on(0, Time::from_secs(seconds));
        assert_eq!([is_on(1), is_on(2), is_on(3), is_on(4)], [false, true, true, false]);
        assert!(!switches.is_on(1, Time::from_secs(3)), "nobody");
    }
}
