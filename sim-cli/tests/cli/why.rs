//! `why`: the place at which a message stopped is the true one.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;

use floodnet_core::observe::Observation;
use floodnet_core::time::Time;
use floodnet_lab::Protocols;
use floodnet_lab::simulate::{follow, simulate};
use floodnet_lab::trace::record::{Record, What};
use floodnet_lab::trace::{Follow, Keep};
use floodnet_lab::why::copies::Fate;
use floodnet_lab::why::explain::{Explained, Explainer, Place};
use floodnet_lab::why::trace_copies;
use floodnet_scenario::Scenario;
use floodnet_sim::observer::Observed;
use serde_json::{Value, json};

use crate::lab::Lab;

/// Five nodes in a line. The link in the middle is cut while the second of three messages spreads.
const LINE: &str = r#"name = "line"
seed = 3
duration = "40s"

[nodes]
count = 5

[overlay.static]
line = true

[broadcast.flood]

[link]
transport = "TRANSPORT"
latency = "20ms"

[[traffic]]
from = 0
every = "10s"
start = "5s"
stop = "30s"

[measure]
deadline = "5s"

[[fault]]
at = "14s"
cut = { links = [[2, 3]], for = "4s" }
"#;

#[test]
fn a_planted_loss_is_found_where_it_is() {
    for (transport, reason) in [("datagram", "cut"), ("stream", "broken")] {
        let lab = Lab::new();
        lab.write("line.toml", LINE.replace("TRANSPORT", transport));
        // Over streams the news of a cut goes round, and comes late.
        let within = ["--set", "link.break_after=2s", "--set", "measure.deadline=3s"];
        lab.ok(&[&["run", "line.toml", "--no-pictures", "--out", "a"][..], &within[..]].concat());
        let said: Value = serde_json::from_str(&lab.ok(&["why", "a", "--format", "json"]).out).unwrap();
        let messages = said["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 1, "only one was missed: {said:#}");
        let missed = messages[0]["missed"].as_array().unwrap();
        assert_eq!((&messages[0]["message"], &messages[0]["receivers"]), (&json!(1), &json!(4)));
        let nodes: Vec<&Value> = missed.iter().map(|missed| &missed["node"]).collect();
        assert_eq!(nodes, [&json!(3), &json!(4)]);
        for missed in missed {
            let copy = &missed["place"]["copy"];
            assert_eq!(missed["place"]["kind"], "lost", "{missed}");
            assert_eq!((&copy["from"], &copy["to"]), (&json!(2), &json!(3)), "{missed}");
            assert_eq!(copy["reason"], reason);
            assert_eq!(copy["sent_s"], 15.04, "published at 15 s, two hops before");
            assert_eq!(missed["place"]["cause"], "cut from 14 s to 18 s");
        }
        let said = lab.ok(&["why", "a", "--message", "1", "--node", "4", "--node", "1"]).out;
        for part in [
            "message 1, published by node 0 at 15 s\n",
            "  2 of 4 receivers got it by the deadline, 18 s\n",
            "  2 of them did not: the copy from 2 to 3, sent at 15.04 s: lost",
            "      nodes 3 4\n",
            "node 4 and message 1\n  did not get it\n",
            "  neighbors then: 3\n",
            "node 1 and message 1\n  got it at 15.02 s from 0\n",
            "  its way: 0 (15 s) → 1 (15.02 s)\n",
        ] {
            assert!(said.contains(part), "no `{part}` in {said}");
        }
        lab.ok(&["why", "a", "--receivers", "r.csv"]);
        let rows = lab.read("r.csv");
        assert_eq!(rows.lines().count(), 1 + 3 * 4);
        assert!(rows.contains("\n1,2,in_time,15.04,40,1,2,\n1,3,missing,,inf,,,lost\n"), "{rows}");
    }
}

/// A busy application gets the messages later, all at once; each has come from whoever sent it.
#[test]
fn a_message_that_waited_has_come_from_its_sender() {
    let lab = Lab::new();
    let second = "[[traffic]]\nfrom = 4\nevery = \"10s\"\nstart = \"5s\"\nstop = \"30s\"\n[measure]";
    let line = LINE.replace("TRANSPORT", "stream").replace("[measure]", second);
    let pause = "at = \"15.03s\"\npause = { fraction = 1, for = \"2s\" }\n";
    lab.write("line.toml", format!("{}{pause}", &line[..line.find("at = ").unwrap()]));
    lab.ok(&["run", "line.toml", "--no-pictures", "--out", "a"]);
    lab.ok(&["why", "a", "--receivers", "r.csv"]);
    let rows = lab.read("r.csv");
    assert!(rows.contains("\n2,2,in_time,17.03,2030,1,2,\n"), "{rows}");
    assert!(rows.contains("\n3,2,in_time,17.03,2030,3,2,\n"), "{rows}");
    // Of one message alone the same, and in what other tools read.
    lab.ok(&["why", "a", "--message", "2", "--receivers", "one.csv"]);
    assert!(lab.read("one.csv").contains("\n2,2,in_time,17.03,2030,1,2,\n"));
    lab.ok(&["export", "a", "--format", "csv"]);
    let rows = lab.read("a/arrivals.csv");
    assert!(rows.contains("\n2,2,17.03,2030,1,2\n") && rows.contains("\n3,2,17.03,2030,3,2\n"), "{rows}");
}

#[test]
fn what_is_not_there_is_refused() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let said = lab.refused(&["why", "a", "--message", "99"]);
    assert_eq!(said, "error: no message 99: the run has 6 messages, numbered from 0\n");
    let said = lab.refused(&["why", "a", "--message", "1", "--node", "50"]);
    assert_eq!(said, "error: no node 50: the run has 50 nodes, numbered from 0\n");
    assert!(lab.refused(&["why", "a", "--node", "5"]).contains("--message <N>"));
    assert!(lab.ok(&["why", "a"]).out.starts_with("all receivers of 6 messages got it in time\n"));
    // Before anything is run, or it would be found that this is not the digest.
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    lab.write("a/manifest.json", lab.read("a/manifest.json").replace(&digest, "0123456789abcdef"));
    for (command, code) in [
        ("why a", 4),
        ("why a --message 99", 2),
        ("replay a --message 99", 2),
        ("export a --format csv --out x", 4),
        ("export a --format csv --out -", 2),
    ] {
        let said = lab.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, code, "{command}: {}", said.err);
    }
}

