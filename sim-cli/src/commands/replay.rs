//! `sim-cli replay`: a run is its scenario and seed, so it can be looked into at any time by running it again.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use floodnet_core::time::Time;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::progress::Watcher;
use super::stored::{open, with};
use super::verify::hold_against;
use crate::registry::Registry;
use floodnet_lab::run::folder::Whole;
use floodnet_lab::simulate::follow;
use floodnet_lab::trace::filter::Filter;
use floodnet_lab::trace::jsonl::{FORM, Head, KINDS, write_head, write_record};
use floodnet_lab::trace::perfetto::{MOST_RECORDS, Perfetto};
use floodnet_lab::trace::record::Record;
use floodnet_lab::trace::{Follow, Followed, Shown};
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
    /// Only steps from this time on
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<Duration>,
    /// Only steps about this message, by its number in messages.csv
    #[arg(long, value_name = "N")]
    pub(super) message: Option<u32>,
    /// Only steps of this kind, e.g. delivered (may be repeated)
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS), hide_possible_values = true)]
    pub(super) kind: Vec<String>,
    /// Show this node's neighbors, last inputs and state; with --trace, write only its steps (may be repeated)
    #[arg(long, value_name = "N")]
    pub(super) node: Vec<u32>,
    /// Number of last inputs to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) last: usize,
    /// Show long lists whole
    #[arg(long)]
    pub(super) full: bool,
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
        let filter = self.filter();
        let mut trace = match &self.trace {
            Some(path) => {
                let head = Head {
                    floodnet_trace: FORM,
                    scenario: &loaded.scenario.name,
                    seed: loaded.scenario.seed,
                    digest: &digest,
                    nodes,
                    from_ns: filter.from.as_nanos(),
                    until_ns: until.as_nanos(),
                };
                Some(
                    Trace::begin(path, self.trace_format, &head)
                        .map_err(|error| Failure::unwritable(path, &error))?,
                )
            }
            None => None,
        };
        let mut lately = Lately { inputs: BTreeMap::new(), most: self.last };
        let followed = run_until(self, until, &loaded, cx, &mut |record| {
            let is_wanted = filter.wants(record);
            lately.take(record, is_wanted, &self.node);
            trace.as_mut().map_or(Ok(()), |trace| trace.put(record, is_wanted))
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
            cx.console.result(&show(shown, until, &lately, self.full));
        }
        if let (Some(trace), Some(path)) = (trace, &self.trace) {
            let written = trace.end(until).map_err(|error| Failure::unwritable(path, &error))?;
            cx.console.note(&format!("  trace  {}: {}", path.display(), plural(written as usize, "step")));
        }
        Ok(())
    }
}

impl ReplayArgs {
    fn filter(&self) -> Filter {
        Filter {
            from: self.from.map_or(Time::ZERO, |from| from.after_start()),
            message: self.message,
            kinds: self.kind.clone(),
        }
    }
}

/// The number of slots of the run; checks that what is asked for exists.
fn slots(args: &ReplayArgs, loaded: &Loaded, registry: &Registry) -> Result<u32, Failure> {
    let end = loaded.scenario.duration;
    if let Some(until) = args.until.filter(|until| until.after_start() > end.after_start()) {
        return Err(Failure::Usage(format!("--until {until} is after the end of the run, {end}")));
    }
    let until = args.until.unwrap_or(end);
    if let Some(from) = args.from.filter(|from| from.after_start() >= until.after_start()) {
        return Err(Failure::Usage(format!("--from {from} is not before the end of what is shown, {until}")));
    }
    let messages = args.message.as_slice();
    with(loaded, messages, &args.node, registry).map(|setup| setup.plan.slots())
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
        (Some(error), Some(path)) => Err(Failure::unwritable(path, &error)),
        _ if !followed.complete => {
            cx.console.note("  interrupted: nothing is shown of a part");
            Err(Failure::Interrupted)
        }
        _ => Ok(followed),
    }
}

/// As many items of a list are shown, unless all are asked for.
const SHOWN: usize = 24;

