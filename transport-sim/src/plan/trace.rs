//! Recorded sessions.

use std::io::Read;

use floodnet_core::distributions::scaled;
use floodnet_core::time::{Duration, Time};

use super::check::{MOST_LIVES, overlap};
use super::spec::Session;
use crate::read::{Column, Columns, Further, Heading, Kind, ReadError, Record};

/// Recorded sessions.
const SESSIONS: Kind = Kind {
    columns: &[
        Column {
            name: "slot",
            also: &[],
            blank: "the slot is missing",
            help: "slots are whole numbers, counted from 0",
        },
        Column {
            name: "up_s",
            also: &[],
            blank: "the session starts nowhere",
            help: "write when the slot comes up, in seconds since the start of the run",
        },
        Column {
            name: "down_s",
            also: &[],
            blank: "the session ends nowhere",
            help: "write when the slot goes down, in seconds since the start of the run",
        },
    ],
    heading: Heading::Optional,
    further: Further::Named,
    help: "write slot, up_s, down_s in each line, such as `3,0.5,20`; a heading `slot,up_s,down_s` may come first",
};

/// Reads a trace of sessions: a table with the columns `slot`, `up_s` and `down_s`, times in seconds since the start
/// of the run, decimals allowed. A heading may name the columns, in any order and among others. The order of lines
/// does not matter. The result is in ascending order.
///
/// # Errors
/// Names the cell that is blank or holds no number, the line that ends a session before it begins or overlaps another
/// session of its slot, or says that there is no session at all; and what to change.
pub fn read_trace(from: impl Read) -> Result<Vec<Session>, ReadError> {
    let mut file = Columns::new(&SESSIONS, from);
    let mut sessions: Vec<(Session, usize)> = Vec::new();
    while let Some(record) = file.next()? {
        if sessions.len() == MOST_LIVES {
            let problem = format!("more than {MOST_LIVES} sessions");
            return Err(record.wrong(0, problem, "record fewer slots, or a shorter time"));
        }
        sessions.push((session(&record)?, record.line()));
    }
    if sessions.is_empty() {
        return Err(ReadError::whole("no session is recorded", SESSIONS.help));
    }
    sessions.sort_unstable();
    let sorted: Vec<Session> = sessions.iter().map(|&(session, _)| session).collect();
    if let Some(at) = overlap(&sorted) {
        let Session { slot, up, down } = sorted[at];
        let mut lines = [sessions[at - 1].1, sessions[at].1];
        lines.sort_unstable();
        let problem =
            format!("the session of slot {slot} from {up} to {down} meets the one in line {}", lines[0]);
        let help = "a slot is up once at a time: mend one of the two";
        return Err(ReadError { line: lines[1], ..ReadError::whole(problem, help) });
    }
    Ok(sorted)
}

fn session(record: &Record<'_>) -> Result<Session, ReadError> {
    let slot = record.whole(0)?;
    let (up, down) = (seconds(record, 1)?, seconds(record, 2)?);
    if up >= down {
        let problem = format!("slot {slot} is down at {down} and comes up at {up} only");
        return Err(record.wrong(2, problem, "a session ends after it begins"));
    }
    Ok(Session { slot, up, down })
}

fn seconds(record: &Record<'_>, column: usize) -> Result<Time, ReadError> {
    let after =
        scaled(Duration::from_secs(1), record.decimal(column)?).filter(|after| *after < Duration::MAX);
    let after = after.ok_or_else(|| record.wrong(column, "this is longer than any run", "write seconds"))?;
    Ok(Time::ZERO + after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([0-9],[0-9]{1,2},[0-9]{2}\\n){0,9}|\\PC*") {
            if let Ok(sessions) = read_trace(text.as_bytes()) {
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
        assert_eq!(read_trace(text.as_bytes()).unwrap(), expected);
    }
}
