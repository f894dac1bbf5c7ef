//! What some run must show: `[[reach]]`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostics::Problem;
use super::document::{Document, Node, with_article};
use floodnet_measure::reach::Reach;
use floodnet_text::spelling::choices;

/// How to write one.
const FORM: &str = "write [[reach]] and below it such as when = \"split_rate > 0\"";

/// Reads `[[reach]]`, in the order of the file.
pub(crate) fn read(document: &Document<'_>) -> Result<Vec<Reach>, Vec<Problem>> {
    let Some(node) = document.get("reach") else { return Ok(Vec::new()) };
    let DeValue::Array(items) = node.get_ref() else {
        let title = format!("`reach` is a list of tables, not {}", with_article(node.get_ref()));
        return Err(vec![Problem { span: Some(node.span()), title, label: FORM.to_owned() }]);
    };
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for item in items {
        match one(item) {
            Ok((when, reach)) if found.contains(&reach) => {
                problems.push(at(when, format!("`{reach}` is asked for twice"), "remove one"));
            }
            Ok((_, reach)) => found.push(reach),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Reads an item, with the place of its condition.
fn one<'a, 'i>(item: &'a Node<'i>) -> Result<(&'a Node<'i>, Reach), Problem> {
    let DeValue::Table(table) = item.get_ref() else {
        return Err(at(
            item,
            format!("an item of `reach` is a table, not {}", with_article(item.get_ref())),
            FORM,
        ));
    };
    only_when(table)?;
    let when = table.get("when").ok_or_else(|| at(item, "missing key `when`".to_owned(), FORM))?;
    let DeValue::String(text) = when.get_ref() else {
        return Err(at(when, format!("a condition is a string, not {}", with_article(when.get_ref())), FORM));
    };
    let reach = Reach::parse(text).map_err(|message| {
        // A metric that is unknown says behind a colon which may be meant.
        let (title, label) =
            message.split_once('\n').or_else(|| message.split_once(": ")).unwrap_or((&message, ""));
        at(when, title.to_owned(), label)
    })?;
    Ok((when, reach))
}

/// Whether `table` has no other keys than it may have.
fn only_when(table: &DeTable<'_>) -> Result<(), Problem> {
    let other = table.keys().find(|key| &**key.get_ref() != "when");
    other.map_or(Ok(()), |key| {
        let title = format!("unknown key `{}`", key.get_ref());
        Err(Problem { span: Some(key.span()), title, label: choices(key.get_ref(), &["when"]) })
    })
}

fn at(node: &Node<'_>, title: String, label: &str) -> Problem {
    Problem { span: Some(Spanned::span(node)), title, label: label.to_owned() }
}
