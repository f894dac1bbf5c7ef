//! From text to a scenario.

use std::borrow::Cow;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use floodnet_core::tables::{Complaint, FilePlace};

use super::diagnostics::{Diagnostics, Problem};
use super::document::Document;
use super::file::ScenarioFile;
use super::tables::{NamedTable, ReadError, TableKind, Tables};
use super::{Scenario, check, expect, reach, resolve, suggest};
use floodnet_text::spelling::{choices, nearest};

impl Scenario {
    /// Reads the scenario at `path`, with `overrides` (keys and values as in `--set KEY=VALUE`) put in.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or says something unknown or senseless; then all that was
    /// found wrong, each at its place.
    pub fn load(path: &Path, overrides: &[(String, String)], tables: &Tables) -> Result<Self, Diagnostics> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &name, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&name, &text, folder, overrides, tables)
    }

    /// Reads a scenario from `text`; errors call it `name`. Relative files are looked up in `folder`.
    ///
    /// # Errors
    /// As [`Scenario::load`], but for reading the file.
    pub fn parse(
        name: &str,
        text: &str,
        folder: &Path,
        overrides: &[(String, String)],
        tables: &Tables,
    ) -> Result<Self, Diagnostics> {
        let mut document = Document::parse(name, text)?;
        match read(&mut document, folder, overrides, tables) {
            Ok(scenario) => Ok(scenario),
            Err(problems) => Err(Diagnostics::new(document.sources, problems)),
        }
    }

    /// What only showed when the scenario at `path`, with `overrides`, was prepared or run: at the key that
    /// it is about, or at what stands around that if the key has its default.
    #[must_use]
    pub fn complain(path: &Path, overrides: &[(String, String)], complaint: &Complaint) -> Diagnostics {
        let name = path.display().to_string();
        // What cannot be read again, such as a pipe, has no line to point at.
        let text = fs::read_to_string(path).unwrap_or_default();
        Self::complain_of(&name, &text, overrides, complaint)
    }

    /// As [`Scenario::complain`], of a scenario in `text` that errors call `name`.
    #[must_use]
    pub fn complain_of(
        name: &str,
        text: &str,
        overrides: &[(String, String)],
        complaint: &Complaint,
    ) -> Diagnostics {
        let Ok(mut document) = Document::parse(name, text) else {
            return Diagnostics::of_file(name, complaint.to_string(), String::new());
        };
        for (key, value) in overrides {
            // One that cannot be put in was refused when the scenario was read.
            let _ = document.set(key, value);
        }
        apply_preset(&mut document);
        let mut complaint = complaint.clone();
        let Complaint { key, title, place, .. } = &mut complaint;
        if document.get(key).is_none() && !title.contains(key.as_str()) {
            *title = format!("`{key}`: {title}").into();
        }
        let Some(place) = place.take() else {
            let problem = document.problem(complaint);
            return Diagnostics::new(document.sources, vec![problem]);
        };
        // The path as it was written, not as it was looked up.
        let written = document.get(key).and_then(|path| path.get_ref().as_str());
        let path = written.map_or_else(|| place.path.clone(), |written| beside(name, written));
        let problem = document.problem(complaint);
        Diagnostics::in_file(document.sources, problem, FilePlace { path, ..*place })
    }
}

/// The file `written` in the scenario called `name`, as seen from where that is.
fn beside(name: &str, written: &str) -> String {
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    folder.join(written).display().to_string()
}

/// Why there is no text at `path`.
fn unreadable(path: &Path, name: &str, error: &std::io::Error) -> Diagnostics {
    let said =
        |label: String| Diagnostics::of_file(name, format!("cannot read the scenario: {error}"), label);
    if path.is_dir() {
        return said("this is a folder: name the scenario file in it".to_owned());
    }
    if error.kind() == ErrorKind::InvalidData {
        return said("save it as UTF-8".to_owned());
    }
    if error.kind() != ErrorKind::NotFound {
        return said(String::new());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let siblings: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let scenarios = siblings.iter().map(String::as_str).filter(|name| name.ends_with(".toml"));
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&wanted, scenarios).map(|near| path.with_file_name(near));
    said(near.map_or_else(
        || "`sim-cli init` writes one to start from".to_owned(),
        |near| format!("did you mean `{}`?", near.display()),
    ))
}

