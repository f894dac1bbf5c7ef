//! Faults.

use super::Checker;
use crate::Scenario;

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    for (index, fault) in scenario.faults.iter().enumerate() {
        let path = format!("fault.{index}");
        checker.before_end(&format!("{path}.at"), fault.at, scenario.duration);
        fault.kind.check(&path, scenario.nodes.count, &mut checker.wrongs);
    }
}
