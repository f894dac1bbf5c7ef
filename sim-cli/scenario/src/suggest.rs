//! serde's messages in the words of the language.

use super::diagnostics::{Bytes, Problem};
use floodnet_text::spelling::{choices, did_you_mean};

/// An error of serde as a problem. serde has no structured errors, so its messages are taken apart; one that
/// is not known here is shown as it is.
pub(crate) fn translate(span: Option<Bytes>, message: &str) -> Problem {
    let (title, label) = unknown_key(message)
        .or_else(|| unknown_variant(message))
        .or_else(|| missing(message))
        .or_else(|| wrong_type(message))
        .or_else(|| wrong_count(message))
        .unwrap_or_else(|| {
            let (title, label) = message.split_once('\n').unwrap_or((message, ""));
            (title.to_owned(), label.to_owned())
        });
    Problem { span, title, label }
}

type Words = Option<(String, String)>;

fn unknown_key(message: &str) -> Words {
    let (key, known) = if let Some(rest) = message.strip_prefix("unknown field `") {
        let (key, rest) = rest.split_once('`')?;
        (key, quoted(rest))
    } else {
        let rest = message.strip_prefix("unexpected keys in table: ")?;
        let (keys, known) = rest.split_once(", available keys: ")?;
        (keys.split(", ").next()?, known.split(", ").collect())
    };
    Some((format!("unknown key `{key}`"), did_you_mean(key, &known)))
}

fn unknown_variant(message: &str) -> Words {
    let (word, rest) = message.strip_prefix("unknown variant `")?.split_once('`')?;
    Some((format!("unknown word `{word}`"), choices(word, &quoted(rest))))
}

fn missing(message: &str) -> Words {
    let key = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some((format!("missing key `{key}`"), "it has no default".to_owned()))
}

fn wrong_type(message: &str) -> Words {
    if message == "wanted string or table" {
        return Some(("expected a word or a table".to_owned(), String::new()));
    }
    if let Some(rest) = message.strip_prefix("invalid type: unit variant, expected ") {
        let _ = rest;
        return Some((
            "this word needs settings".to_owned(),
            "write { word = ... } with its value or its keys".to_owned(),
        ));
    }
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.split_once(", expected ")?;
    let expected = match expected {
        "u64" => "a whole number, 0 or more",
        "u32" => "a whole number from 0 to 4294967295",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    };
    let found = match found {
        "map" => "a table",
        "sequence" => "a list",
        _ => found,
    };
    Some((format!("expected {expected}"), format!("found {found}")))
}

fn wrong_count(message: &str) -> Words {
    let found = message.strip_prefix("wanted exactly 1 element, ")?;
    let found = if found.starts_with("more") { "more than one is given" } else { "none is given" };
    Some(("exactly one kind must be named here".to_owned(), found.to_owned()))
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_messages_pass_through() {
        let problem = translate(None, "title\nlabel");
        assert_eq!((problem.title.as_str(), problem.label.as_str()), ("title", "label"));
    }
}