fn read<'i>(
    document: &mut Document<'i>,
    folder: &Path,
    overrides: &'i [(String, String)],
    tables: &Tables,
) -> Result<Scenario, Vec<Problem>> {
    let put = overrides.iter().filter_map(|(key, value)| document.set(key, value).err());
    let mut problems: Vec<Problem> = put.collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    problems.extend(lists(document));
    if !problems.is_empty() {
        return Err(problems);
    }
    apply_preset(document);
    problems.extend(find_files(document, folder, tables));

    // From here on each part is read even if one before it was wrong, so that all mistakes are told at once.
    let mut keep = |found: Vec<Problem>| problems.extend(found);
    let file = ScenarioFile::deserialize(ValueDeserializer::from(document.root().clone()))
        .map_err(|error| keep(vec![form(document, error)]))
        .ok();
    let slots = file.as_ref().and_then(|file| file.nodes.count);
    let overlay = table(document, "overlay", &tables.overlays, slots).map_err(&mut keep).ok();
    let broadcast = table(document, "broadcast", &tables.broadcasts, slots).map_err(&mut keep).ok();
    let expect = expect::read(document).map_err(&mut keep).ok();
    let reach = reach::read(document).map_err(&mut keep).ok();
    if let (Some(overlay), Some(broadcast)) = (&overlay, &broadcast) {
        problems.extend(unregistered(document, overlay, broadcast, tables));
    }
    let (Some(file), Some(overlay), Some(broadcast), Some(expect), Some(reach)) =
        (file, overlay, broadcast, expect, reach)
    else {
        return Err(problems);
    };
    let scenario = resolve::fill(file, overlay, broadcast, expect, reach);
    problems.extend(check::check(&scenario, document, tables));
    if problems.is_empty() { Ok(scenario) } else { Err(problems) }
}

/// Writes the defaults of `preset` into the document, so that they are read like keys of the file.
fn apply_preset(document: &mut Document<'_>) {
    let Some(preset) = document.get("preset") else { return };
    if preset.get_ref().as_str() != Some("tutorial") {
        return;
    }
    let span = preset.span();
    let word = |text: &'static str| DeValue::String(Cow::Borrowed(text));
    if document.get("overlay").is_none() {
        document.set_default("overlay.random_walk", DeValue::Table(DeTable::new()), &span);
    }
    if document.get("broadcast").is_none() {
        document.set_default("broadcast.flood", DeValue::Table(DeTable::new()), &span);
    }
    if document.get("overlay.random_walk").is_some() {
        // The parser of TOML makes the integer: it has no public constructor.
        if let Ok(degree) = DeValue::parse("3") {
            document.set_default("overlay.random_walk.degree", degree.into_inner(), &span);
        }
        document.set_default("overlay.random_walk.max_degree", word("unlimited"), &span);
        document.set_default("overlay.random_walk.retry", DeValue::Boolean(false), &span);
        document.set_default("overlay.random_walk.repair", DeValue::Boolean(false), &span);
    }
    if document.get("broadcast.flood").is_some() {
        document.set_default("broadcast.flood.echo", DeValue::Boolean(true), &span);
        document.set_default("broadcast.flood.seen", word("unlimited"), &span);
        document.set_default("broadcast.flood.seen_for", word("unlimited"), &span);
    }
    // Its nodes speak as soon as TCP is connected.
    if let Ok(handshake) = DeValue::parse("0") {
        document.set_default("link.handshake", handshake.into_inner(), &span);
    }
}

/// Looks up the files that the scenario names and makes their paths absolute, so that the resolved scenario
/// can be run from any folder. What they hold is read when the scenario runs.
fn find_files(document: &mut Document<'_>, folder: &Path, tables: &Tables) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in tables.file_keys() {
        let Some(node) = document.get_mut(&key) else { continue };
        let span = node.span();
        let DeValue::String(text) = node.get_mut() else { continue };
        match absolute(folder, text) {
            Ok(path) => *text = Cow::Owned(path),
            Err(why) => problems.push(Problem {
                span: Some(span),
                title: format!("cannot find the file `{text}`"),
                label: why,
            }),
        }
    }
    problems
}

