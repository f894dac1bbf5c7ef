//! What is said of values that people write in their own way, of tests that test nothing, and of numbers in files.

use serde_json::Value;

use crate::lab::Lab;

/// Faults whose shares come to no slot.
const NOBODY_HIT: &str = r#"name = "fault-that-hits-nobody"
seed = 1
duration = "60s"
[nodes]
count = 20
[overlay.random_walk]
[broadcast.flood]
[[traffic]]
from = "random"
every = "1s"
start = "15s"
stop = "55s"
[[fault]]
at = "30s"
partition = { groups = [0.98, 0.02], for = "5s" }
[[fault]]
at = "40s"
crash = { fraction = 0.02 }
[expect]
delivery_ratio = ">= 0.99"
"#;

/// Every attempt to send fails.
const NOBODY_JOINED: &str = r#"name = "nobody-joined"
seed = 1
duration = "30s"
[nodes]
count = 5
[overlay.random_walk]
[broadcast.flood]
[link]
loss = 1.0
[[traffic]]
from = "random"
every = "1s"
start = "15s"
[expect]
partition_rate = "<= 0"
"components.end" = "<= 1"
"#;

#[test]
fn a_fault_that_hits_nobody_is_told_and_fails_a_test() {
    let lab = Lab::new();
    lab.write("a.toml", NOBODY_HIT);
    let said = lab.run(&["run", "a.toml", "--no-pictures", "--out", "a"]);
    assert_eq!(said.code, 3, "{}", said.err);
    for fault in ["partition", "crash"] {
        let error = format!("fault-that-hits-nobody: phases.{fault}.slots is 0, expected >= 1\n");
        assert!(said.err.contains(&error), "{}", said.err);
    }
    let notes = [
        "the partition at 30s does nothing: all slots that are up are in one group",
        "the crash at 40s does nothing: it strikes no slot that is up",
    ];
    assert_eq!(lab.summary("a")["notes"], serde_json::json!(notes));
    let checked = lab.ok(&["validate", "a.toml"]);
    for note in notes {
        assert!(said.out.contains(&format!("note: {note}\n")), "{}", said.out);
        assert!(checked.err.contains(&format!("note: {note}\n")), "{}", checked.err);
    }
    // As tests, and many runs, too.
    let tested = lab.run(&["test", "a.toml"]);
    assert_eq!(tested.code, 3, "{}", tested.out);
    let many = lab.run(&["run", "a.toml", "--runs", "2", "--no-pictures", "--out", "many"]);
    assert_eq!(many.code, 3, "{}", many.err);
    // A bigger network has slots for the shares.
    lab.ok(&[
        "run",
        "a.toml",
        "--set",
        "nodes.count=100",
        "--set",
        "expect.delivery_ratio=>= 0.5",
        "--no-pictures",
        "--out",
        "b",
    ]);
    assert_eq!(lab.summary("b")["phases"][1]["slots"], 2);
}

#[test]
fn a_network_that_nobody_joined_was_not_measured() {
    let lab = Lab::new();
    lab.write("a.toml", NOBODY_JOINED);
    let said = lab.run(&["run", "a.toml", "--no-pictures", "--out", "a"]);
    assert_eq!(said.code, 3, "{}", said.err);
    for metric in ["partition_rate", "components.end"] {
        assert!(said.err.contains(&format!("{metric} is not measured, expected <= ")), "{}", said.err);
    }
    let summary = lab.summary("a");
    assert_eq!((&summary["partition_rate"], &summary["components"]["mean"]), (&Value::Null, &Value::Null));
    assert!(said.out.contains("note: nobody ever joined: there was no network to measure\n"), "{}", said.out);
}

