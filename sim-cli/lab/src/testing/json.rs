//! Tests for programs.

use serde_json::{Value, json};

use super::{Tested, Tests, Verdict};

impl Tests {
    /// All tests as JSON, newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut all = json!({
            "seconds": self.seconds,
            "passed": self.count(Verdict::Passed) + self.count(Verdict::Flaky),
            "flaky": self.count(Verdict::Flaky),
            "failed": self.count(Verdict::Failed),
            "invalid": self.count(Verdict::Invalid),
            "skipped": self.count(Verdict::Skipped),
            "tests": self.tested.iter().map(test).collect::<Vec<Value>>(),
        });
        let reach = self.reached();
        if !reach.is_empty() {
            all["reach"] = json!(reach);
        }
        format!("{all:#}\n")
    }
}

fn test(tested: &Tested) -> Value {
    json!({
        "name": tested.name,
        "verdict": tested.verdict.word(),
        "seconds": tested.seconds,
        "attempts": tested.attempts,
        "why": tested.why,
        "again": tested.again,
        "expect": tested.expect,
    })
}
