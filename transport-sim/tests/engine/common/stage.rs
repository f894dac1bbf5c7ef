//! A few scripted nodes, the links between them, and what they tell.

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Simulation;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::Observed;
use floodnet_sim::plan::{Disturbance, DisturbanceKind, End, Life, Plan};
use floodnet_sim::spec::Link;

use super::script::{Script, Step};
use super::{Log, assert_conserved, deliveries, losses, ms};

/// Scripted nodes that are up for ten minutes unless said otherwise, on plain TCP over constant links of 50 ms.
pub(crate) struct Stage {
    pub(crate) plan: Plan,
    pub(crate) links: LinkModel,
    script: Vec<Vec<Step>>,
}

impl Stage {
    pub(crate) fn new(slots: u32) -> Self {
        let plan = Plan::still(1, slots, Time::from_secs(600));
        let links = LinkModel::new(Link { handshake: 0, ..Link::default() });
        Self { plan, links, script: Vec::new() }
    }

    /// `slot` takes these steps at `millis`, with a message of `size` bytes. Gives the message's index.
    pub(crate) fn act(&mut self, millis: u64, slot: u32, size: u32, steps: &[Step]) -> u32 {
        self.script.push(steps.to_vec());
        self.plan.publish(ms(millis), slot, size)
    }

    /// `from` sends a message of 100 bytes to `to` at `millis`. Gives its index.
    pub(crate) fn say(&mut self, millis: u64, from: u32, to: u32) -> u32 {
        self.act(millis, from, 100, &[Step::Say(to)])
    }

    /// The slot's lives: start, stop and end of each.
    pub(crate) fn lives(&mut self, slot: u32, lives: &[(u64, u64, End)]) {
        let life = |&(start, stop, end): &(u64, u64, End)| Life { start: ms(start), stop: ms(stop), end };
        self.plan.lives[slot as usize] = lives.iter().map(life).collect();
    }

    /// The network is disturbed from `from` to `until`.
    pub(crate) fn disturb(&mut self, from: u64, until: u64, kind: DisturbanceKind) {
        self.plan.disturbances.push(Disturbance { from: ms(from), until: ms(until), kind });
    }

    /// The slots of `group` (one number for each) are apart from `from` to `until`.
    pub(crate) fn partition(&mut self, from: u64, until: u64, group: &[u16], one_way: bool) {
        self.disturb(from, until, DisturbanceKind::Partition { group: group.to_vec(), one_way });
    }

    /// Plays the script by both engines, which must agree, and checks that no packet is unaccounted for.
    pub(crate) fn play(&self) -> Played {
        let make = |_| Script::default();
        let simulation = Simulation::new(&self.plan, &self.links, &self.script, &make);
        let (mut log, mut by_heap) = (Log::new(), Log::new());
        let outcome = simulation.run(&mut log).expect("the link model is sound");
        let reference = simulation.run_by_heap(&mut by_heap).expect("the link model is sound");
        assert_eq!(outcome.digest, reference.digest);
        assert_conserved(&log, &outcome);
        by_heap.sort_by_key(|(at, slot, _)| (*at, *slot));
        log.sort_by_key(|(at, slot, _)| (*at, *slot));
        assert_eq!(log, by_heap);
        Played(log)
    }
}

/// What was told on the stage.
pub(crate) struct Played(pub(crate) Log);

impl Played {
    /// When each message reached `slot`, in the order in which they came.
    pub(crate) fn heard(&self, slot: u32) -> Vec<(Time, u32)> {
        let all = deliveries(&self.0).into_iter();
        all.filter(|(_, at_slot, _)| *at_slot == slot).map(|(at, _, message)| (at, message)).collect()
    }

    /// When `slot` heard of which peer that their connection is gone.
    pub(crate) fn downs(&self, slot: u32) -> Vec<(Time, u32)> {
        let told = self.0.iter().filter(|(_, at_slot, _)| *at_slot == slot);
        told.filter_map(|(at, _, what)| match what {
            Observed::Protocol(Observation::NeighborDown(peer)) => Some((*at, *peer)),
            _ => None,
        })
        .collect()
    }

    /// When timers came back at `slot`.
    pub(crate) fn rings(&self, slot: u32) -> Vec<Time> {
        let told = self.0.iter().filter(|(_, at_slot, _)| *at_slot == slot);
        told.filter(|(_, _, what)| *what == Observed::Protocol(Observation::Repair))
            .map(|(at, ..)| *at)
            .collect()
    }

    /// Message and reason of each loss.
    pub(crate) fn lost(&self) -> Vec<(u32, &'static str)> {
        losses(&self.0).into_iter().filter_map(|(_, message, reason)| Some((message?, reason))).collect()
    }
}

/// Time that a frame of `bytes` and its two bytes of overhead take at `rate` bits per second.
pub(crate) fn on_the_line(bytes: u64, rate: u64) -> Duration {
    Duration::from_nanos(((bytes + 2) * 8 * 1_000_000_000).div_ceil(rate))
}
