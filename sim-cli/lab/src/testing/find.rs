//! Which tests paths and patterns name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Protocols;
use crate::run::folder::MANIFEST;
use crate::sweep::index::{Index, Rule, Wrong};
use crate::sweep::plan::SweepPlan;
use crate::sweep::store::is_sweep;
use crate::target::{Kind, kind_of};
use floodnet_scenario::Scenario;
use floodnet_text::format::quoted;

/// A test to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name: the file, and of a sweep plan the cell.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    /// How many runs it is judged by.
    pub runs: u32,
    /// The command that makes a run of it again, without the number of the run.
    pub again: String,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Found {
    /// A test.
    Case(Box<Case>),
    /// Something that cannot be a test: its name, and why.
    Skipped(String, String),
    /// A file that is not valid: its name, and what is wrong.
    Invalid(String, String),
}

impl Found {
    /// Name of the test.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Case(case) => &case.name,
            Self::Skipped(name, _) | Self::Invalid(name, _) => name,
        }
    }
}

/// The tests that `paths` name, each `runs` times (a plan has its own number unless one is given): files, folders
/// with all scenarios and plans in them, and patterns such as `scenarios/**/*.toml`. In the order of the paths, and
/// of the names in folders; each file once.
///
/// # Errors
/// A path does not exist, or a pattern matches nothing; says which.
pub fn find(paths: &[PathBuf], runs: Option<u32>, protocols: &Protocols) -> Result<Vec<Found>, String> {
    let (mut files, mut known) = (Vec::new(), BTreeSet::new());
    for path in paths {
        for (file, is_named) in expand(path)? {
            if known.insert(fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
                files.push((file, is_named));
            }
        }
    }
    let mut found = Vec::new();
    for (file, is_named) in files {
        read(&file, is_named, runs, protocols, &mut found);
    }
    Ok(found)
}

/// The files of a path, each with whether the user has named it: those of folders and patterns may be other than
/// scenarios.
///
/// # Errors
/// A folder cannot be read, or a pattern matches nothing; says which.
pub fn expand(path: &Path) -> Result<Vec<(PathBuf, bool)>, String> {
    if path.is_dir() {
        let mut files = Vec::new();
        walk(path, &mut files).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        return Ok(files);
    }
    let text = path.to_string_lossy();
    if path.exists() || !text.contains(['*', '?', '[']) {
        return Ok(vec![(path.to_owned(), true)]);
    }
    // As a shell does: hidden files are named or left out.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let matches =
        glob::glob_with(&text, options).map_err(|error| format!("invalid pattern `{text}`: {error}"))?;
    let mut files = Vec::new();
    for found in matches {
        let found = found.map_err(|error| error.to_string())?;
        if found.is_dir() {
            walk(&found, &mut files).map_err(|error| format!("cannot read {}: {error}", found.display()))?;
        } else {
            files.push((found, false));
        }
    }
    if files.is_empty() { Err(format!("no file matches `{text}`")) } else { Ok(files) }
}

/// The TOML files below `folder`, in the order of their names; not those of finished runs and sweeps.
fn walk(folder: &Path, files: &mut Vec<(PathBuf, bool)>) -> std::io::Result<()> {
    if folder.join(MANIFEST).is_file() || is_sweep(folder) {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort_unstable();
    for path in entries {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push((path, false));
        }
    }
    Ok(())
}

/// Adds the tests of one file.
fn read(file: &Path, is_named: bool, runs: Option<u32>, protocols: &Protocols, found: &mut Vec<Found>) {
    let name = file.display().to_string();
    match fs::read_to_string(file).map(|text| kind_of(&text)) {
        Ok(Kind::Plan) => plan(file, runs, protocols, found),
        // What cannot be read is told by the reader of scenarios.
        Ok(Kind::Scenario) | Err(_) => found.push(scenario(file, runs.unwrap_or(1), protocols)),
        // Broken TOML among tests was meant to be one.
        Ok(Kind::Broken) => found.push(scenario(file, 1, protocols)),
        Ok(kind @ (Kind::Suite | Kind::Bakeoff | Kind::Other)) if is_named => {
            found.push(Found::Invalid(
                name,
                format!("error: {} is no test: it is {}\n", file.display(), kind.words()),
            ));
        }
        Ok(Kind::Suite | Kind::Bakeoff | Kind::Other) => {}
    }
}

fn scenario(file: &Path, runs: u32, protocols: &Protocols) -> Found {
    let name = file.display().to_string();
    match Scenario::load(file, &[], protocols.tables()) {
        Err(wrong) => Found::Invalid(name, format!("{}\n", wrong.render(false))),
        Ok(scenario) if scenario.expect.is_empty() && scenario.reach.is_empty() => {
            Found::Skipped(name, "it has no [expect] and no [[reach]], so nothing could fail".to_owned())
        }
        Ok(scenario) => {
            let again = format!("sim-cli run {}", quoted(&name));
            Found::Case(Box::new(Case { name, scenario, runs, again }))
        }
    }
}

/// Adds each cell of a plan.
fn plan(file: &Path, runs: Option<u32>, protocols: &Protocols, found: &mut Vec<Found>) {
    let shown = file.display().to_string();
    let invalid = |why: String| Found::Invalid(shown.clone(), why);
    let plan = match SweepPlan::load(file) {
        Err(wrong) => return found.push(invalid(format!("{}\n", wrong.render(false)))),
        Ok(plan) => plan,
    };
    let runs = runs.unwrap_or(plan.runs);
    let rule = Rule { runs, until_ci: None, max_runs: runs };
    let (index, scenarios) = match Index::of(&plan, rule, protocols) {
        Err(Wrong::Scenario(wrong)) => return found.push(invalid(format!("{}\n", wrong.render(false)))),
        Err(Wrong::Cells(why)) => return found.push(invalid(format!("error: {shown}: {why}\n"))),
        Ok(cells) => cells,
    };
    for (place, (cell, scenario)) in index.cells.iter().zip(scenarios).enumerate() {
        let name = format!("{shown} [{}]", index.label(cell));
        if scenario.expect.is_empty() && scenario.reach.is_empty() {
            let why = "its scenario has no [expect] and no [[reach]], so nothing could fail";
            found.push(Found::Skipped(name, why.to_owned()));
            continue;
        }
        // The command that runs this cell alone: the plan's own values, then those of the cell.
        let all = plan.settings(place);
        let set = all.iter().map(|of| format!(" --set {}", quoted(&format!("{}={}", of.key, of.value))));
        let again = format!(
            "sim-cli run {}{}",
            quoted(&plan.scenario.display().to_string()),
            set.collect::<String>()
        );
        found.push(Found::Case(Box::new(Case { name, scenario, runs, again })));
    }
}
