//! A table with a row for each message and receiver.

use std::fmt::Write as _;

use super::explain::{Explained, Explainer, Missed};
use floodnet_core::time::Time;
use floodnet_measure::seconds;

/// The columns.
const HEAD: &str = "message,receiver,outcome,at_s,latency_ms,from,hops,place\n";

/// What became of `messages` at each of their receivers, as CSV.
///
/// `outcome` is `in_time`, `late` or `missing`; `latency_ms` is `inf` where the message did not come; `place` is the kind
/// of place at which it stopped on the way to those that missed the deadline.
#[must_use]
pub fn table(explainer: &Explainer<'_>, messages: &[u32]) -> String {
    let mut text = HEAD.to_owned();
    for explained in messages.iter().filter_map(|&message| explainer.message(message)) {
        let mut missed = explained.missed.iter().peekable();
        for slot in explainer.receivers(explained.message) {
            let missed = missed.next_if(|missed| missed.slot == slot);
            row(&mut text, explainer, &explained, slot, missed);
        }
    }
    text
}

fn row(
    text: &mut String,
    explainer: &Explainer<'_>,
    explained: &Explained,
    slot: u32,
    missed: Option<&Missed>,
) {
    let arrival = explainer.arrival(explained.message, slot);
    let outcome = match (missed, arrival) {
        (None, _) => "in_time",
        (Some(_), Some(_)) => "late",
        (Some(_), None) => "missing",
    };
    let _ = write!(text, "{},{slot},{outcome},", explained.message);
    let _ = match arrival {
        Some(arrival) => write!(
            text,
            "{},{},{},{},",
            seconds(arrival.at),
            // Whole nanoseconds, so that no digit is an artefact of floats.
            seconds(Time::from_nanos(arrival.at.since(explained.at).as_nanos() * 1_000)),
            arrival.from,
            arrival.hops
        ),
        None => write!(text, ",inf,,,"),
    };
    let _ = writeln!(text, "{}", missed.map_or("", |missed| missed.place.kind()));
}
