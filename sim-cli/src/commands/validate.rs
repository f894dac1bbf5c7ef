//! `sim-cli validate`

use std::path::PathBuf;

use clap::Parser;

use super::args::Overrides;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::load;
use floodnet_lab::run::prepare;
use floodnet_scenario::Scenario;
use floodnet_scenario::build::Setup;

/// Check scenarios without running them
#[derive(Parser, Debug)]
pub(super) struct ValidateArgs {
    /// Scenario files
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) overrides: Overrides,
}

impl Command for ValidateArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut failed = None;
        for file in &self.files {
            let checked = load(file, &self.overrides, cx).and_then(|loaded| {
                let setup =
                    prepare(&loaded.scenario, cx.registry.lab()).map_err(|error| loaded.complain(&error))?;
                Ok((loaded.scenario, setup))
            });
            match checked {
                Ok((scenario, setup)) => {
                    if !cx.console.is_quiet() {
                        cx.console.result(&format!("{}: {}\n", file.display(), describe(&scenario, &setup)));
                    }
                    for note in &setup.notes {
                        cx.console.note(&format!("{}: note: {note}", file.display()));
                    }
                    if cx.console.is_verbose() {
                        cx.console.result(&format!(
                            "{}\n{}",
                            cost_ahead(&setup),
                            scenario.to_resolved_toml()
                        ));
                    }
                }
                // Continues, so that one call shows the errors of every file.
                Err(Failure::Invalid(rendered)) => {
                    cx.console.raw_error(&rendered);
                    failed = Some(Failure::Invalid(String::new()));
                }
                Err(other) => return Err(other),
            }
        }
        failed.map_or(Ok(()), Err)
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
pub(super) fn cost_ahead(setup: &Setup) -> String {
    // A flood sends about (degree - 1) packets per node and message; with a target degree d, overlays
    // settle a little above it.
    let degree = setup.measure.target_degree.map_or(6.0, |degree| f64::from(degree) * 1.3);
    let nodes = f64::from(setup.plan.slots());
    let packets = setup.plan.publishes.len() as f64 * nodes * (degree - 1.0).max(1.0);
    format!(
        "about {:.1} million packets for the messages if they flood, and about {:.0} MB of memory",
        packets / 1e6,
        (nodes * 1_500.0 + setup.plan.publishes.len() as f64 * nodes * 20.0) / 1e6
    )
}
