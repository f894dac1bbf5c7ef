//! The pictures of a run.

use floodnet_text::format::{count, number, plural};
use maud::{Markup, html};

use super::chart::{Chart, Line};
use super::choice::typical;
use super::data::{Message, Report, Sample, Wave};

/// The lines of the messages that stand for all.
const CURVES: [&str; 3] = ["a", "b", "c"];

/// A frame over the time of the run.
fn over_time<'a>(report: &Report, about: &'a str, y_label: &'a str, most: f64) -> Chart<'a> {
    let x = (0.0, report.duration_s);
    Chart { about, x_label: "time, s", y_label, x, y: (0.0, most.max(1e-9)), log_x: false }
}

/// Where faults were.
fn faults(report: &Report, chart: &Chart<'_>) -> Markup {
    html! {
        @for fault in &report.faults {
            (chart.span(fault.from_s, fault.until_s, "fault", &words(fault)))
        }
    }
}

fn words(fault: &super::data::Fault) -> String {
    format!("{}, {} to {} s", fault.name, number(fault.from_s, 3), number(fault.until_s, 3))
}

/// What share of its receivers each message reached.
pub(super) fn delivery(report: &Report) -> Markup {
    let chart =
        over_time(report, "Share of receivers that each message reached, over time", "share delivered", 1.0);
    let mut path = String::new();
    for message in report.messages.iter().filter(|message| message.counted && message.receivers > 0) {
        let share = f64::from(message.delivered) / f64::from(message.receivers);
        path.push_str(&format!("M{:.1} {:.1}h0", chart.across(message.at_s), chart.up(share)));
    }
    let marks = html! { (faults(report, &chart)) path class="dots" d=(path) {} };
    chart.draw(&marks, &[("a", "a message"), ("fault-key", "a fault")])
}

/// Who was up, and who was in the largest part.
pub(super) fn nodes(report: &Report) -> Markup {
    let most = report.samples.iter().map(|sample| sample.up).max().unwrap_or(1);
    let chart = over_time(
        report,
        "Nodes that are up, and in the largest component, over time",
        "nodes",
        f64::from(most),
    );
    let series = |class, name, get: fn(&Sample) -> u32| Line {
        class,
        name,
        points: report.samples.iter().map(|sample| (sample.at_s, f64::from(get(sample)))).collect(),
        steps: true,
    };
    let up = series("a", "up", |sample| sample.up);
    let largest = series("b", "largest component", |sample| sample.largest);
    let marks = html! { (faults(report, &chart)) (chart.line(&up)) (chart.line(&largest)) };
    chart.draw(&marks, &[("a", up.name), ("b", largest.name)])
}

/// How many pieces the overlay was in.
pub(super) fn components(report: &Report) -> Markup {
    let most = report.samples.iter().map(|sample| sample.components).max().unwrap_or(1);
    let chart = over_time(report, "Components of the overlay over time", "components", f64::from(most));
    let points = report.samples.iter().map(|sample| (sample.at_s, f64::from(sample.components))).collect();
    let line = Line { class: "a", name: "components", points, steps: true };
    chart.draw(&html! { (faults(report, &chart)) (chart.line(&line)) }, &[("a", line.name)])
}

/// Joins and departures between samples.
pub(super) fn churn(report: &Report) -> Markup {
    let rates = |get: fn(&Sample) -> u64| -> Vec<(f64, f64)> {
        let pairs = report.samples.windows(2);
        pairs.map(|pair| (pair[1].at_s, get(&pair[1]).saturating_sub(get(&pair[0])) as f64)).collect()
    };
    let lines = [
        Line { class: "a", name: "joins", points: rates(|sample| sample.joins), steps: true },
        Line { class: "b", name: "leaves", points: rates(|sample| sample.leaves), steps: true },
        Line { class: "c", name: "crashes", points: rates(|sample| sample.crashes), steps: true },
    ];
    let most = lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(1.0, f64::max);
    let chart = over_time(report, "Joins, leaves and crashes between samples", "per sample", most);
    let marks = html! { (faults(report, &chart)) @for line in &lines { (chart.line(line)) } };
    chart.draw(&marks, &lines.each_ref().map(|line| (line.class, line.name)))
}

