//! The page and its parts.

use data_encoding::BASE64;
use floodnet_text::format::{count, number, plural};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::charts;
use super::choice::{kept, worst};
use super::data::{Expectation, Fault, Figure, Message, Report, Why};
use super::pack::pack;

pub(super) const STYLE: &str = include_str!("../page/style.css");
/// The modules of the script, in order: one scope, so a name is declared once.
const SCRIPT: &str = concat!(
    "'use strict';\n(() => {\n",
    include_str!("../page/recording.js"),
    include_str!("../page/overlay.js"),
    include_str!("../page/drawing.js"),
    include_str!("../page/panel.js"),
    include_str!("../page/player.js"),
    "})();\n"
);

/// What the page may do: nothing but its own style and script, known by their hashes.
pub(super) fn policy(script: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text.as_bytes())));
    let script = script.map(|script| format!(" script-src {};", hash(script))).unwrap_or_default();
    format!("default-src 'none'; style-src {};{script} base-uri 'none'; form-action 'none'", hash(STYLE))
}

pub(super) fn page(report: &Report) -> Markup {
    let waves = kept(report);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(Some(SCRIPT)));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(report.program);
                title { (report.scenario) ", seed " (report.seed) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#player" { "To the player" }
                (head(report))
                main {
                    (expectations(&report.expectations, &report.reach))
                    (headline(&report.figures))
                    (player(report, waves.len()))
                    (pictures(report))
                    (messages(report))
                    (details(report))
                }
                script type="text/plain" id="recording" { (PreEscaped(pack(report, &waves))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            h1 { (report.scenario) }
            p {
                (plural(report.slots as usize, "node")) " · " (number(report.duration_s, 3)) " s · seed "
                (report.seed) " · digest " code { (report.digest) }
            }
            p class="muted" { (report.program) ". The same scenario and seed give the same run:" }
            pre { code { (report.command) } }
            @for note in &report.notes { p class="note" { (note) } }
        }
    }
}

