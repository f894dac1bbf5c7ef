//! A folder of results held against the run that it says it holds.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use floodnet_sim::Progress;

use super::files::{FileDifference, LineDifference};
use crate::Protocols;
use crate::run::folder::{MANIFEST, RESOLVED, tables_of};
use crate::run::manifest::Manifest;
use crate::run::{Finished, Ran};
use crate::simulate::simulate;
use floodnet_scenario::{Complaint, Scenario};

/// What running a folder's scenario again gave.
#[derive(Clone, Debug)]
pub struct FolderCheck {
    /// Digest of the run of now.
    pub digest: String,
    /// What differs, the stored side first. The pictures are not looked at.
    pub differences: Vec<FileDifference>,
    /// False if the watcher stopped it.
    pub complete: bool,
}

/// Runs `scenario`, which was read from `folder`, again on up to `jobs` threads and holds the folder's
/// digest and tables against what comes.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn check(
    folder: &Path,
    manifest: &Manifest,
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<FolderCheck, Complaint> {
    let Ran { setup, finished } = simulate(scenario, protocols, jobs, watch)?;
    let Some(Finished { results, .. }) = finished else {
        return Ok(FolderCheck { digest: String::new(), differences: Vec::new(), complete: false });
    };
    let digest = results.summary.digest.clone();
    let mut differences = Vec::new();
    if results.summary.complete {
        let hash = fs::read(folder.join(RESOLVED)).map(|bytes| blake3::hash(&bytes).to_hex().to_string());
        let facts = [
            ("config_hash", &manifest.config_hash, hash.unwrap_or_default()),
            ("digest", &manifest.digest, digest.clone()),
        ];
        differences.extend(manifest_difference(folder, &facts));
        for (name, now) in tables_of(&setup, &results) {
            differences.extend(table_difference(folder, &name, &now));
        }
    }
    Ok(FolderCheck { digest, differences, complete: results.summary.complete })
}

/// Facts of the manifest that are not what they should be: name, stored, now.
fn manifest_difference(folder: &Path, facts: &[(&str, &String, String)]) -> Option<FileDifference> {
    let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let mut lines = Vec::new();
    for (name, stored, now) in facts.iter().filter(|(_, stored, now)| *stored != now) {
        let key = format!("\"{name}\"");
        let number = text.lines().position(|line| line.trim_start().starts_with(&key)).map_or(0, |at| at + 1);
        let sides = [stored, now].map(|value| Some(format!("{key}: \"{value}\"")));
        lines.push(LineDifference { number, sides });
    }
    let differs = !lines.is_empty();
    differs.then(|| FileDifference { name: MANIFEST.to_owned(), lines, more: 0 })
}

fn table_difference(folder: &Path, name: &str, now: &[u8]) -> Option<FileDifference> {
    match fs::read(folder.join(name)) {
        Ok(stored) => FileDifference::between(name, &stored, now),
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "(the file is missing)".to_owned(),
                _ => format!("(cannot be read: {error})"),
            };
            let first = String::from_utf8_lossy(now).lines().next().map(str::to_owned);
            let lines = vec![LineDifference { number: 1, sides: [Some(why), first] }];
            Some(FileDifference { name: name.to_owned(), lines, more: 0 })
        }
    }
}
