//! An explanation for people, and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use floodnet_core::time::Time;
use floodnet_sim::plan::End;
use serde_json::{Value, json};

use super::copies::{Copy, Fate};
use super::explain::{Cause, Explained, Explainer, Hop, Missed, Place};
use floodnet_measure::seconds;
use floodnet_text::format::{count, milliseconds, plural};

/// As many slots are named in a line, and as many copies listed.
const SHOWN: usize = 12;

/// A time with the unit.
struct At(Time);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.6}", seconds(self.0));
        let text = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{text} s")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Fault { name, from, until } => write!(f, "{name} from {} to {}", At(from), At(until)),
            Self::Down(slot, since) => write!(f, "node {slot} is down since {}", At(since)),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(reason) => write!(f, "lost ({reason})"),
            Self::Ignored(reason) => write!(f, "ignored by the receiver ({reason})"),
            Self::NotDelivered => f.write_str("taken in by the receiver, but not delivered"),
            Self::UnderWay => f.write_str("on its way when the run ended"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A sentence without its subject, the nodes that missed the message.
            Self::NotPublished => f.write_str("its origin did not publish it"),
            Self::Copy(copy, cause) => {
                write!(
                    f,
                    "the copy from {} to {}, sent at {}: {}",
                    copy.from,
                    copy.to,
                    At(copy.sent),
                    copy.fate
                )?;
                cause.map_or(Ok(()), |cause| write!(f, ", {cause}"))
            }
            Self::Late(hop) => write!(f, "it came late: it was longest on the way {hop}"),
            Self::NotPassedOn { from, to, had, held } if held > had => write!(
                f,
                "node {from} had it since {} and took node {to} as a neighbor only at {}",
                At(*had),
                At(*held)
            ),
            Self::NotPassedOn { from, to, had, .. } => {
                write!(f, "node {from} had it since {} and did not send it to its neighbor {to}", At(*had))
            }
            Self::CutOff { slots: 1, cause } => {
                f.write_str("nobody held it as a neighbor")?;
                cause.map_or(Ok(()), |cause| write!(f, " ({cause})"))
            }
            Self::CutOff { slots, cause } => {
                write!(
                    f,
                    "nobody who had it held one of {} nodes that hang together",
                    count((*slots).into())
                )?;
                cause.map_or(Ok(()), |cause| write!(f, " ({cause})"))
            }
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} ({}) to {} ({})", self.from, At(self.had), self.to, At(self.came))
    }
}

/// What a kind of place means, for a line of an overview.
#[must_use]
pub fn about_kind(kind: &str) -> &'static str {
    match kind {
        "not_published" => "the origin did not publish the message",
        "lost" => "a copy on the way was lost",
        "ignored" => "a copy came, and was ignored",
        "not_delivered" => "a copy came, and was not delivered",
        "under_way" => "a copy was on its way when the run ended",
        "late" => "it came after the deadline",
        "not_passed_on" => "a neighbor that had the message did not send it",
        "cut_off" => "nobody who had the message held one of those who lacked it",
        _ => "of another kind",
    }
}

/// Numbers of slots, `12 more` behind the first few unless `full`.
fn slots(slots: &[u32], full: bool) -> String {
    let shown = if full || slots.len() <= SHOWN { slots.len() } else { SHOWN - 1 };
    let mut text = slots[..shown].iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    if shown < slots.len() {
        let _ = write!(text, " and {} more", count((slots.len() - shown) as u64));
    }
    if slots.is_empty() { "none".to_owned() } else { text }
}

/// The places at which a message stopped, each with the slots that it did not come to: the most frequent first.
#[must_use]
pub fn places(explained: &Explained) -> Vec<(String, Vec<u32>)> {
    let mut places: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for missed in &explained.missed {
        places.entry(missed.place.to_string()).or_default().push(missed.slot);
    }
    let mut places: Vec<(String, Vec<u32>)> = places.into_iter().collect();
    places.sort_by_key(|(_, at)| std::cmp::Reverse(at.len()));
    places
}

