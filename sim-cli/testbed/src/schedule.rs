//! The plan of one slot: its lives, with all that happens in them, as actions with times.

use floodnet_core::time::Time;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End, Life, Plan};
use serde::{Deserialize, Serialize};

/// One life of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LifeSchedule {
    pub(crate) incarnation: u32,
    #[serde(with = "nanos")]
    pub(crate) start: Time,
    /// First instant down, or the end of the run.
    #[serde(with = "nanos")]
    pub(crate) stop: Time,
    pub(crate) ending: Ending,
    /// In order of time.
    pub(crate) actions: Vec<ScheduledAction>,
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    /// With the run.
    WithRun,
    Leave,
    Reset,
    Silent,
}

impl Ending {
    fn of(life: Life, duration: Time) -> Self {
        match life.end {
            _ if life.stop >= duration => Self::WithRun,
            End::Leave => Self::Leave,
            End::Crash(CrashKind::Reset) => Self::Reset,
            End::Crash(CrashKind::Silent) => Self::Silent,
        }
    }

    /// As the plan calls it; none for the end of the run.
    pub(crate) const fn planned(self) -> Option<End> {
        match self {
            Self::WithRun => None,
            Self::Leave => Some(End::Leave),
            Self::Reset => Some(End::Crash(CrashKind::Reset)),
            Self::Silent => Some(End::Crash(CrashKind::Silent)),
        }
    }
}

/// Something that the plan does to a node while it is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScheduledAction {
    #[serde(with = "nanos")]
    pub(crate) at: Time,
    pub(crate) what: ActionKind,
}

/// What a [`ScheduledAction`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ActionKind {
    /// The node publishes this message of the plan, with so many bytes.
    Publish { message: u32, size: u32 },
    /// It stands still until then.
    Pause {
        #[serde(with = "nanos")]
        until: Time,
    },
}

/// All lives of `slot` that begin before the run is over.
pub(crate) fn schedules(plan: &Plan, slot: u32) -> Vec<LifeSchedule> {
    let lives = plan.lives.get(slot as usize).into_iter().flatten();
    let lives = (0..).zip(lives).filter(|(_, life)| life.start < plan.duration);
    let schedule = |(incarnation, life): (u32, &Life)| LifeSchedule {
        incarnation,
        start: life.start,
        stop: life.stop.min(plan.duration),
        ending: Ending::of(*life, plan.duration),
        actions: actions(plan, slot, *life),
    };
    lives.map(schedule).collect()
}

/// The actions of `slot` during `life`, in order of time.
fn actions(plan: &Plan, slot: u32, life: Life) -> Vec<ScheduledAction> {
    let stop = life.stop.min(plan.duration);
    let during = |at: Time| life.start <= at && at < stop;
    let published = (0..).zip(&plan.publishes);
    let published = published.filter(|(_, publish)| publish.slot == slot && during(publish.at));
    let publish = |(message, publish): (u32, &floodnet_sim::plan::Publish)| ScheduledAction {
        at: publish.at,
        what: ActionKind::Publish { message, size: publish.size },
    };
    let mut actions: Vec<ScheduledAction> = published.map(publish).collect();
    for fault in &plan.disturbances {
        // A node that comes up during a pause joins at once, and then stands still too.
        if let DisturbanceKind::Pause(slots) = &fault.kind
            && slots.contains(slot)
            && fault.from < stop
            && life.start < fault.until
        {
            let what = ActionKind::Pause { until: fault.until };
            actions.push(ScheduledAction { at: fault.from.max(life.start), what });
        }
    }
    actions.sort_by_key(|action| action.at);
    actions
}

/// Times as their nanoseconds.
mod nanos {
    use floodnet_core::time::Time;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(time.as_nanos())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        u64::deserialize(from).map(Time::from_nanos)
    }
}
