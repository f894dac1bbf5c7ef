//! A scenario as its author wrote it, for another place.

use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::Value;
use toml::de::{DeTable, DeValue};

/// The line that names the schema for editors.
pub(super) const SCHEMA: &str = "#:schema ./scenario.schema.json";

/// `text` called `name`, with the line for editors. Files that it names beside itself, in `folder`, are named by their
/// whole paths. All else, comments too, is as it was.
pub(super) fn copied(text: &str, name: &str, folder: &Path) -> String {
    let mut changes = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        if let Some(value) = table.get_ref().get("name") {
            changes.push((value.span(), name.to_owned()));
        }
        files(table.get_ref(), folder, &mut changes);
    }
    // From the end on, so that what is before stays where it is.
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_owned();
    for (span, put) in changes {
        text.replace_range(span, &Value::String(put).to_string());
    }
    let rest = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#:schema") => rest,
        _ => &text,
    };
    format!("{SCHEMA}\n{rest}")
}

/// The files that a table names beside the scenario, and what to write for each.
fn files(table: &DeTable<'_>, folder: &Path, changes: &mut Vec<(Range<usize>, String)>) {
    for (key, value) in table {
        match value.get_ref() {
            DeValue::String(path) if &**key.get_ref() == "file" => {
                if let Ok(whole) = fs::canonicalize(folder.join(&**path)) {
                    changes.push((value.span(), whole.display().to_string()));
                }
            }
            DeValue::Table(inner) => files(inner, folder, changes),
            DeValue::Array(items) => {
                for item in items {
                    if let DeValue::Table(inner) = item.get_ref() {
                        files(inner, folder, changes);
                    }
                }
            }
            _ => {}
        }
    }
}
