//! A run that is stored, and running it again.

use std::num::NonZeroUsize;
use std::path::Path;

use super::command_trait::Context;
use super::failure::Failure;
use super::files::Loaded;
use super::progress::Watcher;
use crate::registry::Registry;
use floodnet_lab::run::Finished;
use floodnet_lab::run::folder::{RESOLVED, read_manifest, run_name};
use floodnet_lab::run::manifest::Manifest;
use floodnet_lab::simulate::{prepare, simulate};
use floodnet_measure::Results;
use floodnet_scenario::build::Setup;
use floodnet_text::format::plural;

/// Manifest and scenario of the run in a folder.
pub(super) fn open(folder: &Path, registry: &Registry) -> Result<(Manifest, Loaded), Failure> {
    open_with(folder, Vec::new(), registry)
}

/// As [`open`], with the values of `set` in the scenario.
pub(super) fn open_with(
    folder: &Path,
    set: Vec<(String, String)>,
    registry: &Registry,
) -> Result<(Manifest, Loaded), Failure> {
    let manifest = read_manifest(folder).map_err(Failure::Failed)?;
    if let Some(runs) = manifest.runs {
        return Err(Failure::Usage(format!(
            "{} has {runs} runs: name the folder of one of them, e.g. {}",
            folder.display(),
            folder.join(run_name(0)).display()
        )));
    }
    manifest.repeats().map_err(Failure::Usage)?;
    let loaded = Loaded::read(&folder.join(RESOLVED), set, registry)?;
    Ok((manifest, loaded))
}

/// Prepares the run, and checks that it has the messages and the nodes that are asked for.
pub(super) fn with(
    loaded: &Loaded,
    messages: &[u32],
    nodes: &[u32],
    registry: &Registry,
) -> Result<Setup, Failure> {
    let setup = prepare(&loaded.scenario, registry.lab()).map_err(|error| loaded.complain(&error))?;
    for (asked, noun, has) in
        [(messages, "message", setup.plan.publishes.len()), (nodes, "node", setup.plan.lives.len())]
    {
        if let Some(number) = asked.iter().find(|number| **number as usize >= has) {
            return Err(Failure::Usage(format!(
                "no {noun} {number}: the run has {}, numbered from 0",
                plural(has, noun)
            )));
        }
    }
    Ok(setup)
}

/// Runs it again, to its end, and checks that it is the run that is stored. What would come of a part of it, such as
/// `nothing was drawn`, is told when the user stops it.
pub(super) fn again(
    manifest: &Manifest,
    loaded: &Loaded,
    of_a_part: &str,
    cx: &Context<'_>,
) -> Result<(Setup, Results), Failure> {
    let scenario = &loaded.scenario;
    let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
    let watch = &mut |progress| watcher.watch(progress);
    let ran = simulate(scenario, cx.registry.lab(), NonZeroUsize::MIN, watch);
    watcher.finish();
    let ran = ran.map_err(|error| loaded.complain(&error))?;
    // What comes of a part of the run, or of another run, must not lie beside the stored figures.
    match ran.finished {
        Some(Finished { results, .. }) if results.summary.complete => {
            same_digest(manifest, &results.summary.digest)?;
            Ok((ran.setup, results))
        }
        _ => {
            cx.console.note(&format!("  interrupted: {of_a_part}"));
            Err(Failure::Interrupted)
        }
    }
}

/// Checks that a run that was made again is the run stored.
pub(super) fn same_digest(manifest: &Manifest, digest: &str) -> Result<(), Failure> {
    // An interrupted run has a digest of its own, which running to the end does not give.
    if !manifest.complete || manifest.digest == digest {
        return Ok(());
    }
    Err(Failure::Determinism(format!(
        "the stored digest is {}, but running it again gives {digest}; it was made by version {} ({}), this is {} ({})",
        manifest.digest,
        manifest.version,
        manifest.git,
        env!("CARGO_PKG_VERSION"),
        env!("FLOODNET_GIT"),
    )))
}
