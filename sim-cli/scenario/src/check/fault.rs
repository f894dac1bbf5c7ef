//! Faults.

use super::Checker;
use crate::{Crash, Cut, Ends, Fault, FaultKind, Scenario};

/// Groups are numbered in 16 bits.
const MOST_GROUPS: usize = 65_535;
/// A delay is multiplied in 32 bits of thousandths.
const MOST_FACTOR: f64 = 4_000_000.0;

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    for (index, fault) in scenario.faults.iter().enumerate() {
        let path = format!("fault.{index}");
        checker.before_end(&format!("{path}.at"), fault.at, scenario.duration);
        kind(&format!("{path}.{}", fault.kind.key()), fault, scenario.nodes.count, checker);
    }
}

fn kind(path: &str, fault: &Fault, count: Option<u32>, checker: &mut Checker<'_, '_>) {
    let key = |key: &str| format!("{path}.{key}");
    if let Some(lasts) = fault.kind.lasts() {
        let word = if matches!(fault.kind, FaultKind::Crash(_)) { "back" } else { "for" };
        checker.positive(&key(word), lasts);
    }
    match &fault.kind {
        FaultKind::Crash(crash) => victims(path, crash, count, checker),
        FaultKind::Partition(partition) => groups(&key("groups"), &partition.groups, checker),
        FaultKind::Cut(cut) => links(&key("links"), cut, count, checker),
        FaultKind::Loss(loss) => checker.share(&key("share"), loss.share),
        FaultKind::Pause(pause) => checker.fraction(&key("fraction"), pause.fraction),
        FaultKind::Slow(slow) => {
            checker.fraction(&key("fraction"), slow.fraction);
            checker.at_least(&key("factor"), slow.factor, 1.0, false);
            if slow.factor > MOST_FACTOR {
                checker.wrong(&key("factor"), "this is too slow", format!("at most {MOST_FACTOR}"));
            }
        }
    }
}

fn victims(path: &str, crash: &Crash, count: Option<u32>, checker: &mut Checker<'_, '_>) {
    if let Some(fraction) = crash.fraction {
        checker.fraction(&format!("{path}.fraction"), fraction);
    }
    for (index, slot) in crash.slots.iter().flatten().enumerate() {
        checker.slot(&format!("{path}.slots.{index}"), *slot, count);
    }
    match (&crash.fraction, &crash.slots) {
        (None, None) => {
            checker.wrong(path, "the crash does not say who", "write fraction = 0.1 or slots = [3]")
        }
        (Some(_), Some(_)) => {
            checker.wrong(&format!("{path}.slots"), "both fraction and slots are given", "keep one of them");
        }
        (None, Some(slots)) if slots.is_empty() => {
            checker.wrong(&format!("{path}.slots"), "nobody crashes", "name a slot");
        }
        _ => {}
    }
}

fn groups(path: &str, groups: &[f64], checker: &mut Checker<'_, '_>) {
    if groups.len() < 2 {
        checker.wrong(path, "a partition has at least two groups", "write such as [0.5, 0.5]");
        return;
    }
    if groups.len() > MOST_GROUPS {
        checker.wrong(path, "these are too many groups", format!("at most {MOST_GROUPS}"));
    }
    for (index, share) in groups.iter().enumerate() {
        checker.share(&format!("{path}.{index}"), *share);
    }
    checker.sum(path, "groups", groups.iter().copied());
}

fn links(path: &str, cut: &Cut, count: Option<u32>, checker: &mut Checker<'_, '_>) {
    if cut.links.is_empty() {
        checker.wrong(path, "no link is cut", "write pairs of slots such as [[0, 1]]");
    }
    for (index, Ends(a, b)) in cut.links.iter().enumerate() {
        checker.slot(&format!("{path}.{index}.0"), *a, count);
        checker.slot(&format!("{path}.{index}.1"), *b, count);
        if a == b {
            checker.wrong(&format!("{path}.{index}.1"), "a slot has no link to itself", "name another slot");
        }
    }
}
