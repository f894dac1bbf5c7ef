//! Digests and draws that were accepted, in `golden.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{cases, program, vectors};

/// Seeds that each case is run with.
const SEEDS: [u64; 2] = [1, 2];

/// How to accept what is now.
const ACCEPT: &str = "FLOODNET_ACCEPT=1 cargo test -p sim-cli --test determinism golden";

const HEAD: &str = "# Digests of small runs (seeds 1 and 2), and hashes of drawn values, that were accepted. Every build on every\n\
                    # machine must give them. A change is a change of results: say it in CHANGELOG.md under \"Digests changed\".\n\
                    # To accept what is now: ";

/// `golden.toml`
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Golden {
    /// By case, one for each seed.
    digests: BTreeMap<String, Vec<String>>,
    /// By what is drawn.
    draws: BTreeMap<String, String>,
}

impl Golden {
    fn now() -> Self {
        let folder = cases::folder();
        let of = |name: &str| {
            fs::write(folder.path().join("case.toml"), cases::text(name, "")).unwrap();
            (name.to_owned(), SEEDS.map(|seed| digest(folder.path(), seed)).to_vec())
        };
        Self { digests: cases::names().map(of).collect(), draws: vectors::all() }
    }

    /// Each line that is not as in `accepted`.
    fn differences(&self, accepted: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for name in self.digests.keys().chain(accepted.digests.keys()) {
            for (place, seed) in SEEDS.iter().enumerate() {
                let of = |golden: &Self| golden.digests.get(name).and_then(|all| all.get(place)).cloned();
                compare(&format!("{name}, seed {seed}"), of(accepted), of(self), &mut found);
            }
        }
        for name in self.draws.keys().chain(accepted.draws.keys()) {
            let of = |golden: &Self| golden.draws.get(name).cloned();
            compare(&format!("draws: {name}"), of(accepted), of(self), &mut found);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// The digest that the program gives of the case in `folder`.
fn digest(folder: &Path, seed: u64) -> String {
    let mut command = Command::new(program());
    command.args(["--quiet", "run", "case.toml", "--no-pictures", "--force", "--out", "case"]);
    let output = command.args(["--seed", &seed.to_string()]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value =
        serde_json::from_slice(&fs::read(folder.join("case/summary.json")).unwrap()).unwrap();
    summary["digest"].as_str().unwrap().to_owned()
}

fn compare(what: &str, accepted: Option<String>, now: Option<String>, found: &mut Vec<String>) {
    if accepted != now {
        let [accepted, now] = [accepted, now].map(|value| value.unwrap_or_else(|| "nothing".to_owned()));
        found.push(format!("  {what}: accepted {accepted}, now {now}"));
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/determinism/golden.toml")
}

#[test]
fn golden_digests_and_draws() {
    let now = Golden::now();
    assert!(now.digests.len() * SEEDS.len() >= 32, "at least 32 pairs of scenario and seed");
    if std::env::var_os("FLOODNET_ACCEPT").is_some() {
        let text = format!("{HEAD}{ACCEPT}\n\n{}", toml::to_string(&now).expect("words and lists"));
        return fs::write(file(), text).expect("golden.toml can be written");
    }
    let text = fs::read_to_string(file()).unwrap_or_default();
    let accepted: Golden = if text.is_empty() {
        Golden::default()
    } else {
        toml::from_str(&text).unwrap_or_else(|error| panic!("golden.toml: {error}"))
    };
    let differences = now.differences(&accepted);
    assert!(
        differences.is_empty(),
        "runs are not what they were:\n{}\nIf that is meant, results change for users: say so in CHANGELOG.md under a \
         heading \"Digests changed\", and accept them with\n  {ACCEPT}",
        differences.join("\n")
    );
}
