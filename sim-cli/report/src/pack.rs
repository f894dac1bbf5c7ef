//! A recording as text: columns of numbers, differences where neighbors are alike, variable lengths, deflate, base64.
//! `page/recording.js` reads it.

use std::io::Write as _;

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::data::{Arrival, Change, Event, Layout, Place, Report, Wave, Why};

/// First number of the form: a reader refuses others.
const FORM: u64 = 2;

/// The text of the recording of a page, with these of its waves.
pub(super) fn pack(report: &Report, waves: &[&Wave]) -> String {
    let recording = &report.recording;
    let mut out = Numbers::default();
    out.put(FORM);
    out.put(recording.end_us);
    out.put(recording.sides.len() as u64);
    out.column(recording.sides.iter().map(|&side| u64::from(side)));
    out.put(recording.layouts.len() as u64);
    for Layout { name, places } in &recording.layouts {
        out.text(name);
        out.put(places.len() as u64);
        out.column(places.iter().map(|place| u64::from(place.0)));
        out.column(places.iter().map(|place| u64::from(place.1)));
    }
    events(&mut out, &recording.events);
    out.put(waves.len() as u64);
    waves.iter().for_each(|wave| self::wave(&mut out, wave));
    let explained: Vec<(u32, &Why)> =
        report.messages.iter().filter_map(|message| Some((message.number, message.why.as_ref()?))).collect();
    out.put(explained.len() as u64);
    explained.into_iter().for_each(|(message, why)| self::why(&mut out, message, why));
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    let done = deflated.write_all(&out.0).and_then(|()| deflated.finish());
    BASE64.encode(&done.expect("memory takes what is written"))
}

fn events(out: &mut Numbers, events: &[Event]) {
    let parts: Vec<(u64, u32, u32)> = events.iter().map(|event| parts(event.change)).collect();
    out.put(events.len() as u64);
    out.rising(events.iter().map(|event| event.at_us));
    out.column(parts.iter().map(|part| part.0));
    out.changes(parts.iter().map(|part| part.1));
    // Only links have a second end.
    out.changes(parts.iter().filter(|part| part.0 >= 4).map(|part| part.2));
}

fn wave(out: &mut Numbers, wave: &Wave) {
    let Wave { message, at_us, origin, arrivals } = wave;
    out.put(u64::from(*message));
    out.put(*at_us);
    out.put(u64::from(*origin));
    out.put(arrivals.len() as u64);
    out.rising(arrivals.iter().map(|arrival| arrival.after));
    out.column(arrivals.iter().map(|&Arrival { slot, .. }| u64::from(slot)));
    out.column(arrivals.iter().map(|&Arrival { from, .. }| u64::from(from)));
    out.column(arrivals.iter().map(|&Arrival { hops, .. }| u64::from(hops)));
}

/// Why receivers missed a message: the places in words, each with its slots.
fn why(out: &mut Numbers, message: u32, why: &Why) {
    out.put(u64::from(message));
    out.put(why.places.len() as u64);
    for Place { text, slots } in &why.places {
        out.text(text);
        out.put(slots.len() as u64);
        out.rising(slots.iter().map(|&slot| u64::from(slot)));
    }
}

/// The number of a kind of change, and its slots.
fn parts(change: Change) -> (u64, u32, u32) {
    match change {
        Change::Up(slot) => (0, slot, 0),
        Change::Join(slot) => (1, slot, 0),
        Change::Leave(slot) => (2, slot, 0),
        Change::Crash(slot) => (3, slot, 0),
        Change::Link(a, b) => (4, a, b),
        Change::Unlink(a, b) => (5, a, b),
        Change::Cut(a, b) => (6, a, b),
        Change::Mend(a, b) => (7, a, b),
    }
}

/// Numbers of variable length: seven bits to a byte, the lowest first, the highest bit of all but the last set.
#[derive(Default)]
struct Numbers(Vec<u8>);

impl Numbers {
    fn put(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn column(&mut self, values: impl Iterator<Item = u64>) {
        values.for_each(|value| self.put(value));
    }

    fn text(&mut self, text: &str) {
        self.put(text.chars().count() as u64);
        self.column(text.chars().map(u64::from));
    }

    /// Numbers that never fall, as differences.
    fn rising(&mut self, values: impl Iterator<Item = u64>) {
        let mut last = 0;
        for value in values {
            debug_assert!(value >= last, "{value} comes after {last}");
            self.put(value.saturating_sub(last));
            last = value;
        }
    }

    /// Numbers as differences either way: the lowest bit is the sign.
    fn changes(&mut self, values: impl Iterator<Item = u32>) {
        let mut last = 0;
        for value in values {
            let step = i64::from(value) - last;
            self.put((step << 1 ^ step >> 63) as u64);
            last = i64::from(value);
        }
    }
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
