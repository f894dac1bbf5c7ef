//! Hand-made plans and observations for the tests of the measures.

use std::ops::Range;
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Divisible, Observed, Observer};
use floodnet_sim::plan::{Adversaries, CrashKind, Disturbance, End, FaultSpan, Life, Plan, Publish};

use super::part::Part;
use super::{Ending, MeasureSettings, Measures, Results};

/// A time in whole seconds.
pub(crate) const fn secs(secs: u64) -> Time {
    Time::from_secs(secs)
}

/// A time in whole milliseconds.
pub(crate) const fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// A life, ended by a silent crash.
pub(crate) const fn life(start: Time, stop: Time) -> Life {
    Life { start, stop, end: End::Crash(CrashKind::Silent) }
}

/// Slots that are up from the start to the end, and nothing else happens.
pub(crate) fn always_up(slots: usize, duration_s: u64) -> Plan {
    Plan {
        seed: 1,
        duration: secs(duration_s),
        lives: vec![vec![life(Time::ZERO, Time::MAX)].into(); slots],
        publishes: Vec::new(),
        skipped: 0,
        disturbances: Vec::new(),
        faults: Vec::new(),
        adversaries: Adversaries::default(),
    }
}

/// A message of 100 bytes.
pub(crate) const fn publish(at: Time, slot: u32) -> Publish {
    Publish { at, slot, size: 100 }
}

/// A disturbance, and its name for phases is up to the test.
pub(crate) const fn disturbance(
    from: Time,
    until: Time,
    kind: floodnet_sim::plan::DisturbanceKind,
) -> Disturbance {
    Disturbance { from, until, kind }
}

/// A sample each second, the whole run as window, deadline 10 s, grace 5 s.
pub(crate) fn settings(plan: &Plan) -> MeasureSettings {
    MeasureSettings {
        scenario: "test".to_owned(),
        every: Some(Duration::from_secs(1)),
        start: Time::ZERO,
        stop: plan.duration,
        deadline: Duration::from_secs(10),
        grace: Duration::from_secs(5),
        target_degree: None,
        is_directed: false,
        topology_times: Vec::new(),
        topology_at_end: false,
    }
}

/// An orderly end with nothing in flight.
pub(crate) const ENDING: Ending =
    Ending { digest: Some(0xfeed), in_flight_payloads: 0, in_flight_packets: 0, complete: true };

/// One thing that happened, for a [`Script`].
pub(crate) type Line = (Time, u32, Observed);

/// Measures with all their parts, fed as by a backend.
pub(crate) struct Divided {
    pub(crate) whole: Measures,
    shards: Vec<Range<u32>>,
    parts: Vec<Part>,
}

impl Divided {
    /// With `parts` parts, whose slots are as many as can be.
    pub(crate) fn new(plan: Plan, settings: MeasureSettings, parts: u32) -> Self {
        let slots = plan.slots();
        let mut whole = Measures::new(Arc::new(plan), settings);
        let shards: Vec<Range<u32>> =
            (0..parts).map(|n| slots * n / parts..slots * (n + 1) / parts).collect();
        let parts = whole.divide(&shards);
        Self { whole, shards, parts }
    }

    /// The run is over.
    pub(crate) fn finish(mut self, ending: Ending) -> Results {
        self.whole.unite(self.parts);
        self.whole.finish(ending)
    }
}

impl Observer for Divided {
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        let part = self.shards.iter().position(|shard| shard.contains(&slot)).unwrap_or(0);
        self.parts[part].observe(at, slot, what);
    }

    fn sample(&mut self, at: Time) {
        self.whole.settle(&mut self.parts);
        self.whole.sample(&mut self.parts, at);
    }
}

/// What a backend would report.
#[derive(Default)]
pub(crate) struct Script(pub(crate) Vec<Line>);

