//! Reading scenarios for the commands.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::args::Overrides;
use super::command_trait::Context;
use super::console::Console;
use super::failure::Failure;
use crate::builtin_scenarios;
use crate::registry::Registry;
use floodnet_lab::run::folder::{MANIFEST, RESOLVED};
use floodnet_lab::sweep::store::is_sweep;
use floodnet_lab::target::{Kind, kind_of};
use floodnet_scenario::{Complaint, Diagnostics, Scenario};
use floodnet_text::format;
use floodnet_text::spelling::nearest;

/// A scenario, and where it comes from.
pub(super) struct Loaded {
    /// What the file says, with the values that the command line overrides.
    pub(super) scenario: Scenario,
    origin: Origin,
    set: Vec<(String, String)>,
}

/// Where a scenario comes from.
enum Origin {
    File(PathBuf),
    /// Standard input, or the program itself: what it is called, and the text.
    Text(String, String),
}

/// Why there is no scenario.
pub(super) enum NotLoaded {
    /// What is wrong with it.
    Wrong(Diagnostics),
    /// Something else.
    Failed(Failure),
}

impl From<NotLoaded> for Failure {
    fn from(why: NotLoaded) -> Self {
        match why {
            NotLoaded::Wrong(diagnostics) => invalid(&diagnostics),
            NotLoaded::Failed(failure) => failure,
        }
    }
}

impl Loaded {
    /// Reads the scenario at `path` with the values of `set` in it.
    pub(super) fn read(
        path: &Path,
        set: Vec<(String, String)>,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        let scenario = Scenario::load(path, &set, registry.tables()).map_err(|wrong| invalid(&wrong))?;
        Ok(Self { scenario, origin: Origin::File(path.to_owned()), set })
    }

    /// The text of the scenario, as it was written.
    pub(super) fn text(&self) -> Result<String, Failure> {
        match &self.origin {
            Origin::Text(_, text) => Ok(text.clone()),
            Origin::File(path) => fs::read_to_string(path)
                .map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display()))),
        }
    }

    /// The same without the expectations of the file.
    pub(super) fn expecting_nothing(mut self) -> Self {
        self.scenario.expect.clear();
        self.scenario.reach.clear();
        self
    }

    /// The failure for an error that only showed when the scenario was prepared or run.
    pub(super) fn complain(&self, complaint: &Complaint) -> Failure {
        invalid(&self.locate(complaint))
    }

    /// What is wrong, for an error that only showed when the scenario was prepared or run.
    pub(super) fn locate(&self, complaint: &Complaint) -> Diagnostics {
        match &self.origin {
            Origin::File(path) => Scenario::complain(path, &self.set, complaint),
            Origin::Text(name, text) => Scenario::complain_of(name, text, &self.set, complaint),
        }
    }
}

/// Reads a scenario with the values that the command line overrides: a file, `-` for standard input, or the name of
/// one that comes with the program.
pub(super) fn load(path: &Path, overrides: &Overrides, cx: &Context<'_>) -> Result<Loaded, Failure> {
    Ok(open(path, overrides, cx)?)
}

