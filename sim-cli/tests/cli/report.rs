//! `report` and `run --report`: the page of a run, and the history of the overlay that it plays.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use floodnet_core::time::Time;
use floodnet_lab::Protocols;
use floodnet_lab::simulate::simulate;
use floodnet_lab::trace::overlay::{OverlayChange, OverlayHistory};
use floodnet_lab::why::{Traced, trace_copies};
use floodnet_measure::Results;
use floodnet_scenario::Scenario;

use crate::lab::{Lab, SMALL};

/// Departures, returns and a partition.
const EVENTFUL: &str = r#"
[churn]
session = { exponential = { mean = "3s" } }
downtime = { exponential = { mean = "1s" } }

[[fault]]
at = "3s"
partition = { groups = [0.5, 0.5], for = "2s" }
"#;

#[test]
fn a_page_is_the_same_however_it_comes_about() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--report", "--out", "a"]);
    let page = lab.read("a/report.html");
    let said = lab.ok(&["report", "a", "--out", "b.html"]);
    assert!(said.out.starts_with("b.html  "), "{}", said.out);
    assert_eq!(lab.read("b.html"), page);
    lab.ok(&["report", "a"]);
    assert_eq!(lab.read("a/report.html"), page);
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    for words in ["<title>small, seed 7</title>", &digest, "sim-cli replay ", "1 of 1 hold"] {
        assert!(page.contains(words), "{words}");
    }
    let folder = lab.path().display().to_string();
    assert!(!page.contains(&folder), "no path");
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a", "--force"]);
}

