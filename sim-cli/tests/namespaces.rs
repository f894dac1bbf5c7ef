//! Nodes in networks of their own: what the kernel does between them is near to what the simulator says, every
//! fault is there, and nothing is left behind.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

use common::{children, errors, is_node, processes, soon};

/// Eight nodes on links that lose 2 %, cut in two for so long that each gives up the others: what is under way then is
/// lost. Nobody else is given up: on a busy machine a node may be silent for a while.
const LOSSY: &str = "name = \"lossy\"\nseed = 3\nduration = \"14s\"\nnodes.count = 8\noverlay.random_walk = {}\n\
                     broadcast.flood = {}\n[link]\nlatency.uniform = { min = \"10ms\", max = \"50ms\" }\n\
                     loss = 0.02\nping = \"300ms\"\ndead_after = \"3s\"\n\
                     [[traffic]]\nfrom = \"random\"\nevery = \"50ms\"\nstart = \"3s\"\nstop = \"10500ms\"\n\
                     [[fault]]\nat = \"5s\"\npartition = { groups = [0.5, 0.5], for = \"5s\" }\n\
                     [measure]\nstart = \"3s\"\nevery = \"200ms\"\ndeadline = \"3s\"\n";

/// A folder with a scenario.
struct Bed(TempDir);

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lossy.toml"), LOSSY).unwrap();
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("sim-cli"));
        let always = ["--quiet", "run", "lossy.toml", "--no-pictures"];
        command.args(always).args(arguments).current_dir(self.0.path()).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a run in networks of its nodes' own.
    fn start(&self, arguments: &[&str]) -> Child {
        let always = ["--backend", "tcp-netns", "--out", "out"];
        self.command(&[&always, arguments].concat()).spawn().unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.0.path().join(name)).unwrap()).unwrap()
    }
}

/// The output of a run that went well; none if it was skipped.
#[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
fn unless_skipped(run: Child) -> Option<Output> {
    let output = run.wait_with_output().unwrap();
    let said = errors(&output);
    if output.status.code() == Some(1) && said.contains("SKIPPED") {
        eprintln!("{said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(output)
}

/// The network that a process is in, if it is there.
fn network(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// The networks of the nodes that `run` has started.
fn networks_of(run: &Child) -> Vec<PathBuf> {
    children(run.id()).filter(|&pid| is_node(pid)).filter_map(network).collect()
}

/// Least and most of what `key` is in so many runs.
fn range(folder: &Path, runs: u32, key: impl Fn(&Value) -> f64) -> (f64, f64) {
    let summaries = (0..runs).map(|run| {
        let bytes = fs::read(folder.join(format!("sim/run-{run:03}/summary.json"))).unwrap();
        key(&serde_json::from_slice(&bytes).unwrap())
    });
    summaries.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)))
}

#[test]
fn kernels_do_to_messages_what_the_simulator_says() {
    let bed = Bed::new();
    if unless_skipped(bed.start(&[])).is_none() {
        return;
    }
    let (summary, manifest) = (bed.json("out/summary.json"), bed.json("out/manifest.json"));
    let simulated = bed.command(&["--runs", "20", "--out", "sim"]).output().unwrap();
    assert!(simulated.status.success(), "{}", errors(&simulated));
    let p50 = |summary: &Value| summary["latency_delivered_ms"]["p50"].as_f64().unwrap();
    let delivery = |summary: &Value| summary["delivery_ratio"].as_f64().unwrap();
    let before = |summary: &Value| summary["phases"][0]["delivery"]["before"].as_f64().unwrap();
    // How much later things come than that, is for the machine to say.
    let (least, _) = range(bed.0.path(), 20, p50);
    assert!(p50(&summary) > 0.8 * least, "{} {least}", p50(&summary));
    let (least, most) = range(bed.0.path(), 20, delivery);
    assert!(
        (least - 0.08..most + 0.08).contains(&delivery(&summary)),
        "{} {least} {most}",
        delivery(&summary)
    );
    assert!(before(&summary) > 0.97 && delivery(&summary) < 0.95, "{}", summary["phases"]);

    assert_eq!((&summary["publishes"], &summary["double_deliveries"]), (&150.into(), &0.into()));
    let kernels = &manifest["tcp"]["namespaces"];
    let count = |key: &str| kernels[key].as_u64().unwrap();
    assert_eq!((count("networks"), count("unreachable")), (8, 0));
    assert_eq!(manifest["backend"], "tcp-netns");
    let share = count("lost") as f64 / (count("carried") + count("lost")) as f64;
    assert!((0.01..0.03).contains(&share) && count("cut") > 20, "{kernels}");
    // Its own TCP has mended what was lost, mostly without its timer.
    let tcp = |key: &str| kernels["tcp"][key].as_u64().unwrap();
    assert!(tcp("RetransSegs") > 20 && tcp("TCPTimeouts") < tcp("RetransSegs"), "{kernels}");
}

