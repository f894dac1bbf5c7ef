//! `sim-cli swarm`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;

use super::args::Overrides;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::{Loaded, load, threads};
use super::progress::{UntilInterrupt, bar};
use crate::registry::Registry;
use floodnet_lab::check::{Again, HEAL, Invariant, Violation};
use floodnet_lab::hunt::{Cause, Found as Wrong, Hunt, by_invariant, file};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::simulate::check;
use floodnet_lab::swarm::campaign::{Campaign, Failure as Found, Tried, UNHEALED_PERMILLE};
use floodnet_lab::swarm::draw::{Drawn, ProtocolChoice, draw};
use floodnet_lab::swarm::seeds;
use floodnet_text::format::plural;

/// Fuzz: run random scenarios and check invariants
#[derive(Parser, Debug)]
pub(super) struct SwarmArgs {
    /// Use the protocols of this scenario and randomize everything else [default: the built-in protocols with random
    /// settings]
    pub(super) file: Option<PathBuf>,
    /// Check only this scenario, unchanged
    #[arg(long, requires = "file", conflicts_with_all = ["count", "base", "first"])]
    pub(super) alone: bool,
    /// Print the scenario of this seed without running it
    #[arg(long, value_name = "SEED", conflicts_with = "alone")]
    pub(super) show: Option<u64>,
    /// Number of scenarios in all, those tried first among them
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1_000)]
    pub(super) count: u64,
    /// Seed of the first scenario; the others count up from it [default: seeds that failed before, then from 0]
    #[arg(long, value_name = "SEED")]
    pub(super) base: Option<u64>,
    /// Try the seeds in this file first, one per line [default: seeds that failed before, unless --base is given]
    #[arg(long, value_name = "FILE")]
    pub(super) first: Option<PathBuf>,
    /// End earlier, once N scenarios in a row bring no new pair of a kind of fault and another feature, or a
    /// state of the protocol
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with_all = ["alone", "show"])]
    pub(super) until_quiet: Option<u64>,
    /// Number of threads (0: one per core); the results do not depend on it
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Folder for the scenarios that fail
    #[arg(short, long, value_name = "DIR", default_value = "swarm-failures")]
    pub(super) out: PathBuf,
}

/// At most this many failures are shown one by one, and written.
const SHOWN: usize = 5;
/// Time limit for shrinking each of them.
const SMALLER: Duration = Duration::from_secs(10);
/// At most this many seeds of networks that did not heal are shown.
const SEEDS: usize = 10;

impl Command for SwarmArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let loaded = self.file.as_ref().map(|file| load(file, &Overrides::default(), cx)).transpose()?;
        if let (true, Some(loaded)) = (self.alone, &loaded) {
            return alone(loaded, cx);
        }
        let protocols = loaded.map_or(ProtocolChoice::Builtin, |loaded| ProtocolChoice::Given {
            overlay: loaded.scenario.overlay,
            broadcast: loaded.scenario.broadcast,
        });
        if let Some(seed) = self.show {
            cx.console.result(&draw(seed, &protocols).text);
            return Ok(());
        }
        let first = match &self.first {
            Some(file) => read_seeds(file)?,
            // Seeds that once found an error are tried again before new ones. Who names a range gets that range.
            None if self.base.is_none() => seeds::kept(),
            None => Vec::new(),
        };
        let campaign = Campaign::new(&first, self.base.unwrap_or(0), self.count, protocols);
        let tried = self.run(&campaign, cx)?;
        if tried.is_sound() {
            return Ok(());
        }
        cx.console.note("  shrinking the scenarios that failed ...");
        let jobs = threads(self.jobs);
        let writer = Writer { campaign: &campaign, registry: cx.registry, jobs, folder: &self.out };
        for path in &writer.write(&tried)? {
            cx.console.note(&format!("  again    sim-cli swarm --alone {}", path.display()));
        }
        Err(failure(tried.failures.first().map(|found| &found.violation)))
    }
}

