//! The page of a run: its results and the history of its overlay, put into the view that `floodnet_report` writes.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use floodnet_sim::plan::{DisturbanceKind, End, Plan};

use super::export::{LinkSpan, Timeline};
use crate::build::BUILD;
use floodnet_lab::ensemble::figure::Figure as Digits;
use floodnet_lab::run::folder::default_folder;
use floodnet_lab::trace::overlay::{OverlayArrival, OverlayChange, OverlayHistory};
use floodnet_lab::why::Traced;
use floodnet_lab::why::explain::Explainer;
use floodnet_lab::why::text::{causes, last, places};
use floodnet_measure::metrics::{Numbers, Role, Summary, find, label};
use floodnet_measure::reach::{Reach, Reached};
use floodnet_measure::{MessageRow, Results, expect::Outcome, seconds, series::Row};
use floodnet_plot::layout::layout;
use floodnet_report::data::{
    Arrival, Change, Event, Expectation, Fault, Figure, Layout, Message, Place, Recording, Report, Sample,
    Wave, Why,
};
use floodnet_scenario::Scenario;
use floodnet_scenario::build::Setup;

/// Width by height of the box in which nodes stand.
const ASPECT: f32 = 1.6;
/// A tenth of a millisecond in nanoseconds: times since a publication are told as exactly as that.
const TENTH: u64 = 100_000;
/// As many of its longest links as this say where a node stands: all links of a long run would say nothing.
const LONGEST: usize = 4;

/// The page of a run, as text.
#[must_use]
pub fn page(scenario: &Scenario, setup: &Setup, results: &Results, traced: &Traced) -> String {
    floodnet_report::page(&view(scenario, setup, results, traced))
}

/// The messages of which the page says why they were missed, or what took them longest: ascending.
#[must_use]
pub fn explained(results: &Results) -> Vec<u32> {
    let messages: Vec<Message> = results.messages.iter().map(message).collect();
    let mut worst: Vec<u32> =
        floodnet_report::worst(&messages).iter().map(|message| message.number).collect();
    worst.sort_unstable();
    worst
}

/// The messages of the run, those that went worst with the reason.
fn messages(results: &Results, traced: &Traced) -> Vec<Message> {
    let explainer = Explainer::new(traced);
    let explained = explained(results);
    let of = |row: &MessageRow| {
        let mut message = message(row);
        if explained.binary_search(&row.message).is_ok() {
            message.why = explainer.message(row.message).map(|explained| Why {
                causes: causes(&explained).into_iter().map(|(text, slots)| (text, slots.len())).collect(),
                places: places(&explained).into_iter().map(|(text, slots)| Place { text, slots }).collect(),
                last: last(&explainer, &explained),
            });
        }
        message
    };
    results.messages.iter().map(of).collect()
}

fn view(scenario: &Scenario, setup: &Setup, results: &Results, traced: &Traced) -> Report {
    let summary = &results.summary;
    let expectations = summary.expect.iter().map(|checked| Expectation {
        metric: checked.key.clone(),
        bound: checked.bound.clone(),
        measured: checked.measured(),
        holds: checked.verdict == Outcome::Holds,
    });
    let faults = setup.plan.faults.iter().map(|fault| Fault {
        name: fault.name.to_owned(),
        from_s: seconds(fault.from),
        until_s: seconds(fault.until.min(setup.plan.duration)),
    });
    let attacks = setup.plan.adversaries.groups.iter().map(|group| Fault {
        name: "adversary".to_owned(),
        from_s: seconds(group.start),
        until_s: seconds(group.stop.min(setup.plan.duration)),
    });
    Report {
        scenario: summary.scenario.clone(),
        seed: summary.seed,
        digest: summary.digest.clone(),
        program: format!("{} {} ({})", BUILD.program, BUILD.version, BUILD.git),
        command: "sim-cli run scenario.resolved.toml   # the file at the end of this page".to_owned(),
        // A name of a scenario can name a folder, so it is one word in any shell.
        folder: default_folder(scenario),
        resolved: scenario.to_resolved_toml(),
        notes: summary.notes.clone(),
        slots: summary.nodes,
        duration_s: seconds(setup.plan.duration),
        expectations: expectations.collect(),
        reach: scenario.reach.iter().map(|reach| shown(reach, summary)).collect(),
        figures: figures(&Numbers::of(summary)),
        samples: results.timeseries.iter().map(sample).collect(),
        faults: faults.chain(attacks).collect(),
        messages: messages(results, traced),
        latency: results.latency_curve().iter().map(|point| (point.ms, point.share)).collect(),
        degrees: results.degrees.clone(),
        drops: summary.drops.iter().map(|(reason, packets)| (reason.clone(), *packets)).collect(),
        recording: recording(&setup.plan, &traced.history),
    }
}

/// What some run must show, and what this one shows.
fn shown(reach: &Reach, summary: &Summary) -> String {
    let mut reached = Reached::new(reach.clone());
    reached.add(&Numbers::of(summary), || "this run".to_owned());
    reached.to_text()
}

fn figures(numbers: &Numbers) -> Vec<Figure> {
    let figure = |(path, value): (String, Option<f64>)| {
        let meaning = find(&path).ok()?;
        let label = label(&path);
        // Errors are shouted in a terminal only.
        let is_loud = !label.chars().any(char::is_lowercase);
        Some(Figure {
            label: if is_loud { label.to_lowercase() } else { label.to_owned() },
            value: value.map(|value| Digits::new(meaning.unit, value, None).value(value))?,
            leads: meaning.family.is_some_and(|(role, _)| role == Role::Leads),
            path,
        })
    };
    numbers.all().into_iter().filter_map(figure).collect()
}

