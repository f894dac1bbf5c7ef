//! Steps as lines of JSON, one object each; `docs/trace.md` is the description for users.

use std::io::{self, Write};

use floodnet_core::observe::Observation;
use floodnet_sim::observer::{Arrived, Observed};
use floodnet_sim::plan::{CrashKind, End};
use serde::Serialize;

use super::record::{Record, What};

/// Number of the form that is written; it grows when a field changes its meaning.
pub const FORM: u32 = 1;

/// The first line of a trace.
#[derive(Clone, Debug, Serialize)]
pub struct Head<'a> {
    /// Version of the format: [`FORM`].
    pub floodnet_trace: u32,
    /// Name of the scenario.
    pub scenario: &'a str,
    /// Seed of the run.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// Digest of the whole run.
    pub digest: &'a str,
    /// Number of slots.
    pub nodes: u32,
    /// The steps begin at this time.
    pub from_ns: u64,
    /// The steps end before this time.
    pub until_ns: u64,
}

/// The kinds of steps.
pub const KINDS: [&str; 29] = [
    "start",
    "stop",
    "publish",
    "pause",
    "cut",
    "awake",
    "timer",
    "departed",
    "dialed",
    "closed",
    "packet",
    "send",
    "set_timer",
    "disconnect",
    "lost",
    "up",
    "down",
    "sent",
    "received",
    "published",
    "delivered",
    "duplicate",
    "neighbor_up",
    "neighbor_down",
    "repair",
    "dropped",
    "hostile",
    "measured",
    "other",
];

/// The kind of a step, one of [`KINDS`].
#[must_use]
pub fn kind(record: &Record) -> &str {
    line(record).kind
}

/// A step. What a kind does not have is left out.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Line<'a> {
    ns: u64,
    node: u32,
    class: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<u32>,
    /// The other node, whoever that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hops: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// What a packet is, in the protocol's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<&'a str>,
    /// The value of a measure of the protocol's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    content: &'a str,
}

/// Writes the first line.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_head(to: &mut impl Write, head: &Head<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *to, head)?;
    writeln!(to)
}

/// Writes a step.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_record(to: &mut impl Write, record: &Record) -> io::Result<()> {
    serde_json::to_writer(&mut *to, &line(record))?;
    writeln!(to)
}

fn line(record: &Record) -> Line<'_> {
    let base =
        Line { ns: record.at.as_nanos(), node: record.slot, content: &record.content, ..Line::default() };
    match record.what {
        What::Takes(what) => Line { class: "input", ..input(what, base) },
        What::Sends { to, payload, bytes } => Line {
            class: "effect",
            kind: "send",
            peer: Some(to),
            message: payload,
            bytes: Some(bytes),
            ..base
        },
        What::SetsTimer(after) => {
            Line { class: "effect", kind: "set_timer", after_ns: Some(after.as_nanos()), ..base }
        }
        What::Disconnects(peer) => Line { class: "effect", kind: "disconnect", peer: Some(peer), ..base },
        What::Loses { from, to, payload, reason } => Line {
            class: "report",
            kind: "lost",
            peer: Some(if from == record.slot { to } else { from }),
            message: payload,
            reason: Some(reason),
            ..base
        },
        What::Reports(what) => Line { class: "report", ..report(what, base) },
    }
}

/// One word for the end of a life.
const fn end(end: End) -> &'static str {
    match end {
        End::Leave => "leave",
        End::Crash(CrashKind::Silent) => "crash_silent",
        End::Crash(CrashKind::Reset) => "crash_reset",
    }
}

fn input<'a>(what: Arrived, base: Line<'a>) -> Line<'a> {
    match what {
        Arrived::Start => Line { kind: "start", ..base },
        Arrived::Stop(how) => Line { kind: "stop", reason: Some(end(how)), ..base },
        Arrived::Publish(message) => Line { kind: "publish", message: Some(message), ..base },
        Arrived::Pause(until) => Line { kind: "pause", until_ns: Some(until.as_nanos()), ..base },
        Arrived::Cut => Line { kind: "cut", ..base },
        Arrived::Awake => Line { kind: "awake", ..base },
        Arrived::Timer { life } => Line { kind: "timer", life: Some(life), ..base },
        Arrived::Departed => Line { kind: "departed", ..base },
        Arrived::Dialed(peer) => Line { kind: "dialed", peer: Some(peer), ..base },
        Arrived::Closed(peer) => Line { kind: "closed", peer: Some(peer), ..base },
        Arrived::Packet { from, payload, hops } => {
            let hops = payload.map(|_| hops);
            Line { kind: "packet", peer: Some(from), message: payload, hops, ..base }
        }
    }
}

fn report<'a>(what: Observed, base: Line<'a>) -> Line<'a> {
    match what {
        Observed::Up { incarnation } => Line { kind: "up", life: Some(incarnation), ..base },
        Observed::Down(how) => Line { kind: "down", reason: Some(end(how)), ..base },
        Observed::Sent { to, payload, bytes, kind } => Line {
            kind: "sent",
            peer: Some(to),
            message: payload,
            bytes: Some(bytes),
            packet: Some(kind),
            ..base
        },
        Observed::Received { from, payload } => {
            Line { kind: "received", peer: Some(from), message: payload, ..base }
        }
        Observed::Lost { payload, reason } => {
            Line { kind: "lost", message: payload, reason: Some(reason), ..base }
        }
        Observed::Protocol(said) => match said {
            Observation::Published(message) => Line { kind: "published", message: Some(message), ..base },
            Observation::Delivered { message, hops } => {
                Line { kind: "delivered", message: Some(message), hops: Some(hops), ..base }
            }
            Observation::Duplicate(message) => Line { kind: "duplicate", message: Some(message), ..base },
            Observation::NeighborUp(peer) => Line { kind: "neighbor_up", peer: Some(peer), ..base },
            Observation::NeighborDown(peer) => Line { kind: "neighbor_down", peer: Some(peer), ..base },
            Observation::Repair => Line { kind: "repair", ..base },
            Observation::Failed(peer) => Line { kind: "failed", peer: Some(peer), ..base },
            Observation::Dropped(reason) => Line { kind: "dropped", reason: Some(reason), ..base },
            Observation::Deed(deed) => Line { kind: "hostile", reason: Some(deed.name()), ..base },
            Observation::Count(measure, by) | Observation::Record(measure, by) => {
                Line { kind: "measured", reason: Some(measure.name), value: Some(by), ..base }
            }
            Observation::Other => Line { kind: "other", ..base },
        },
    }
}