fn absolute(folder: &Path, file: &str) -> Result<String, String> {
    let path = fs::canonicalize(folder.join(file)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "relative files are looked up beside the scenario".to_owned(),
        _ => error.to_string(),
    })?;
    if !path.is_file() {
        return Err("this is not a file".to_owned());
    }
    path.into_os_string().into_string().map_err(|_| "its path is not UTF-8".to_owned())
}

/// An error of form, at its place. One about the whole document has none.
fn form(document: &Document<'_>, error: toml::de::Error) -> Problem {
    let span = error.span().filter(|span| *span != document.root().span());
    ranged(document, suggest::translate(span, error.message()))
}

/// `problem` with the range of the key that it points at.
fn ranged(document: &Document<'_>, problem: Problem) -> Problem {
    let is_at = |key: &&str| document.get(key).is_some_and(|node| problem.span == Some(node.span()));
    match suggest::ranged().find(is_at) {
        Some(key) => suggest::in_range(problem, key),
        None => problem,
    }
}

/// The lists of tables that somebody began as one table.
fn lists(document: &Document<'_>) -> Vec<Problem> {
    let list = |key: &&&str| matches!(document.get(key).map(Spanned::get_ref), Some(DeValue::Table(_)));
    let problem = |key: &&str| Problem {
        span: document.key_span(key),
        title: format!("`{key}` is a list, for there can be several"),
        label: format!("write [[{key}]]; with --set, {key}.0 is the first"),
    };
    ["fault", "adversary", "traffic", "class", "reach"].iter().filter(list).map(problem).collect()
}

/// The one table under `group`.
fn table(
    document: &Document<'_>,
    group: &str,
    kinds: &[TableKind],
    slots: Option<u32>,
) -> Result<NamedTable, Vec<Problem>> {
    let known: Vec<&str> = kinds.iter().map(TableKind::key).collect();
    let wrong = |span, title, label| Err(vec![Problem { span, title, label }]);
    let keys = document.keys(group);
    let (key, span) = match keys.as_slice() {
        [only] => only,
        [] => {
            let title = format!("no {group} is named");
            let label = format!("write [{group}.NAME] with one of: {}", known.join(", "));
            return wrong(document.span(group), title, label);
        }
        [(first, _), (second, span), ..] => {
            let title = format!("both {group}.{first} and {group}.{second} are named");
            return wrong(Some(span.clone()), title, "a run has one; remove the others".to_owned());
        }
    };
    let Some(kind) = kinds.iter().find(|kind| kind.key() == key) else {
        let title = format!("unknown {group} `{key}`");
        return wrong(Some(span.clone()), title, choices(key, &known));
    };
    let path = format!("{group}.{key}");
    let Some(node) = document.get(&path) else { return Err(Vec::new()) };
    match kind.read(node.clone(), slots) {
        Ok(table) => Ok(NamedTable { key: key.clone(), table }),
        Err(ReadError::Form(error)) => {
            let span = error.span().filter(|at| *at != node.span()).or(Some(span.clone()));
            Err(vec![ranged(document, suggest::translate(span, error.message()))])
        }
        // A complaint names a key below the table, whose place in the file only the document knows.
        Err(ReadError::Meaning(complaints)) => {
            let place = |key: &str| match key {
                "" => Some(span.clone()),
                key => document.span(&format!("{path}.{key}")),
            };
            let problems = complaints.into_iter().map(|complaint| Problem {
                span: place(&complaint.key),
                title: complaint.title.into(),
                label: complaint.label.into(),
            });
            Err(problems.collect())
        }
    }
}

/// Whether the overlay and the broadcast cannot run together.
fn unregistered(
    document: &Document<'_>,
    overlay: &NamedTable,
    broadcast: &NamedTable,
    tables: &Tables,
) -> Option<Problem> {
    let mut pairs = tables.pairs.iter();
    if pairs.any(|pair| *pair == (overlay.key.as_str(), broadcast.key.as_str())) {
        return None;
    }
    let partners = tables.pairs.iter().filter(|(key, _)| *key == overlay.key);
    let partners: Vec<&str> = partners.map(|(_, partner)| *partner).collect();
    Some(Problem {
        span: document.key_span(&format!("broadcast.{}", broadcast.key)),
        title: format!("overlay `{}` cannot run with broadcast `{}`", overlay.key, broadcast.key),
        label: format!("it runs with: {}", partners.join(", ")),
    })
}
