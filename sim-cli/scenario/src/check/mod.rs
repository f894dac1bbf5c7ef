//! Whether the values of a scenario make sense, alone and together. Finds as much as it can in one go.

mod churn;
mod expect;
mod fault;
mod link;
mod nodes;
mod time;

use super::Scenario;
use super::diagnostics::Problem;
use super::document::Document;
use super::tables::Tables;
use super::units::Duration;

/// Everything about `scenario` that makes no sense, at its place in `document`.
pub(crate) fn check(scenario: &Scenario, document: &Document<'_>, tables: &Tables) -> Vec<Problem> {
    let mut checker = Checker { document, problems: Vec::new() };
    nodes::check(scenario, &mut checker);
    link::check(&scenario.link, &mut checker);
    churn::check(scenario, &mut checker);
    time::check(scenario, &mut checker);
    fault::check(scenario, &mut checker);
    expect::check(scenario, tables, &mut checker);
    checker.problems
}

struct Checker<'a, 'i> {
    document: &'a Document<'i>,
    problems: Vec<Problem>,
}

impl Checker<'_, '_> {
    /// The value at `path` is wrong.
    fn wrong(&mut self, path: &str, title: impl Into<String>, label: impl Into<String>) {
        self.problems.push(Problem {
            span: self.document.span(path),
            title: title.into(),
            label: label.into(),
        });
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

    /// A probability or share must lie in [0, 1].
    fn share(&mut self, path: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            self.wrong(path, format!("`{value}` is not a share"), "a share lies in [0, 1]");
        }
    }

    /// A share of slots must lie in (0, 1].
    fn fraction(&mut self, path: &str, value: f64) {
        if !(value > 0.0 && value <= 1.0) {
            let label = "it lies above 0 and is at most 1";
            self.wrong(path, format!("`{value}` is not a fraction of the slots"), label);
        }
    }

    /// Shares must sum to 1, but for rounding.
    fn sum(&mut self, path: &str, what: &str, shares: impl Iterator<Item = f64>) {
        let sum: f64 = shares.sum();
        if (sum - 1.0).abs() > 1e-9 {
            let shown = (sum * 1e9).round() / 1e9;
            self.wrong(path, format!("the shares of the {what} sum to {shown}"), "they must sum to 1");
        }
    }

    /// A duration must not be zero.
    fn positive(&mut self, path: &str, value: Duration) {
        if value.is_zero() {
            self.wrong(path, "this cannot be zero", "write a positive duration");
        }
    }

    /// A shape or a deviation must be a number in its range.
    fn at_least(&mut self, path: &str, value: f64, least: f64, open: bool) {
        let fits = value.is_finite() && (value > least || (!open && value == least));
        if !fits {
            let range = if open { "more than" } else { "at least" };
            self.wrong(path, format!("`{value}` is out of range"), format!("it must be {range} {least}"));
        }
    }

    /// A slot must exist, if the number of slots is known.
    fn slot(&mut self, path: &str, slot: u32, count: Option<u32>) {
        if let Some(count) = count
            && slot >= count
        {
            let label = format!("{count} slots are numbered 0 to {}", count.saturating_sub(1));
            self.wrong(path, format!("there is no slot {slot}"), label);
        }
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
