//! What made a run and what it cost: everything about it that is not the same on every machine.

use std::fs;

use serde::{Deserialize, Serialize};

use super::Cost;
use super::sockets::TcpRunInfo;

/// What a program was built from.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Name of the program.
    pub program: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// Revision of its source, with `-dirty` if that had changes; `unknown` outside a checkout.
    pub git: &'static str,
    /// The compiler that built it.
    pub rustc: &'static str,
}

/// What made a run and what it cost: `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the program.
    pub program: String,
    /// Version of the program.
    pub version: String,
    /// Revision of its source, with `-dirty` if that had changes; `unknown` outside a checkout.
    pub git: String,
    /// The compiler that built it.
    pub rustc: String,
    /// The command line; what is not UTF-8 in it shows as U+FFFD.
    pub argv: Vec<String>,
    /// Name of the scenario.
    pub scenario: String,
    /// BLAKE3 of `scenario.resolved.toml`.
    pub config_hash: String,
    /// Seed of the run.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// What it ran on: `sim`, or `tcp`.
    #[serde(default = "sim")]
    pub backend: String,
    /// What it used there, on sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<TcpRunInfo>,
    /// Digest of the run; of many runs, that of their digests. Empty on sockets, which do not run the same way
    /// twice.
    pub digest: String,
    /// How many runs the folder holds, if it is one of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<usize>,
    /// Whether the run reached its end.
    pub complete: bool,
    /// To read, draw and build all slots, in seconds.
    pub setup_seconds: f64,
    /// To run, with all that is measured on the way, in seconds.
    pub run_seconds: f64,
    /// To sum up the measures (shortest paths and triangles of the last graph, ..), in seconds. Files and
    /// pictures are in none of the three.
    #[serde(default)]
    pub finish_seconds: f64,
    /// Packets taken in per second of `run_seconds`.
    pub packets_per_s: f64,
    /// Inputs handled per second of `run_seconds`.
    pub events_per_s: f64,
    /// Most memory that the process held, in bytes, before pictures were drawn; null where the system does
    /// not tell.
    pub peak_bytes: Option<u64>,
    /// The same per slot.
    pub bytes_per_node: Option<u64>,
}

impl Manifest {
    /// What the build knows of itself, and the cost of a run.
    #[must_use]
    pub fn new(build: &Build, cost: &Cost, nodes: u32) -> Self {
        let peak_bytes = peak_bytes();
        Self {
            program: build.program.to_owned(),
            version: build.version.to_owned(),
            git: build.git.to_owned(),
            rustc: build.rustc.to_owned(),
            argv: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
            scenario: String::new(),
            config_hash: String::new(),
            seed: 0,
            backend: sim(),
            tcp: None,
            digest: String::new(),
            runs: None,
            complete: true,
            setup_seconds: cost.setup_seconds,
            run_seconds: cost.run_seconds,
            finish_seconds: cost.finish_seconds,
            packets_per_s: cost.packets_per_second().round(),
            events_per_s: cost.inputs_per_second().round(),
            peak_bytes,
            bytes_per_node: peak_bytes.map(|bytes| bytes / u64::from(nodes.max(1))),
        }
    }
}

impl Manifest {
    /// Refuses runs that nobody can repeat.
    ///
    /// # Errors
    /// It ran on sockets.
    pub fn repeats(&self) -> Result<(), String> {
        match self.backend.as_str() {
            "sim" => Ok(()),
            backend => Err(format!(
                "this run used {backend} and cannot be repeated, so there is nothing to compare with"
            )),
        }
    }
}

/// BLAKE3 of a text, as the manifest has it.
#[must_use]
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Runs of earlier versions have no other.
fn sim() -> String {
    "sim".to_owned()
}

/// Most memory that this process has held so far, where the system tells (Linux).
#[must_use]
pub fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
