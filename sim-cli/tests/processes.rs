//! Nodes in processes of their own: they live as the plan has it, every fault reaches them, and none outlives its
//! run, however that ends.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpSocket;

use common::{children, errors, is_node, soon};

/// Eight nodes that join at once and say something ten times a second.
const SMALL: &str = "name = \"small\"\nseed = 3\nduration = \"9s\"\nnodes.count = 8\noverlay.random_walk = {}\n\
                     broadcast.flood = {}\nlink.latency.uniform = { min = \"5ms\", max = \"30ms\" }\n\
                     link.ping = \"200ms\"\nlink.dead_after = \"4s\"\nlink.dial_timeout = \"1s\"\n\
                     [[traffic]]\nfrom = \"random\"\nevery = \"100ms\"\nstart = \"3s\"\nstop = \"7s\"\n\
                     [measure]\nstart = \"3s\"\nevery = \"200ms\"\ndeadline = \"2s\"\n";
const SECRET: &str = "a secret for tests of processes";

/// Runs are one after the other: nodes that wait for a busy machine give each other up.
static TURN: Mutex<()> = Mutex::new(());

/// A run on sockets in a folder of its own.
struct Bed {
    folder: TempDir,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Bed {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: Some(turn), ..Self::beside_others() }
    }

    /// For what mostly waits.
    fn beside_others() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("small.toml"), SMALL).unwrap();
        Self { folder, _turn: None }
    }

    /// The program in the folder.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("sim-cli"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("FLOODNET_TOKEN", SECRET)
            .env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a run on sockets; the first argument is the backend.
    fn start(&self, arguments: &[&str]) -> Child {
        let always = ["--quiet", "run", "small.toml", "--no-pictures", "--out", "out", "--backend"];
        self.command(&[&always, arguments].concat()).spawn().unwrap()
    }

    fn json(&self, name: &str) -> Value {
        let path = self.folder.path().join("out").join(name);
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()
    }

    fn is_empty(&self) -> bool {
        !self.folder.path().join("out").exists()
    }
}

/// Waits until `is_so`, which must be soon.
fn surely_soon(what: &str, is_so: impl FnMut() -> bool) {
    assert!(soon(is_so), "{what}");
}

/// Waits until `count` processes of nodes run.
fn nodes_of(run: &Child, count: usize) -> Vec<u32> {
    let mut nodes = Vec::new();
    surely_soon("the nodes are there", || {
        nodes = children(run.id()).filter(|&pid| is_node(pid)).collect();
        nodes.len() == count
    });
    nodes
}

/// How many connections a process holds.
fn connections(pid: u32) -> usize {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = files.filter_map(|file| fs::read_link(file.path()).ok()?.into_os_string().into_string().ok());
    let sockets: BTreeSet<String> = links.collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let established = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let established = established.filter(|words| words.get(3) == Some(&"01"));
    established.filter(|words| sockets.contains(&format!("socket:[{}]", words[9]))).count()
}

fn all_gone(nodes: &[u32]) {
    surely_soon("the nodes are gone", || !nodes.iter().any(|&pid| is_node(pid)));
}

#[test]
fn each_node_has_a_process_and_everything_arrives() {
    let bed = Bed::new();
    let run = bed.start(&["tcp-processes", "--speed", "2"]);
    let nodes = nodes_of(&run, 8);
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    assert!(!nodes.iter().any(|&pid| is_node(pid)), "a process outlives its run");
    let (summary, means) = (bed.json("summary.json"), &bed.json("manifest.json")["tcp"]);
    // Each came to the other seven, however late: when is for the machine to say.
    let counts = [&summary["publishes"], &summary["deliveries"], &summary["double_deliveries"]];
    assert_eq!(counts, [40, 40 * 7, 0], "{}", summary["delivery_ratio"]);
    assert_eq!((&means["processes"], &means["listening"]), (&8.into(), &8.into()));
    assert_eq!(bed.json("manifest.json")["backend"], "tcp-processes");
    assert!(means["clock_error_ms"].as_f64() > Some(0.0), "answers take time: {means}");
    // One or two hops of 5 to 30 ms: the shaper is there.
    assert!(summary["latency_ms"]["p50"].as_f64().unwrap() > 8.0, "{}", summary["latency_ms"]);
}

