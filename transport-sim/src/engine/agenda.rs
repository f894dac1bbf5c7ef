//! What the plan does to slots, in the order in which it reaches them.

use floodnet_core::protocol::Types;
use floodnet_core::time::Time;

use crate::event::EventKind;
use crate::net::network::Network;
use crate::plan::{CrashKind, End};

/// The source of the plan's inputs.
pub(crate) const NOBODY: u32 = u32::MAX;

/// One input of the plan: small, since each life of each slot has one or two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanInput {
    pub(crate) at: Time,
    pub(crate) slot: u32,
    kind: Kind,
}

/// In the order in which they happen to one slot at one time: it may go down and come up, then it stands
/// still or is cut off, then it publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Leave,
    Silent,
    Reset,
    Start,
    Pause,
    Cut,
    Publish(u32),
}

impl PlanInput {
    /// As an input to the slot.
    pub(crate) fn what<P: Types>(&self, network: &Network<'_>) -> EventKind<P> {
        match self.kind {
            Kind::Leave => EventKind::Stop(End::Leave),
            Kind::Silent => EventKind::Stop(End::Crash(CrashKind::Silent)),
            Kind::Reset => EventKind::Stop(End::Crash(CrashKind::Reset)),
            Kind::Start => EventKind::Start,
            Kind::Pause => EventKind::Pause(network.awake(self.slot, self.at)),
            Kind::Cut => EventKind::Cut,
            Kind::Publish(index) => EventKind::Publish(index),
        }
    }
}

/// The plan's inputs to slots, in the order in which they reach them.
pub(crate) fn plan_inputs(network: &Network<'_>) -> Vec<PlanInput> {
    let plan = network.plan;
    let mut inputs = Vec::with_capacity(plan.lives.len() + plan.publishes.len());
    for (slot, lives) in (0u32..).zip(&plan.lives) {
        for life in lives {
            inputs.push(PlanInput { at: life.start, slot, kind: Kind::Start });
            if life.stop < plan.duration {
                inputs.push(PlanInput { at: life.stop, slot, kind: kind_of(life.end) });
            }
        }
        for fault in network.pauses() {
            if network.awake(slot, fault.from) != fault.from {
                inputs.push(PlanInput { at: fault.from, slot, kind: Kind::Pause });
            }
        }
    }
    for fault in network.probed_cuts() {
        let (at, kind) = (fault.from, Kind::Cut);
        inputs.extend((0..plan.slots()).filter(|&slot| fault.kind.may_cut_off(slot)).map(|slot| PlanInput {
            at,
            slot,
            kind,
        }));
    }
    for (index, publish) in (0u32..).zip(&plan.publishes) {
        let at = network.awake(publish.slot, publish.at);
        inputs.push(PlanInput { at, slot: publish.slot, kind: Kind::Publish(index) });
    }
    // Slot and kind break ties, so that the order does not hang on how the inputs were gathered.
    inputs.retain(|input| input.at < plan.duration);
    inputs.sort_unstable_by_key(|input| (input.at, input.slot, input.kind));
    inputs.shrink_to_fit();
    inputs
}

const fn kind_of(end: End) -> Kind {
    match end {
        End::Leave => Kind::Leave,
        End::Crash(CrashKind::Silent) => Kind::Silent,
        End::Crash(CrashKind::Reset) => Kind::Reset,
    }
}