impl Script {
    /// Slots `0..slots` come up at 0.
    pub(crate) fn all_up(slots: u32) -> Self {
        let mut script = Self::default();
        (0..slots).for_each(|slot| script.push(Time::ZERO, slot, Observed::Up { incarnation: 0 }));
        script
    }

    pub(crate) fn push(&mut self, at: Time, slot: u32, what: Observed) {
        self.0.push((at, slot, what));
    }

    pub(crate) fn says(&mut self, at: Time, slot: u32, what: Observation<u32, u32>) {
        self.push(at, slot, Observed::Protocol(what));
    }

    /// Both ends hold each other from `at` on.
    pub(crate) fn link(&mut self, at: Time, a: u32, b: u32) {
        self.says(at, a, Observation::NeighborUp(b));
        self.says(at, b, Observation::NeighborUp(a));
    }

    /// Neither end holds the other from `at` on.
    pub(crate) fn unlink(&mut self, at: Time, a: u32, b: u32) {
        self.says(at, a, Observation::NeighborDown(b));
        self.says(at, b, Observation::NeighborDown(a));
    }

    pub(crate) fn crash(&mut self, at: Time, slot: u32) {
        self.push(at, slot, Observed::Down(End::Crash(CrashKind::Silent)));
    }

    pub(crate) fn up(&mut self, at: Time, slot: u32, incarnation: u32) {
        self.push(at, slot, Observed::Up { incarnation });
    }

    pub(crate) fn published(&mut self, at: Time, slot: u32, message: u32) {
        self.says(at, slot, Observation::Published(message));
    }

    pub(crate) fn delivered(&mut self, at: Time, slot: u32, message: u32, hops: u16) {
        self.says(at, slot, Observation::Delivered { message, hops });
    }

    /// A packet with `message` from one slot to another, taken in.
    pub(crate) fn packet(&mut self, at: Time, from: u32, to: u32, message: u32) {
        let payload = Some(message);
        self.push(at, from, Observed::Sent { to, payload, bytes: 120, kind: "message" });
        self.push(at, to, Observed::Received { from, payload });
    }

    /// Feeds all of it, with the barriers between.
    pub(crate) fn measure(self, plan: Plan, settings: MeasureSettings) -> Results {
        self.play(plan, settings).finish(ENDING)
    }

    /// As [`Script::measure`], without the end.
    pub(crate) fn play(self, plan: Plan, settings: MeasureSettings) -> Divided {
        self.play_divided(plan, settings, 1)
    }

    /// As [`Script::play`], to `parts` parts.
    pub(crate) fn play_divided(mut self, plan: Plan, settings: MeasureSettings, parts: u32) -> Divided {
        let mut measures = Divided::new(plan, settings, parts);
        self.0.sort_by_key(|&(at, ..)| at);
        let mut lines = self.0.into_iter().peekable();
        for barrier in measures.whole.barriers() {
            while let Some((at, slot, what)) = lines.next_if(|&(at, ..)| at < barrier) {
                measures.observe(at, slot, what);
            }
            measures.sample(barrier);
        }
        assert_eq!(lines.count(), 0, "the script goes on after the end of the run");
        measures
    }
}

/// The summary of a run in which half of the receivers were reached, with one loss and one fault.
pub(crate) fn small_summary() -> super::metrics::Summary {
    let mut plan = always_up(3, 30);
    plan.publishes = vec![publish(secs(1), 0)];
    plan.faults = vec![FaultSpan { name: "crash", from: secs(9), until: secs(9), slots: 1 }];
    let settings = settings(&plan);
    let mut script = Script::all_up(3);
    script.link(secs(0), 0, 1);
    script.published(secs(1), 0, 0);
    script.delivered(secs(2), 1, 0, 1);
    script.push(secs(1), 1, Observed::Sent { to: 0, payload: Some(0), bytes: 120, kind: "message" });
    script.push(secs(2), 0, Observed::Lost { payload: Some(0), reason: "cut" });
    script.measure(plan, settings).summary
}