#[test]
fn every_fault_reaches_processes() {
    let bed = Bed::new();
    let faults = "fault=[{ at = \"3s\", crash = { slots = [7], kind = \"silent\", back = \"1s\" } }, \
                  { at = \"3500ms\", crash = { slots = [6], kind = \"reset\", back = \"1s\" } }, \
                  { at = \"4s\", partition = { groups = [0.5, 0.5], for = \"800ms\" } }, \
                  { at = \"5s\", cut = { links = [[0, 1]], for = \"300ms\" } }, \
                  { at = \"5s\", loss = { share = 0.2, for = \"500ms\" } }, \
                  { at = \"5500ms\", slow = { fraction = 0.5, factor = 3.0, for = \"500ms\" } }, \
                  { at = \"6s\", pause = { fraction = 0.3, for = \"400ms\" } }]";
    // Neighbors are given up later than the network is whole again.
    let patience = ["--set", "link.dead_after=2s"];
    let run = bed.start(&[&["tcp-processes", "--speed", "2", "--set", faults], &patience[..]].concat());
    let nodes = nodes_of(&run, 8);
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    all_gone(&nodes);
    let summary = bed.json("summary.json");
    assert_eq!((&summary["crashes"], &summary["joins"]), (&2.into(), &10.into()));
    let complete = &bed.json("manifest.json")["complete"];
    assert_eq!((complete, &summary["double_deliveries"]), (&true.into(), &0.into()));
    assert_eq!(summary["phases"].as_array().unwrap().len(), 7);
    assert!(summary["components"]["max"].as_u64() >= Some(2), "{}", summary["components"]);
    assert!(summary["delivery_ratio"].as_f64() > Some(0.3), "{}", summary["delivery_ratio"]);
}

#[test]
fn users_leave_and_come_back_in_new_processes() {
    let bed = Bed::new();
    let churn = "churn={ start = \"2s\", crash = 0.3, session.exponential.mean = \"4s\", \
                 downtime.exponential.mean = \"1s\" }";
    let run = bed.start(&["tcp-processes", "--speed", "2", "--set", churn]);
    let first = nodes_of(&run, 8);
    surely_soon("a new process", || children(run.id()).any(|pid| is_node(pid) && !first.contains(&pid)));
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    let summary = bed.json("summary.json");
    assert!(summary["leaves"].as_u64() >= Some(2), "{}", summary["leaves"]);
    // Who was killed comes back before the others have given it up, and is taken in all the same.
    assert!(summary["delivery_ratio"].as_f64() > Some(0.85), "{}", summary["delivery_ratio"]);
}

#[test]
fn no_node_outlives_a_killed_coordinator() {
    let bed = Bed::new();
    let mut run = bed.start(&["tcp-processes"]);
    let nodes = nodes_of(&run, 8);
    run.kill().unwrap();
    run.wait().unwrap();
    all_gone(&nodes);
}

