//! `sim-cli swarm`

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::console::Console;
use super::files::{Loaded, load, threads};
use super::progress::bar;
use super::{Failure, Overrides};
use crate::registry::Registry;
use floodnet_lab::hunt::{Found as Wrong, Hunt, by_invariant, file};
use floodnet_lab::swarm::campaign::{Campaign, Failure as Found, Tried, UNHEALED_PERMILLE};
use floodnet_lab::swarm::check::{Again, HEAL, check};
use floodnet_lab::swarm::draw::{Drawn, ProtocolChoice, draw};
use floodnet_lab::swarm::violation::Invariant;
use floodnet_lab::swarm::{Violation, seeds};

#[derive(Args, Debug)]
pub(super) struct SwarmArgs {
    /// Keep the protocols of this scenario, and draw all else [default: the built-in protocols, with settings drawn too]
    pub(super) file: Option<PathBuf>,
    /// Check the scenario as it is, and no others
    #[arg(long, requires = "file", conflicts_with_all = ["count", "base", "first"])]
    pub(super) alone: bool,
    /// Print the scenario of this seed, and run none
    #[arg(long, value_name = "SEED", conflicts_with = "alone")]
    pub(super) show: Option<u64>,
    /// How many scenarios
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1_000)]
    pub(super) count: u64,
    /// Seed of the first; the others follow it
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(super) base: u64,
    /// Try the seeds in this file before, one in a line [default: those that failed once]
    #[arg(long, value_name = "FILE")]
    pub(super) first: Option<PathBuf>,
    /// Threads, 0 for one per core; the results are the same for any number
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Folder for the scenarios that fail
    #[arg(short, long, value_name = "DIR", default_value = "swarm-failures")]
    pub(super) out: PathBuf,
}

/// Failures that are told one by one, and written.
const SHOWN: usize = 5;
/// How long each is made smaller.
const SMALLER: Duration = Duration::from_secs(10);
/// Seeds of networks that did not heal that are named.
const SEEDS: usize = 10;

pub(super) fn execute(args: &SwarmArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let plain = Overrides { seed: None, set: Vec::new() };
    let loaded = args.file.as_ref().map(|file| load(file, &plain, registry, console)).transpose()?;
    if let (true, Some(loaded)) = (args.alone, &loaded) {
        return alone(loaded, registry, console);
    }
    let protocols = loaded.map_or(ProtocolChoice::Builtin, |loaded| ProtocolChoice::Given {
        overlay: loaded.scenario.overlay,
        broadcast: loaded.scenario.broadcast,
    });
    if let Some(seed) = args.show {
        console.result(&draw(seed, &protocols).text);
        return Ok(());
    }
    let campaign = Campaign {
        first: match &args.first {
            Some(file) => read_seeds(file)?,
            None => seeds::kept(),
        },
        base: args.base,
        count: args.count,
        choice: protocols,
    };
    let began = Instant::now();
    let bar = bar(Some(campaign.len()), "  {bar:32.cyan/dim} {pos} of {len}  {msg}  eta {eta}", console);
    let tried = campaign.run(registry.lab(), threads(args.jobs), |tried| {
        bar.set_position(tried.scenarios);
        bar.set_message(match tried.failures.len() {
            0 => String::new(),
            failures => format!("{failures} failed"),
        });
        true
    });
    bar.finish_and_clear();
    let tried = tried.map_err(Failure::Failed)?;
    console.result(&report(&tried, began.elapsed(), args.base));
    if tried.is_sound() {
        return Ok(());
    }
    console.note("  making the scenarios that failed small ..");
    let written = Writer { campaign: &campaign, registry, jobs: threads(args.jobs), folder: &args.out }
        .write(&tried)?;
    for path in &written {
        console.note(&format!("  again    sim-cli swarm --alone {}", path.display()));
    }
    Err(failure(tried.failures.first().map(|found| &found.violation)))
}

/// What a breach means to the caller of the program.
fn failure(violation: Option<&Violation>) -> Failure {
    match violation {
        Some(violation) if violation.invariant == Invariant::SameDigest => {
            Failure::Determinism(violation.to_string())
        }
        _ => Failure::Expectation,
    }
}

/// Checks one scenario as it is, by every engine.
fn alone(loaded: &Loaded, registry: &Registry, console: &Console) -> Result<(), Failure> {
    for again in Again::ALL {
        let checked =
            check(&loaded.scenario, registry.lab(), again).map_err(|error| loaded.complain(&error))?;
        if let Some(violation) = checked.violation {
            console.error(&format!("{}: {violation}", loaded.scenario.name));
            return Err(failure(Some(&violation)));
        }
        if checked.healed == Some(false) && again == Again::Not {
            console.note(&format!(
                "{}: not one component {HEAL} after the last trouble; that is promised with high probability only",
                loaded.scenario.name
            ));
        }
    }
    console.result(&format!("{}: every invariant holds\n", loaded.scenario.name));
    Ok(())
}

