//! What links do to what is sent, for a backend that is not the engine: the same draws, so that each pair of
//! slots has the very latency that the engine gives it.

use std::sync::Arc;

use floodnet_core::time::{Duration, Time};

use crate::link::LinkModel;
use crate::net::network::{Network, PacketIndex};

pub use crate::net::faults::Callee;
use crate::net::recovery::{Attempt, Before, Recovery};
use crate::plan::Plan;

/// What is between the slots of one run.
#[derive(Clone, Debug)]
pub struct Between {
    plan: Arc<Plan>,
    links: Arc<LinkModel>,
}

/// One direction of a connection: what a passage needs to know of those before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow(Option<(Time, Time)>);

/// What becomes of something that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It reaches the other end then.
    Arrives(Time),
    /// Nothing gets through for too long: the connection breaks then.
    Breaks(Time),
}

impl Between {
    /// The links of a run of `plan`.
    #[must_use]
    pub const fn new(plan: Arc<Plan>, links: Arc<LinkModel>) -> Self {
        Self { plan, links }
    }

    /// What happens to the run from outside.
    #[must_use]
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What links do.
    #[must_use]
    pub const fn links(&self) -> &Arc<LinkModel> {
        &self.links
    }

    /// One-way delay between two slots, where it is the same for all that passes; that of the first packet
    /// where it is drawn for each. Without jitter and faults.
    #[must_use]
    pub fn delay(&self, from: u32, to: u32) -> Duration {
        Network::new(&self.plan, &self.links).plain_delay(from, to, PacketIndex { count: 0, attempt: 0 })
    }

    /// One-way delay of the packet of this number that leaves `from` for `to` at `at`, with jitter and faults.
    /// Whether it gets through is not its matter.
    #[must_use]
    pub fn packet_delay(&self, from: u32, to: u32, count: u32, at: Time) -> Duration {
        let network = Network::new(&self.plan, &self.links);
        network.delay(from, to, network.link_delay(from, to), PacketIndex { count, attempt: 0 }, at)
    }

    /// What becomes of what is to leave `from` for `to` at `at`, behind what went before in `flow`, as the packet
    /// that `count` numbers if it is not part of one that waits: attempts that are lost or cut are repeated as on
    /// the engine's streams. Rates are not its matter.
    #[must_use]
    pub fn passage(
        &self,
        (from, to): (u32, u32),
        count: impl FnOnce() -> u32,
        at: Time,
        flow: &mut Flow,
    ) -> Passage {
        let network = &Network::new(&self.plan, &self.links);
        if let Some((left, arrival)) = flow.0
            && left >= at
            && network.loss_at(at) > 0
        {
            // It leaves in one packet with what waits.
            return Passage::Arrives(arrival);
        }
        let before = flow.0.map(|(left, arrived)| Before { left, arrived });
        let delay = network.link_delay(from, to);
        let at = before.map_or(at, |before| before.left.max(at));
        let mut packet = Recovery::new(network, (from, to), (count(), delay), at, before);
        let breaks_at = packet.start() + self.links.spec.break_after.0;
        let mut now = packet.start();
        for attempt in 0.. {
            match packet.attempt(attempt, now) {
                Attempt::Arrives(arrival) => {
                    let arrival = before.map_or(arrival, |before| before.arrived.max(arrival));
                    flow.0 = Some((packet.start(), arrival));
                    return Passage::Arrives(arrival);
                }
                Attempt::Again(next) => now = next,
            }
            if now > breaks_at {
                break;
            }
        }
        Passage::Breaks(breaks_at)
    }

    /// When an attempt of this number to pass from `from` to `to` at `at` arrives; none if it is lost or cut.
    #[must_use]
    pub fn attempt(&self, from: u32, to: u32, count: u32, at: Time) -> Option<Time> {
        let network = Network::new(&self.plan, &self.links);
        let nth = PacketIndex { count, attempt: 0 };
        network.attempt(from, to, nth, at).ok()?;
        Some(at + network.delay(from, to, network.link_delay(from, to), nth, at))
    }

    /// What a dial that reaches `to` at `at` finds.
    #[must_use]
    pub fn callee(&self, to: u32, at: Time) -> Callee {
        Network::new(&self.plan, &self.links).callee(to, at)
    }

    /// When `slot` is next awake: at `at`, or when its pause is over.
    #[must_use]
    pub fn awake(&self, slot: u32, at: Time) -> Time {
        Network::new(&self.plan, &self.links).awake(slot, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Delays;
    use crate::plan::{Disturbance, DisturbanceKind};
    use floodnet_core::distributions::Distribution;

    fn between(plan: Plan, links: LinkModel) -> Between {
        Between::new(Arc::new(plan), Arc::new(links))
    }

    #[test]
    fn a_pair_has_one_latency_whichever_way() {
        let delays = Delays::Distribution(Distribution::Uniform {
            min: Duration::from_millis(10),
            max: Duration::from_millis(100),
        });
        let links = LinkModel { delays, ..LinkModel::default() };
        let all = between(Plan::still(7, 20, Time::from_secs(9)), links);
        let mut delays: Vec<Duration> = (1..20).map(|to| all.delay(0, to)).collect();
        assert!((1..20).all(|to| all.delay(0, to) == all.delay(to, 0)));
        let at = Time::from_secs(1);
        assert!((1..20).all(|to| all.passage((0, to), || 3, at, &mut Flow::default())
            == Passage::Arrives(at + all.delay(0, to))));
        delays.sort_unstable();
        delays.dedup();
        assert_eq!(delays.len(), 19);
    }

    #[test]
    fn a_cut_is_waited_for_and_breaks_what_waits_too_long() {
        let cut = |until| Disturbance {
            from: Time::from_secs(1),
            until,
            kind: DisturbanceKind::CutLinks(vec![(0, 1)]),
        };
        let passage = |until| {
            let mut plan = Plan::still(7, 2, Time::from_secs(90));
            plan.disturbances.push(cut(until));
            between(plan, LinkModel::default()).passage(
                (1, 0),
                || 0,
                Time::from_secs(1),
                &mut Flow::default(),
            )
        };
        // Attempts at 1 s, 1.3 s, 1.6 s, 2.2 s: the last gets through, 50 ms later.
        assert_eq!(passage(Time::from_secs(2)), Passage::Arrives(Time::from_millis(2_250)));
        assert_eq!(passage(Time::from_secs(80)), Passage::Breaks(Time::from_secs(16)));
    }
}
