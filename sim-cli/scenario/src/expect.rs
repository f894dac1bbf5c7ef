//! What a run must show: `[expect]`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Serialize, Serializer};
use toml::Spanned;
use toml::de::DeValue;

use super::diagnostics::{Bytes, Problem};
use super::document::{Document, Node, with_article};
use floodnet_measure::expect::{Expectation, FORM};
use floodnet_measure::metrics;

/// Reads `[expect]`, in alphabetical order of the metrics.
pub(crate) fn read(document: &Document<'_>) -> Result<Vec<Expectation>, Vec<Problem>> {
    let mut reader = Reader::default();
    if let Some(node) = document.get("expect") {
        match node.get_ref() {
            DeValue::Table(_) => reader.table("", node),
            other => reader.problems.push(Problem {
                span: Some(node.span()),
                title: format!("`expect` is a table, not {}", with_article(other)),
                label: "write [expect] and below it such as delivery_ratio = \">= 0.95\"".to_owned(),
            }),
        }
    }
    if reader.problems.is_empty() { Ok(reader.found.into_values().collect()) } else { Err(reader.problems) }
}

#[derive(Default)]
struct Reader {
    found: BTreeMap<String, Expectation>,
    problems: Vec<Problem>,
}

impl Reader {
    fn table(&mut self, prefix: &str, node: &Node<'_>) {
        let DeValue::Table(table) = node.get_ref() else { return };
        for (key, value) in table {
            let metric = format!("{prefix}{}", key.get_ref());
            if let DeValue::Table(_) = value.get_ref() {
                self.table(&format!("{metric}."), value);
            } else if let Err(problem) = self.bound(metric, key.span(), value) {
                self.problems.push(problem);
            }
        }
    }

    /// Takes in what stands at `metric`.
    fn bound(&mut self, metric: String, key: Bytes, value: &Node<'_>) -> Result<(), Problem> {
        let at_key = |title, label| Problem { span: Some(key), title, label };
        if let Err(unknown) = metrics::find(&metric) {
            return Err(at_key(format!("unknown metric `{metric}`"), unknown.hint));
        }
        let place = match self.found.entry(metric) {
            Entry::Vacant(place) => place,
            Entry::Occupied(found) => {
                let title = format!("`{}` is expected twice", found.key());
                return Err(at_key(title, "a metric has one bound".to_owned()));
            }
        };
        let bound = read_bound(place.key(), value.get_ref());
        let at_value = |message: String| Problem::from_message(Some(Spanned::span(value)), &message);
        place.insert(bound.map_err(at_value)?);
        Ok(())
    }
}

fn read_bound(metric: &str, bound: &DeValue<'_>) -> Result<Expectation, String> {
    match bound {
        DeValue::String(text) => Expectation::parse(metric, text),
        other => Err(format!("a bound is a string, not {}\n{FORM}", with_article(other))),
    }
}

/// Writes expectations as they stand in a scenario: dotted metrics as nested tables.
pub(crate) fn serialize<S: Serializer>(expect: &[Expectation], serializer: S) -> Result<S::Ok, S::Error> {
    let mut root = toml::Table::new();
    for expectation in expect {
        let mut path: Vec<&str> = expectation.metric.split('.').collect();
        let Some(last) = path.pop() else { continue };
        let table = path.iter().try_fold(&mut root, |table, part| {
            let child = table.entry(*part).or_insert_with(|| toml::Table::new().into());
            child.as_table_mut()
        });
        // No metric is a part of another, so there is a table to stand in.
        if let Some(table) = table {
            table.insert(last.to_owned(), expectation.to_string().into());
        }
    }
    root.serialize(serializer)
}
