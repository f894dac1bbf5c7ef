//! A comparison for CI.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::text::cells;
use super::{Change, Comparison, Row};

impl Comparison {
    /// The comparison as JUnit XML: a case for each metric, which fails on a regression, and is
    /// skipped if it cannot be told.
    ///
    /// # Errors
    /// It cannot be written as XML.
    pub fn to_junit(&self) -> Result<String, String> {
        let mut report = Report::new("floodnet compare");
        for pair in &self.pairs {
            let cell = if pair.cell.is_empty() { String::new() } else { format!(" at {}", pair.cell) };
            let mut suite = TestSuite::new(format!("{} against {}{cell}", pair.new.name, pair.base.name));
            suite.add_test_cases(pair.rows.iter().map(case));
            report.add_test_suite(suite);
        }
        report.to_string().map_err(|error| error.to_string())
    }
}

fn case(row: &Row) -> TestCase {
    let [_, base, new, change, interval, verdict] = cells(row);
    let text = format!("{verdict}: base {base}, new {new}, change {change}, 95 % interval {interval}");
    let mut status = TestCaseStatus::success();
    if row.is_regression {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(text.clone());
        status.set_type("regression");
    } else if row.verdict == Change::CannotTell {
        status = TestCaseStatus::skipped();
        status.set_message(text.clone());
        status.set_type("cannot_tell");
    }
    let mut case = TestCase::new(row.metric.as_str(), status);
    case.set_classname("compare");
    case.set_system_out(text);
    case
}