/// As [`load`], for those who want to know what is wrong.
pub(super) fn open(path: &Path, overrides: &Overrides, cx: &Context<'_>) -> Result<Loaded, NotLoaded> {
    let mut set = overrides.set.clone();
    if let Some(seed) = &overrides.seed {
        set.push(("seed".to_owned(), parse_seed(seed, cx.console).map_err(NotLoaded::Failed)?));
    }
    let name = path.to_string_lossy();
    let (name, text, origin) = match builtin_scenarios::text(&name).filter(|_| !path.exists()) {
        _ if path == Path::new("-") => {
            let read = io::read_to_string(io::stdin());
            let text = read.map_err(|error| {
                NotLoaded::Failed(Failure::Failed(format!("cannot read standard input: {error}")))
            })?;
            ("<stdin>".to_owned(), text, None)
        }
        Some(text) => (format!("{name} (built in)"), text.to_owned(), None),
        None => match fs::read_to_string(path) {
            Ok(text) => (name.into_owned(), text, Some(path)),
            Err(error) => return Err(NotLoaded::Wrong(unreadable(path, &error, cx.registry))),
        },
    };
    // Read as a scenario, every line of these would be called unknown; say which command takes them instead.
    if let kind @ (Kind::Plan | Kind::Bakeoff | Kind::Suite) = kind_of(&text) {
        let pasted = format::quoted(&name);
        let what = kind.words().split(':').next().unwrap_or_default();
        let help = match kind {
            Kind::Plan => {
                format!("`sim-cli sweep {pasted}` runs it, `sim-cli test {pasted}` judges each cell")
            }
            Kind::Bakeoff => format!("`sim-cli bakeoff {pasted}` runs it"),
            _ => format!("`sim-cli oracle --suite {pasted}` checks them"),
        };
        return Err(NotLoaded::Wrong(Diagnostics::of_file(
            &name,
            format!("this is {what}, not a scenario"),
            help,
        )));
    }
    let folder = origin.and_then(Path::parent).unwrap_or(Path::new(""));
    let scenario =
        Scenario::parse(&name, &text, folder, &set, cx.registry.tables()).map_err(NotLoaded::Wrong)?;
    let origin = origin.map_or(Origin::Text(name, text), |path| Origin::File(path.to_owned()));
    Ok(Loaded { scenario, origin, set })
}

/// Why no scenario can be read at `path`, and what to do.
fn unreadable(path: &Path, error: &io::Error, registry: &Registry) -> Diagnostics {
    let of =
        |title: &str, help: String| Diagnostics::of_file(&path.display().to_string(), title.to_owned(), help);
    // As it can be pasted.
    let shown = format::path(path);
    if path.join(MANIFEST).is_file() {
        let help = format!(
            "`sim-cli run {}` repeats it; `sim-cli show {shown}` shows its results; `sim-cli replay {shown}` and `sim-cli render {shown}` look into it",
            format::path(&path.join(RESOLVED))
        );
        return of("this is the folder of a finished run, not a scenario", help);
    }
    if is_sweep(path) {
        return of(
            "this is the folder of a sweep, not a scenario",
            format!("`sim-cli compare {shown} OTHER` compares it"),
        );
    }
    if path.is_dir() {
        let help = format!("name a scenario in it; `sim-cli test {shown}` runs all of them");
        return of("this is a folder, not a scenario", help);
    }
    let names = builtin_scenarios::names();
    let is_name = path.components().count() == 1 && path.extension().is_none();
    let wanted = path.to_string_lossy();
    if is_name && error.kind() == io::ErrorKind::NotFound {
        let near = nearest(&wanted, names.iter().copied())
            .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let help = format!("{near}Built in: {}", names.join(", "));
        return of("there is no such file, and no built-in scenario of this name", help);
    }
    // The reader of scenarios says the rest.
    match Scenario::load(path, &[], registry.tables()) {
        Err(wrong) => wrong,
        Ok(_) => of("cannot read the scenario", error.to_string()),
    }
}

/// The number of threads that `--jobs` means: 0 is one per core.
pub(super) fn threads(jobs: u16) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    NonZeroUsize::new(usize::from(jobs)).unwrap_or_else(cores)
}

/// Renders with colors; the console takes them out again where they are not wanted.
pub(super) fn invalid(diagnostics: &Diagnostics) -> Failure {
    Failure::Invalid(format!("{}\n", diagnostics.render(true)))
}

/// The seed in `text`, as TOML writes it.
fn parse_seed(text: &str, console: &Console) -> Result<String, Failure> {
    if text == "random" {
        // Short enough for every reader of JSON.
        let seed = RandomState::new().hash_one("seed") >> 11;
        console.note(&format!("seed {seed}"));
        return Ok(seed.to_string());
    }
    // As it stands in JSON, where a great one is text.
    let text = text.trim().trim_matches('"');
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
