//! Tables as CSV, with the names of the columns in the first line.

use std::io::{self, Write};

use serde::Serialize;

use crate::MessageRow;
use crate::latency::CurvePoint;
use crate::series::Row;

/// Writes one line per sample. The columns are the fields of [`Row`], `at` as `t_s` in seconds; counts of
/// events are since the start of the run.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_timeseries(to: impl Write, rows: &[Row]) -> io::Result<()> {
    if rows.iter().all(|row| row.hostile.is_none()) {
        return write(to, &ROW, rows);
    }
    let columns = [&ROW[..], &HOSTILE].concat();
    let rows: Vec<_> = rows.iter().map(|row| (row, row.hostile.unwrap_or_default())).collect();
    write(to, &columns, &rows)
}

/// Writes one line per message. The columns are the fields of [`MessageRow`], `at` as `at_s` in seconds.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_messages(to: impl Write, rows: &[MessageRow]) -> io::Result<()> {
    write(to, &MESSAGE, rows)
}

/// Writes the cumulative distribution of the latency: `ms`, and the `share` of receivers reached by then.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_latency_curve(to: impl Write, points: &[CurvePoint]) -> io::Result<()> {
    write(to, &["ms", "share"], points)
}

/// Writes one line per degree: how many `nodes` have it.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_degrees(to: impl Write, nodes: &[u64]) -> io::Result<()> {
    let rows: Vec<(u32, u64)> = (0..).zip(nodes.iter().copied()).collect();
    write(to, &["degree", "nodes"], &rows)
}

/// Writes one line per slot: its `label` in the file that its graph was read from.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_labels(to: impl Write, labels: &[u64]) -> io::Result<()> {
    let rows: Vec<(u32, u64)> = (0..).zip(labels.iter().copied()).collect();
    write(to, &["slot", "label"], &rows)
}

/// The columns of a time series.
const ROW: [&str; 30] = [
    "t_s",
    "nodes_up",
    "joined",
    "unjoined",
    "isolated",
    "components",
    "parts",
    "largest",
    "largest_component",
    "partitioned",
    "links",
    "asymmetry",
    "degree_mean",
    "degree_min",
    "degree_max",
    "at_target",
    "joins",
    "leaves",
    "crashes",
    "repairs",
    "publishes",
    "deliveries",
    "duplicates",
    "packets_sent",
    "packets_received",
    "packets_lost",
    "payloads_sent",
    "payloads_received",
    "bytes_payload",
    "bytes_control",
];

/// Its further columns in a run with adversaries: the fields of [`HostileRow`](crate::deeds::HostileRow).
const HOSTILE: [&str; 5] =
    ["hostile_share", "hostile_share_max", "hostile_majority", "hostile_links", "honest_cut_off"];

/// The columns of the messages.
const MESSAGE: [&str; 18] = [
    "message",
    "at_s",
    "origin",
    "size",
    "published",
    "counted",
    "receivers",
    "delivered",
    "late",
    "other",
    "delivery_ratio",
    "payloads_sent",
    "payloads_received",
    "duplicates",
    "rmr",
    "rmr_sent",
    "ldh",
    "last_ms",
];

/// The head is written by hand, because a table without rows needs one too.
fn write(to: impl Write, columns: &[&str], rows: &[impl Serialize]) -> io::Result<()> {
    let mut table = ::csv::WriterBuilder::new().has_headers(false).from_writer(to);
    table.write_record(columns)?;
    for row in rows {
        table.serialize(row)?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, always_up, ms, publish, secs, settings};

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The names that serde gives the fields of `row`.
    fn names(row: &impl Serialize) -> String {
        let mut table = ::csv::Writer::from_writer(Vec::new());
        table.serialize(row).unwrap();
        let text = String::from_utf8(table.into_inner().unwrap()).unwrap();
        text.lines().next().unwrap().to_owned()
    }

    #[test]
    fn the_head_names_the_fields_in_their_order() {
        let mut plan = always_up(2, 20);
        plan.publishes = vec![publish(secs(1), 0)];
        let settings = settings(&plan);
        let results = Script::all_up(2).measure(plan, settings);
        assert_eq!(ROW.join(","), names(&results.timeseries[0]));
        assert_eq!(MESSAGE.join(","), names(&results.messages[0]));
    }

    #[test]
    fn a_table_has_one_line_per_row_and_empty_fields_for_what_was_not_measured() {
        let mut plan = always_up(2, 20);
        plan.publishes = vec![publish(ms(1_500), 0), publish(secs(15), 1)];
        let settings = settings(&plan);
        let mut script = Script::all_up(2);
        script.link(secs(1), 0, 1);
        script.published(ms(1_500), 0, 0);
        script.packet(ms(1_600), 0, 1, 0);
        script.delivered(ms(1_600), 1, 0, 1);
        let results = script.measure(plan, settings);

        let series = text(|to| write_timeseries(to, &results.timeseries));
        let lines: Vec<&str> = series.lines().collect();
        assert_eq!(lines.len(), 21);
        assert!(lines[1].starts_with("1.0,2,0,2,0,0,0,0,,false,0,,,,,,0,"), "{}", lines[1]);
        assert!(lines[2].starts_with("2.0,2,2,0,0,1,1,2,1.0,false,1,0.0,1.0,1,1,,2,"), "{}", lines[2]);

        let messages = text(|to| write_messages(to, &results.messages));
        let expected = "0,1.5,0,100,true,true,1,1,0,0,1.0,1,1,0,0.0,0.0,1,100.0\n\
                        1,15.0,1,100,false,false,1,0,0,0,0.0,0,0,0,,,,\n";
        assert_eq!(messages, format!("{}\n{expected}", MESSAGE.join(",")));
        assert_eq!(text(|to| write_latency_curve(to, &results.latency_curve())), "ms,share\n100.0,1.0\n");
        assert_eq!(text(|to| write_degrees(to, &results.degrees)), "degree,nodes\n0,0\n1,2\n");
    }

    #[test]
    fn an_empty_table_still_has_its_head() {
        assert_eq!(text(|to| write_timeseries(to, &[])), format!("{}\n", ROW.join(",")));
    }
}