#[test]
fn what_cannot_be_played_is_refused() {
    let lab = Lab::new();
    let said = lab.refused(&["run", "small.toml", "--report", "--runs", "2"]);
    assert!(said.contains("--report applies to one run in the simulator"), "{said}");
    lab.ok(&["run", "small.toml", "--no-pictures", "--runs", "2", "--out", "many"]);
    let said = lab.run(&["report", "many"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("name the folder of one of them"), "{}", said.err);
}

#[test]
fn a_sweep_is_a_page_with_curves_and_a_table() {
    let lab = Lab::new();
    lab.write("grid.toml", "scenario = \"small.toml\"\nruns = 2\n[grid]\n\"link.loss\" = [0, 0.01]\n");
    lab.ok(&["sweep", "grid.toml", "--out", "s", "--picture-format", "svg"]);
    let page_of = || {
        lab.ok(&["report", "s"]);
        lab.read("s/report.html")
    };
    let page = page_of();
    assert_eq!(page_of(), page);
    let svg = lab.read("s/delivery_ratio.svg");
    assert!(svg.starts_with("<svg xmlns=") && page.contains(&svg), "the picture of the file stands in it");
    assert!(page.contains("All that is expected holds in every cell."), "{page}");
    for cell in ["<th scope=\"row\">0</th>", "<th scope=\"row\">0.01</th>", "<td class=\"right\">2</td>"] {
        assert!(page.contains(cell), "{cell}");
    }
    assert!(!page.contains("<script"));
    // The sweep can go on where its page stands.
    lab.ok(&["sweep", "grid.toml", "--out", "s", "--runs", "3"]);
    assert_ne!(page_of(), page);
    lab.ok(&["sweep", "grid.toml", "--out", "part", "--partition", "1/2"]);
    let said = lab.run(&["report", "part"]);
    assert_eq!((said.code, said.err.contains("of 2 cells of part are complete")), (1, true), "{}", said.err);
}

#[test]
fn two_results_are_a_page_with_verdicts() {
    let lab = Lab::new();
    let runs = ["--runs", "8", "--set", "expect={}", "--no-pictures", "--out"];
    lab.ok(&[&["run", "small.toml"][..], &runs[..], &["a"]].concat());
    lab.ok(&[&["run", "small.toml", "--set", "link.latency=200ms"][..], &runs[..], &["b"]].concat());
    lab.ok(&["report", "a", "b", "--out", "c.html"]);
    let page = lab.read("c.html");
    for part in
        ["<title>b against a</title>", "paired by seed", "link.latency", ">worse<", "base: a", "new: b"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("<figure").count(), 2);
    let said = lab.refused(&["report", "a", "b"]);
    assert_eq!(said, "error: name the file for a comparison with --out\n");
}

/// The overlay before a time: who is up and joined, and the open links.
#[derive(Default)]
struct Played {
    /// Slots that are up, and whether they have joined.
    up: BTreeMap<u32, bool>,
    /// Links, and whether they are open.
    links: BTreeMap<(u32, u32), bool>,
}

impl Played {
    /// A cut counts at its very time, all else behind it.
    fn until(history: &OverlayHistory, time: Time) -> Self {
        let mut played = Self::default();
        for event in &history.events {
            let is_cut = matches!(event.change, OverlayChange::Cut(..) | OverlayChange::Mended(..));
            if event.at > time || (event.at == time && !is_cut) {
                continue;
            }
            match event.change {
                OverlayChange::Up(slot) => drop(played.up.insert(slot, false)),
                OverlayChange::Joined(slot) => drop(played.up.insert(slot, true)),
                OverlayChange::Down(slot, _) => drop(played.up.remove(&slot)),
                OverlayChange::Unlinked(low, high) => drop(played.links.remove(&(low, high))),
                OverlayChange::Cut(low, high) => drop(played.links.insert((low, high), false)),
                OverlayChange::Linked(low, high) | OverlayChange::Mended(low, high) => {
                    played.links.insert((low, high), true);
                }
            }
        }
        played
    }

    /// Components of the joined slots over open links: each takes the least slot that it can reach.
    fn components(&self) -> usize {
        let joined = self.up.iter().filter(|(_, joined)| **joined).map(|(slot, _)| *slot);
        let mut least: BTreeMap<u32, u32> = joined.map(|slot| (slot, slot)).collect();
        loop {
            let before = least.clone();
            for (low, high) in self.links.iter().filter(|(_, open)| **open).map(|(pair, _)| *pair) {
                let both = least[&low].min(least[&high]);
                least.insert(low, both);
                least.insert(high, both);
            }
            if least == before {
                return least.iter().filter(|(slot, least)| slot == least).count();
            }
        }
    }
}

fn results(scenario: &Scenario, protocols: &Protocols) -> Results {
    let ran = simulate(scenario, protocols, NonZeroUsize::MIN, &mut |_| true).unwrap();
    ran.finished.unwrap().results
}

#[test]
fn the_history_is_that_of_the_samples_and_of_the_messages() {
    let protocols = Protocols::builtin();
    // Of directed views one end makes a link.
    let (walk, cyclon) = ("[overlay.random_walk]", "[overlay.cyclon]\nevery = \"1s\"");
    for (overlay, more) in [(walk, ""), (walk, EVENTFUL), (cyclon, EVENTFUL)] {
        let text = format!("{SMALL}{more}").replace(walk, overlay);
        let scenario = Scenario::parse("small.toml", &text, Path::new("."), &[], protocols.tables()).unwrap();
        let results = results(&scenario, &protocols);
        let traced = trace_copies(&scenario, &protocols, Some(&[]), &mut |_| true);
        let Traced { history, followed, .. } = traced.unwrap();
        assert_eq!(followed.digest, results.summary.digest);
        assert!(results.timeseries.len() >= 8);
        for row in &results.timeseries {
            let played = Played::until(&history, row.at);
            let joined = played.up.values().filter(|joined| **joined).count();
            let open = played.links.values().filter(|open| **open).count();
            let found = (played.up.len(), joined, open, played.components());
            let expected =
                (row.nodes_up as usize, row.joined as usize, row.links as usize, row.components as usize);
            assert_eq!(found, expected, "up, joined, links and components at {:?}", row.at);
        }
        let cuts = history.events.iter().filter(|event| matches!(event.change, OverlayChange::Cut(..)));
        assert_eq!(cuts.count() > 0, !more.is_empty(), "a partition cuts links");
        for (row, arrivals) in results.messages.iter().zip(&history.arrivals) {
            assert_eq!(
                arrivals.len() as u32,
                row.delivered + row.late + row.other,
                "message {}",
                row.message
            );
            assert!(arrivals.iter().all(|arrival| arrival.from != arrival.slot));
        }
    }
}
