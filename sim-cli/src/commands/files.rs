//! Reading scenarios for the commands.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::console::Console;
use super::{Failure, Overrides};
use crate::registry::Registry;
use crate::scenario::Scenario;

/// Reads a scenario with what the command line puts in.
pub(super) fn load(
    path: &Path,
    overrides: &Overrides,
    registry: &Registry,
    console: &Console,
) -> Result<Scenario, Failure> {
    let mut set = overrides.set.clone();
    if let Some(seed) = &overrides.seed {
        set.push(("seed".to_owned(), parse_seed(seed, console)?));
    }
    Scenario::load(path, &set, registry.tables())
        .map_err(|diagnostics| Failure::Invalid(diagnostics.render(true)))
}

/// A seed as TOML has it.
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
        Failure::Invalid(format!(
            "error: `{text}` is no seed: write a number below 2^63, also in hexadecimal (0x2a), or \"random\"\n"
        ))
    })
}

/// An error that names the file.
pub(super) fn invalid(path: &Path, message: &str) -> Failure {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    Failure::Invalid(format!("{style}error{style:#}: {}: {message}\n", path.display()))
}