impl SwarmArgs {
    /// Checks every scenario of the campaign, shows the progress and prints the report.
    fn run(&self, campaign: &Campaign, cx: &Context<'_>) -> Result<Tried, Failure> {
        let began = Instant::now();
        let bar =
            bar(Some(campaign.len()), "  {bar:32.cyan/dim} {pos} of {len}  {msg}  eta {eta}", cx.console);
        let until = UntilInterrupt::new();
        let tried = campaign.run(cx.registry.lab(), threads(self.jobs), |tried| {
            bar.set_position(tried.scenarios);
            bar.set_message(match tried.failures.len() {
                0 => String::new(),
                failures => format!("{failures} failed"),
            });
            !until.is_interrupted() && !self.until_quiet.is_some_and(|count| tried.is_quiet(count))
        });
        bar.finish_and_clear();
        let tried = tried.map_err(Failure::Failed)?;
        cx.console.result(&report(&tried, began.elapsed(), campaign));
        if tried.scenarios < campaign.len() && until.is_interrupted() {
            let (tried, all) = (tried.scenarios, campaign.len());
            cx.console.note(&format!("  interrupted: {tried} of {all} scenarios were tried"));
            return Err(Failure::Interrupted);
        }
        Ok(tried)
    }
}

/// The exit code for a broken invariant.
fn failure(violation: Option<&Violation>) -> Failure {
    match violation {
        Some(violation) if violation.invariant == Invariant::SameDigest => {
            Failure::Determinism(violation.to_string())
        }
        _ => Failure::Expectation,
    }
}

/// Checks one scenario unchanged, with every engine.
fn alone(loaded: &Loaded, cx: &Context<'_>) -> Result<(), Failure> {
    for again in Again::ALL {
        let checked =
            check(&loaded.scenario, cx.registry.lab(), again).map_err(|error| loaded.complain(&error))?;
        if let Some(violation) = checked.violation {
            cx.console.error(&format!("{}: {violation}", loaded.scenario.name));
            return Err(failure(Some(&violation)));
        }
        if checked.healed == Some(false) && again == Again::Not {
            cx.console.note(&format!(
                "{}: not one component {HEAL} after the last fault; this is promised only with high probability",
                loaded.scenario.name
            ));
        }
    }
    cx.console.result(&format!("{}: every invariant holds\n", loaded.scenario.name));
    Ok(())
}

fn read_seeds(file: &Path) -> Result<Vec<u64>, Failure> {
    let opened = floodnet_sim::read::open(file)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    seeds::parse(opened).map_err(|error| Failure::Usage(error.of(file.display())))
}

/// The report for people.
fn report(tried: &Tried, took: Duration, campaign: &Campaign) -> String {
    let hours = tried.simulated.as_nanos() as f64 / 3.6e12;
    let first = match campaign.known().min(tried.scenarios) {
        0 => format!("from seed {}", campaign.base),
        known => format!("({known} seeds that come first, then from seed {})", campaign.base),
    };
    let mut text = format!(
        "swarm  {} scenarios {first} · {hours:.1} h simulated · {:.1} M inputs · {:.1} s\n\n",
        tried.scenarios,
        tried.inputs as f64 / 1e6,
        took.as_secs_f64(),
    );
    for &invariant in Invariant::ALL {
        let broken = tried.failures.iter().filter(|found| found.violation.invariant == invariant).count();
        let verdict = match broken {
            0 if invariant == Invariant::OnePiece => continue,
            0 => "holds".to_owned(),
            broken => format!("BROKEN in {broken}"),
        };
        let _ = writeln!(text, "  {:<4} {:<60} {verdict}", invariant.code(), invariant.says());
    }
    // Healing is promised with high probability only, so it is counted apart from the invariants above.
    let healed = tried.promised_to_heal - tried.unhealed.len() as u64;
    let verdict = match tried.too_many_unhealed {
        None => format!("{healed} of {}", tried.promised_to_heal),
        Some(_) => format!("BROKEN: {healed} of {}", tried.promised_to_heal),
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
        let more = if tried.unhealed.len() > SEEDS { ", ..." } else { "" };
        let _ = writeln!(text, "  Not healed with seeds {}{more}.", seeds.join(", "));
    }
    if let Some((feature, times)) = tried.features.iter().min_by_key(|(_, times)| **times) {
        let count = tried.features.len();
        let scenarios = plural(usize::try_from(*times).unwrap_or(usize::MAX), "scenario");
        let _ = writeln!(text, "  {count} features; the rarest, {feature}, was on in {scenarios}.");
    }
    text.push_str(&pairs(tried));
    text.push_str(&states(tried));
    for Found { seed, before, violation } in tried.failures.iter().take(SHOWN) {
        let _ = writeln!(text, "\n  seed {seed}, after {before} others: {violation}");
    }
    text
}

