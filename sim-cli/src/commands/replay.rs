//! `sim-cli replay`: a run is its scenario and seed, so it can be looked into at any time by running it again.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use floodnet_core::time::Time;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::progress::Watcher;
use super::verify::{hold_against, open};
use crate::registry::Registry;
use floodnet_lab::run::folder::Whole;
use floodnet_lab::run::prepare;
use floodnet_lab::trace::jsonl::{FORM, Head, write_head, write_record};
use floodnet_lab::trace::perfetto::{MOST_RECORDS, Perfetto};
use floodnet_lab::trace::record::Record;
use floodnet_lab::trace::{Follow, Followed, Shown, follow};
use floodnet_measure::seconds;
use floodnet_text::format::{count, plural};
use floodnet_text::units::Duration;

/// Trace formats; docs/trace.md describes them.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceFormat {
    /// A line of JSON for each step
    Jsonl,
    /// For ui.perfetto.dev and chrome://tracing
    Perfetto,
}

/// Repeat a finished run: stop at any time, show nodes, write a trace of every step
#[derive(Parser, Debug)]
pub(super) struct ReplayArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Stop at this time, e.g. 2min: every input before it is handled, none after [default: the end]
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Duration>,
    /// Show this node's neighbors, last inputs and state; with --trace, write only its steps (may be repeated)
    #[arg(long, value_name = "N")]
    pub(super) node: Vec<u32>,
    /// Number of last inputs to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) last: usize,
    /// Write every step to this file
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Format of that file [default: perfetto if the name ends with .perfetto.json, else jsonl]
    #[arg(long, value_enum, requires = "trace")]
    pub(super) trace_format: Option<TraceFormat>,
}

impl Command for ReplayArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let (manifest, loaded) = open(&self.run, cx.registry)?;
        let nodes = slots(self, &loaded, cx.registry)?;
        // First the whole run again: what is shown below is worth nothing if it differs from what is stored.
        let digest = if manifest.complete {
            hold_against(&self.run, &manifest, &loaded, cx)?
        } else {
            cx.console.note("  the run was interrupted, so its digest is not checked");
            "none".to_owned()
        };
        let end = loaded.scenario.duration.after_start();
        let until = self.until.map_or(end, |until| until.after_start());
        let mut trace = match &self.trace {
            Some(path) => {
                let head = Head {
                    floodnet_trace: FORM,
                    scenario: &loaded.scenario.name,
                    seed: loaded.scenario.seed,
                    digest: &digest,
                    nodes,
                    until_ns: until.as_nanos(),
                };
                Some(Trace::begin(path, self.trace_format, &head).map_err(|error| unwritable(path, &error))?)
            }
            None => None,
        };
        let mut lately = Lately { inputs: BTreeMap::new(), most: self.last };
        let followed = run_until(self, until, &loaded, cx, &mut |record| {
            lately.take(record, &self.node);
            trace.as_mut().map_or(Ok(()), |trace| trace.put(record))
        })?;
        cx.console.result(&format!(
            "{}  seed {} · digest {digest}{} · stopped at {} s with {} of {} up\n",
            loaded.scenario.name,
            loaded.scenario.seed,
            if manifest.complete { ", as stored" } else { "" },
            seconds(until),
            count(u64::from(followed.up)),
            plural(nodes as usize, "node"),
        ));
        for shown in &followed.shown {
            cx.console.result(&show(shown, until, &lately));
        }
        if let (Some(trace), Some(path)) = (trace, &self.trace) {
            let written = trace.end(until).map_err(|error| unwritable(path, &error))?;
            cx.console.note(&format!("  trace  {}: {}", path.display(), plural(written as usize, "step")));
        }
        Ok(())
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot write {}: {error}", path.display()))
}

/// The number of slots of the run; checks that the nodes and the time asked for exist.
fn slots(args: &ReplayArgs, loaded: &Loaded, registry: &Registry) -> Result<u32, Failure> {
    let end = loaded.scenario.duration;
    if let Some(until) = args.until.filter(|until| until.after_start() > end.after_start()) {
        return Err(Failure::Usage(format!("--until {until} is after the end of the run, {end}")));
    }
    let setup = prepare(&loaded.scenario, registry.lab()).map_err(|error| loaded.complain(&error))?;
    let slots = setup.plan.slots();
    match args.node.iter().find(|node| **node >= slots) {
        Some(node) => Err(Failure::Usage(format!(
            "no node {node}: the run has {}, numbered from 0",
            plural(slots as usize, "node")
        ))),
        None => Ok(slots),
    }
}

