//! Whether the values of a scenario make sense, alone and together. Finds as much as it can in one go.

mod expect;
mod nodes;
mod time;

pub use expect::LOSSES;
use floodnet_sim::spec::{Complaints, check_all};

use super::diagnostics::Problem;
use super::document::Document;
use super::tables::Tables;
use super::units::Duration;
use super::{Complaint, Scenario};

/// Everything about `scenario` that makes no sense, at its place in `document`.
pub(crate) fn check(scenario: &Scenario, document: &Document<'_>, tables: &Tables) -> Vec<Problem> {
    let mut checker = Checker { document, found: Complaints::default() };
    nodes::check(scenario, &mut checker);
    scenario.link.check(&mut checker.found);
    if let Some(churn) = &scenario.churn {
        churn.check(&mut checker.found);
    }
    for (index, traffic) in scenario.traffic.iter().enumerate() {
        traffic.check(&format!("traffic.{index}"), scenario.nodes.count, &mut checker.found);
    }
    for (index, fault) in scenario.faults.iter().enumerate() {
        fault.kind.check(&format!("fault.{index}"), scenario.nodes.count, &mut checker.found);
    }
    check_all(&scenario.adversaries, scenario.nodes.count, &mut checker.found);
    time::check(scenario, &mut checker);
    expect::check(scenario, tables, &mut checker);
    checker.found.0.into_iter().map(|complaint| document.problem(complaint)).collect()
}

struct Checker<'a, 'i> {
    document: &'a Document<'i>,
    found: Complaints,
}

impl Checker<'_, '_> {
    /// The value at `path` is wrong.
    fn wrong(&mut self, path: &str, title: impl Into<String>, label: impl Into<String>) {
        self.found.add(path, title, label);
    }

    /// The values at `paths` are wrong together.
    fn wrong_together(&mut self, paths: [&str; 2], title: impl Into<String>, label: impl Into<String>) {
        self.found.0.push(Complaint::new(paths[0], title, label).or(paths[1]));
    }

    /// Whether `path` is written in the scenario.
    fn is_written(&self, path: &str) -> bool {
        self.document.get(path).is_some()
    }

    /// A duration as the scenario spells it, if it stands there; else as the program does.
    fn spelled(&self, path: &str, value: Duration) -> String {
        let written = self.document.get(path).and_then(|node| node.get_ref().as_str());
        let same = written.filter(|text| text.parse() == Ok(value));
        same.map_or_else(|| value.to_string(), |text| text.trim().to_owned())
    }

    /// What begins must begin before the end of the run.
    fn before_end(&mut self, path: &str, time: Duration, duration: Duration) -> bool {
        let before = time < duration;
        if !before {
            let label = if self.is_written(path) { "this is" } else { "by default it is" };
            let label = format!("{label} at {}", self.spelled(path, time));
            let duration = self.spelled("duration", duration);
            self.wrong(path, format!("the run ends at {duration}, before this begins"), label);
        }
        before
    }

    /// What stops must not stop after the run: a typing error rather than a wish.
    fn within(&mut self, path: &str, stop: Duration, duration: Duration) {
        if stop > duration {
            let label = format!("the run ends at {}", self.spelled("duration", duration));
            self.wrong(path, "this is after the end of the run", label);
        }
    }

    /// Nothing can stop before it starts. `path` names the table of `start` and `stop`.
    fn in_order(&mut self, path: &str, start: Duration, stop: Duration) {
        if start >= stop {
            let (from, until) = (format!("{path}.start"), format!("{path}.stop"));
            let (start, stop) = (self.spelled(&from, start), self.spelled(&until, stop));
            let title = format!("nothing is between start {start} and stop {stop}");
            self.wrong_together([&until, &from], title, "stop must come after start");
        }
    }
}