/// Which kinds of faults met which other features.
fn pairs(tried: &Tried) -> String {
    let never = tried.never_met();
    let (met, all) = (tried.met.len(), tried.met.len() + never.len());
    if all == 0 {
        return String::new();
    }
    let mut text = format!(
        "  {met} of {all} pairs of a kind of fault and another feature met, the last new one in scenario {}.\n",
        tried.last_new
    );
    if !never.is_empty() {
        let some: Vec<String> =
            never.iter().take(SEEDS).map(|(fault, other)| format!("{fault} and {other}")).collect();
        let more = if never.len() > SEEDS { ", ..." } else { "" };
        let _ = writeln!(text, "  Never met: {}{more}.", some.join(", "));
    }
    text
}

/// In which states of the protocols faults met nodes.
fn states(tried: &Tried) -> String {
    let never = tried.states_never_met();
    let (met, all) = (tried.met_states.len(), tried.met_states.len() + never.len());
    if all == 0 {
        return String::new();
    }
    let kinds: BTreeSet<&str> = tried.met_states.iter().map(|(kind, _)| *kind).collect();
    let states = tried.states.iter().copied().collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "  {} of faults met nodes that were {states}: {met} of {all} pairs.\n",
        plural(kinds.len(), "kind")
    );
    if !never.is_empty() {
        let some: Vec<String> = never.iter().map(|(fault, state)| format!("{fault} and {state}")).collect();
        let _ = writeln!(text, "  No run ever met: {}.", some.join(", "));
    }
    text
}

/// Writes the scenarios that failed, shrunk.
struct Writer<'a> {
    campaign: &'a Campaign,
    registry: &'a Registry,
    jobs: NonZeroUsize,
    folder: &'a Path,
}

impl Writer<'_> {
    fn write(&self, tried: &Tried) -> Result<Vec<PathBuf>, Failure> {
        let failed = |error| Failure::Failed(format!("cannot write to {}: {error}", self.folder.display()));
        fs::create_dir_all(self.folder).map_err(failed)?;
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

    /// A small scenario that breaks the same invariant, if one is found in time.
    fn small(&self, seed: u64, violation: &Violation) -> Option<String> {
        let tables = self.registry.tables();
        let scenario = self.drawn(seed).scenario(tables).ok()?;
        let judge = by_invariant(violation.invariant, self.registry.lab());
        let hunt = Hunt::new(self.registry.lab(), &judge, self.jobs, SMALLER, &|| false);
        let found = hunt.shrink(Wrong { scenario, what: violation.to_string() }, &Cause::default(), |_| ());
        Some(format!("# Shrunk: {}\n{}", found.what, file::short(&found.scenario, tables)))
    }

    fn put(&self, seed: u64, why: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(format!("swarm-{seed}.toml"));
        let head = format!(
            "# Seed {seed} of the swarm test: {why}\n# Check it again with: sim-cli swarm --alone {}\n",
            path.display()
        );
        write_whole(&path, head + text).map_err(|error| Failure::unwritable(&path, &error))?;
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
