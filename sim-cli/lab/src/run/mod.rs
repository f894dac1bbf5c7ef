//! One run: from a scenario to results, and from results to files.
//!
//! | module | subject |
//! |---|---|
//! | [`folder`] | the run's folder, all or nothing |
//! | [`labels`] | regions and classes of slots |
//! | [`claim`] | one writer for each folder |
//! | [`checkpoint`] | the tables of a run that goes on |
//! | [`early`] | ending a run that cannot come to what is expected |
//! | [`need`], [`machine`] | how much memory a run will need; how much there is |
//! | [`manifest`] | what made the run and what it cost |
//! | [`shelf`] | the runs one has |
//! | [`sockets`] | what a run on sockets used |
//! | `whole` | files that are whole or not there |

pub mod checkpoint;
pub mod claim;
pub mod early;
pub mod folder;
pub mod labels;
pub mod machine;
pub mod manifest;
pub mod need;
pub mod shelf;
pub mod sockets;
mod whole;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Instant;

use floodnet_core::time::Time;
use floodnet_sim::observer::Divisible;
use floodnet_sim::{Memory, Progress, Simulation};

use floodnet_measure::part::Part;
use floodnet_measure::so_far::SoFar;
use floodnet_measure::{Ending, Measures, Results};
use floodnet_scenario::build::{Setup, set_up_nodes};
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::{Complaint, Fault, FaultKind, Scenario, Transport};
pub use sockets::{HopOverhead, Kernels, TcpRunInfo};

/// What a protocol's runner works on.
pub(crate) struct Job<'a> {
    pub(crate) scenario: &'a Scenario,
    /// Whether to prepare the run only.
    pub(crate) dry: bool,
    /// Number of threads.
    pub(crate) jobs: NonZeroUsize,
    /// Divide the run over them however small it is.
    pub(crate) divide: bool,
    pub(crate) watch: &'a mut dyn FnMut(Progress) -> bool,
    /// Shown the run at each sample.
    pub(crate) look: Option<Look<'a>>,
}

/// Shown a run that goes on, at each sample. It changes nothing in the run.
pub type Look<'a> = &'a mut dyn FnMut(&SoFar<'_>);

/// A run that ended, or that was only prepared.
#[derive(Debug)]
pub struct Ran {
    /// What it ran on.
    pub setup: Setup,
    /// What came of it; none when it was only prepared.
    pub finished: Option<Finished>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Finished {
    /// Numbers, tables and graphs of the run.
    pub results: Results,
    /// Time and memory that it took.
    pub cost: Cost,
    /// What it used on sockets; none in the simulator.
    pub tcp: Option<TcpRunInfo>,
}

/// What a run took. Differs from machine to machine and from run to run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// To read, draw and build all slots, in seconds.
    pub setup_seconds: f64,
    /// To run, with all that is measured on the way, in seconds.
    pub run_seconds: f64,
    /// To sum up: the shape of the last graph, means, tables; in seconds.
    pub finish_seconds: f64,
    /// Inputs that slots handled.
    pub inputs: u64,
    /// Packets that nodes took in.
    pub packets: u64,
    /// What the engine held.
    pub memory: Memory,
}

impl Cost {
    /// What both took, as if one after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let memory = Memory {
            slots: self.memory.slots.max(other.memory.slots),
            links: self.memory.links.max(other.memory.links),
            events: self.memory.events.max(other.memory.events),
        };
        Self {
            setup_seconds: self.setup_seconds + other.setup_seconds,
            run_seconds: self.run_seconds + other.run_seconds,
            finish_seconds: self.finish_seconds + other.finish_seconds,
            inputs: self.inputs + other.inputs,
            packets: self.packets + other.packets,
            memory,
        }
    }

    /// Inputs handled per second of the run.
    #[must_use]
    pub fn inputs_per_second(&self) -> f64 {
        self.per_second(self.inputs)
    }

    /// Packets taken in per second of the run.
    #[must_use]
    pub fn packets_per_second(&self) -> f64 {
        self.per_second(self.packets)
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.run_seconds.max(1e-9)
    }
}

/// Simulates `scenario` with the protocol `P` on one thread, for callers that know the protocol already.
pub(crate) fn simulate_alone<P: Runnable>(scenario: &Scenario) -> Result<Ran, Complaint> {
    simulate_job::<P>(&mut Job {
        scenario,
        dry: false,
        jobs: NonZeroUsize::MIN,
        divide: false,
        watch: &mut |_| true,
        look: None,
    })
}

