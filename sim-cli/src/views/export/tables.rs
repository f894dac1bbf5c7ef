//! Lives, links and arrivals of a run as tables, a row each. What has not ended by the end of the run is blank.

use std::io::{self, Write};

use floodnet_core::time::Time;
use floodnet_lab::trace::overlay::OverlayHistory;
use floodnet_measure::seconds;
use floodnet_measure::tables::Labels;
use floodnet_sim::plan::Plan;

use super::Timeline;

/// A time, or a blank cell.
fn cell(time: Option<Time>) -> String {
    time.map_or_else(String::new, |time| seconds(time).to_string())
}

/// A text as a cell, quoted where it must be.
fn quoted(text: Option<&str>) -> String {
    match text.unwrap_or_default() {
        text if text.contains(['"', ',', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
        text => text.to_owned(),
    }
}

/// Writes the lives of all slots.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_lives(mut to: impl Write, timeline: &Timeline, labels: &impl Labels) -> io::Result<()> {
    writeln!(to, "slot,life,up_s,joined_s,down_s,region,class")?;
    for span in &timeline.lives {
        writeln!(
            to,
            "{},{},{},{},{},{},{}",
            span.slot,
            span.life,
            seconds(span.from),
            cell(span.joined),
            cell(span.until),
            quoted(labels.region(span.slot)),
            quoted(labels.class(span.slot))
        )?;
    }
    to.flush()
}

/// Writes for how long each link was open.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_links(mut to: impl Write, timeline: &Timeline) -> io::Result<()> {
    writeln!(to, "source,target,from_s,until_s")?;
    for link in &timeline.links {
        writeln!(to, "{},{},{},{}", link.low, link.high, seconds(link.from), cell(link.until))?;
    }
    to.flush()
}

/// Writes the first arrival of each message at each slot.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_arrivals(mut to: impl Write, plan: &Plan, history: &OverlayHistory) -> io::Result<()> {
    writeln!(to, "message,slot,at_s,latency_ms,from,hops")?;
    for ((message, arrivals), publish) in history.arrivals.iter().enumerate().zip(&plan.publishes) {
        for arrival in arrivals {
            let latency = arrival.at.since(publish.at).as_nanos() as f64 / 1e6;
            let (at, from) = (seconds(arrival.at), arrival.from);
            writeln!(to, "{message},{},{at},{latency},{from},{}", arrival.slot, arrival.hops)?;
        }
    }
    to.flush()
}
