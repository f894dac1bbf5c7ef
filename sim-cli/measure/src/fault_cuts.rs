//! Which links the faults of a plan cut at one time.

use floodnet_core::time::Time;
use floodnet_sim::plan::{DisturbanceKind, Plan};

/// The disturbances that cut links at one time.
#[derive(Debug, Default)]
pub(super) struct Cuts<'a>(Vec<(usize, &'a DisturbanceKind)>);

impl<'a> Cuts<'a> {
    /// What `plan` cuts at `at`.
    pub(super) fn at(plan: &'a Plan, at: Time) -> Self {
        let active = plan.disturbances.iter().enumerate();
        let active = active.filter(|(_, fault)| fault.from <= at && at < fault.until);
        Self(active.filter(|(_, fault)| fault.kind.is_cut()).map(|(n, fault)| (n, &fault.kind)).collect())
    }

    /// Whether either direction between `a` and `b` is cut.
    pub(super) fn separate(&self, a: u32, b: u32) -> bool {
        self.0.iter().any(|(_, kind)| kind.cuts(a, b) || kind.cuts(b, a))
    }

    /// Which disturbances of the plan these are.
    pub(super) fn names(&self) -> Vec<usize> {
        self.0.iter().map(|&(number, _)| number).collect()
    }
}
