//! serde's messages in the words of the language.

use super::diagnostics::{Bytes, Problem};
use floodnet_text::spelling::{choices, did_you_mean};

/// What stands for a key whose range is narrower than that of its type.
const RANGES: [(&str, &str); 6] = [
    ("nodes.count", "a whole number from 1 to 134217728"),
    ("nodes.entry", "a whole number, 1 or more"),
    ("overlay.random_walk.degree", "a whole number from 1 to 65535"),
    ("overlay.random_walk.hop_limit", "a whole number from 0 to 255"),
    ("overlay.static.k_out", "a whole number, 1 or more"),
    ("overlay.static.regular", "a whole number, 1 or more"),
];

/// `problem`, which is about the value of `key`, with the range that the key has.
pub(crate) fn in_range(problem: Problem, key: &str) -> Problem {
    let range = RANGES.iter().find(|(known, _)| *known == key);
    match range {
        Some((_, range)) if problem.title.starts_with("expected a whole number") => {
            Problem { title: format!("expected {range}"), ..problem }
        }
        _ if LENGTHS.contains(&key) && problem.title == "expected a word or a table" => Problem {
            title: "expected a duration or a table".to_owned(),
            label: "such as \"20ms\" or { uniform = { min = \"10ms\", max = \"100ms\" } }".to_owned(),
            ..problem
        },
        _ => problem,
    }
}

/// The keys of lengths of time that are drawn, or plain.
const LENGTHS: [&str; 3] = ["link.latency", "churn.session", "churn.downtime"];

/// The keys that [`in_range`] knows.
pub(crate) fn ranged() -> impl Iterator<Item = &'static str> {
    RANGES.iter().map(|(key, _)| *key).chain(LENGTHS)
}

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
    let help = other_word(key, &known).unwrap_or_else(|| did_you_mean(key, &known));
    Some((format!("unknown key `{key}`"), help))
}

/// Words that people write for a key that is called otherwise.
const OTHER_WORDS: [(&str, &str, &str); 10] = [
    ("share", "fraction", "the part of the slots that it strikes"),
    ("fraction", "share", ""),
    ("probability", "share", ""),
    ("probability", "loss", ""),
    ("percent", "fraction", "such as \"5 %\""),
    ("percent", "share", "such as \"5 %\""),
    ("duration", "for", "how long it lasts"),
    ("lasts", "for", "how long it lasts"),
    ("nodes", "slots", "a list of their numbers"),
    ("delay", "latency", ""),
];

/// The key that an unknown word stands for.
fn other_word(key: &str, known: &[&str]) -> Option<String> {
    let (_, meant, what) =
        OTHER_WORDS.iter().find(|(other, meant, _)| *other == key && known.contains(meant))?;
    let what = if what.is_empty() { String::new() } else { format!(": {what}") };
    Some(format!("it is called `{meant}` here{what}"))
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
        // TOML writes none that are greater.
        "u64" => "a whole number from 0 to 9223372036854775807",
        "u32" => "a whole number from 0 to 4294967295",
        "u16" => "a whole number from 0 to 65535",
        "u8" => "a whole number from 0 to 255",
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
        _ => found.strip_suffix(" as i128").or(found.strip_suffix(" as u128")).unwrap_or(found),
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
