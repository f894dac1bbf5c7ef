//! The scenario of a run as a file to change: every key with what it means.

use std::collections::BTreeMap;
use std::path::Path;

use super::copied::SCHEMA;
use crate::commands::explain::meanings;
use floodnet_lab::hunt::file::{Line, lines};
use floodnet_measure::about::about;
use floodnet_scenario::{Scenario, Tables};
use floodnet_text::format::path;

/// Longest line of a comment, in characters.
const WIDTH: usize = 100;

/// `scenario`, which is that of the run in `folder`. Keys that have their default stand behind a `#`.
pub(super) fn annotated(scenario: &Scenario, folder: &Path, tables: &Tables) -> String {
    let head = format!("From the run in {}. Keys behind a # have their defaults.", path(folder));
    let mut text = format!("{SCHEMA}\n{}", comment(&head));
    let mut writer = Writer { meanings: meanings(tables), heading: String::new() };
    for line in lines(scenario, tables) {
        text.push_str(&writer.line(&line));
    }
    text
}

struct Writer {
    /// What has not been explained yet.
    meanings: BTreeMap<String, String>,
    /// The table that the lines are in.
    heading: String,
}

impl Writer {
    /// A line with what it means above it.
    fn line(&mut self, line: &Line) -> String {
        let mark = if line.is_needed { "" } else { "# " };
        let text = &line.text;
        if text.starts_with('[') {
            text.trim_matches(['[', ']']).clone_into(&mut self.heading);
            let above = self.meaning(&self.heading.clone());
            return format!("\n{above}{mark}{text}\n");
        }
        let key = text.split('=').next().unwrap_or_default().trim().trim_matches('"');
        let name = if self.heading.is_empty() { key.to_owned() } else { format!("{}.{key}", self.heading) };
        format!("{}{mark}{text}\n", self.meaning(&name))
    }

    /// What the key called `name` means, as a comment, where it was not said before.
    fn meaning(&mut self, name: &str) -> String {
        let text = match name.strip_prefix("expect.") {
            Some(metric) => about(metric).ok(),
            None => self.meanings.remove(name),
        };
        text.filter(|text| !text.is_empty()).map_or_else(String::new, |text| comment(&text))
    }
}

/// `text` as lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("one line at least");
        if last.chars().count() + word.chars().count() < WIDTH {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(format!("# {word}"));
        }
    }
    lines.join("\n") + "\n"
}
