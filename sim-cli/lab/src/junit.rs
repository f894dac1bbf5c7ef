//! Results as JUnit XML, which every CI reads: the writer that comparisons and tests share.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// Cases that belong together.
pub(crate) struct Suite {
    /// Name of the suite.
    pub(crate) name: String,
    /// Its cases, in order.
    pub(crate) cases: Vec<Case>,
}

/// One case.
pub(crate) struct Case {
    /// Name of the case.
    pub(crate) name: String,
    /// The class that CI shows it under.
    pub(crate) class: &'static str,
    /// Real time that it took; none where that means nothing.
    pub(crate) seconds: Option<f64>,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// What it has to say; may be empty.
    pub(crate) output: String,
}

/// What came of a case.
pub(crate) enum Outcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed(Failure),
    /// It was not looked at: why.
    Skipped(String),
}

/// How a case failed.
pub(crate) struct Failure {
    /// What is wrong.
    pub(crate) message: String,
    /// A word for its kind.
    pub(crate) kind: &'static str,
}

/// The XML of a report called `name`.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(name: &str, suites: Vec<Suite>) -> Result<String, String> {
    let mut report = Report::new(name);
    for suite in suites {
        let mut of = TestSuite::new(suite.name);
        of.add_test_cases(suite.cases.into_iter().map(case));
        report.add_test_suite(of);
    }
    report.to_string().map_err(|error| error.to_string())
}

fn case(of: Case) -> TestCase {
    let status = match of.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed(Failure { message, kind }) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(message);
            status.set_type(kind);
            status
        }
        Outcome::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why);
            status
        }
    };
    let mut case = TestCase::new(of.name, status);
    case.set_classname(of.class);
    if let Some(seconds) = of.seconds {
        case.set_time(Duration::from_secs_f64(seconds));
    }
    if !of.output.is_empty() {
        case.set_system_out(of.output);
    }
    case
}
