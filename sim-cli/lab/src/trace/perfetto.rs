//! Steps in the Trace Event Format of Chrome, which `ui.perfetto.dev` and `chrome://tracing` show: a row for
//! each slot, its lives as bars, inputs as slices on them, and an arrow for each copy of a message from who
//! sent it to who took it in.
//!
//! Form: "Trace Event Format" (Duvall and Sinclair, Google, 2016), the JSON object with `traceEvents`.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};

use floodnet_core::time::Time;
use floodnet_sim::observer::{Arrived, Observed};
use serde_json::{Value, json};

use super::record::{Record, What};

/// More steps than viewers show with ease.
pub const MOST_RECORDS: u64 = 1_000_000;

/// Inputs take no simulated time; they are shown this long, in microseconds.
const SHOWN_US: f64 = 1.0;

/// Writes steps one after the other.
pub struct Perfetto<W> {
    to: W,
    first: bool,
    /// When the present life of each slot began.
    since: BTreeMap<u32, Time>,
    /// Numbers of arrows under way by (message, from, to).
    arrows: BTreeMap<(u32, u32, u32), VecDeque<u64>>,
    last_arrow: u64,
    /// The input that is being written, with what came of it.
    open: Option<(Record, Vec<String>)>,
}

impl<W: Write> Perfetto<W> {
    /// Begins the document.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn begin(mut to: W, scenario: &str) -> io::Result<Self> {
        write!(to, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        let mut begun = Self {
            to,
            first: true,
            since: BTreeMap::new(),
            arrows: BTreeMap::new(),
            last_arrow: 0,
            open: None,
        };
        begun.put(&json!({ "ph": "M", "name": "process_name", "pid": 0, "args": { "name": scenario } }))?;
        Ok(begun)
    }

    /// Writes a step.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        if record.what.is_input() {
            self.close_input()?;
            self.open = Some((record.clone(), Vec::new()));
        } else if let Some((_, came)) = &mut self.open {
            came.push(format!("{} {}", record.what, record.content).trim_end().to_owned());
        }
        match record.what {
            What::Reports(Observed::Up { .. }) => {
                self.since.insert(record.slot, record.at);
                self.name(record.slot)
            }
            What::Reports(Observed::Down(_)) => self.close_life(record.slot, record.at),
            What::Sends { to, payload: Some(message), .. } => {
                self.last_arrow += 1;
                let number = self.last_arrow;
                self.arrows.entry((message, record.slot, to)).or_default().push_back(number);
                self.arrow("s", number, message, record)
            }
            What::Takes(Arrived::Packet { from, payload: Some(message), .. }) => {
                let under_way = self.arrows.get_mut(&(message, from, record.slot));
                match under_way.and_then(VecDeque::pop_front) {
                    Some(number) => self.arrow("f", number, message, record),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Ends the document at `end`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, end: Time) -> io::Result<W> {
        self.close_input()?;
        for slot in self.since.keys().copied().collect::<Vec<_>>() {
            self.close_life(slot, end)?;
        }
        writeln!(self.to, "\n]}}")?;
        Ok(self.to)
    }

    fn name(&mut self, slot: u32) -> io::Result<()> {
        let name = format!("node {slot}");
        self.put(
            &json!({ "ph": "M", "name": "thread_name", "pid": 0, "tid": slot, "args": { "name": name } }),
        )
    }

    fn close_input(&mut self) -> io::Result<()> {
        let Some((input, came)) = self.open.take() else { return Ok(()) };
        let what = input.what.to_string();
        let name = what.strip_prefix("receives: ").unwrap_or(&what);
        self.put(&json!({
            "ph": "X", "name": name, "cat": "input", "pid": 0, "tid": input.slot,
            "ts": micros(input.at), "dur": SHOWN_US,
            "args": { "content": &*input.content, "effects": came },
        }))
    }

    fn close_life(&mut self, slot: u32, at: Time) -> io::Result<()> {
        let Some(since) = self.since.remove(&slot) else { return Ok(()) };
        let lasted = micros(at) - micros(since);
        self.put(&json!({
            "ph": "X", "name": "up", "cat": "life", "pid": 0, "tid": slot, "ts": micros(since), "dur": lasted,
        }))
    }

    fn arrow(&mut self, phase: &str, number: u64, message: u32, record: &Record) -> io::Result<()> {
        self.put(&json!({
            "ph": phase, "bp": "e", "name": format!("message {message}"), "cat": "message", "id": number,
            "pid": 0, "tid": record.slot, "ts": micros(record.at),
        }))
    }

    fn put(&mut self, event: &Value) -> io::Result<()> {
        let between = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
        write!(self.to, "{between}{event}")
    }
}

/// The unit of the format: microseconds, with a fraction.
fn micros(at: Time) -> f64 {
    at.as_nanos() as f64 / 1e3
}
