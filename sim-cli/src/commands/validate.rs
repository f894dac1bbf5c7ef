//! `sim-cli validate`

use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Serialize;
use serde_json::json;

use super::args::{Format, Overrides};
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::{NotLoaded, open};
use floodnet_lab::bakeoff;
use floodnet_lab::run::machine::available;
use floodnet_lab::simulate::{need_of, prepare};
use floodnet_lab::sweep::index::{Index, Rule, Wrong};
use floodnet_lab::sweep::plan::SweepPlan;
use floodnet_lab::target::{Kind, kind_of};
use floodnet_lab::testing::find::expand;
use floodnet_scenario::build::Setup;
use floodnet_scenario::diagnostics::Located;
use floodnet_scenario::{Diagnostics, Scenario};
use floodnet_text::format::{bytes, plural};

/// Check scenarios and plans of sweeps and bake-offs without running them
#[derive(Parser, Debug)]
pub(super) struct ValidateArgs {
    /// Scenarios, plans of sweeps and bake-offs, folders of them, patterns, names of built-in scenarios, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// What was found about one file.
#[derive(Serialize)]
struct Checked {
    file: String,
    valid: bool,
    /// What is in it, in one line.
    about: Option<String>,
    problems: Vec<Located>,
    /// What is valid and yet worth a thought.
    notes: Vec<String>,
    /// What is wrong, as it is shown to people.
    #[serde(skip)]
    shown: String,
    /// With `--verbose`: the cost ahead, and every default.
    #[serde(skip)]
    more: String,
}

impl Command for ValidateArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut all = Vec::new();
        for path in &self.files {
            // A name that is no file may be that of a built-in scenario.
            for (file, is_named) in expand(path).map_err(Failure::Usage)? {
                let kind = std::fs::read_to_string(&file).map(|text| kind_of(&text));
                if !is_named && matches!(kind, Ok(Kind::Suite | Kind::Other)) {
                    continue;
                }
                cx.console.is_read()?;
                let checked = match kind {
                    Ok(Kind::Plan) => plan(&file, ("sweep", SweepPlan::load(&file)), cx),
                    Ok(Kind::Bakeoff) => plan(&file, ("bake-off", bakeoff::plan::load(&file)), cx),
                    _ => scenario(&file, &self.overrides, cx)?,
                };
                if self.format == Format::Text {
                    checked.show(cx);
                }
                all.push(checked);
            }
        }
        if all.is_empty() {
            return Err(Failure::Usage("there is no scenario and no plan here".to_owned()));
        }
        let valid = all.iter().all(|checked| checked.valid);
        if self.format == Format::Json {
            let text = serde_json::to_string_pretty(&json!({ "valid": valid, "files": all }));
            cx.console.result(&(text.map_err(|error| Failure::Failed(error.to_string()))? + "\n"));
        }
        // Each was reported where it was found.
        if valid { Ok(()) } else { Err(Failure::Invalid(String::new())) }
    }
}

impl Checked {
    fn wrong(file: &Path, wrong: &Diagnostics) -> Self {
        Self {
            file: file.display().to_string(),
            valid: false,
            about: None,
            problems: wrong.located(),
            shown: format!("{}\n", wrong.render(true)),
            notes: Vec::new(),
            more: String::new(),
        }
    }

    fn right(file: &Path, about: String, notes: Vec<String>, more: String) -> Self {
        let file = file.display().to_string();
        Self {
            file,
            valid: true,
            about: Some(about),
            problems: Vec::new(),
            shown: String::new(),
            notes,
            more,
        }
    }

    fn show(&self, cx: &Context<'_>) {
        match &self.about {
            Some(about) if !cx.console.is_quiet() => cx.console.result(&format!("{}: {about}\n", self.file)),
            Some(_) => {}
            None => cx.console.raw_error(&self.shown),
        }
        self.notes.iter().for_each(|note| cx.console.note(&format!("{}: note: {note}", self.file)));
        if cx.console.is_verbose() {
            cx.console.result(&self.more);
        }
    }
}

fn scenario(file: &Path, overrides: &Overrides, cx: &Context<'_>) -> Result<Checked, Failure> {
    let loaded = match open(file, overrides, cx) {
        Ok(loaded) => loaded,
        Err(NotLoaded::Wrong(wrong)) => return Ok(Checked::wrong(file, &wrong)),
        Err(NotLoaded::Failed(failure)) => return Err(failure),
    };
    Ok(match prepare(&loaded.scenario, cx.registry.lab()) {
        Err(complaint) => Checked::wrong(file, &loaded.locate(&complaint)),
        Ok(setup) => {
            let more = format!(
                "{}\n{}",
                cost_ahead(&loaded.scenario, &setup, cx),
                loaded.scenario.to_resolved_toml()
            );
            let about = describe(&loaded.scenario, &setup);
            Checked::right(file, about, setup.notes, more)
        }
    })
}

/// Checks a plan and the scenario of every cell.
fn plan(file: &Path, (what, read): (&str, Result<SweepPlan, Diagnostics>), cx: &Context<'_>) -> Checked {
    let plan = match read {
        Ok(plan) => plan,
        Err(wrong) => return Checked::wrong(file, &wrong),
    };
    let rule = Rule { runs: plan.runs, until_ci: None, max_runs: plan.runs };
    match Index::of(&plan, rule, cx.registry.lab()) {
        Err(Wrong::Scenario(wrong)) => Checked::wrong(file, &wrong),
        Err(Wrong::Cells(why)) => {
            let shown = file.display().to_string();
            Checked::wrong(file, &Diagnostics::of_file(&shown, why, String::new()))
        }
        Ok((index, _)) => {
            let cells = plural(index.cells.len(), "cell");
            let runs = plural(index.cells.len() * plan.runs as usize, "run");
            let about = format!("ok: a {what} plan: {cells}, {runs} of {}", plan.scenario.display());
            Checked::right(file, about, Vec::new(), String::new())
        }
    }
}

/// The contents of a run in one line.
pub(super) fn describe(scenario: &Scenario, setup: &Setup) -> String {
    let plan = &setup.plan;
    let lives: usize = plan.lives.iter().map(|lives| lives.len()).sum();
    format!(
        "ok: {} slots, {lives} incarnations, {} messages, {} faults, {} simulated, overlay {}, broadcast {}",
        plan.slots(),
        plan.publishes.len(),
        plan.faults.len(),
        scenario.duration,
        scenario.overlay.key,
        scenario.broadcast.key,
    )
}

/// A rough guess of what a run would take, from its plan alone.
pub(super) fn cost_ahead(scenario: &Scenario, setup: &Setup, cx: &Context<'_>) -> String {
    // A flood sends about (degree - 1) packets per node and message; with a target degree d, overlays
    // settle a little above it.
    let degree = setup.measure.target_degree.map_or(6.0, |degree| f64::from(degree) * 1.3);
    let nodes = f64::from(setup.plan.slots());
    let packets = setup.plan.publishes.len() as f64 * nodes * (degree - 1.0).max(1.0);
    let need = need_of(scenario, setup.plan.slots(), cx.registry.lab());
    let need = need.map_or_else(|_| "?".to_owned(), |need| bytes(need.bytes()));
    let there =
        available().map_or_else(String::new, |of| format!(", where {} {}", of.by.words(), bytes(of.bytes)));
    format!(
        "about {:.1} million packets for the messages if they flood, and about {need} of memory{there}",
        packets / 1e6,
    )
}