fn read_seeds(file: &Path) -> Result<Vec<u64>, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    seeds::parse(&text).map_err(|why| Failure::Usage(format!("{}: {why}", file.display())))
}

/// What came of it, for people.
fn report(tried: &Tried, took: Duration, base: u64) -> String {
    let hours = tried.simulated.as_nanos() as f64 / 3.6e12;
    let mut text = format!(
        "swarm  {} scenarios from seed {base} · {hours:.1} h simulated · {:.1} M inputs · {:.1} s\n\n",
        tried.scenarios,
        tried.inputs as f64 / 1e6,
        took.as_secs_f64(),
    );
    for &invariant in Invariant::ALL {
        let broken = tried.failures.iter().filter(|found| found.violation.invariant == invariant).count();
        let verdict = match broken {
            0 if invariant == Invariant::OnePiece => continue,
            0 => "holds".to_owned(),
            broken => format!("BREAKS in {broken}"),
        };
        let _ = writeln!(text, "  {:<4} {:<60} {verdict}", invariant.code(), invariant.says());
    }
    let healed = tried.promised_to_heal - tried.unhealed.len() as u64;
    let verdict = match tried.too_many_unhealed {
        None => format!("{healed} of {}", tried.promised_to_heal),
        Some(_) => format!("BREAKS: {healed} of {}", tried.promised_to_heal),
    };
    let says = Invariant::OnePiece.says();
    let _ = writeln!(text, "  {:<4} {says:<60} {verdict}", Invariant::OnePiece.code());
    let _ = writeln!(
        text,
        "\n  One component within {HEAL} is promised with high probability: at least {} of 1,000.",
        1_000 - UNHEALED_PERMILLE
    );
    if !tried.unhealed.is_empty() {
        let seeds: Vec<String> = tried.unhealed.iter().take(SEEDS).map(u64::to_string).collect();
        let more = if tried.unhealed.len() > SEEDS { ", .." } else { "" };
        let _ = writeln!(text, "  Not so with the seeds {}{more}.", seeds.join(", "));
    }
    if let Some((feature, times)) = tried.features.iter().min_by_key(|(_, times)| **times) {
        let count = tried.features.len();
        let _ = writeln!(text, "  {count} features; the rarest, {feature}, was on in {times} scenarios.");
    }
    for Found { seed, before, violation } in tried.failures.iter().take(SHOWN) {
        let _ = writeln!(text, "\n  seed {seed}, after {before} others: {violation}");
    }
    text
}

/// Writes the scenarios that failed, as small as they get.
struct Writer<'a> {
    campaign: &'a Campaign,
    registry: &'a Registry,
    jobs: NonZeroUsize,
    folder: &'a Path,
}

impl Writer<'_> {
    fn write(&self, tried: &Tried) -> Result<Vec<PathBuf>, Failure> {
        fs::create_dir_all(self.folder)?;
        let mut written = Vec::new();
        for Found { seed, violation, .. } in tried.failures.iter().take(SHOWN) {
            let text = self.small(*seed, violation).unwrap_or_else(|| self.drawn(*seed).text);
            written.push(self.put(*seed, &violation.to_string(), &text)?);
        }
        let unhealed = tried.unhealed.iter().filter(|_| tried.too_many_unhealed.is_some());
        for &seed in unhealed.take(SHOWN) {
            written.push(self.put(seed, "not one component", &self.drawn(seed).text)?);
        }
        Ok(written)
    }

    fn drawn(&self, seed: u64) -> Drawn {
        draw(seed, &self.campaign.choice)
    }

    /// The smallest scenario that breaks the same invariant, as far as one comes soon.
    fn small(&self, seed: u64, violation: &Violation) -> Option<String> {
        let tables = self.registry.tables();
        let scenario = self.drawn(seed).scenario(tables).ok()?;
        let judge = by_invariant(violation.invariant, self.registry.lab());
        let hunt = Hunt::new(self.registry.lab(), &judge, self.jobs, SMALLER, &|| false);
        let found = hunt.shrink(Wrong { scenario, what: violation.to_string() }, |_| ());
        Some(format!("# Made small: {}\n{}", found.what, file::short(&found.scenario, tables)))
    }

    fn put(&self, seed: u64, why: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(format!("swarm-{seed}.toml"));
        let head = format!(
            "# Seed {seed} of the swarm test: {why}\n# Check it again with: sim-cli swarm --alone {}\n",
            path.display()
        );
        fs::write(&path, head + text)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_of_determinism_has_its_own_exit_code() {
        let at = floodnet_core::time::Time::from_secs(1);
        let breach = |invariant| Violation { invariant, at, slot: Some(3), what: "so it is".to_owned() };
        assert_eq!(failure(Some(&breach(Invariant::SameDigest))).code(), 4);
        assert_eq!(failure(Some(&breach(Invariant::Once))).code(), 3);
        assert_eq!(breach(Invariant::Once).to_string(), "I1 at 1.000000 s, slot 3: so it is");
    }
}