#[test]
fn messages_that_nobody_could_get_are_told() {
    for (name, set, note) in [
        ("alone", ["nodes.count=1", "seed=1"], "no message had a receiver: no other slot was up"),
        (
            "late",
            ["measure.deadline=6s", "seed=1"],
            "no message counts: the deadline of each is after the end",
        ),
    ] {
        let lab = Lab::new();
        let pairs = set.iter().flat_map(|set| ["--set", set]);
        let arguments = ["run", "small.toml", "--no-pictures", "--out", name];
        let said = lab.run(&arguments.into_iter().chain(pairs).collect::<Vec<_>>());
        assert_eq!(said.code, 3, "{name}: {}", said.err);
        assert!(said.err.contains("receivers is 0, expected >= 1"), "{name}: {}", said.err);
        assert!(said.out.contains(&format!("note: {note}")), "{name}: {}", said.out);
    }
}

#[test]
fn a_trace_outside_the_run_is_refused() {
    let lab = Lab::new();
    // Milliseconds where seconds are meant.
    lab.write("trace.csv", "slot,up_s,down_s\n1,1000,5000\n2,2000,7000\n");
    let churn = "churn={ session = { trace = { file = \"trace.csv\" } } }";
    let said = lab.refused(&["run", "small.toml", "--set", churn]);
    assert!(said.contains("no session of the trace begins before the end of the run at 8s"), "{said}");
    assert!(
        said.contains("the first begins at 1000s: times are seconds since the start of the run"),
        "{said}"
    );
}

#[test]
fn values_are_read_as_people_write_them() {
    let fault = |body: &str| format!("fault=[{{ at = \"4s\", {body} }}]");
    let cases = [
        ("link.loss=5%".to_owned(), "link.loss=0.05".to_owned()),
        ("link.loss=\"0.5 %\"".to_owned(), "link.loss=0.005".to_owned()),
        ("link.latency=20ms".to_owned(), "link.latency={ constant = \"20ms\" }".to_owned()),
        (
            "churn={ session = \"5s\", downtime = \"1s\", crash = \"10 %\" }".to_owned(),
            "churn={ session = { constant = \"5s\" }, downtime = { constant = \"1s\" }, crash = 0.1 }"
                .to_owned(),
        ),
        (fault("crash = { fraction = \"10%\" }"), fault("crash = { fraction = 0.1 }")),
        (fault("loss = { share = \"30 %\", for = \"1s\" }"), fault("loss = { share = 0.3, for = \"1s\" }")),
        (
            fault("partition = { groups = [\"30%\", 0.7], for = \"1s\" }"),
            fault("partition = { groups = [0.3, 0.7], for = \"1s\" }"),
        ),
        (
            fault("slow = { fraction = \"50%\", factor = 2, for = \"1s\" }"),
            fault("slow = { fraction = 0.5, factor = 2, for = \"1s\" }"),
        ),
        (
            "class=[{ name = \"a\", share = \"25%\" }, { name = \"b\", share = \"75%\" }]".to_owned(),
            "class=[{ name = \"a\", share = 0.25 }, { name = \"b\", share = 0.75 }]".to_owned(),
        ),
    ];
    let lab = Lab::new();
    for (written, meant) in cases {
        let resolved = |set: &str| lab.ok(&["run", "small.toml", "--dry-run", "--set", set]).out;
        assert_eq!(resolved(&written), resolved(&meant), "{written}");
    }
}

#[test]
fn tips_of_options_are_right() {
    let lab = Lab::new();
    for (arguments, said, tip) in [
        (&["run", "--fault", "x"][..], "unexpected argument '--fault' found", None),
        (&["run", "--sed", "5", "x"], "unexpected argument '--sed' found", Some("'--seed'")),
        (&["runn", "x"], "unrecognized subcommand 'runn'", Some("'run'")),
    ] {
        let err = lab.refused(arguments);
        assert!(err.contains(said), "{err}");
        assert!(!err.contains("as a value"), "{err}");
        assert_eq!(err.contains("tip:"), tip.is_some(), "{err}");
        assert!(tip.is_none_or(|tip| err.contains(tip)), "{err}");
    }
}