/// Packets per second.
pub(super) fn traffic(report: &Report) -> Markup {
    let rate = |pair: &[Sample]| {
        let sent = pair[1].packets.saturating_sub(pair[0].packets) as f64;
        (pair[1].at_s, sent / (pair[1].at_s - pair[0].at_s).max(1e-9))
    };
    let points: Vec<(f64, f64)> = report.samples.windows(2).map(rate).collect();
    let most = points.iter().map(|point| point.1).fold(1.0, f64::max);
    let chart = over_time(report, "Packets sent per second over time", "packets per second", most);
    let line = Line { class: "a", name: "packets sent", points, steps: true };
    chart.draw(&html! { (faults(report, &chart)) (chart.line(&line)) }, &[("a", line.name)])
}

/// The distribution of latency.
pub(super) fn latency(report: &Report) -> Markup {
    let low = report.latency.iter().map(|point| point.0).find(|ms| *ms > 0.0).unwrap_or(1.0);
    let high = report.latency.last().map_or(10.0, |point| point.0).max(low * 1.01);
    let chart = Chart {
        about: "Share of pairs of message and receiver delivered within a time",
        x_label: "time since the publication, ms",
        y_label: "share delivered within",
        x: (low, high),
        y: (0.0, 1.0),
        log_x: true,
    };
    let line = Line { class: "a", name: "delivered", points: report.latency.clone(), steps: false };
    chart.draw(&chart.line(&line), &[("a", "all pairs of message and receiver")])
}

/// How messages spread.
pub(super) fn infection(report: &Report) -> Markup {
    let chosen: Vec<(&str, String, &Message)> = (CURVES.iter().zip(typical(report)))
        .map(|(class, (what, message))| (*class, format!("message {}, {what}", message.number), message))
        .collect();
    let curve = |wave: &Wave, receivers: u32| -> Vec<(f64, f64)> {
        let point = |(place, arrival): (usize, &super::data::Arrival)| {
            (arrival.after as f64 / 10.0, (place + 1) as f64 / f64::from(receivers.max(1)))
        };
        [(0.0, 0.0)].into_iter().chain(wave.arrivals.iter().enumerate().map(point)).collect()
    };
    let lines: Vec<Line<'_>> = (chosen.iter())
        .filter_map(|(class, name, message)| {
            let wave = report.recording.waves.iter().find(|wave| wave.message == message.number)?;
            Some(Line { class, name, points: curve(wave, message.receivers), steps: true })
        })
        .collect();
    let ends = chosen.iter().filter_map(|(_, _, message)| message.last_ms);
    let chart = Chart {
        about: "Share of receivers that a message has reached, by time since its publication",
        x_label: "time since the publication, ms",
        y_label: "share of receivers reached",
        x: (0.0, ends.fold(1.0, f64::max)),
        y: (0.0, 1.0),
        log_x: false,
    };
    let names: Vec<(&str, &str)> = lines.iter().map(|line| (line.class, line.name)).collect();
    chart.draw(&html! { @for line in &lines { (chart.line(line)) } }, &names)
}

/// How many neighbors nodes have.
pub(super) fn degrees(report: &Report) -> Markup {
    let most = report.degrees.iter().copied().max().unwrap_or(0).max(1) as f64;
    let chart = Chart {
        about: "How many nodes have how many links at the end",
        x_label: "links of a node",
        y_label: "nodes",
        x: (-0.5, (report.degrees.len().max(1) as f64) - 0.5),
        y: (0.0, most),
        log_x: false,
    };
    let marks = html! {
        @for (degree, &nodes) in report.degrees.iter().enumerate() {
            @let at = degree as f64;
            (chart.bar(at - 0.4, at + 0.4, nodes as f64,
                &format!("{} with {}", plural(nodes as usize, "node"), plural(degree, "link"))))
        }
    };
    chart.draw(&marks, &[])
}

/// What was lost or dropped and why.
pub(super) fn drops(report: &Report) -> Markup {
    let most = report.drops.iter().map(|drop| drop.1).max().unwrap_or(1).max(1) as f64;
    html! {
        @if report.drops.is_empty() { p { "Nothing was lost or dropped." } } @else {
            table {
                thead { tr { th scope="col" { "reason" } th scope="col" class="right" { "packets" } th { "" } } }
                tbody {
                    @for (reason, packets) in &report.drops {
                        tr {
                            th scope="row" { (reason) }
                            td class="right" { (count(*packets)) }
                            td class="wide" {
                                svg viewBox="0 0 100 6" preserveAspectRatio="none" class="bar" aria-hidden="true" {
                                    rect class="fill-a" width=(format!("{:.1}", 100.0 * *packets as f64 / most))
                                        height="6" {}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
