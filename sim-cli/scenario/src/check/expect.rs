//! Expectations and reach assertions about faults, adversaries and drops.

use super::Checker;
use crate::{Scenario, TableKind, Tables};
use floodnet_measure::metrics::{is_of_adversary, phase};
use floodnet_text::spelling::choices;

/// Why the network loses packets.
pub const LOSSES: [(&str, &str); 8] = [
    ("broken", "The connection broke before the packet arrived."),
    ("cut", "A fault cut the way."),
    ("down", "The receiver was not up."),
    ("loss", "Lost on the way, by link.loss or a fault, and not sent again."),
    ("no_such_peer", "The sender named a slot that does not exist."),
    ("queue_full", "The queue of an access line was full."),
    ("stale", "Meant for an earlier incarnation of the receiver."),
    ("unreachable", "The receiver cannot be dialed: it is behind a NAT."),
];

pub(super) fn check(scenario: &Scenario, tables: &Tables, checker: &mut Checker<'_, '_>) {
    // A fault is told once, however much is expected of it.
    let mut faults = Vec::new();
    let known = reasons(scenario, tables);
    for (metric, path) in named(scenario) {
        if let Some((fault, _)) = phase(metric) {
            if !faults.contains(&fault) {
                faults.push(fault);
                let path = if path.starts_with("expect") { format!("expect.phases.{fault}") } else { path };
                exists(fault, &path, scenario, checker);
            }
        } else if is_of_adversary(metric) && scenario.adversaries.is_empty() {
            let label = "only runs with an [[adversary]] have this measure";
            checker.wrong(&path, "the scenario has no adversary", label);
        } else if let (Some(reason), Some(known)) = (metric.strip_prefix("drops."), &known)
            && !known.contains(&reason)
        {
            let title = format!("nothing is dropped for the reason `{reason}`");
            checker.wrong(&path, title, choices(reason, known));
        }
    }
}

/// The metrics that a scenario expects something of, each with the path of the place where it does.
fn named(scenario: &Scenario) -> impl Iterator<Item = (&str, String)> {
    let expected =
        scenario.expect.iter().map(|bound| (bound.metric.as_str(), format!("expect.{}", bound.metric)));
    let reached =
        scenario.reach.iter().enumerate().map(|(place, of)| (of.metric(), format!("reach.{place}.when")));
    expected.chain(reached)
}

/// Every reason for which the network or the protocols drop something; none where a protocol does not tell.
fn reasons(scenario: &Scenario, tables: &Tables) -> Option<Vec<&'static str>> {
    let of = |kinds: &[TableKind], key: &str| kinds.iter().find(|kind| kind.key() == key)?.drops();
    let overlay = of(&tables.overlays, &scenario.overlay.key)?;
    let broadcast = of(&tables.broadcasts, &scenario.broadcast.key)?;
    Some([&LOSSES.map(|(reason, _)| reason)[..], overlay, broadcast].concat())
}

/// Metrics name a fault by its kind, or by its number in the order of the file.
fn exists(fault: &str, path: &str, scenario: &Scenario, checker: &mut Checker<'_, '_>) {
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
    checker.wrong(path, format!("there is no fault `{fault}`"), label);
}