#[test]
fn a_printed_command_can_be_pasted() {
    let lab = Lab::new();
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--out", "my runs/it's one"]);
    let again = said.err.lines().find_map(|line| line.trim().strip_prefix("again    sim-cli run ")).unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(lab.path()).args(["-c", &format!("test -f {again}")]);
    assert!(shell.status().unwrap().success(), "{again}");
}

#[test]
fn great_seeds_survive_readers_of_doubles() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--runs", "2", "-q", "--no-pictures", "--out", "all"]);
    let runs: Value = serde_json::from_str(&lab.read("all/runs.json")).unwrap();
    assert_eq!(runs["each"][0]["seed"], 7, "a small one is a number");
    let seed = runs["each"][1]["seed"].as_str().expect("a great one is text");
    assert!(seed.parse::<u64>().unwrap() > 1 << 53);
    let digest = |folder: &str| lab.summary(folder)["digest"].clone();
    // With and without the quotes that jq leaves.
    for (name, given) in [("plain", seed.to_owned()), ("quoted", format!("\"{seed}\""))] {
        lab.ok(&["run", "small.toml", "--seed", &given, "-q", "--no-pictures", "--out", name]);
        assert_eq!(digest(name), digest("all/run-001"));
        assert_eq!(lab.summary(name)["seed"], seed);
    }
    // Read back by the program as well.
    lab.ok(&["show", "plain"]);
    lab.ok(&["compare", "plain", "quoted"]);
}

#[test]
fn runs_are_listed_shown_and_removed() {
    let lab = Lab::new();
    for seed in ["1", "2", "3"] {
        lab.ok(&["run", "small.toml", "--seed", seed, "-q", "--no-pictures"]);
    }
    lab.ok(&["run", "small.toml", "--runs", "2", "-q", "--no-pictures", "--out", "runs/many"]);
    lab.write("runs/thesis/chapter.txt", "mine");
    lab.write("runs/small-2/notes.txt", "mine too");
    let listed = lab.ok(&["log"]).out;
    assert_eq!(listed.lines().count(), 5, "{listed}");
    let line = listed.lines().find(|line| line.trim_start().starts_with("small-1 ")).unwrap();
    let digest = lab.summary("runs/small-1")["digest"].as_str().unwrap().to_owned();
    assert!(line.contains(&digest) && line.contains("holds"), "{line}");
    assert!(listed.contains("small x 2"), "{listed}");
    let all: Value = serde_json::from_str(&lab.ok(&["log", "--format", "json"]).out).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 4);

    let shown = lab.ok(&["show", "small-1"]).out;
    assert!(shown.contains(&format!("digest {digest}")), "{shown}");
    assert!(shown.contains("again    sim-cli run runs/small-1/scenario.resolved.toml\n"), "{shown}");
    assert!(lab.ok(&["show", "runs/many"]).out.contains("delivery_ratio"));
    let said = lab.refused(&["show", "smal-1"]);
    assert!(said.contains("smal-1 is not the folder of a run: did you mean `small-1`?"), "{said}");

    assert!(lab.refused(&["gc"]).contains("say which runs to remove"));
    let before = lab.files("runs");
    let said = lab.ok(&["gc", "--keep", "0", "--dry-run"]).out;
    assert_eq!(said.matches("would remove").count(), 4, "{said}");
    assert_eq!(lab.files("runs"), before, "a dry run removes nothing");
    let said = lab.run(&["gc", "--keep", "0"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("contains notes.txt, which is not part of a run: it stays"), "{}", said.err);
    let mut left = lab.names("runs");
    left.sort();
    assert_eq!(left, ["small-2", "thesis"]);
}

#[test]
fn all_scenarios_can_be_started_from() {
    let lab = Lab::new();
    let listed = lab.ok(&["init", "--list"]).out;
    for line in listed.lines() {
        let (name, about) = line.split_once("  ").unwrap();
        assert!(!about.trim().is_empty(), "{line}");
        lab.ok(&["init", "new", "--template", name]);
        lab.ok(&["validate", &format!("new/{name}.toml")]);
    }
    assert!(listed.lines().count() >= 9, "{listed}");
}

