//! `sim-cli verify`: a scenario goes the same way however often and on however many threads it is run, and a
//! folder of results holds what its scenario gives.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Parser, value_parser};

use super::args::Overrides;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::{Loaded, load};
use super::progress::Watcher;
use super::stored::open;
use floodnet_lab::run::manifest::Manifest;
use floodnet_lab::verify::folder::{FolderCheck, check};
use floodnet_lab::verify::step::Parting;
use floodnet_lab::verify::{Difference, Verified, Way, verify};
use floodnet_measure::seconds;

/// Run again on one and several threads, and check that every byte is the same
#[derive(Parser, Debug)]
pub(super) struct VerifyArgs {
    /// Scenarios, or folders of runs
    #[arg(required = true, value_name = "SCENARIO")]
    pub(super) targets: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// Thread counts to compare with one thread (e.g. 2,3,7)
    #[arg(short, long, value_name = "N", default_value = "3", value_delimiter = ',', value_parser = value_parser!(u16).range(1..=256))]
    pub(super) jobs: Vec<u16>,
}

impl Command for VerifyArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut failed = None;
        for target in &self.targets {
            cx.console.is_read()?;
            let verified =
                if target.is_dir() { folder(target, self, cx) } else { scenario(target, self, cx) };
            match verified {
                Ok(line) if cx.console.is_quiet() => drop(line),
                Ok(line) => cx.console.result(&format!("{}: {line}\n", target.display())),
                // Go on, so that one call shows what is wrong with each.
                Err(Failure::Determinism(message)) => {
                    cx.console.error(&format!("{}: {message}", target.display()));
                    failed = Some(Failure::Determinism(String::new()));
                }
                Err(other) => return Err(other),
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

fn scenario(file: &Path, args: &VerifyArgs, cx: &Context<'_>) -> Result<String, Failure> {
    let loaded = load(file, &args.overrides, cx)?;
    let jobs: Vec<NonZeroUsize> =
        args.jobs.iter().filter_map(|&jobs| NonZeroUsize::new(usize::from(jobs))).collect();
    let mut watcher = Watcher::new(loaded.scenario.duration.after_start(), cx.console);
    let verified =
        verify(&loaded.scenario, cx.registry.lab(), &jobs, &mut |progress| watcher.watch(progress));
    watcher.finish();
    let Verified { ways, difference, complete } = verified.map_err(|error| loaded.complain(&error))?;
    if !complete {
        cx.console.note("  interrupted: not every run was made, so nothing is known");
        return Err(Failure::Interrupted);
    }
    let names: Vec<String> = ways.iter().map(|(way, _)| way.name()).collect();
    match difference {
        Some(difference) => Err(Failure::Determinism(describe(&ways, &difference))),
        None => {
            let digest = ways.first().map_or("", |(_, digest)| digest);
            Ok(format!("the same on {}: digest {digest}", names.join("; ")))
        }
    }
}

fn describe(ways: &[(Way, String)], difference: &Difference) -> String {
    let names = difference.ways.map(Way::name);
    let names = [names[0].as_str(), names[1].as_str()];
    let width = names[0].len().max(names[1].len());
    let mut text = "the same scenario and seed gave two different runs\n".to_owned();
    for (name, way) in names.iter().zip(difference.ways) {
        let digest = ways.iter().find(|(found, _)| *found == way).map_or("", |(_, digest)| digest);
        text.push_str(&format!("    {name:width$}  digest {digest}\n"));
    }
    match &difference.parting {
        Some(parting) => text.push_str(&show_parting(parting, names)),
        None => {
            text.push_str(
                "  step by step the two runs are the same, so the difference is rare: run verify again\n",
            );
            text.push_str("  differences in their files:\n");
            difference.files.iter().for_each(|file| text.push_str(&file.show(names)));
        }
    }
    text.trim_end().to_owned()
}

fn show_parting(parting: &Parting, names: [&str; 2]) -> String {
    let Parting { at, slot, input, sides, before } = parting;
    let width = names[0].len().max(names[1].len()).max("before".len());
    let at = seconds(*at);
    let mut text = match input {
        Some(_) => {
            format!("  they part at node {slot} at {at} s: it got the same input and acted differently\n")
        }
        None => format!("  they part at node {slot} at {at} s: it got a different input\n"),
    };
    for record in before {
        text.push_str(&format!("    {:width$}  {record}\n", "before"));
    }
    if let Some(input) = input {
        text.push_str(&format!("    {:width$}  {input}\n", "input"));
    }
    for (name, side) in names.iter().zip(sides) {
        let step = side.as_ref().map_or_else(|| "(nothing more)".to_owned(), ToString::to_string);
        text.push_str(&format!("    {name:width$}  {step}\n"));
    }
    text
}

fn folder(folder: &Path, args: &VerifyArgs, cx: &Context<'_>) -> Result<String, Failure> {
    if args.overrides.seed.is_some() || !args.overrides.set.is_empty() {
        return Err(Failure::Usage(format!(
            "{} is a finished run: --seed and --set cannot be used with it",
            folder.display()
        )));
    }
    let (manifest, loaded) = open(folder, cx.registry)?;
    if !manifest.complete {
        return Err(Failure::Failed(format!(
            "{} is an interrupted run: there is no complete one to compare with",
            folder.display()
        )));
    }
    let digest = hold_against(folder, &manifest, &loaded, cx)?;
    Ok(format!("digest and tables as stored: digest {digest}"))
}

/// Repeats the run in a folder, and returns its digest if everything is as stored.
pub(super) fn hold_against(
    folder: &Path,
    manifest: &Manifest,
    loaded: &Loaded,
    cx: &Context<'_>,
) -> Result<String, Failure> {
    let scenario = &loaded.scenario;
    let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
    let jobs = NonZeroUsize::MIN;
    let checked =
        check(folder, manifest, scenario, cx.registry.lab(), jobs, &mut |progress| watcher.watch(progress));
    watcher.finish();
    let FolderCheck { digest, differences, complete } = checked.map_err(|error| loaded.complain(&error))?;
    if !complete {
        cx.console.note("  interrupted: not every run was made, so nothing is known");
        return Err(Failure::Interrupted);
    }
    if differences.is_empty() {
        return Ok(digest);
    }
    // Another version may rightly give other results, so the message names both.
    let mut text = "running it again gives different results than those stored\n".to_owned();
    differences.iter().for_each(|file| text.push_str(&file.show(["stored", "now"])));
    let now = (env!("CARGO_PKG_VERSION"), env!("FLOODNET_GIT"));
    let made = (manifest.version.as_str(), manifest.git.as_str());
    if made == now {
        text.push_str("  the same version made it: the files were changed, or the machine or a protocol is not deterministic");
    } else {
        let [made, now] = [made, now].map(|(version, git)| format!("version {version} ({git})"));
        text.push_str(&format!("  it was made by {made}, this is {now}"));
    }
    Err(Failure::Determinism(text))
}
