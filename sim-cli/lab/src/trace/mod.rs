//! A run step by step: what each slot took, what its node did with it, what it held at the end.
//!
//! | module | subject |
//! |---|---|
//! | [`record`] | one step |
//! | [`filter`] | which steps are asked for |
//! | [`jsonl`] | steps as lines of JSON |
//! | [`layout`] | the state of a node for people |
//! | [`overlay`] | what happens to the overlay, and how messages spread |
//! | [`perfetto`] | steps as a picture in time, for `ui.perfetto.dev` |
//!
//! Following a run changes nothing in it: the steps are those of the run that is measured.

pub mod filter;
pub mod jsonl;
pub mod layout;
pub mod overlay;
pub mod perfetto;
pub mod record;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Arrived, Divisible, Observed, Observer, Step};
use floodnet_sim::plan::Plan;
use floodnet_sim::{Progress, Simulation};

use floodnet_scenario::build::{Setup, set_up_nodes};
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::{Complaint, Scenario};
use record::{Record, What};

/// A run is handed over in about so many pieces, so that one of any length can be followed.
const PIECES: u64 = 1_000;

/// How a run is to be followed.
#[derive(Clone, Debug)]
pub struct Follow {
    /// Stop here: every input before it has been handled and none after. None: at the end of the run.
    pub until: Option<Time>,
    /// Number of threads.
    pub jobs: NonZeroUsize,
    /// Divide the run over them however small it is.
    pub divide: bool,
    /// Only the steps of these slots, ascending. None: of all.
    pub only: Option<Vec<u32>>,
    /// Which kinds of steps.
    pub keep: Keep,
    /// Show the nodes of these slots at the end.
    pub show: Vec<u32>,
}

/// Which kinds of steps are handed over.
#[derive(Clone, Debug, Default)]
pub enum Keep {
    /// All of them, with their content.
    #[default]
    All,
    /// Lives, neighbors and deliveries, each delivery behind what brought it, and what becomes of each copy of a
    /// message: sent, received, lost, taken for a copy, ignored. Of these messages, ascending. None: of all.
    Copies(Option<Arc<[u32]>>),
}

impl Default for Follow {
    fn default() -> Self {
        Self {
            until: None,
            jobs: NonZeroUsize::MIN,
            divide: false,
            only: None,
            keep: Keep::All,
            show: Vec::new(),
        }
    }
}

/// Takes the steps before a time, all since the last call, in order of time, slot and the slot's own order.
/// Says whether to go on.
pub type Sink<'s> = &'s mut dyn FnMut(Time, Vec<Record>) -> bool;

/// What a protocol's follower works on.
pub(crate) struct Following<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) follow: &'a Follow,
    pub(crate) sink: Sink<'a>,
    pub(crate) watch: &'a mut dyn FnMut(Progress) -> bool,
}

/// A run that was followed.
#[derive(Debug)]
pub struct Followed {
    /// What it ran on; the plan ends where the run was stopped.
    pub setup: Setup,
    /// Digest of what was run, as the summary of a whole run has it.
    pub digest: String,
    /// Whether it went as far as it should.
    pub complete: bool,
    /// Slots that were up at the end.
    pub up: u32,
    /// The slots that were to be shown.
    pub shown: Vec<Shown>,
}

/// A slot at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Number of the slot.
    pub slot: u32,
    /// Whom it holds as neighbors, in its own order; none when it is down.
    pub holds: Option<Vec<u32>>,
    /// Slots that hold it as a neighbor.
    pub held_by: Vec<u32>,
    /// Its node, in `Debug` form, laid out by [`layout::compact`].
    pub state: String,
}