/// As [`places`], those of one cause together, because a partition ends hundreds of copies: with how many there are,
/// and the most frequent one.
#[must_use]
pub fn causes(explained: &Explained) -> Vec<(String, Vec<u32>)> {
    let gist_of: BTreeMap<String, String> =
        explained.missed.iter().map(|missed| (missed.place.to_string(), gist(&missed.place))).collect();
    let mut causes: BTreeMap<&str, Vec<(String, Vec<u32>)>> = BTreeMap::new();
    for (place, slots) in places(explained) {
        if let Some(gist) = gist_of.get(&place) {
            causes.entry(gist).or_default().push((place, slots));
        }
    }
    let mut causes: Vec<(String, Vec<u32>)> = causes
        .into_iter()
        .map(|(gist, places)| {
            let text = match &places[..] {
                [(only, _)] => only.clone(),
                [(first, _), ..] => {
                    format!("{gist}, at {}: {first}, and others", plural(places.len(), "place"))
                }
                [] => gist.to_owned(),
            };
            let mut slots: Vec<u32> = places.into_iter().flat_map(|(_, slots)| slots).collect();
            slots.sort_unstable();
            (text, slots)
        })
        .collect();
    causes.sort_by_key(|(_, slots)| std::cmp::Reverse(slots.len()));
    causes
}

/// What places of one cause have in common.
fn gist(place: &Place) -> String {
    match place {
        Place::Copy(copy, cause) => {
            let cause = cause.map(|cause| format!(", {cause}")).unwrap_or_default();
            format!("copies to them or to those before them were {}{cause}", copy.fate)
        }
        Place::Late(_) => "it came late".to_owned(),
        Place::NotPassedOn { had, held, .. } if held > had => {
            "neighbors that had it took them as neighbors only later".to_owned()
        }
        Place::NotPassedOn { .. } => "neighbors that had it did not send it".to_owned(),
        Place::NotPublished | Place::CutOff { .. } => place.to_string(),
    }
}

/// The way on which a message came to the last of its receivers that got it in time, from its origin on.
#[must_use]
pub fn last(explainer: &Explainer<'_>, explained: &Explained) -> Option<String> {
    let receivers = explainer.receivers(explained.message);
    let arrivals = receivers.into_iter().filter_map(|slot| explainer.arrival(explained.message, slot));
    let last = arrivals.filter(|arrival| arrival.at < explained.due).max_by_key(|arrival| arrival.at)?;
    let path = explainer.path(explained.message, last.slot);
    let slowest = path.iter().max_by_key(|hop| hop.came.since(hop.had))?;
    let took = slowest.came.since(slowest.had).as_nanos() as f64 / 1e6;
    Some(format!(
        "last to node {}, {}; longest from {} to {} ({})",
        last.slot,
        plural(path.len(), "hop"),
        slowest.from,
        slowest.to,
        milliseconds(took)
    ))
}

/// What became of a message: who missed it, by the place at which it stopped, the most frequent first.
#[must_use]
pub fn message(explained: &Explained, full: bool) -> String {
    let Explained { message, origin, at, due, is_counted, receivers, missed } = explained;
    let mut text = format!("message {message}, published by node {origin} at {}\n", At(*at));
    let in_time = u64::from(*receivers) - missed.len() as u64;
    let _ = write!(
        text,
        "  {} of {} got it by the deadline, {}",
        count(in_time),
        plural(*receivers as usize, "receiver"),
        At(*due)
    );
    text.push_str(if *is_counted {
        "\n"
    } else {
        ", which is after the end of the run: it does not count\n"
    });
    // Those that missed it at one place stand in one line; the rarest places are only counted.
    let places = if full { places(explained) } else { causes(explained) };
    let shown = if full || places.len() <= SHOWN { places.len() } else { SHOWN - 1 };
    for (place, at) in &places[..shown] {
        let verb = if at.len() == 1 { "did" } else { "of them did" };
        let _ = writeln!(text, "  {} {verb} not: {place}", count(at.len() as u64));
        let _ = writeln!(text, "      {} {}", if at.len() == 1 { "node" } else { "nodes" }, slots(at, full));
    }
    if shown < places.len() {
        let rest: usize = places[shown..].iter().map(|(_, at)| at.len()).sum();
        let _ = writeln!(
            text,
            "  {} more did not, for {} other reasons (--full lists them)",
            count(rest as u64),
            count((places.len() - shown) as u64)
        );
    }
    text
}

