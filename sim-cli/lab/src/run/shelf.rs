//! The runs one has: what stands in a folder of runs, and taking away what is not wanted any more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use super::claim::{Claim, Taken};
use super::folder::{Holds, MANIFEST, holds, read_manifest};
use super::manifest::Manifest;

/// A run, or many runs of one scenario, in a folder.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// The folder.
    pub folder: PathBuf,
    /// What made it.
    pub manifest: Manifest,
    /// What came of it: `holds`, `FAILS`, `undecided`, `interrupted`, or `-` where nothing was expected.
    pub verdict: &'static str,
    /// When it was written.
    pub at: SystemTime,
    /// Bytes of its files.
    pub bytes: u64,
}

/// The runs in `folder`, the oldest first. What is no run is left out.
///
/// # Errors
/// The folder cannot be read.
pub fn runs_in(folder: &Path) -> io::Result<Vec<Shelved>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A link to a folder is not one, so nothing outside is taken away.
        if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            found.extend(Shelved::at(&entry.path()));
        }
    }
    found.sort_by(|a, b| (a.at, &a.folder).cmp(&(b.at, &b.folder)));
    Ok(found)
}

impl Shelved {
    /// The run in `folder`; none if there is none.
    #[must_use]
    pub fn at(folder: &Path) -> Option<Self> {
        let manifest = read_manifest(folder).ok()?;
        let at = fs::metadata(folder.join(MANIFEST)).and_then(|file| file.modified()).ok()?;
        let verdict = if manifest.complete { verdict(folder) } else { "interrupted" };
        Some(Self { folder: folder.to_owned(), manifest, verdict, at, bytes: bytes(folder) })
    }

    /// Takes the folder away.
    ///
    /// # Errors
    /// It holds something else too, somebody writes there, or it cannot be removed; says why, and the folder stands.
    pub fn remove(&self) -> Result<(), String> {
        let shown = self.folder.display();
        let failed = |error: io::Error| format!("cannot remove {shown}: {error}");
        let absolute = std::path::absolute(&self.folder).map_err(failed)?;
        let _claim = Claim::of(&absolute).map_err(|taken: Taken| Claim::refusal(&self.folder, &taken))?;
        match holds(&absolute).map_err(failed)? {
            Holds::Run => fs::remove_dir_all(&absolute).map_err(failed),
            Holds::Nothing => Ok(()),
            Holds::Other(name) => {
                Err(format!("{shown} contains {name}, which is not part of a run: it stays"))
            }
        }
    }
}

/// What the files in `folder` say of its expectations.
fn verdict(folder: &Path) -> &'static str {
    let read = |name: &str| -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).ok()?).ok()
    };
    let file = read("runs.json").or_else(|| read("summary.json")).unwrap_or_default();
    let verdicts: Vec<&str> =
        file["expect"].as_array().into_iter().flatten().filter_map(|of| of["verdict"].as_str()).collect();
    let any = |verdict: &str| verdicts.contains(&verdict);
    match () {
        () if verdicts.is_empty() => "-",
        () if any("fails") => "FAILS",
        () if any("undecided") => "undecided",
        () => "holds",
    }
}

/// The size of all files in `folder` and below.
fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |file| file.len()),
        _ => 0,
    };
    entries.flatten().map(size).sum()
}
