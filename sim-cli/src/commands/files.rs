//! Reading scenarios for the commands.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::args::Overrides;
use super::command_trait::Context;
use super::console::Console;
use super::failure::Failure;
use crate::registry::Registry;
use floodnet_scenario::{Complaint, Diagnostics, Scenario};

/// A scenario, and where it comes from.
pub(super) struct Loaded {
    /// What the file says, with the values that the command line overrides.
    pub(super) scenario: Scenario,
    path: PathBuf,
    set: Vec<(String, String)>,
}

impl Loaded {
    /// Reads the scenario at `path` with the values of `set` in it.
    pub(super) fn read(
        path: &Path,
        set: Vec<(String, String)>,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        match Scenario::load(path, &set, registry.tables()) {
            Ok(scenario) => Ok(Self { scenario, path: path.to_owned(), set }),
            Err(diagnostics) => Err(invalid(&diagnostics)),
        }
    }

    /// The failure for an error that only showed when the scenario was prepared or run.
    pub(super) fn complain(&self, complaint: &Complaint) -> Failure {
        invalid(&Scenario::complain(&self.path, &self.set, complaint))
    }
}

/// Reads a scenario with the values that the command line overrides.
pub(super) fn load(path: &Path, overrides: &Overrides, cx: &Context<'_>) -> Result<Loaded, Failure> {
    let mut set = overrides.set.clone();
    if let Some(seed) = &overrides.seed {
        set.push(("seed".to_owned(), parse_seed(seed, cx.console)?));
    }
    Loaded::read(path, set, cx.registry)
}

/// The number of threads that `--jobs` means: 0 is one per core.
pub(super) fn threads(jobs: u16) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    NonZeroUsize::new(usize::from(jobs)).unwrap_or_else(cores)
}

/// Renders with colors; the console takes them out again where they are not wanted.
fn invalid(diagnostics: &Diagnostics) -> Failure {
    Failure::Invalid(format!("{}\n", diagnostics.render(true)))
}

/// The seed in `text`, as TOML writes it.
fn parse_seed(text: &str, console: &Console) -> Result<String, Failure> {
    if text == "random" {
        // TOML's integers are signed.
        let seed = RandomState::new().hash_one("seed") >> 1;
        console.note(&format!("seed {seed}"));
        return Ok(seed.to_string());
    }
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let seed = parsed.filter(|seed| i64::try_from(*seed).is_ok());
    seed.map(|seed| seed.to_string()).ok_or_else(|| {
        Failure::Usage(format!(
            "invalid seed `{text}` (expected a number below 2^63, hexadecimal like 0x2a, or \"random\")"
        ))
    })
}
