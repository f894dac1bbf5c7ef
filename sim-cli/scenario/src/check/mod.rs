//! Whether the values of a scenario make sense, alone and together. Finds as much as it can in one go.

mod churn;
mod expect;
mod fault;
mod link;
mod nodes;
mod time;

use floodnet_sim::spec::{Wrong, Wrongs};

use super::Scenario;
use super::diagnostics::Problem;
use super::document::Document;
use super::tables::Tables;
use super::units::Duration;

/// Everything about `scenario` that makes no sense, at its place in `document`.
pub(crate) fn check(scenario: &Scenario, document: &Document<'_>, tables: &Tables) -> Vec<Problem> {
    let mut checker = Checker { document, wrongs: Wrongs::default() };
    nodes::check(scenario, &mut checker);
    link::check(&scenario.link, &mut checker);
    churn::check(scenario, &mut checker);
    time::check(scenario, &mut checker);
    fault::check(scenario, &mut checker);
    expect::check(scenario, tables, &mut checker);
    let located =
        |wrong: Wrong| Problem { span: document.span(&wrong.key), title: wrong.title, label: wrong.label };
    checker.wrongs.0.into_iter().map(located).collect()
}

struct Checker<'a, 'i> {
    document: &'a Document<'i>,
    wrongs: Wrongs,
}

impl Checker<'_, '_> {
    /// The value at `path` is wrong.
    fn wrong(&mut self, path: &str, title: impl Into<String>, label: impl Into<String>) {
        self.wrongs.add(path, title, label);
    }

    /// The value at `path` is wrong together with others; points at the first path that is written.
    fn wrong_at_first(&mut self, paths: &[&str], title: impl Into<String>, label: impl Into<String>) {
        let written = paths.iter().find(|path| self.document.get(path).is_some());
        if let Some(path) = written.or(paths.first()) {
            self.wrong(path, title, label);
        }
    }

    /// Whether `path` is written in the scenario.
    fn is_written(&self, path: &str) -> bool {
        self.document.get(path).is_some()
    }

    /// What begins must begin before the end of the run.
    fn before_end(&mut self, path: &str, time: Duration, duration: Duration) -> bool {
        let before = time < duration;
        if !before {
            let label = if self.is_written(path) { "this is" } else { "by default it is" };
            let label = format!("{label} at {time}");
            self.wrong(path, format!("the run ends at {duration}, before this begins"), label);
        }
        before
    }

    /// What stops must not stop after the run: a typing error rather than a wish.
    fn within(&mut self, path: &str, stop: Duration, duration: Duration) {
        if stop > duration {
            let label = format!("the run ends at {duration}");
            self.wrong(path, "this is after the end of the run", label);
        }
    }

    /// Nothing can stop before it starts. `path` names the table of `start` and `stop`.
    fn in_order(&mut self, path: &str, start: Duration, stop: Duration) {
        if start >= stop {
            let (from, until) = (format!("{path}.start"), format!("{path}.stop"));
            let title = format!("nothing is between start {start} and stop {stop}");
            self.wrong_at_first(&[&until, &from], title, "stop must come after start");
        }
    }
}
