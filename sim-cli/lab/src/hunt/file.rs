//! A scenario as a short file: the keys that are needed, and no others.

use std::path::Path;

use floodnet_scenario::{Scenario, Tables};

/// The shortest file that reads as `scenario`: its resolved form without every line that goes without
/// saying.
#[must_use]
pub fn short(scenario: &Scenario, tables: &Tables) -> String {
    let lines = lines(scenario, tables);
    let needed: Vec<&str> =
        lines.iter().filter(|line| line.is_needed).map(|line| line.text.as_str()).collect();
    spaced(&needed)
}

/// A line of a resolved scenario: a heading, or a key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line.
    pub text: String,
    /// Whether the scenario would be another one without it: false of keys that have their default.
    pub is_needed: bool,
}

/// Every line of `scenario` in its resolved form.
#[must_use]
pub fn lines(scenario: &Scenario, tables: &Tables) -> Vec<Line> {
    let text = toml::to_string(scenario).unwrap_or_else(|_| scenario.to_resolved_toml());
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut lines: Vec<Line> = lines.map(|line| Line { text: line.to_owned(), is_needed: true }).collect();
    let reads_the_same = |lines: &[Line]| {
        let needed: Vec<&str> =
            lines.iter().filter(|line| line.is_needed).map(|line| line.text.as_str()).collect();
        Scenario::parse("short", &needed.join("\n"), Path::new(""), &[], tables)
            .is_ok_and(|read| read == *scenario)
    };
    if !reads_the_same(&lines) {
        return lines;
    }
    // Twice: a heading can go only when its last key has gone.
    for _ in 0..2 {
        for at in (0..lines.len()).rev() {
            if lines[at].is_needed {
                lines[at].is_needed = false;
                lines[at].is_needed = !reads_the_same(&lines);
            }
        }
    }
    lines
}

/// With an empty line before each heading.
fn spaced(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        if line.starts_with('[') && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocols;

    #[test]
    fn what_goes_without_saying_is_not_said() {
        let protocols = Protocols::builtin();
        let text = r#"
            name = "a"
            duration = "40s"
            preset = "tutorial"
            measure = { every = "1s" }
            nodes = { count = 7, spacing = "random" }
            traffic = [{ from = "random", every = "2s", size = "100 B", start = "10s" }]
            fault = [{ at = "5s", crash = { slots = [1, 2] } }]
            [link.latency.uniform]
            min = "10ms"
            max = "20ms"
        "#;
        let scenario = Scenario::parse("a", text, Path::new(""), &[], protocols.tables()).unwrap();
        let found = short(&scenario, protocols.tables());
        let expected = r#"name = "a"
duration = "40s"
preset = "tutorial"

[nodes]
count = 7

[link.latency.uniform]
min = "10ms"
max = "20ms"

[[traffic]]
from = "random"
every = "2s"

[[fault]]
at = "5s"

[fault.crash]
slots = [1, 2]
"#;
        assert_eq!(found, expected);
    }
}