fn sample(row: &Row) -> Sample {
    Sample {
        at_s: seconds(row.at),
        up: row.nodes_up,
        joined: row.joined,
        components: row.components,
        largest: row.largest,
        links: row.links,
        joins: row.joins,
        leaves: row.leaves,
        crashes: row.crashes,
        packets: row.packets_sent,
    }
}

fn message(row: &MessageRow) -> Message {
    Message {
        number: row.message,
        at_s: seconds(row.at),
        origin: row.origin,
        counted: row.counted,
        receivers: row.receivers,
        delivered: row.delivered,
        late: row.late,
        last_ms: row.last_ms,
        why: None,
    }
}

/// The history as the page plays it.
fn recording(plan: &Plan, history: &OverlayHistory) -> Recording {
    let partition = plan.disturbances.iter().find_map(|fault| match &fault.kind {
        DisturbanceKind::Partition { group, .. } => Some(group.clone()),
        _ => None,
    });
    let sides = partition.unwrap_or_default();
    let both = plan.publishes.iter().zip(&history.arrivals);
    let waves = (0..).zip(both).map(|(message, (publish, arrivals))| {
        let arrival = |arrival: &OverlayArrival| Arrival {
            after: arrival.at.since(publish.at).as_nanos() / TENTH,
            slot: arrival.slot,
            from: arrival.from,
            hops: arrival.hops,
        };
        let arrivals = arrivals.iter().map(arrival).collect();
        Wave { message, at_us: micros(publish.at), origin: publish.slot, arrivals }
    });
    Recording {
        end_us: micros(plan.duration),
        layouts: layouts(plan, history, &sides),
        events: events(history),
        waves: waves.collect(),
        sides,
    }
}

/// Whole microseconds: what happened before a whole microsecond is before it still.
fn micros(at: Time) -> u64 {
    at.as_nanos() / 1000
}

fn events(history: &OverlayHistory) -> Vec<Event> {
    let mut last = 0;
    let event = |event: &floodnet_lab::trace::overlay::OverlayEvent| {
        let at_us = match event.change {
            // A sample at the very time of a cut sees it already.
            OverlayChange::Cut(..) | OverlayChange::Mended(..) => {
                event.at.as_nanos().div_ceil(1000).saturating_sub(1)
            }
            _ => micros(event.at),
        };
        last = at_us.max(last);
        let change = match event.change {
            OverlayChange::Up(slot) => Change::Up(slot),
            OverlayChange::Joined(slot) => Change::Join(slot),
            OverlayChange::Down(slot, End::Leave) => Change::Leave(slot),
            OverlayChange::Down(slot, End::Crash(_)) => Change::Crash(slot),
            OverlayChange::Linked(low, high) => Change::Link(low, high),
            OverlayChange::Unlinked(low, high) => Change::Unlink(low, high),
            OverlayChange::Cut(low, high) => Change::Cut(low, high),
            OverlayChange::Mended(low, high) => Change::Mend(low, high),
        };
        Event { at_us: last, change }
    };
    history.events.iter().map(event).collect()
}

/// Pairs by the time for which their link was open.
fn open_for(plan: &Plan, history: &OverlayHistory) -> BTreeMap<(u32, u32), u64> {
    let mut all = BTreeMap::<_, u64>::new();
    for LinkSpan { low, high, from, until } in Timeline::of(plan, history).links {
        *all.entry((low, high)).or_default() += until.unwrap_or(plan.duration).since(from).as_nanos();
    }
    all
}

/// Places for all slots: by their longest links, and with a partition by those within each side.
fn layouts(plan: &Plan, history: &OverlayHistory, sides: &[u16]) -> Vec<Layout> {
    let spans = open_for(plan, history);
    let side = |slot: u32| sides.get(slot as usize);
    let mut all = vec![placed(plan.slots(), &spans, "by links")];
    if !sides.is_empty() {
        let within = spans.into_iter().filter(|((low, high), _)| side(*low) == side(*high)).collect();
        // First: it shows best what the fault does.
        all.insert(0, placed(plan.slots(), &within, "by links, sides apart"));
    }
    all
}

fn placed(slots: u32, spans: &BTreeMap<(u32, u32), u64>, name: &str) -> Layout {
    let mut longest: Vec<Vec<(u64, u32, u32)>> = vec![Vec::new(); slots as usize];
    for (&(low, high), &span) in spans {
        longest[low as usize].push((span, low, high));
        longest[high as usize].push((span, low, high));
    }
    let mut links = Vec::new();
    for of_slot in &mut longest {
        of_slot.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        links.extend(of_slot.iter().take(LONGEST).map(|&(_, low, high)| (low, high)));
    }
    links.sort_unstable();
    links.dedup();
    let found = layout(slots as usize, &links, ASPECT).positions;
    // Who never had a link stands below all others.
    let alone = found.iter().filter(|place| place.is_none()).count();
    let height = if alone > 0 { 0.94 } else { 1.0 };
    let mut before = 0;
    let steps = |share: f32| (share.clamp(0.0, 1.0) * f32::from(Layout::STEPS)).round() as u16;
    let place = |place: Option<(f32, f32)>| match place {
        Some((x, y)) => (steps(x), steps(height * y)),
        None => {
            before += 1;
            (steps((before as f32 - 0.5) / alone as f32), Layout::STEPS)
        }
    };
    Layout { name: name.to_owned(), places: found.into_iter().map(place).collect() }
}