fn expectations(all: &[Expectation], reach: &[String]) -> Markup {
    let held = all.iter().filter(|expected| expected.holds).count();
    html! {
        section aria-labelledby="expected" {
            h2 id="expected" { "Expected" }
            @for line in reach { p { "Some run must show " (line) } }
            @if all.is_empty() {
                p { "The scenario expects nothing" @if !reach.is_empty() { " of each run" } "." }
            } @else {
                p { (held) " of " (all.len()) " hold." }
                div class="scroll" {
                    table {
                        thead { tr {
                            th scope="col" { "verdict" } th scope="col" { "metric" } th scope="col" { "expected" }
                            th scope="col" { "measured" }
                        } }
                        tbody {
                            @for expected in all {
                                tr {
                                    td class=(if expected.holds { "holds" } else { "fails" }) {
                                        (if expected.holds { "✓ holds" } else { "✗ fails" })
                                    }
                                    th scope="row" { (expected.metric) }
                                    td { (expected.bound) }
                                    td { (expected.measured) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn headline(figures: &[Figure]) -> Markup {
    html! {
        section aria-labelledby="figures" {
            h2 id="figures" { "In figures" }
            dl class="figures" {
                @for figure in figures.iter().filter(|figure| figure.leads) {
                    div { dt { (figure.label) } dd { (figure.value) } }
                }
            }
        }
    }
}

/// The frame of the player: the script brings it to life.
fn player(report: &Report, waves: usize) -> Markup {
    html! {
        section id="player" aria-labelledby="play" data-folder=(report.folder) data-faults=(faults(report)) {
            h2 id="play" { "The overlay over time" }
            noscript { p class="note" { "The player needs scripts. All numbers and charts are below without." } }
            div class="stage" hidden {
                div class="view" {
                    canvas id="canvas" tabindex="0" role="img" aria-label="The overlay" {}
                    div id="legend" class="legend" {}
                }
                div class="controls" {
                    button id="play-button" type="button" { "Play" }
                    button id="back" type="button" title="to the event before (,)" { "◂ event" }
                    button id="step" type="button" title="to the next event (.)" { "event ▸" }
                    label { "speed " select id="speed" {} }
                    label { "color " select id="color" {} }
                    label { "layout " select id="layout" {} }
                    label { "message " input id="message" type="number" min="0" inputmode="numeric"; }
                    button id="watch" type="button" { "Watch it spread" }
                    label { "node " input id="node" type="number" min="0" inputmode="numeric"; }
                }
                                // The script draws what happened over the run above the slider that moves through it.
                div class="time" {
                    canvas id="ribbon" role="img"
                        aria-label="Nodes up, faults and messages over the run" {}
                    input id="slider" type="range" min="0" step="any" value="0" aria-label="time in seconds";
                    output id="clock" for="slider" {}
                }
                p id="status" role="status" class="muted" {}
                @if waves < report.recording.waves.len() {
                    p class="muted" {
                        "The player holds " (waves) " of " (plural(report.recording.waves.len(), "message"))
                        ": those that went worst, and others spread over the run."
                    }
                }
                div id="panel" class="panel" {}
                details {
                    summary { "Keys" }
                    p {
                        kbd { "space" } " play or pause · " kbd { "←" } " " kbd { "→" } " one second, with "
                        kbd { "shift" } " ten · " kbd { "," } " " kbd { "." } " one event · " kbd { "home" } " "
                        kbd { "end" } " · " kbd { "n" } " " kbd { "p" } " next and previous message · " kbd { "w" }
                        " watch it spread · " kbd { "+" } " " kbd { "−" } " speed · " kbd { "esc" } " nothing selected"
                    }
                }
            }
            p id="trouble" class="fails" hidden {}
        }
    }
}

/// Faults for the ribbon: name, beginning and end, between tabs, one a line.
fn faults(report: &Report) -> String {
    let line = |fault: &Fault| format!("{}\t{}\t{}\n", fault.name, fault.from_s, fault.until_s);
    report.faults.iter().map(line).collect()
}

fn pictures(report: &Report) -> Markup {
    let all: [(&str, Markup); 8] = [
        ("Delivery", charts::delivery(report)),
        ("How messages spread", charts::infection(report)),
        ("Latency", charts::latency(report)),
        ("Nodes", charts::nodes(report)),
        ("Components", charts::components(report)),
        ("Churn", charts::churn(report)),
        ("Traffic", charts::traffic(report)),
        ("Links per node at the end", charts::degrees(report)),
    ];
    html! {
        section aria-labelledby="pictures" {
            h2 id="pictures" { "Pictures" }
            @if !report.faults.is_empty() {
                p class="muted" {
                    "Shaded: "
                    @for (place, fault) in report.faults.iter().enumerate() {
                        @if place > 0 { ", " }
                        (fault.name) " from " (number(fault.from_s, 3)) " to " (number(fault.until_s, 3)) " s"
                    }
                }
            }
            div class="charts" {
                @for (title, chart) in &all { div { h3 { (title) } (chart) } }
                div { h3 { "Lost and dropped, by reason" } (charts::drops(report)) }
            }
        }
    }
}

fn messages(report: &Report) -> Markup {
    html! {
        section aria-labelledby="worst" {
            h2 id="worst" { "Lost and slowest messages" }
            p class="muted" {
                "More of a message: " code { "sim-cli why " (report.folder) " --message N --node N" }
            }
            div class="scroll" {
                table {
                    thead { tr {
                        th scope="col" { "message" } th scope="col" class="right" { "at, s" }
                        th scope="col" class="right" { "from node" } th scope="col" class="right" { "receivers" }
                        th scope="col" class="right" { "missed" } th scope="col" class="right" { "late" }
                        th scope="col" class="right" { "last after, ms" } th scope="col" { "why" }
                    } }
                    tbody {
                        @for message in worst(&report.messages) {
                            tr {
                                th scope="row" {
                                    a href=(format!("#t={}s&message={}", message.at_s, message.number)) {
                                        (message.number)
                                    }
                                }
                                td class="right" { (number(message.at_s, 3)) }
                                td class="right" { (message.origin) }
                                td class="right" { (message.receivers) }
                                td class="right" { (message.receivers - message.delivered - message.late) }
                                td class="right" { (message.late) }
                                td class="right" {
                                    (message.last_ms.map_or_else(|| "never".to_owned(), |ms| number(ms, 1)))
                                }
                                td class="why" { (why(message)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// As many causes are told of one message.
const CAUSES: usize = 3;

fn why(message: &Message) -> Markup {
    let Some(Why { causes, last, .. }) = &message.why else { return html! {} };
    let more = causes.len().saturating_sub(CAUSES);
    let behind: usize = causes.iter().skip(CAUSES).map(|(_, slots)| slots).sum();
    html! {
        @for (cause, slots) in causes.iter().take(CAUSES) { div { (plural(*slots, "node")) ": " (cause) } }
        @if more > 0 { div class="muted" { (count(behind as u64)) " more nodes, " (plural(more, "other reason")) } }
        @if let Some(last) = last { div class="muted" { (last) } }
    }
}

fn details(report: &Report) -> Markup {
    html! {
        section aria-labelledby="all" {
            h2 id="all" { "Everything" }
            details {
                summary { (count(report.figures.len() as u64)) " figures" }
                div class="scroll" {
                    table {
                        tbody {
                            @for figure in &report.figures {
                                tr { th scope="row" { code { (figure.path) } } td class="right" { (figure.value) } }
                            }
                        }
                    }
                }
            }
            details {
                summary { "The scenario, with every default filled in" }
                pre { code { (report.resolved) } }
            }
        }
    }
}
