//! Recorded sessions.

use floodnet_core::distributions::scaled;
use floodnet_core::time::{Duration, Time};

use super::check::overlap;
use super::spec::Session;
use crate::read::{ReadError, fields, lines, whole, wrong};

/// Reads a trace of sessions: CSV with the columns `slot,up_s,down_s`, times in seconds since the start
/// of the run, decimals allowed. A heading that begins with `slot`, blank lines and lines that start with
/// `#` or `%` are passed over; the order of lines does not matter. The result is in ascending order.
///
/// # Errors
/// Names the line that lacks a column, holds no number, ends a session before it begins, or overlaps
/// another session of its slot; or there is no session at all.
pub fn read_trace(text: &str) -> Result<Vec<Session>, ReadError> {
    let mut sessions: Vec<(Session, usize)> = Vec::new();
    let mut heading = true;
    for (number, line) in lines(text) {
        if !(std::mem::take(&mut heading) && line.starts_with("slot")) {
            sessions.push((session(number, line)?, number));
        }
    }
    if sessions.is_empty() {
        return Err(wrong(1, "no session is recorded: lines are slot,up_s,down_s".to_owned()));
    }
    sessions.sort_unstable();
    let sorted: Vec<Session> = sessions.iter().map(|&(session, _)| session).collect();
    if let Some(at) = overlap(&sorted) {
        let problem = format!("meets the session of slot {} in line {}", sorted[at].slot, sessions[at - 1].1);
        return Err(wrong(sessions[at].1, problem));
    }
    Ok(sorted)
}

fn session(number: usize, line: &str) -> Result<Session, ReadError> {
    let mut fields = fields(line);
    let slot = whole(number, fields.next(), "slot")?;
    let up = seconds(number, fields.next(), "up_s")?;
    let down = seconds(number, fields.next(), "down_s")?;
    if up >= down {
        return Err(wrong(number, format!("slot {slot} is down at {down} and comes up at {up} only")));
    }
    Ok(Session { slot, up, down })
}

fn seconds(line: usize, field: Option<&str>, name: &str) -> Result<Time, ReadError> {
    let field = field.ok_or_else(|| wrong(line, format!("{name} is missing")))?;
    let value = field.parse().ok().and_then(|value: f64| scaled(Duration::from_secs(1), value));
    let value =
        value.ok_or_else(|| wrong(line, format!("{name} `{field}` is not a number of zero or more")))?;
    Ok(Time::ZERO + value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([0-9],[0-9]{1,2},[0-9]{2}\\n){0,9}|\\PC*") {
            if let Ok(sessions) = read_trace(&text) {
                prop_assert!(sessions.is_sorted());
                prop_assert!(sessions.iter().all(|session| session.up < session.down));
            }
        }
    }

    #[test]
    fn traces_are_read_and_sorted() {
        let text = "slot,up_s,down_s\n# a comment\n2,0,10\n1,20.5,30\n\n1,0.25,20\n";
        let at = Time::from_millis;
        let expected = [
            Session { slot: 1, up: at(250), down: at(20_000) },
            Session { slot: 1, up: at(20_500), down: at(30_000) },
            Session { slot: 2, up: at(0), down: at(10_000) },
        ];
        assert_eq!(read_trace(text).unwrap(), expected);
    }

    #[test]
    fn a_trace_without_sessions_is_refused() {
        for text in ["", "slot,up_s,down_s\n", "# nothing\n"] {
            let problem = read_trace(text).unwrap_err().to_string();
            assert!(problem.contains("no session is recorded"), "{problem}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let problem = |text: &str| read_trace(text).unwrap_err().to_string();
        assert_eq!(problem("slot,up_s,down_s\n1,2\n"), "line 2: down_s is missing");
        assert_eq!(problem("1,2,3\nslot,up_s\n"), "line 2: slot `slot` is not a whole number in range");
        assert_eq!(problem("1,-2,3\n"), "line 1: up_s `-2` is not a number of zero or more");
        assert_eq!(problem("1,2,1.5\n"), "line 1: slot 1 is down at 1500ms and comes up at 2s only");
        assert_eq!(problem("1,0,9\n2,0,9\n1,9,12\n"), "line 3: meets the session of slot 1 in line 1");
    }
}
