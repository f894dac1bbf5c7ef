//! `replay`: nodes at a time, and what happened step by step.

use serde_json::Value;

use crate::lab::Lab;

fn ran() -> Lab {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    lab
}

fn lines(lab: &Lab, name: &str) -> Vec<Value> {
    lab.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_node_is_shown_as_it_was() {
    let lab = ran();
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    let before = lab.files("");
    let said = lab.ok(&["replay", "a", "--until", "4s", "--node", "7", "--node", "0", "--last", "2"]);
    let head =
        format!("small  seed 7 · digest {digest}, as stored · stopped at 4 s with 50 of 50 nodes up\n");
    assert!(said.out.starts_with(&head), "{}", said.out);
    for part in [
        "\nnode 0 at 4 s\n",
        "\nnode 7 at 4 s\n",
        "  neighbors  ",
        "  held by    ",
        "  last inputs\n",
        "  state\n",
    ] {
        assert!(said.out.contains(part), "no `{part}` in {}", said.out);
    }
    let inputs = said.out.lines().filter(|line| line.contains("  receives: "));
    assert_eq!(inputs.count(), 4, "two of each: {}", said.out);
    assert_eq!(lab.files(""), before, "nothing is written");
    // Before anything happened.
    let early = lab.ok(&["replay", "a", "--until", "0", "--node", "7"]);
    assert!(
        early.out.contains("with 0 of 50 nodes up") && early.out.contains("  is down\n"),
        "{}",
        early.out
    );
}

#[test]
fn stopping_earlier_is_the_same_run() {
    let lab = ran();
    lab.ok(&["replay", "a", "--trace", "whole.jsonl"]);
    lab.ok(&["replay", "a", "--trace", "half.jsonl", "--until", "4500ms"]);
    let (whole, half) = (lab.read("whole.jsonl"), lab.read("half.jsonl"));
    let (whole, half): (Vec<&str>, Vec<&str>) = (whole.lines().collect(), half.lines().collect());
    assert!(half.len() > 500 && whole.len() > half.len() + 500, "{} of {}", half.len(), whole.len());
    assert_eq!(whole[1..half.len()], half[1..], "but for the head");
    let next: Value = serde_json::from_str(whole[half.len()]).unwrap();
    assert!(next["ns"].as_u64().unwrap() >= 4_500_000_000, "what follows is later: {next}");
}

#[test]
fn a_trace_says_what_the_summary_counts() {
    let lab = ran();
    let said = lab.ok(&["replay", "a", "--trace", "t.jsonl"]);
    let lines = lines(&lab, "t.jsonl");
    assert!(said.err.contains("  trace  t.jsonl: "), "{}", said.err);
    let summary = lab.summary("a");
    assert_eq!(lines[0]["floodnet_trace"], 1);
    assert_eq!(lines[0]["digest"], summary["digest"]);
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count() as u64;
    for (kind, metric) in [("send", "packets_sent"), ("delivered", "deliveries"), ("duplicate", "duplicates")]
    {
        assert_eq!(of(kind), summary[metric].as_u64().unwrap(), "{kind}");
    }
    assert_eq!(of("start"), 50);
    assert_eq!(of("published"), summary["publishes"].as_u64().unwrap());
    let times: Vec<u64> = lines[1..].iter().map(|line| line["ns"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "in order of time");
    // One node alone.
    lab.ok(&["replay", "a", "--trace", "seven.jsonl", "--node", "7"]);
    let seven = self::lines(&lab, "seven.jsonl");
    assert!(seven[1..].iter().all(|line| line["node"] == 7));
    assert_eq!(seven.len() - 1, lines.iter().filter(|line| line["node"] == 7).count());
}

#[test]
fn a_picture_in_time_for_small_runs() {
    let lab = ran();
    lab.ok(&["replay", "a", "--until", "4s", "--trace", "t.perfetto.json"]);
    let trace: Value = serde_json::from_str(&lab.read("t.perfetto.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    assert!(of("X") > 500, "inputs and lives");
    assert_eq!(events.iter().filter(|event| event["name"] == "thread_name").count(), 50);
    assert!(of("f") > 50 && of("s") >= of("f"), "arrows of {} copies, {} arrived", of("s"), of("f"));
    let lives = events.iter().filter(|event| event["cat"] == "life");
    assert_eq!(lives.count(), 50);
    // The name decides unless the form is given.
    lab.ok(&["replay", "a", "--until", "4s", "--trace", "t.json", "--trace-format", "perfetto"]);
    assert_eq!(lab.read("t.json"), lab.read("t.perfetto.json"));
}

#[test]
fn what_is_not_there_is_refused() {
    let lab = ran();
    let late = lab.refused(&["replay", "a", "--until", "9s"]);
    assert_eq!(late, "error: --until 9s is after the end of the run, 8s\n");
    let nobody = lab.refused(&["replay", "a", "--node", "50"]);
    assert_eq!(nobody, "error: no node 50: the run has 50 nodes, numbered from 0\n");
    let unit = lab.refused(&["replay", "a", "--until", "4"]);
    assert!(unit.contains("invalid value '4' for '--until <TIME>'"), "{unit}");
    let said = lab.run(&["replay", "a", "--trace", "no/such/folder.jsonl"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("cannot write no/such/folder.jsonl: "), "{}", said.err);
    assert_eq!(lab.run(&["replay", "."]).code, 1);
}

#[test]
fn steps_are_chosen_by_time_message_and_kind() {
    let lab = ran();
    lab.ok(&["replay", "a", "--trace", "all.jsonl"]);
    let all = lines(&lab, "all.jsonl");
    /// Options, and whether a line of the whole trace is among what they choose.
    type Choice = (&'static [&'static str], fn(&Value) -> bool);
    let choices: [Choice; 4] = [
        (&["--from", "4s", "--until", "5s"], |line| {
            (4_000_000_000..5_000_000_000).contains(&line["ns"].as_u64().unwrap())
        }),
        (&["--message", "2"], |line| line["message"] == 2),
        (&["--kind", "delivered", "--kind", "duplicate"], |line| {
            line["kind"] == "delivered" || line["kind"] == "duplicate"
        }),
        (&["--message", "3", "--kind", "send", "--node", "7"], |line| {
            line["message"] == 3 && line["kind"] == "send" && line["node"] == 7
        }),
    ];
    for (options, wants) in choices {
        lab.ok(&[&["replay", "a", "--trace", "some.jsonl"][..], options].concat());
        let wanted: Vec<&Value> = all[1..].iter().filter(|line| wants(line)).collect();
        assert!(!wanted.is_empty());
        assert_eq!(lines(&lab, "some.jsonl")[1..].iter().collect::<Vec<_>>(), wanted, "{options:?}");
    }
    let named: Vec<&str> = all[1..].iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert!(named.iter().all(|kind| floodnet_lab::trace::jsonl::KINDS.contains(kind)));
    // A picture of a part has the lives that began before it.
    lab.ok(&["replay", "a", "--from", "4s", "--until", "5s", "--trace", "t.perfetto.json"]);
    let trace: Value = serde_json::from_str(&lab.read("t.perfetto.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["cat"] == "life").count(), 50);
    let inputs = events.iter().filter(|event| event["cat"] == "input");
    assert!(inputs.clone().count() > 50 && inputs.clone().all(|it| it["ts"].as_f64().unwrap() >= 4e6));
    let shown = lab.ok(&["replay", "a", "--node", "7", "--message", "2", "--last", "3"]).out;
    let shown: Vec<&str> = shown.lines().filter(|line| line.contains("  receives: ")).collect();
    assert!(!shown.is_empty() && shown.iter().all(|line| line.contains("message 2")), "{shown:?}");
}

#[test]
fn a_window_must_be_one() {
    let lab = ran();
    let said = lab.refused(&["replay", "a", "--from", "4s", "--until", "4s"]);
    assert_eq!(said, "error: --from 4s is not before the end of what is shown, 4s\n");
    let said = lab.refused(&["replay", "a", "--message", "6"]);
    assert_eq!(said, "error: no message 6: the run has 6 messages, numbered from 0\n");
    assert!(lab.refused(&["replay", "a", "--kind", "deliver"]).contains("'delivered'"));
}

#[test]
fn long_lists_are_cut_short() {
    let lab = Lab::new();
    let set = ["--set", "nodes.count=60", "--set", "overlay.random_walk.degree=40"];
    lab.ok(&[&["run", "small.toml", "--no-pictures", "--out", "a"][..], &set[..]].concat());
    let short = lab.ok(&["replay", "a", "--node", "0"]).out;
    let full = lab.ok(&["replay", "a", "--node", "0", "--full"]).out;
    assert!(short.contains(" more (--full shows all)\n"), "{short}");
    assert!(!full.contains("--full") && full.len() > short.len(), "{full}");
}

/// What the summary counts, counted from the lines of the trace: of streams and datagrams, with all that can be lost and
/// all that can come twice.
#[test]
fn the_lines_of_a_trace_add_up_to_the_summary() {
    let churn =
        "churn={start=\"1s\",session={exponential={mean=\"4s\"}},downtime={exponential={mean=\"1s\"}}}";
    let faults = "fault=[{at=\"3s\",partition={groups=[0.5,0.5],for=\"2s\"}},{at=\"4s\",crash={fraction=0.2,kind=\"reset\"}},\
                  {at=\"4s\",pause={fraction=0.2,for=\"1s\"}},{at=\"5s\",loss={share=0.3,for=\"1s\"}}]";
    let datagram = "link.transport=datagram";
    for set in [
        &[][..],
        &["link.loss=0.2", churn],
        &[faults, "overlay.random_walk.degree=3"],
        &[datagram, "link.loss=0.1", churn, faults],
        &["link.up=200 kbit/s", "link.down=400 kbit/s", "link.queue=2 KiB", churn],
        &[datagram, "link.up=200 kbit/s", "link.down=100 kbit/s", "link.queue=2 KiB", faults],
        &["broadcast.gossip.fanout=3", "overlay.static.k_out=4", "link.loss=0.1", faults],
        &["preset=tutorial", "broadcast.flood.echo=true", churn],
    ] {
        let lab = Lab::new();
        let set: Vec<String> = set.iter().map(|set| format!("--set={set}")).collect();
        let mut run = vec!["run", "small.toml", "--no-pictures", "--out", "a", "--set=expect={}"];
        run.extend(set.iter().map(String::as_str));
        lab.ok(&run);
        lab.ok(&["replay", "a", "--trace", "a.jsonl"]);
        let summary = lab.summary("a");
        let lines = lines(&lab, "a.jsonl");
        let count = |class: &str, kind: &str| {
            lines.iter().filter(|line| line["class"] == class && line["kind"] == kind).count()
        };
        // A slot that comes back may get a message again, and its own ones: it counts once.
        let origins: Vec<u64> = lab
            .read("a/messages.csv")
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(2).unwrap().parse().unwrap())
            .collect();
        let delivered = lines.iter().filter(|line| line["kind"] == "delivered");
        let pairs = delivered.map(|line| (line["node"].as_u64().unwrap(), line["message"].as_u64().unwrap()));
        let mut pairs: Vec<(u64, u64)> =
            pairs.filter(|(node, message)| origins[*message as usize] != *node).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(summary["deliveries"], pairs.len(), "{set:?}");
        for (class, kind, path) in [
            ("report", "published", "/publishes"),
            ("report", "duplicate", "/duplicates"),
            ("effect", "send", "/packets_sent"),
            ("report", "lost", "/lost/packets"),
            ("report", "repair", "/repairs"),
        ] {
            let of_summary = summary.pointer(path).and_then(Value::as_u64);
            assert_eq!(Some(count(class, kind) as u64), of_summary, "{set:?}: {kind} is not {path}");
        }
        // By reason, losses of the network and what protocols ignored.
        let mut reasons = std::collections::BTreeMap::<&str, u64>::new();
        for line in lines.iter().filter(|line| line["kind"] == "lost" || line["kind"] == "dropped") {
            *reasons.entry(line["reason"].as_str().unwrap()).or_default() += 1;
        }
        assert_eq!(serde_json::json!(reasons), summary["drops"], "{set:?}");
        let carrying = lines.iter().filter(|line| line["kind"] == "send" && line.get("message").is_some());
        assert_eq!(summary["payloads_sent"], carrying.count(), "{set:?}");
    }
}
