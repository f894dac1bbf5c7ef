//! Name, slots and classes.

use std::collections::BTreeSet;

use super::Checker;
use crate::{Class, Latency, Scenario};
use floodnet_text::spelling::did_you_mean;
use floodnet_text::units::Duration;

/// Classes are counted in a byte, and 255 of them are many.
const MOST_CLASSES: usize = 255;
/// A hundred years of 365.25 days. Times within a run and behind its end then stay far from the last that
/// can be counted, 584 years.
const LONGEST: Duration = Duration::from_secs(100 * 31_557_600);

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    name(&scenario.name, checker);
    checker.found.positive("duration", scenario.duration);
    if scenario.duration > LONGEST {
        checker.wrong("duration", "a run cannot be that long", "at most 876600h, a hundred years");
    }
    slots(scenario, checker);
    if scenario.classes.is_empty() {
        return;
    }
    if scenario.classes.len() > MOST_CLASSES {
        let title = format!("{} classes are too many", scenario.classes.len());
        checker.wrong("class", title, format!("at most {MOST_CLASSES}"));
    }
    checker.found.sum("class", "classes", scenario.classes.iter().map(|class| class.share));
    let mut names = BTreeSet::new();
    for (index, item) in scenario.classes.iter().enumerate() {
        let path = format!("class.{index}");
        checker.found.share(&format!("{path}.share"), item.share);
        if !names.insert(&item.name) {
            let title = format!("there are two classes `{}`", item.name);
            checker.wrong(&format!("{path}.name"), title, "tables tell classes apart by name");
        }
        region(&path, item, &scenario.link.latency, checker);
    }
}

fn name(name: &str, checker: &mut Checker<'_, '_>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        let label = "letters, digits, `-`, `_` and `.`, not beginning with `.`";
        checker.wrong("name", format!("`{name}` cannot name a folder"), label);
    }
}

fn slots(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let nodes = &scenario.nodes;
    if nodes.count.is_none() && !checker.is_written("overlay.static.file") {
        let label = "only a static overlay from a file knows how many slots there are";
        checker.wrong("nodes", "missing key `count` in [nodes]", label);
    }
    nodes.check(&mut checker.found);
    if nodes.entry == 0 {
        checker.wrong("nodes.entry", "newcomers must know somebody", "write 1 or more");
    }
    if nodes.arrive > scenario.duration {
        let label = format!("the run ends at {}", checker.spelled("duration", scenario.duration));
        checker.wrong("nodes.arrive", "arrivals end after the run", label);
    }
}

fn region(path: &str, class: &Class, latency: &Latency, checker: &mut Checker<'_, '_>) {
    let Some(region) = &class.region else { return };
    let path = format!("{path}.region");
    match latency {
        Latency::Regions(regions) if regions.table().number(region).is_some() => {}
        Latency::Regions(regions) => {
            let label = did_you_mean(region, regions.table().names);
            checker.wrong(&path, format!("unknown region `{region}`"), label);
        }
        _ => {
            let label = "it needs link.latency = { regions = \"world8\" }";
            checker.wrong(&path, "a region means nothing to this latency", label);
        }
    }
}