/// What became of a message at one slot.
#[must_use]
pub fn node(explainer: &Explainer<'_>, explained: &Explained, slot: u32, full: bool) -> String {
    let mut text = format!("node {slot} and message {}\n", explained.message);
    let missed = explained.missed.iter().find(|missed| missed.slot == slot);
    let around = explainer.around(slot, explained.at);
    let path = explainer.path(explained.message, slot);
    match (missed, path.last()) {
        _ if slot == explained.origin => text.push_str("  is its origin\n"),
        (Some(missed), _) => text.push_str(&missing(missed)),
        (None, Some(last)) => {
            let _ = writeln!(text, "  got it at {} from {}", At(last.came), last.from);
        }
        (None, None) => {
            text.push_str(
                "  did not get it, and is no receiver: it was not up from its publication to its deadline\n",
            );
        }
    }
    let copies = missed.map_or(&[][..], |missed| &missed.copies);
    let shown = if full || copies.len() <= SHOWN { copies.len() } else { SHOWN - 1 };
    for copy in &copies[..shown] {
        let _ = writeln!(text, "  copy from {}, sent at {}: {}", copy.from, At(copy.sent), copy.fate);
    }
    if shown < copies.len() {
        let _ =
            writeln!(text, "  and {} more copies (--full lists them)", count((copies.len() - shown) as u64));
    }
    if !path.is_empty() {
        let hops: Vec<String> = path.iter().map(|hop| format!("{} ({})", hop.to, At(hop.came))).collect();
        let _ = writeln!(text, "  its way: {} ({}) → {}", path[0].from, At(path[0].had), hops.join(" → "));
    }
    // What it was doing then, whatever became of the message.
    match around.life {
        Some((number, life)) => {
            let _ = write!(text, "  life {number}: up since {}", At(life.start));
            let _ = match around.joined {
                Some(joined) => write!(text, ", joined at {}", At(joined)),
                None => write!(text, ", never joined"),
            };
            let end = match life.end {
                _ if life.stop == Time::MAX => String::new(),
                End::Leave => format!(", leaves at {}", At(life.stop)),
                End::Crash(_) => format!(", crashes at {}", At(life.stop)),
            };
            let _ = writeln!(text, "{end}");
        }
        None => text.push_str("  was down when it was published\n"),
    }
    let _ = writeln!(text, "  neighbors then: {}", slots(&around.holds, full));
    let _ = writeln!(text, "  held by then:   {}", slots(&around.held_by, full));
    text
}

fn missing(missed: &Missed) -> String {
    let mut text = match missed.late {
        Some(late) => format!("  got it late, at {} from {}\n", At(late.at), late.from),
        None => "  did not get it\n".to_owned(),
    };
    let _ = writeln!(text, "  where it stopped: {}", missed.place);
    let _ = match missed.copies.len() {
        0 => writeln!(text, "  no copy was lost on the way to it"),
        copies => {
            writeln!(text, "  {} to it came to nothing", plural(copies, "copie").replace("copie ", "copy "))
        }
    };
    text
}

/// A message and those who missed it, for programs. Times are in seconds.
#[must_use]
pub fn to_json(explainer: &Explainer<'_>, explained: &Explained) -> Value {
    let missed = explained.missed.iter().map(|missed| {
        let around = explainer.around(missed.slot, explained.at);
        json!({
            "node": missed.slot,
            "late_s": missed.late.map(|late| seconds(late.at)),
            "place": place(&missed.place),
            "copies": missed.copies.iter().map(copy).collect::<Vec<_>>(),
            "life": around.life.map(|(life, _)| life),
            "up_s": around.life.map(|(_, life)| seconds(life.start)),
            "joined_s": around.joined.map(seconds),
            "neighbors": around.holds,
            "held_by": around.held_by,
        })
    });
    json!({
        "message": explained.message,
        "origin": explained.origin,
        "published_s": seconds(explained.at),
        "due_s": seconds(explained.due),
        "counted": explained.is_counted,
        "receivers": explained.receivers,
        "missed": missed.collect::<Vec<_>>(),
    })
}

fn copy(copy: &Copy) -> Value {
    let reason = match copy.fate {
        Fate::Lost(reason) | Fate::Ignored(reason) => Some(reason),
        Fate::NotDelivered | Fate::UnderWay => None,
    };
    json!({
        "from": copy.from,
        "to": copy.to,
        "sent_s": seconds(copy.sent),
        "ended_s": seconds(copy.ended),
        "fate": Place::Copy(*copy, None).kind(),
        "reason": reason,
    })
}

/// The place at which a message stopped.
fn place(place: &Place) -> Value {
    let mut value = match place {
        Place::NotPublished => json!({}),
        Place::Copy(it, cause) => json!({ "copy": copy(it), "cause": cause.map(|cause| cause.to_string()) }),
        Place::Late(hop) => json!({
            "from": hop.from, "had_s": seconds(hop.had), "to": hop.to, "came_s": seconds(hop.came),
        }),
        Place::NotPassedOn { from, to, had, held } => {
            json!({ "from": from, "to": to, "had_s": seconds(*had), "held_s": seconds(*held) })
        }
        Place::CutOff { slots, cause } => {
            json!({ "nodes": slots, "cause": cause.map(|cause| cause.to_string()) })
        }
    };
    value["kind"] = place.kind().into();
    value["text"] = place.to_string().into();
    value
}
