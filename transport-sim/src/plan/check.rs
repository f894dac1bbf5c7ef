//! Whether a plan can be drawn, as far as that can be told without drawing.

use super::spec::{PlanSpec, Session};
use crate::spec::{Complaint, Complaints, Lifetime, Nodes, check_all};

/// How many messages a plan holds at most, times slots: who has got which message is told by a bit, and so
/// many bits are 8 GiB.
pub const MOST_DELIVERIES: u64 = 1 << 36;

/// How many messages a plan holds at most. A longer list would be a mistake in a scenario.
pub const MOST_MESSAGES: usize = 1 << 24;

/// How many lives a plan holds at most, all slots together.
pub const MOST_LIVES: usize = 1 << 25;

/// How many lives a plan holds at most of one slot.
pub const MOST_LIVES_OF_ONE: usize = 1 << 16;

/// The key of recorded sessions.
const TRACE: &str = "churn.session.trace.file";

impl PlanSpec {
    /// Whether a plan can be drawn, as far as that can be told without drawing.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn check(&self) -> Result<(), Complaint> {
        let mut complaints = Complaints::default();
        complaints.positive("duration", self.duration.into());
        if self.nodes.count.is_none() {
            complaints.add("nodes.count", "nothing says how many slots there are", "write nodes.count");
        }
        self.nodes.check(&mut complaints);
        if let Some(churn) = &self.churn {
            churn.check(&mut complaints);
            if matches!(churn.session, Lifetime::Trace(_)) {
                check_trace(&self.trace, &self.nodes, &mut complaints);
            }
        }
        for (at, traffic) in self.traffic.iter().enumerate() {
            traffic.check(&format!("traffic.{at}"), self.nodes.count, &mut complaints);
        }
        for (at, fault) in self.faults.iter().enumerate() {
            fault.kind.check(&format!("fault.{at}"), self.nodes.count, &mut complaints);
        }
        check_all(&self.adversaries, self.nodes.count, &mut complaints);
        complaints.first()
    }
}

fn check_trace(trace: &[Session], nodes: &Nodes, complaints: &mut Complaints) {
    let mut sorted = trace.to_vec();
    sorted.sort_unstable();
    for &Session { slot, up, down } in &sorted {
        complaints.slot(TRACE, slot, nodes.count);
        if slot < nodes.entry && !nodes.entry_churns {
            let label = "write nodes.entry_churns = true, or take the slot out of the trace";
            complaints.add(TRACE, format!("slot {slot} is an entry slot and does not churn"), label);
        }
        if up >= down {
            let title = format!("slot {slot} comes up at {up} and is down at {down} already");
            complaints.add(TRACE, title, "correct the trace");
        }
    }
    if let Some(at) = overlap(&sorted) {
        let Session { slot, up, .. } = sorted[at];
        let title = format!("slot {slot} comes up at {up}, before its former session has ended");
        complaints.add(TRACE, title, "correct the trace");
    }
}

/// The place of the first session that begins before, or at the instant when, the same slot's former
/// one ends. `sorted` is in ascending order.
pub(super) fn overlap(sorted: &[Session]) -> Option<usize> {
    let meets = |pair: &[Session]| pair[0].slot == pair[1].slot && pair[1].up <= pair[0].down;
    sorted.windows(2).position(meets).map(|at| at + 1)
}