/// Runs up to `until` and hands over each step that is wanted.
fn run_until(
    args: &ReplayArgs,
    until: Time,
    loaded: &Loaded,
    cx: &Context<'_>,
    take: &mut dyn FnMut(&Record) -> io::Result<()>,
) -> Result<Followed, Failure> {
    let mut only = args.node.clone();
    only.sort_unstable();
    only.dedup();
    // A trace for which no node is named holds the steps of all; otherwise those of the others need not be kept.
    let all = args.trace.is_some() && only.is_empty();
    let how =
        Follow { until: Some(until), show: only.clone(), only: (!all).then_some(only), ..Follow::default() };
    let mut failed = None;
    let mut sink = |_: Time, records: Vec<Record>| {
        failed = records.iter().find_map(|record| take(record).err());
        failed.is_none()
    };
    let mut watcher = Watcher::new(until, cx.console);
    let watch = &mut |progress| watcher.watch(progress);
    let followed = follow(&loaded.scenario, cx.registry.lab(), &how, &mut sink, watch);
    watcher.finish();
    let followed = followed.map_err(|error| loaded.complain(&error))?;
    match (failed, &args.trace) {
        (Some(error), Some(path)) => Err(unwritable(path, &error)),
        _ if !followed.complete => {
            cx.console.note("  interrupted: nothing is shown of a part");
            Err(Failure::Interrupted)
        }
        _ => Ok(followed),
    }
}

/// The last inputs of some nodes, each with its effects.
struct Lately {
    inputs: BTreeMap<u32, VecDeque<(Record, Vec<Record>)>>,
    most: usize,
}

impl Lately {
    fn take(&mut self, record: &Record, nodes: &[u32]) {
        if self.most == 0 || !nodes.contains(&record.slot) {
            return;
        }
        let inputs = self.inputs.entry(record.slot).or_default();
        if record.what.is_input() {
            if inputs.len() == self.most {
                inputs.pop_front();
            }
            inputs.push_back((record.clone(), Vec::new()));
        } else if let Some((_, came)) = inputs.back_mut() {
            came.push(record.clone());
        }
    }
}

fn show(shown: &Shown, until: Time, lately: &Lately) -> String {
    let list = |peers: &[u32]| match peers {
        [] => "none".to_owned(),
        peers => peers.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
    };
    let mut text = format!("\nnode {} at {} s\n", shown.slot, seconds(until));
    match &shown.holds {
        Some(holds) => text.push_str(&format!("  neighbors  {}\n", list(holds))),
        None => text.push_str("  is down\n"),
    }
    text.push_str(&format!("  held by    {}\n", list(&shown.held_by)));
    // The last inputs, each with its effects below it.
    let inputs = lately.inputs.get(&shown.slot);
    if lately.most > 0 {
        text.push_str(if inputs.is_some() { "  last inputs\n" } else { "  no inputs yet\n" });
    }
    for (input, came) in inputs.into_iter().flatten() {
        text.push_str(&format!("    {:.6} s  {}  {}", seconds(input.at), input.what, input.content));
        text.truncate(text.trim_end().len());
        text.push('\n');
        for record in came {
            text.push_str(&format!("        {}  {}", record.what, record.content));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    if shown.holds.is_some() {
        text.push_str("  state\n");
        shown.state.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// A trace that is being written.
struct Trace {
    form: Form,
    written: u64,
}

enum Form {
    Jsonl(Whole),
    Perfetto(Perfetto<Whole>),
}

impl Trace {
    fn begin(path: &Path, format: Option<TraceFormat>, head: &Head<'_>) -> io::Result<Self> {
        let named = if path.to_string_lossy().ends_with(".perfetto.json") {
            TraceFormat::Perfetto
        } else {
            TraceFormat::Jsonl
        };
        let mut to = Whole::begin(path)?;
        let form = match format.unwrap_or(named) {
            TraceFormat::Jsonl => {
                write_head(&mut to, head)?;
                Form::Jsonl(to)
            }
            TraceFormat::Perfetto => Form::Perfetto(Perfetto::begin(to, head.scenario)?),
        };
        Ok(Self { form, written: 0 })
    }

    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.written += 1;
        match &mut self.form {
            Form::Jsonl(to) => write_record(to, record),
            Form::Perfetto(_) if self.written > MOST_RECORDS => Err(io::Error::other(format!(
                "more than {} steps are too many for a viewer: choose nodes with --node, an earlier --until, \
                 or --trace-format jsonl",
                count(MOST_RECORDS)
            ))),
            Form::Perfetto(to) => to.record(record),
        }
    }

    /// Moves the finished file to its name. Returns the number of steps in it.
    fn end(self, until: Time) -> io::Result<u64> {
        match self.form {
            Form::Jsonl(to) => to.end()?,
            Form::Perfetto(to) => {
                let mut to = to.end(until)?;
                to.flush()?;
                to.end()?;
            }
        }
        Ok(self.written)
    }
}