/// What the steps of a run say, gathered without the code under test.
#[derive(Default)]
struct Facts {
    /// Message, sender, receiver: when sent.
    sent: BTreeSet<(u32, u32, u32, Time)>,
    /// Message, sender, receiver: when lost, and why.
    lost: BTreeSet<(u32, u32, u32, Time, &'static str)>,
    /// Message and slot: when it first had it.
    had: BTreeMap<(u32, u32), Time>,
    /// Slot and peer: when it took it as a neighbor.
    held: BTreeSet<(u32, u32, Time)>,
}

impl Facts {
    fn take(&mut self, record: &Record) {
        let (at, slot) = (record.at, record.slot);
        match record.what {
            What::Sends { to, payload: Some(message), .. } => {
                self.sent.insert((message, slot, to, at));
            }
            What::Loses { from, to, payload: Some(message), reason } => {
                assert!(slot == from || slot == to);
                self.lost.insert((message, from, to, at, reason));
            }
            What::Reports(Observed::Protocol(said)) => match said {
                Observation::Published(message) | Observation::Delivered { message, .. } => {
                    self.had.entry((message, slot)).or_insert(at);
                }
                Observation::NeighborUp(peer) => {
                    self.held.insert((slot, peer, at));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether the place is one of the run.
    fn confirm(&self, explained: &Explained, place: &Place) {
        let message = explained.message;
        let sent_between = |from: u32, to: u32| {
            self.sent.range((message, from, to, Time::ZERO)..=(message, from, to, explained.due)).next()
        };
        match place {
            Place::NotPublished => assert!(!self.had.contains_key(&(message, explained.origin))),
            Place::Copy(copy, _) => {
                assert!(self.sent.contains(&(message, copy.from, copy.to, copy.sent)), "{place:?}");
                if let Fate::Lost(reason) = copy.fate {
                    let end = (message, copy.from, copy.to, copy.ended, reason);
                    assert!(self.lost.contains(&end), "{place:?}");
                }
            }
            Place::Late(hop) => assert_eq!(self.had[&(message, hop.to)], hop.came),
            Place::NotPassedOn { from, to, had, held } => {
                assert_eq!(self.had[&(message, *from)], *had);
                assert!(self.held.contains(&(*from, *to, *held)), "{place:?}");
                assert_eq!(sent_between(*from, *to), None, "{place:?}");
            }
            Place::CutOff { slots, .. } => assert!(*slots > 0),
        }
    }
}

#[test]
fn every_pair_that_was_missed_has_a_place_that_the_steps_of_the_run_confirm() {
    let protocols = Protocols::builtin();
    let mut kinds = BTreeSet::new();
    // Of the crash more than in the scenario: it heals from that without a loss.
    let cases = [
        ("churn", "nodes.count", "150"),
        ("mass-crash", "fault.0.crash.fraction", "0.8"),
        ("partition-heal", "nodes.count", "150"),
    ];
    for (name, key, value) in cases {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let set = [(key.to_owned(), value.to_owned()), ("nodes.count".to_owned(), "150".to_owned())];
        let scenario =
            Scenario::parse(name, &text, path.parent().unwrap(), &set, protocols.tables()).unwrap();
        let ran = simulate(&scenario, &protocols, NonZeroUsize::MIN, &mut |_| true).unwrap();
        let results = ran.finished.unwrap().results;
        let mut facts = Facts::default();
        let how = Follow { keep: Keep::Copies(None), ..Follow::default() };
        let mut sink = |_: Time, records: Vec<Record>| {
            records.iter().for_each(|record| facts.take(record));
            true
        };
        follow(&scenario, &protocols, &how, &mut sink, &mut |_| true).unwrap();
        let traced = trace_copies(&scenario, &protocols, None, &mut |_| true).unwrap();
        assert_eq!(traced.followed.digest, results.summary.digest);
        let explainer = Explainer::new(&traced);
        let mut pairs = 0;
        for row in results.messages.iter().filter(|row| row.counted) {
            let explained = explainer.message(row.message).unwrap();
            assert_eq!(explained.receivers, row.receivers, "{name}, message {}", row.message);
            assert_eq!(explained.missed.len() as u32, row.receivers - row.delivered);
            for missed in &explained.missed {
                pairs += 1;
                facts.confirm(&explained, &missed.place);
                kinds.insert(missed.place.kind());
                assert_eq!(
                    facts.had.get(&(row.message, missed.slot)).copied(),
                    missed.late.map(|late| late.at)
                );
            }
        }
        assert!(pairs > 5, "{name}: {pairs} pairs");
        // Of one message alone the same is said.
        let worst =
            results.messages.iter().filter(|row| row.counted).max_by_key(|row| row.receivers - row.delivered);
        let worst = worst.unwrap().message;
        let alone = trace_copies(&scenario, &protocols, Some(&[worst]), &mut |_| true).unwrap();
        assert_eq!(Explainer::new(&alone).message(worst), explainer.message(worst));
    }
    assert!(kinds.contains("lost") && kinds.contains("cut_off"), "{kinds:?}");
}
