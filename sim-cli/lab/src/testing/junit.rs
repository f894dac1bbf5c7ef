//! Tests for CI.

use floodnet_measure::reach::Reached;

use super::{Tests, Verdict};
use crate::junit::{Case, Failure, Outcome, Suite, write};

impl Tests {
    /// All tests as JUnit XML.
    ///
    /// # Errors
    /// It cannot be written as XML.
    pub fn to_junit(&self) -> Result<String, String> {
        let cases = self.tested.iter().map(|tested| {
            let why = tested.why.join("\n");
            let failure = |kind| Outcome::Failed(Failure { message: why.clone(), kind });
            Case {
                name: tested.name.clone(),
                class: "scenario",
                seconds: Some(tested.seconds),
                outcome: match tested.verdict {
                    Verdict::Passed | Verdict::Flaky => Outcome::Passed,
                    Verdict::Failed => failure("expectation"),
                    Verdict::Invalid => failure("invalid"),
                    Verdict::Skipped => Outcome::Skipped(why.clone()),
                },
                output: if tested.again.is_empty() {
                    String::new()
                } else {
                    format!("again: {}", tested.again)
                },
            }
        });
        let mut suites = vec![Suite { name: "scenarios".to_owned(), cases: cases.collect() }];
        let reach: Vec<Case> = self.reached().iter().map(reach).collect();
        if !reach.is_empty() {
            suites.push(Suite { name: "reach".to_owned(), cases: reach });
        }
        write("floodnet test", suites)
    }
}

/// What some run of all tests had to show.
fn reach(of: &Reached) -> Case {
    Case {
        name: of.reach.to_string(),
        class: "reach",
        seconds: None,
        outcome: match of.is_reached() {
            true => Outcome::Passed,
            false => Outcome::Failed(Failure { message: of.to_text(), kind: "unreached" }),
        },
        output: String::new(),
    }
}
