//! A comparison for CI.

use super::text::cells;
use super::{Change, Comparison, Row};
use crate::junit::{Case, Failure, Outcome, Suite, write};

impl Comparison {
    /// The comparison as JUnit XML: a case for each metric, which fails on a regression, and is
    /// skipped if it cannot be told.
    ///
    /// # Errors
    /// It cannot be written as XML.
    pub fn to_junit(&self) -> Result<String, String> {
        let suites = self.pairs.iter().map(|pair| {
            let cell = if pair.cell.is_empty() { String::new() } else { format!(" at {}", pair.cell) };
            let name = format!("{} against {}{cell}", pair.new.name, pair.base.name);
            Suite { name, cases: pair.rows.iter().map(case).collect() }
        });
        write("floodnet compare", suites.collect())
    }
}

fn case(row: &Row) -> Case {
    let [_, base, new, change, interval, verdict] = cells(row);
    let text = format!("{verdict}: base {base}, new {new}, change {change}, 95 % interval {interval}");
    let outcome = match row.verdict {
        _ if row.is_regression => Outcome::Failed(Failure { message: text.clone(), kind: "regression" }),
        Change::CannotTell => Outcome::Skipped(text.clone()),
        _ => Outcome::Passed,
    };
    Case { name: row.metric.clone(), class: "compare", seconds: None, outcome, output: text }
}
