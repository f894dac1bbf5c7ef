//! A message as one line of a pipe.

use floodnet_chat::text::{escape, escape_line, fingerprint};
use serde_json::json;

use super::{Pipe, Spoken};
use crate::time_of_day::at;

/// The line, without its end.
pub(super) fn pipe_line(spoken: &Spoken<'_>, pipe: Pipe) -> String {
    if pipe.json {
        return object(spoken);
    }
    let Spoken { shown, text, is_direct, when, .. } = *spoken;
    let time = match when {
        Some(when) if pipe.timestamps && when.is_caught_up => {
            format!("[caught up {}] ", stamp(Some(when.unix_ms)))
        }
        Some(when) if pipe.timestamps => format!("[{}] ", stamp(Some(when.unix_ms))),
        None if pipe.timestamps => format!("[{}] ", stamp(None)),
        Some(when) => format!("[{}{}] ", if when.is_caught_up { "caught up " } else { "" }, at(when.unix_ms)),
        None => String::new(),
    };
    let to = if is_direct { " -> you" } else { "" };
    format!("{time}{}{to}: {}", escape(shown), escape_line(text))
}

/// The text is as it was said: JSON escapes what a terminal would obey below U+0020, and a program reads the rest.
fn object(spoken: &Spoken<'_>) -> String {
    let Spoken { key, shown, verified, text, is_direct, is_mention, when } = *spoken;
    json!({
        "time": stamp(when.map(|when| when.unix_ms)),
        "from": shown,
        "fingerprint": fingerprint(key),
        "verified": verified,
        "direct": is_direct,
        "mention": is_mention,
        "caught_up": when.is_some_and(|when| when.is_caught_up),
        "before": when.is_some_and(|when| !when.is_caught_up),
        "text": text,
    })
    .to_string()
}

/// A time of 1970 and on, or now, in UTC as RFC 3339 has it.
fn stamp(unix_ms: Option<u64>) -> String {
    let then =
        unix_ms.map(|ms| i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()));
    match then {
        None => format!("{:.3}", jiff::Timestamp::now()),
        Some(Some(then)) => format!("{then:.3}"),
        Some(None) => "another age".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::When;
    use super::*;
    use floodnet_chat::keys::Key;

    #[test]
    fn a_message_is_one_line_whatever_is_in_it() {
        let key = Key([7; 32]);
        let spoken = Spoken {
            key: &key,
            shown: "bob~k5xq",
            verified: true,
            text: "one\n\u{1b}[2Jtwo",
            is_direct: true,
            is_mention: false,
            when: Some(When { unix_ms: 1_764_000_000_123, is_caught_up: true }),
        };
        let line = |json, timestamps| pipe_line(&spoken, Pipe { json, timestamps });
        assert!(
            line(false, false).ends_with("] bob~k5xq -> you: one\\n\\u{1b}[2Jtwo"),
            "{}",
            line(false, false)
        );
        assert_eq!(
            line(false, true),
            "[caught up 2025-11-24T16:00:00.123Z] bob~k5xq -> you: one\\n\\u{1b}[2Jtwo"
        );
        let object: serde_json::Value = serde_json::from_str(&line(true, false)).expect("JSON");
        assert_eq!(
            (&object["text"], &object["time"]),
            (&json!("one\n\u{1b}[2Jtwo"), &json!("2025-11-24T16:00:00.123Z"))
        );
        assert_eq!((&object["direct"], &object["caught_up"]), (&json!(true), &json!(true)));
        assert!(!line(true, false).contains(['\n', '\u{1b}']));
        let live = Spoken { when: None, is_direct: false, ..spoken };
        assert!(pipe_line(&live, Pipe::default()).starts_with("bob~k5xq: one"));
        assert!(pipe_line(&live, Pipe { timestamps: true, json: false }).starts_with("[20"));
    }
}
