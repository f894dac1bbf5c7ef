//! Tables of a bake-off: on a screen, in a page, and for programs.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use super::result::{Bakeoff, Condition, Difference, Entry, Measure};
use crate::ensemble::figure::Figure;
use crate::ensemble::report::shown;
use crate::ensemble::text::align;
use crate::ensemble::unit;
use crate::sweep::store::Store;
use floodnet_measure::metrics::{label, phase};
use floodnet_measure::stats::interval::Estimate;
use floodnet_measure::{DIGITS, round_to};
use floodnet_text::format::plural;

/// The words for `metric` at the head of a column.
#[must_use]
pub(super) fn words(metric: &str) -> String {
    match metric {
        "latency_ms.p99" => "latency p99".to_owned(),
        "rmr.mean" => "RMR".to_owned(),
        "ldh.mean" => "last hop".to_owned(),
        "per_node_s.control" => "control per node and s".to_owned(),
        _ => match phase(metric) {
            Some((fault, "heal_ms")) => format!("healed after {fault}"),
            _ => label(metric).to_owned(),
        },
    }
}

/// A mean with its interval; where some runs are "never", in how many.
fn value(metric: &str, entry: &Entry) -> String {
    let Some(estimate) = &entry.estimate else { return "-".to_owned() };
    match entry.never {
        0 => Figure::of(unit(metric), estimate).whole(estimate),
        never if never == estimate.runs => "never".to_owned(),
        never => format!("never in {never} of {}", estimate.runs),
    }
}