/// Follows a run with the protocol `P`.
pub(crate) fn follow_protocol<P: Runnable>(task: Following<'_>) -> Result<Followed, Complaint> {
    let Following { scenario, follow, sink, watch } = task;
    let (mut setup, config) = set_up_nodes::<P>(scenario)?;
    if let Some(until) = follow.until.filter(|until| *until < setup.plan.duration) {
        // A shorter plan is the same up to its end.
        setup.plan = Arc::new(Plan { duration: until, ..Plan::clone(&setup.plan) });
    }
    let make = |slot| P::node(slot, &config);
    let pieces = pieces(setup.plan.duration);
    let mut simulation = Simulation::new(&setup.plan, &setup.links, &config, &make).sample_at(pieces);
    if follow.divide {
        simulation = simulation.always_wake();
    }
    let goes_on = std::cell::Cell::new(true);
    let mut tracer = Tracer {
        only: follow.only.clone().map(Arc::from),
        keep: follow.keep.clone(),
        sink: &mut |at, records| {
            if goes_on.get() {
                goes_on.set(sink(at, records));
            }
        },
    };
    let outcome =
        simulation.run_divided(follow.jobs, &mut tracer, &mut |progress| watch(progress) && goes_on.get())?;
    let mut shown: Vec<Shown> = follow.show.iter().map(|&slot| Shown::nobody(slot)).collect();
    let mut up = 0;
    for (slot, node) in (0u32..).zip(outcome.nodes()) {
        let Some(node) = node else { continue };
        up += 1;
        for shown in &mut shown {
            shown.meet(slot, node);
        }
    }
    let digest = format!("{:016x}", outcome.digest);
    Ok(Followed { digest, complete: outcome.complete && goes_on.get(), up, shown, setup })
}

impl Shown {
    const fn nobody(slot: u32) -> Self {
        Self { slot, holds: None, held_by: Vec::new(), state: String::new() }
    }

    /// Takes in what the node in `slot` has to do with this one.
    fn meet<P: Runnable>(&mut self, slot: u32, node: &P) {
        if slot == self.slot {
            self.holds = Some(node.neighbors().to_vec());
            self.state = layout::compact(&format!("{node:#?}"));
        } else if node.neighbors().contains(&self.slot) {
            self.held_by.push(slot);
        }
    }
}

/// The times at which steps are handed over.
fn pieces(duration: Time) -> Vec<Time> {
    let step = Duration::from_nanos((duration.as_nanos() / PIECES).max(1));
    (1..PIECES).map(|number| Time::ZERO + step.times(number)).collect()
}

/// Gathers the steps of a run.
struct Tracer<'a> {
    only: Option<Arc<[u32]>>,
    keep: Keep,
    sink: &'a mut dyn FnMut(Time, Vec<Record>),
}

/// Gathers the steps of the slots of one shard.
struct Part {
    only: Option<Arc<[u32]>>,
    keep: Keep,
    /// What was taken last, and by which slot.
    taken: Option<(u32, Arrived)>,
    /// It brought a message, and nothing is said yet of what became of that.
    is_open: bool,
    /// Packets with messages that nodes keep for a busy application, by slot and message.
    kept: BTreeMap<(u32, u32), Arrived>,
    records: Vec<Record>,
}

impl Part {
    fn push(&mut self, at: Time, slot: u32, what: What, content: String) {
        if self.only.as_ref().is_none_or(|only| only.binary_search(&slot).is_ok()) {
            self.records.push(Record { at, slot, what, content: content.into() });
        }
    }

    /// Whether somebody asks for the copies of this message.
    fn wants(&self, message: Option<u32>) -> bool {
        match (&self.keep, message) {
            (Keep::Copies(None), Some(_)) => true,
            (Keep::Copies(Some(messages)), Some(message)) => messages.binary_search(&message).is_ok(),
            _ => false,
        }
    }

    /// Of a step only what it does to a copy.
    fn trace_copy(&mut self, at: Time, slot: u32, step: Step<'_>) {
        match step {
            Step::Takes { what, .. } => self.takes(slot, what),
            Step::Sends { to, payload, bytes, .. } if self.wants(payload) => {
                self.push(at, slot, What::Sends { to, payload, bytes }, String::new());
            }
            Step::Loses { from, to, payload, reason } if self.wants(payload) => {
                self.push(at, slot, What::Loses { from, to, payload, reason }, String::new());
            }
            _ => {}
        }
    }

    /// Whether this says what became of a copy that came.
    fn concerns_copy(&self, what: Observed) -> bool {
        match what {
            Observed::Received { payload, .. } => self.wants(payload),
            Observed::Protocol(Observation::Published(message) | Observation::Duplicate(message)) => {
                self.wants(Some(message))
            }
            // What is ignored is what was taken last.
            Observed::Protocol(Observation::Dropped(_)) => {
                matches!(self.taken, Some((_, Arrived::Packet { payload, .. })) if self.wants(payload))
            }
            _ => false,
        }
    }

