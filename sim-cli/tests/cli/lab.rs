//! A folder to run the program in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// 50 nodes and a few messages, over in an instant.
pub(crate) const SMALL: &str = r#"name = "small"
seed = 7
duration = "8s"

[nodes]
count = 50
arrive = "1s"

[overlay.random_walk]

[broadcast.flood]

[link]
latency = { uniform = { min = "10ms", max = "60ms" } }

[[traffic]]
from = "random"
every = "500ms"
start = "3s"
stop = "6s"

[measure]
start = "2s"
deadline = "2s"

[expect]
delivery_ratio = ">= 0.9"
"#;

/// A folder of its own, with the scenario `small.toml` in it.
pub(crate) struct Lab(TempDir);

/// What the program said. The folder stands as `DIR` in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        lab.write("small.toml", SMALL);
        lab
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The program, to be run in the folder, whatever the environment of the tests says about color.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("sim-cli"));
        command.current_dir(self.path()).args(arguments);
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.said(&mut self.command(arguments))
    }

    /// Runs what must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said
    }

    /// Runs what must be refused: exit code 2, and nothing written or printed but the reason.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let before = self.files("");
        let said = self.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        assert_eq!(self.files(""), before, "nothing is written");
        said.err
    }

    pub(crate) fn said(&self, command: &mut Command) -> Said {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            // Files that a scenario names are shown where they really are, which links may hide.
            let real = self.path().canonicalize().unwrap();
            text.replace(&real.display().to_string(), "DIR")
                .replace(&self.path().display().to_string(), "DIR")
        };
        let code = output.status.code().expect("the program ends by itself");
        Said { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Every file below `folder`, with what it holds.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }

    /// The names of what is directly in `folder`.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// The digest of a run of this scenario, of which nothing stays.
    pub(crate) fn digest_of(&self, scenario: &str) -> String {
        self.ok(&["run", scenario, "--no-pictures", "--out", ".digest"]);
        let digest = self.summary(".digest")["digest"].as_str().unwrap().to_owned();
        fs::remove_dir_all(self.path().join(".digest")).unwrap();
        digest
    }

    /// The summary of the run in `folder`.
    pub(crate) fn summary(&self, folder: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(&format!("{folder}/summary.json"))).unwrap()
    }
}

/// Waits until `is_so`. A minute only guards against waiting for ever; `complaint` says what never came about.
pub(crate) fn wait_until(complaint: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{complaint}");
        sleep(Duration::from_millis(1));
    }
}

/// Whether `child` has its handler for interrupts: until then a signal ends the process by itself.
#[cfg(target_os = "linux")]
pub(crate) fn catches_interrupts(child: &Child) -> bool {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 1) != 0
}