/// The last inputs of some nodes, each with its effects.
struct Lately {
    inputs: BTreeMap<u32, VecDeque<Taken>>,
    most: usize,
}

/// An input and what came of it.
struct Taken {
    input: Record,
    came: Vec<Record>,
    /// Whether a part of it is asked for.
    is_wanted: bool,
}

impl Lately {
    fn take(&mut self, record: &Record, is_wanted: bool, nodes: &[u32]) {
        if self.most == 0 || !nodes.contains(&record.slot) {
            return;
        }
        let inputs = self.inputs.entry(record.slot).or_default();
        if record.what.is_input() {
            if inputs.back().is_some_and(|last| !last.is_wanted) {
                inputs.pop_back();
            }
            if inputs.len() > self.most {
                inputs.pop_front();
            }
            inputs.push_back(Taken { input: record.clone(), came: Vec::new(), is_wanted });
        } else if let Some(last) = inputs.back_mut() {
            last.came.push(record.clone());
            last.is_wanted |= is_wanted;
        }
    }

    /// The last inputs of `slot`, without one that nobody asks for.
    fn last_of(&self, slot: u32) -> Vec<&Taken> {
        let inputs = self.inputs.get(&slot).into_iter().flatten();
        let wanted: Vec<&Taken> = inputs.filter(|taken| taken.is_wanted).collect();
        let most = wanted.len().min(self.most);
        wanted[wanted.len() - most..].to_vec()
    }
}

fn show(shown: &Shown, until: Time, lately: &Lately, full: bool) -> String {
    let most = if full { usize::MAX } else { SHOWN };
    let list = |peers: &[u32]| match peers {
        [] => "none".to_owned(),
        peers => {
            let shown = peers.iter().take(most).map(u32::to_string).collect::<Vec<_>>().join(" ");
            shown + &more(peers.len(), most)
        }
    };
    let mut text = format!("\nnode {} at {} s\n", shown.slot, seconds(until));
    match &shown.holds {
        Some(holds) => text.push_str(&format!("  neighbors  {}\n", list(holds))),
        None => text.push_str("  is down\n"),
    }
    text.push_str(&format!("  held by    {}\n", list(&shown.held_by)));
    // The last inputs, each with its effects below it.
    let inputs: Vec<&Taken> = lately.last_of(shown.slot);
    if lately.most > 0 {
        text.push_str(if inputs.is_empty() { "  no inputs yet\n" } else { "  last inputs\n" });
    }
    for Taken { input, came, .. } in inputs {
        text.push_str(&format!("    {:.6} s  {}  {}", seconds(input.at), input.what, input.content));
        text.truncate(text.trim_end().len());
        text.push('\n');
        for record in came.iter().take(most) {
            text.push_str(&format!("        {}  {}", record.what, record.content));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        if came.len() > most {
            text.push_str(&format!("       {}\n", more(came.len(), most)));
        }
    }
    if shown.holds.is_some() {
        text.push_str("  state\n");
        shown.state.lines().take(most).for_each(|line| text.push_str(&format!("    {line}\n")));
        if shown.state.lines().count() > most {
            text.push_str(&format!("   {}\n", more(shown.state.lines().count(), most)));
        }
    }
    text
}

/// ` and 12 more (--full shows all)`, where a list has more than `most` items.
fn more(items: usize, most: usize) -> String {
    match items.checked_sub(most) {
        None | Some(0) => String::new(),
        Some(rest) => format!(" and {} more (--full shows all)", count(rest as u64)),
    }
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

    /// Writes a step that is asked for; and lives, if it draws them.
    fn put(&mut self, record: &Record, is_wanted: bool) -> io::Result<()> {
        let is_drawn = matches!(self.form, Form::Perfetto(_)) && Filter::is_life(record);
        if !is_wanted && !is_drawn {
            return Ok(());
        }
        self.written += 1;
        match &mut self.form {
            Form::Jsonl(to) => write_record(to, record),
            Form::Perfetto(_) if self.written > MOST_RECORDS => Err(io::Error::other(format!(
                "more than {} steps are too many for a viewer: choose nodes with --node, less time with --from and \
                 --until, or --trace-format jsonl",
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