#[test]
fn every_fault_reaches_networks() {
    let bed = Bed::new();
    let faults = "fault=[{ at = \"3s\", crash = { slots = [7], kind = \"silent\", back = \"1s\" } }, \
                  { at = \"3500ms\", crash = { slots = [6], kind = \"reset\", back = \"1s\" } }, \
                  { at = \"4s\", cut = { links = [[0, 1]], for = \"300ms\" } }, \
                  { at = \"4500ms\", loss = { share = 0.2, for = \"500ms\" } }, \
                  { at = \"5s\", slow = { fraction = 0.5, factor = 3.0, for = \"500ms\" } }, \
                  { at = \"6s\", pause = { fraction = 0.3, for = \"400ms\" } }]";
    let rates = "class=[{ name = \"home\", share = 0.75, up = \"1 Mbit/s\", down = \"4 Mbit/s\" }, \
                 { name = \"behind a NAT\", share = 0.25, reachable = false }]";
    // Nobody is given up who is only late, as all are on a busy machine.
    let patience = "link.dead_after=2s";
    let set = ["--set", faults, "--set", rates, "--set", patience];
    let Some(_) = unless_skipped(bed.start(&set)) else { return };
    let summary = bed.json("out/summary.json");
    assert_eq!((&summary["crashes"], &summary["joins"]), (&2.into(), &10.into()));
    assert_eq!((&summary["double_deliveries"], &summary["complete"]), (&0.into(), &Value::Null));
    assert_eq!(summary["never_joined"], 0, "neither who came back nor who cannot be dialed");
    assert!(summary["delivery_ratio"].as_f64() > Some(0.8), "{}", summary["delivery_ratio"]);
    let kernels = &bed.json("out/manifest.json")["tcp"]["namespaces"];
    // Who came back did so in a new network; of who had fallen silent its peers still wanted something.
    assert!(kernels["nobody"].as_u64() > Some(0) && kernels["lost"].as_u64() > Some(0), "{kernels}");
}

#[test]
fn networks_are_gone_with_a_killed_run() {
    let bed = Bed::new();
    let mut run = bed.start(&[]);
    let mut nodes = Vec::new();
    let came = soon(|| {
        nodes = networks_of(&run);
        nodes.len() == 8 || run.try_wait().unwrap().is_some()
    });
    if run.try_wait().unwrap().is_some() {
        assert!(unless_skipped(run).is_none(), "it ended by itself");
        return;
    }
    assert!(came);
    nodes.push(fs::read_link("/proc/self/ns/net").unwrap());
    let mut different = nodes.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 9, "each has its own, and none is this one: {nodes:?}");
    nodes.pop();
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(
        soon(|| !processes().filter_map(network).any(|network| nodes.contains(&network))),
        "somebody is left"
    );
}

#[test]
fn without_what_it_takes_it_is_skipped_in_one_line() {
    let bed = Bed::new();
    let always = ["--backend", "tcp-netns", "--out", "out"];
    let output = bed.command(&always).env("PATH", bed.0.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = errors(&output);
    assert!(said.starts_with("error: SKIPPED: ") && said.trim_end().lines().count() == 1, "{said}");
    assert!(!bed.0.path().join("out").exists());
}

#[test]
fn what_kernels_cannot_do_is_refused() {
    let bed = Bed::new();
    let refused = |arguments: &[&str]| {
        let always = ["--backend", "tcp-netns"];
        let output = bed.command(&[&always, arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        errors(&output)
    };
    assert!(refused(&["--speed", "2"]).contains("runs only in real time"));
    assert!(refused(&["--no-shaper"]).contains("--no-shaper does not apply"));
    assert!(refused(&["--listen", "127.0.0.1:1"]).contains("--listen does not apply"));
    let said = refused(&["--set", "link.transport=datagram"]);
    assert!(said.contains("link.transport=datagram") && said.contains("support only streams"), "{said}");
}