#[test]
fn words_are_explained() {
    let lab = Lab::new();
    for (word, said) in [
        (
            "link.loss",
            "link.loss (key)\n  Probability that an attempt to send a packet fails, in [0, 1]. Default 0.\n",
        ),
        (
            "delivery_ratio",
            "delivery_ratio (metric)\n  Deliveries on time / receivers.\n  a share in [0, 1]; lower is worse\n",
        ),
        ("messages.csv", "messages.csv (file)\n"),
        ("stale", "stale (reason)\n  Meant for an earlier incarnation of the receiver.\n"),
        ("3", "3 (exit code)\n"),
    ] {
        let out = lab.ok(&["explain", word]).out;
        assert!(out.starts_with(said), "{word}: {out}");
    }
    let said = lab.refused(&["explain", "delivery_ration"]);
    assert!(said.contains("nothing is called `delivery_ration`: did you mean `delivery_ratio`?"), "{said}");
    let all = lab.ok(&["explain"]).out;
    for heading in ["keys\n", "\nmetrics\n", "\nfiles\n", "\nreasons\n", "\nexit codes\n"] {
        assert!(all.contains(heading), "{heading}");
    }
}

#[test]
fn a_scenario_of_ones_own_comes_from_any_other() {
    let lab = Lab::new();
    for name in ["smoke", "world", "flood"] {
        let said = lab.ok(&["new", "mine/own.toml", "--from", name, "--force"]);
        assert!(said.out.ends_with("next: sim-cli run mine/own.toml\n"), "{}", said.out);
        assert!(lab.ok(&["validate", "mine/own.toml"]).out.starts_with("mine/own.toml: ok: "));
    }
    // A file with what it names beside itself, comments and all.
    lab.write("old/ring.csv", "0,1\n1,2\n2,0\n");
    let text = "# Mine.\nname = \"old\"  # once\nduration = \"20s\"\noverlay.static.file = \"ring.csv\"\nbroadcast.flood = {}\n";
    lab.write("old/ring.toml", text);
    lab.ok(&["new", "mine/ring.toml", "--from", "old/ring.toml"]);
    let file = lab.path().join("old/ring.csv").canonicalize().unwrap();
    let expected = text.replace("\"old\"", "\"ring\"").replace("ring.csv", &file.display().to_string());
    assert_eq!(lab.read("mine/ring.toml"), format!("#:schema ./scenario.schema.json\n{expected}"));
    lab.ok(&["validate", "mine/ring.toml"]);
    // A run: the same in all keys, each with what it means.
    lab.ok(&["run", "small.toml", "--set", "link.loss=0.25", "--no-pictures", "--out", "done"]);
    lab.ok(&["new", "again.toml", "--from", "done"]);
    let text = lab.read("again.toml");
    for part in [
        "# Simulated time.\nduration = \"8s\"\n",
        "\n# Probability that an attempt to send a packet fails, in [0, 1]. Default 0.\nloss = 0.25\n",
        "\n# repair = true\n",
        "\n# Deliveries on time / receivers.\ndelivery_ratio = \">= 0.9\"\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let resolved = |file: &str| lab.ok(&["run", file, "--dry-run"]).out;
    let expected = resolved("done/scenario.resolved.toml").replace("\"small\"", "\"again\"");
    assert_eq!(resolved("again.toml"), expected);
}

#[test]
fn what_cannot_be_a_new_scenario_is_told() {
    let lab = Lab::new();
    lab.write("grid.toml", "scenario = \"small.toml\"\n[grid]\n\"link.loss\" = [0, 0.1]\n");
    for (arguments, code, said) in [
        (&["small.toml"][..], 1, "small.toml exists: use --force to replace it"),
        (&["mine"], 2, "a scenario is a TOML file: write mine.toml"),
        (&["."], 2, ". is a folder: name the file to write in it"),
        (&["my own.toml"], 2, "`my own` cannot be the name of a scenario"),
        (&["mine.toml", "--from", "smok"], 2, "did you mean `smoke`?"),
        (&["mine.toml", "--from", "grid.toml"], 2, "this is a sweep plan, not a scenario"),
    ] {
        let found = lab.run(&[&["new"], arguments].concat());
        assert!(
            found.code == code && found.err.contains(said),
            "{arguments:?}: {} {}",
            found.code,
            found.err
        );
    }
    assert_eq!(lab.names(""), ["grid.toml", "small.toml"], "nothing is written");
}

#[test]
fn labels_of_a_file_are_in_the_results() {
    let lab = Lab::new();
    let text =
        "name = \"NAME\"\nduration = \"20s\"\noverlay.static.file = \"NAME.csv\"\nbroadcast.flood = {}\n";
    for (name, edges) in [("far", "30,10\n10,20\n20,30\n"), ("plain", "0,1\n1,2\n2,0\n")] {
        lab.write(&format!("{name}.csv"), edges);
        lab.write(&format!("{name}.toml"), text.replace("NAME", name));
        lab.ok(&["run", &format!("{name}.toml"), "--no-pictures", "--out", name]);
    }
    assert_eq!(lab.read("far/labels.csv"), "slot,label\n0,10\n1,20\n2,30\n");
    let graph = lab.read("far/topology.graphml");
    let is_labeled =
        |line: &str| line.contains(r#"<node id="n1">"#) && line.contains(r#"<data key="label">20</data>"#);
    assert!(graph.lines().any(is_labeled), "{graph}");
    let note = "the nodes of the file are numbered by their labels in ascending order: see labels.csv";
    assert_eq!(lab.summary("far")["notes"], serde_json::json!([note]));
    // Where labels are numbers of slots there is nothing to say.
    assert!(!lab.names("plain").contains(&"labels.csv".to_owned()));
    assert!(!lab.read("plain/topology.graphml").contains("label"));
    assert_eq!(lab.summary("plain").get("notes"), None);
}

#[test]
fn keys_that_change_nothing_are_noted() {
    let lab = Lab::new();
    for (place, (set, note)) in [
        (&["link.loss=0.2"][..], "sent again, and none was lost for good: on streams a loss only costs time"),
        (
            &["link.transport=datagram", "link.rto=1s"],
            "link.rto changes nothing: datagrams are not sent again",
        ),
        (
            &["link.transport=datagram", "link.ping=2s"],
            "link.ping changes nothing: datagrams have no connections",
        ),
        (&["link.queue=1 KiB"], "link.queue changes nothing: no access line is limited, so nothing waits"),
        (
            &["nodes.entry_churns=true"],
            "nodes.entry_churns changes nothing: there is no [churn], so nobody leaves",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("noted-{place}");
        let set: Vec<String> = set.iter().map(|set| format!("--set={set}")).collect();
        let mut run = vec!["run", "small.toml", "--no-pictures", "--out", &out, "--set=expect={}"];
        run.extend(set.iter().map(String::as_str));
        let said = lab.ok(&run).out;
        assert!(said.contains(&format!("{note}\n")), "{set:?}: {said}");
    }
    // What is looked at is not noted.
    for set in ["link.up=1 Mbit/s", "link.rto=1s"] {
        let said = lab.ok(&["run", "small.toml", "--no-pictures", "--force", "--set", set]).out;
        assert!(!said.contains("note:"), "{set}: {said}");
    }
    let loses = lab
        .ok(&["run", "small.toml", "--no-pictures", "--force", "--set=link.loss=0.2", "--set=expect={}"])
        .out;
    let count = loses.split("note: ").nth(1).unwrap().split(' ').next().unwrap().replace(',', "");
    assert!(count.parse::<u64>().unwrap() > 100, "{loses}");
}
