//! Tests for CI.

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
        write("floodnet test", vec![Suite { name: "scenarios".to_owned(), cases: cases.collect() }])
    }
}