impl Bakeoff<'_> {
    /// Writes the tables: the same bytes for the same runs.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, store: &Store) -> Result<(), String> {
        store.write("table.csv", self.to_csv().map_err(|error| error.to_string())?)?;
        store.write("table.md", self.to_markdown())?;
        store.write("results.json", self.to_json())
    }

    /// Who and how often, in a line.
    fn heading(&self) -> String {
        format!(
            "{} under {}, {} of each; scenario {}, seed {}",
            plural(self.contestants.len(), "contestant"),
            plural(self.conditions.len(), "condition"),
            plural(self.runs, "run"),
            self.outcome.index.scenario,
            self.outcome.index.seed
        )
    }

    /// What the marks mean, in lines.
    fn legend(&self) -> Vec<String> {
        let mut lines = vec![
            "mean over runs, with its interval of 95 %".to_owned(),
            "* best mean. Two that share a letter do not differ beyond chance; without letters nobody does"
                .to_owned(),
            format!(
                "paired by seed; corrected for all measures, conditions and {} of contestants",
                plural(self.pairs, "pair")
            ),
        ];
        if let Some(needed) = self.runs_needed() {
            lines.push(format!(
                "{}: chance cannot be ruled out with fewer than {needed}",
                plural(self.runs, "run")
            ));
        }
        lines
    }

    /// A table for each condition, for people. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}  {}\n", self.outcome.index.name, self.heading());
        for condition in &self.conditions {
            let _ = write!(text, "\n{}\n{}", condition.name, align(&self.rows(condition)));
        }
        text.push('\n');
        for line in self.legend() {
            let _ = writeln!(text, "  {line}");
        }
        text
    }

    /// Rows of cells, the head in two lines.
    fn rows(&self, condition: &Condition) -> Vec<Vec<String>> {
        let heads = condition.measures.iter().map(|measure| in_two(&words(&measure.metric)));
        let (mut first, mut second) = (vec![String::new()], vec!["contestant".to_owned()]);
        for (above, below) in heads {
            first.push(above);
            second.push(below);
        }
        // Marks stand in a column of their own width, so that numbers are one below the other.
        let mark = |entry: &Entry| format!("{}{}", entry.letters, if entry.is_best { "*" } else { "" });
        let width = |measure: &Measure| {
            measure.entries.iter().map(|entry| mark(entry).chars().count()).max().unwrap_or(0)
        };
        let cell = |measure: &Measure, place: usize| {
            let (entry, width) = (&measure.entries[place], width(measure));
            let gap = if width > 0 { " " } else { "" };
            format!("{}{gap}{:width$}", value(&measure.metric, entry), mark(entry))
        };
        let row = |(place, name): (usize, &String)| {
            let cells = condition.measures.iter().map(|measure| cell(measure, place));
            std::iter::once(name.clone()).chain(cells).collect()
        };
        let contestants = self.contestants.iter().enumerate().map(row);
        [first, second].into_iter().chain(contestants).collect()
    }

    /// A table for each condition, as GitHub-flavored Markdown: the best in bold. Ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text =
            format!("### {}\n\n{}.\n", escaped(&self.outcome.index.name), escaped(&self.heading()));
        for condition in &self.conditions {
            let heads = condition.measures.iter().map(|measure| escaped(&words(&measure.metric)));
            let heads: Vec<String> = heads.collect();
            let lines = "--:|".repeat(heads.len());
            let _ = write!(text, "\n#### {}\n\n| contestant |", escaped(&condition.name));
            let _ = writeln!(text, " {} |\n|---|{lines}", heads.join(" | "));
            for (place, name) in self.contestants.iter().enumerate() {
                let cell = |measure: &Measure| {
                    let entry = &measure.entries[place];
                    let value = value(&measure.metric, entry);
                    let value = if entry.is_best { format!("**{value}**") } else { value };
                    let gap = if entry.letters.is_empty() { "" } else { " " };
                    format!("{value}{gap}{}", entry.letters)
                };
                let cells: Vec<String> = condition.measures.iter().map(cell).collect();
                let _ = writeln!(text, "| {} | {} |", escaped(name), cells.join(" | "));
            }
        }
        let sentences =
            self.legend().into_iter().map(|line| sentence(&line.replace("* best", "bold: the best")));
        let _ = writeln!(text, "\n{}", sentences.collect::<Vec<_>>().join(" "));
        text
    }

    /// A line for each condition, contestant and metric: runs, mean, both ends of the interval, the least and the
    /// greatest, in how many runs it was "never", letters, and whether it is the best.
    fn to_csv(&self) -> io::Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let head = "condition contestant metric runs mean low high min max never letters best";
        csv.write_record(head.split(' '))?;
        // Digits as in every other file; programs read `inf` as a number.
        let number = |value: f64| {
            if value.is_infinite() { "inf".to_owned() } else { shown(value).value().to_string() }
        };
        let numbers = |of: &Estimate| {
            let (low, high) =
                of.interval.map_or_else(Default::default, |(low, high)| (number(low), number(high)));
            [of.runs.to_string(), number(of.mean), low, high, number(of.min), number(of.max)]
        };
        for condition in &self.conditions {
            for (place, contestant) in self.contestants.iter().enumerate() {
                for measure in &condition.measures {
                    let entry = &measure.entries[place];
                    let empty = || ["0", "", "", "", "", ""].map(str::to_owned);
                    let numbers = entry.estimate.as_ref().map_or_else(empty, numbers);
                    let marks = [entry.never.to_string(), entry.letters.clone(), entry.is_best.to_string()];
                    let names = [&condition.name, contestant, &measure.metric].map(String::clone);
                    csv.write_record(names.iter().chain(&numbers).chain(&marks))?;
                }
            }
        }
        csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }

    /// Every cell with all metrics as of a sweep, and what the comparison found. Newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut all = self.outcome.to_value();
        let conditions: Vec<Value> = self.conditions.iter().map(|of| self.condition(of)).collect();
        all["bakeoff"] = json!({
            "contestants": self.contestants,
            "cost": self.cost,
            "runs": self.runs,
            "pairs": self.pairs,
            "runs_needed": self.runs_needed(),
            "conditions": conditions,
        });
        format!("{all:#}\n")
    }

    fn condition(&self, condition: &Condition) -> Value {
        let measure = |measure: &Measure| {
            let entry = |(place, entry): (usize, &Entry)| {
                json!({
                    "contestant": self.contestants[place],
                    "mean": entry.estimate.map(|of| shown(of.mean)),
                    "never": entry.never,
                    "letters": entry.letters,
                    "best": entry.is_best,
                })
            };
            let difference = |difference: &Difference| {
                let (base, new) = difference.of;
                let row = &difference.row;
                let interval = row.difference.and_then(|of| of.interval);
                json!({
                    "base": self.contestants[base],
                    "new": self.contestants[new],
                    "change": row.change().filter(|change| change.is_finite()).map(shown),
                    "ci95": interval.map(|(low, high)| [shown(low), shown(high)]),
                    "p_adjusted": row.tested.map(|tested| round_to(tested.adjusted, DIGITS)),
                    "verdict": row.verdict,
                })
            };
            json!({
                "metric": measure.metric,
                "contestants": measure.entries.iter().enumerate().map(entry).collect::<Vec<_>>(),
                "differences": measure.differences.iter().map(difference).collect::<Vec<_>>(),
            })
        };
        let measures: Vec<Value> = condition.measures.iter().map(measure).collect();
        json!({ "condition": condition.name, "measures": measures })
    }
}

/// Words in two lines of about the same length; short ones in the second.
fn in_two(words: &str) -> (String, String) {
    let middle = words.chars().count() as f64 / 2.0;
    let far = |at: &usize| (words[..*at].chars().count() as f64 - middle).abs();
    let spaces = words.match_indices(' ').map(|(at, _)| at);
    match spaces.min_by(|one, other| far(one).total_cmp(&far(other))) {
        Some(at) => (words[..at].to_owned(), words[at + 1..].to_owned()),
        None => (String::new(), words.to_owned()),
    }
}

/// Words as a sentence.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