/// Does a job with the protocol `P`: every simulated run ends here.
pub(crate) fn simulate_job<P: Runnable>(job: &mut Job<'_>) -> Result<Ran, Complaint> {
    let began = clock();
    let scenario = job.scenario;
    let (setup, config) = set_up_nodes::<P>(scenario)?;
    if job.dry {
        return Ok(Ran { setup, finished: None });
    }
    let measures = Measures::new(setup.plan.clone(), setup.measure.clone());
    let make = |slot| P::node(slot, &config);
    let barriers = measures.barriers();
    let mut measures = Shown { measures, look: job.look.take() };
    let mut simulation = Simulation::new(&setup.plan, &setup.links, &config, &make).sample_at(barriers);
    if job.divide {
        simulation = simulation.always_wake();
    }
    let (mut ready, watch) = (None, &mut job.watch);
    let outcome = simulation.run_divided(job.jobs, &mut measures, &mut |progress| {
        // Asked first when all slots are built.
        ready.get_or_insert_with(clock);
        watch(progress)
    });
    let ready = ready.unwrap_or(began);
    let outcome = outcome?;
    let ran = clock();
    let ending = Ending {
        // A run that was stopped depends on when: its digest promises nothing.
        digest: outcome.complete.then_some(outcome.digest),
        in_flight_payloads: outcome.in_flight_payloads,
        in_flight_packets: outcome.in_flight_packets,
        complete: outcome.complete,
    };
    let (inputs, packets, memory) = (outcome.inputs, outcome.packets, outcome.memory);
    // The nodes make room for what the measures need to finish.
    drop(outcome);
    let mut results = measures.measures.finish(ending);
    results.summary.notes.clone_from(&setup.notes);
    results.summary.notes.extend(lost_in_vain(scenario, &results));
    // What a part of the run says of the whole is no verdict.
    let expected = if ending.complete { &scenario.expect[..] } else { &[] };
    let judged = results.summary.judge(expected);
    judged.map_err(|unknown| Complaint::new("expect", unknown.to_string(), ""))?;
    let cost = Cost {
        setup_seconds: (ready - began).as_secs_f64(),
        run_seconds: (ran - ready).as_secs_f64(),
        finish_seconds: ran.elapsed().as_secs_f64(),
        inputs,
        packets,
        memory,
    };
    Ok(Ran { setup, finished: Some(Finished { results, cost, tcp: None }) })
}

/// What a scenario that asks for losses is told where none came of it, for streams repeat what is lost.
fn lost_in_vain(scenario: &Scenario, results: &Results) -> Option<String> {
    let loses = |fault: &Fault| matches!(&fault.kind, FaultKind::Loss(loss) if loss.share > 0.0);
    let is_asked = scenario.link.loss > 0.0 || scenario.faults.iter().any(loses);
    let is_told = is_asked && scenario.link.transport == Transport::Stream;
    if !is_told || results.summary.drops.contains_key("loss") {
        return None;
    }
    let again = match results.sent_again {
        0 => "no packet was sent again".to_owned(),
        times => format!("{} sent again", plural_were(times, "packet")),
    };
    Some(format!("{again}, and none was lost for good: on streams a loss only costs time"))
}

/// `1 packet was`, `2 packets were`.
fn plural_were(count: u64, noun: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", floodnet_text::format::plural(usize::try_from(count).unwrap_or(usize::MAX), noun))
}

/// Measures that can be looked at while the run goes on.
struct Shown<'a> {
    measures: Measures,
    look: Option<Look<'a>>,
}

impl Divisible for Shown<'_> {
    type Part = Part;

    fn divide(&mut self, shards: &[Range<u32>]) -> Vec<Part> {
        self.measures.divide(shards)
    }

    fn settle(&mut self, parts: &mut [Part]) {
        self.measures.settle(parts);
    }

    fn sample(&mut self, parts: &mut [Part], at: Time) {
        self.measures.sample(parts, at);
        if let Some(look) = &mut self.look {
            look(&SoFar::new(&self.measures, parts, at));
        }
    }

    fn unite(&mut self, parts: Vec<Part>) {
        self.measures.unite(parts);
    }
}

/// The clock of the machine: what a run costs is the only thing that may depend on it.
fn clock() -> Instant {
    Instant::now()
}
