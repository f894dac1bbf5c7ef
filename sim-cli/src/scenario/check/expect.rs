//! Expectations about faults.

use super::Checker;
use crate::measure::metrics::phase;
use crate::scenario::Scenario;

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let faults = scenario.expect.iter().filter_map(|bound| phase(&bound.metric)).map(|(fault, _)| fault);
    let mut faults: Vec<&str> = faults.collect();
    faults.dedup();
    for fault in faults {
        exists(fault, scenario, checker);
    }
}

/// Metrics name a fault by its kind, or by its number in the order of the file.
fn exists(fault: &str, scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let count = scenario.faults.len();
    let known = match fault.parse::<usize>() {
        Ok(number) => number < count,
        Err(_) => scenario.faults.iter().any(|known| known.kind.key() == fault),
    };
    if known {
        return;
    }
    let mut names: Vec<&str> = scenario.faults.iter().map(|known| known.kind.key()).collect();
    names.dedup();
    let label = match count {
        0 => "the scenario has none".to_owned(),
        1 => format!("the scenario has {}, also called 0", names.join(", ")),
        _ => format!("the scenario has {}, also called 0 to {}", names.join(", "), count - 1),
    };
    checker.wrong(&format!("expect.phases.{fault}"), format!("there is no fault `{fault}`"), label);
}