#[test]
fn a_node_that_dies_unplanned_ends_the_run_with_its_name() {
    let bed = Bed::new();
    let run = bed.start(&["tcp-processes"]);
    let nodes = nodes_of(&run, 8);
    surely_soon("it has a link beside the line to the coordinator", || connections(nodes[3]) >= 2);
    let killed = Command::new("kill").args(["-9", &nodes[3].to_string()]).status().unwrap();
    assert!(killed.success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = errors(&output);
    assert!(said.contains("exited: signal: 9"), "{said}");
    all_gone(&nodes);
    assert!(bed.is_empty());
}

#[test]
fn a_process_that_does_not_come_up_is_named_and_ends_all() {
    let bed = Bed::new();
    let output = bed.start(&["tcp-processes", "--up-within", "1us"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = errors(&output);
    assert!(said.contains("did not start within 0.000001 s"), "{said}");
    assert!(bed.is_empty());
}

/// An address where nobody listens until a program of the test does: the socket, which does not listen itself, keeps its
/// port from all who ask for any.
fn reserved() -> (String, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap().to_string(), socket)
}

impl Bed {
    /// Starts the node of `slot` for a coordinator.
    fn node(&self, coordinator: &str, slot: &str) -> Command {
        self.command(&[
            "testbed",
            "node",
            "--coordinator",
            coordinator,
            "--slot",
            slot,
            "--listen",
            "127.0.0.1:0",
        ])
    }
}

#[test]
fn nodes_from_outside_are_waited_for() {
    let bed = Bed::new();
    let (at, _held) = reserved();
    // Nodes may be there first.
    let slots = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let nodes: Vec<Child> = slots.iter().map(|slot| bed.node(&at, slot).spawn().unwrap()).collect();
    // The same slot lives more than once, in the same process.
    let faults = "fault=[{ at = \"4s\", crash = { slots = [7], kind = \"reset\", back = \"1s\" } }]";
    let run = bed.start(&["tcp-remote", "--listen", &at, "--speed", "2", "--set", faults]);
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    for node in nodes {
        let output = node.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
    }
    let summary = bed.json("summary.json");
    assert_eq!((&summary["crashes"], &summary["joins"]), (&1.into(), &9.into()));
    assert!(summary["delivery_ratio"].as_f64() > Some(0.9), "{}", summary["delivery_ratio"]);
    assert_eq!(bed.json("manifest.json")["tcp"]["listening"], Value::Null, "they may be anywhere");
    assert!(summary["notes"].to_string().contains("links were not emulated"), "{}", summary["notes"]);
}

#[test]
fn strangers_are_turned_away_and_who_is_missing_is_named() {
    let bed = Bed::beside_others();
    let (at, _held) = reserved();
    // All are there before the run, which so waits for none of them to start.
    let honest = bed.node(&at, "1").spawn().unwrap();
    let stranger = bed.node(&at, "2").env("FLOODNET_TOKEN", "another secret than theirs").spawn().unwrap();
    let nobody = bed.node(&at, "8").spawn().unwrap();
    let run = bed.start(&["tcp-remote", "--listen", &at, "--up-within", "10s"]);
    let stranger = stranger.wait_with_output().unwrap();
    assert_eq!(stranger.status.code(), Some(1));
    assert!(errors(&stranger).contains("refused this node: wrong token"), "{}", errors(&stranger));
    let nobody = nobody.wait_with_output().unwrap();
    assert!(errors(&nobody).contains("no slot 8: the run has 8"), "{}", errors(&nobody));
    let output = run.wait_with_output().unwrap();
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("after 10 s, 7 of 8 slots have no node (0, 2, 3, 4, 5, 6, 7)"), "{said}");
    assert!(said.contains("refused a program"), "{said}");
    // Who was there ends too.
    assert_eq!(honest.wait_with_output().unwrap().status.code(), Some(1));
}

#[test]
fn what_cannot_be_is_refused_before_anything_starts() {
    let bed = Bed::new();
    let refused = |arguments: &[&str]| {
        let always = ["run", "small.toml", "--no-pictures"];
        let output = bed.command(&[&always, arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        errors(&output)
    };
    assert!(refused(&["--up-within", "5s"]).contains("--up-within does not apply to --backend sim"));
    let wait = ["--backend", "tcp-remote", "--listen", "127.0.0.1:1"];
    assert!(refused(&[&wait[..], &["--no-shaper"]].concat()).contains("--no-shaper does not apply"));
    assert!(refused(&[&wait[..], &["--runs", "2"]].concat()).contains("--runs does not apply"));
    let partition = "fault=[{ at = \"4s\", partition = { groups = [0.5, 0.5], for = \"1s\" } }]";
    let said = refused(&[&wait[..], &["--set", partition]].concat());
    assert!(said.contains("without link emulation it is not possible to partition the network"), "{said}");
    assert!(said.contains("link emulation can, with nodes on one machine"), "{said}");
    for (token, why) in [(None, "FLOODNET_TOKEN is not set"), (Some("short"), "at least 16 characters")] {
        let mut command = bed.command(&[&["run", "small.toml"], &wait[..]].concat());
        match token {
            Some(token) => command.env("FLOODNET_TOKEN", token),
            None => command.env_remove("FLOODNET_TOKEN"),
        };
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).contains(why), "{}", errors(&output));
    }
}