    fn takes(&mut self, slot: u32, what: Arrived) {
        if let (true, Some((taker, packet))) = (std::mem::take(&mut self.is_open), self.taken)
            && let Arrived::Packet { payload: Some(message), .. } = packet
        {
            self.kept.entry((taker, message)).or_insert(packet);
        }
        // A new node has kept nothing.
        if what == Arrived::Start {
            self.kept.retain(|(keeper, _), _| *keeper != slot);
        }
        self.taken = Some((slot, what));
    }

    /// Notes whether it is known what became of the message that came last.
    fn settle(&mut self, what: Observed) {
        match what {
            Observed::Received { payload, .. } => self.is_open = payload.is_some(),
            Observed::Protocol(
                Observation::Delivered { .. } | Observation::Duplicate(_) | Observation::Dropped(_),
            ) => self.is_open = false,
            _ => {}
        }
    }

    /// What brought the message that `slot` delivers: what it has just taken, or what it had kept.
    fn brought(&mut self, slot: u32, message: u32) -> Option<Arrived> {
        let taken = self.taken.map(|(_, what)| what);
        match taken {
            Some(Arrived::Packet { .. }) => taken,
            _ => self.kept.remove(&(slot, message)).or(taken),
        }
    }

    /// Whether nobody asks for the steps of this slot.
    fn skips(&self, slot: u32) -> bool {
        self.only.as_ref().is_some_and(|only| only.binary_search(&slot).is_err())
    }
}

impl Observer for Part {
    const TRACES: bool = true;

    fn trace(&mut self, at: Time, slot: u32, step: Step<'_>) {
        if !matches!(self.keep, Keep::All) {
            // Texts of all steps would be most of the work.
            return self.trace_copy(at, slot, step);
        }
        if self.skips(slot) {
            return;
        }
        let (what, content) = match step {
            Step::Takes { what, content } => (What::Takes(what), content),
            Step::Sends { to, payload, bytes, content } => {
                (What::Sends { to, payload, bytes }, Some(content))
            }
            Step::SetsTimer { after, content } => (What::SetsTimer(after), Some(content)),
            Step::Disconnects(peer) => (What::Disconnects(peer), None),
            Step::Loses { from, to, payload, reason } => (What::Loses { from, to, payload, reason }, None),
        };
        let content = content.map_or_else(String::new, |content| format!("{content:?}"));
        self.push(at, slot, what, content);
    }

    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        if !matches!(self.keep, Keep::All) {
            self.settle(what);
            if overlay::concerns(what) || self.concerns_copy(what) {
                if let Observed::Protocol(Observation::Delivered { message, .. }) = what
                    && let Some(brought) = self.brought(slot, message)
                {
                    self.push(at, slot, What::Takes(brought), String::new());
                }
                self.push(at, slot, What::Reports(what), String::new());
            }
            return;
        }
        // All are there already: as what the node sends, as what the slot takes and nothing refused, as a loss.
        if !matches!(what, Observed::Sent { .. } | Observed::Received { .. } | Observed::Lost { .. }) {
            self.push(at, slot, What::Reports(what), String::new());
        }
    }
}

impl Divisible for Tracer<'_> {
    type Part = Part;

    fn divide(&mut self, shards: &[Range<u32>]) -> Vec<Part> {
        let part = || Part {
            only: self.only.clone(),
            keep: self.keep.clone(),
            taken: None,
            is_open: false,
            kept: BTreeMap::new(),
            records: Vec::new(),
        };
        shards.iter().map(|_| part()).collect()
    }

    fn sample(&mut self, parts: &mut [Part], at: Time) {
        let mut records: Vec<Record> =
            parts.iter_mut().flat_map(|part| std::mem::take(&mut part.records)).collect();
        // Stable: the steps of one slot stay in its order.
        records.sort_by_key(|record| (record.at, record.slot));
        (self.sink)(at, records);
    }

    fn unite(&mut self, _: Vec<Part>) {}
}
