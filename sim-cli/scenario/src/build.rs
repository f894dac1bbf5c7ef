//! From a scenario to what a run takes: the plan and the links, drawn from the scenario's own declarations, and what is
//! measured. The files that a scenario names are read here.

use std::sync::Arc;

use floodnet_core::invariants::Promises;
use floodnet_core::time::Time;
use floodnet_sim::graph::{self, read_matrix};
use floodnet_sim::hostile::Scene;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::{Known, Plan, PlanSpec, read_trace};
use floodnet_sim::read::open;

use crate::adversaries;
use crate::protocol::{Runnable, Setting};
use crate::units::Rate;
use crate::unreadable::{malformed, unread, unreadable};
use crate::{
    Complaint, Fault, FaultKind, Latency, Lifetime, Link, Matrix, Nodes, Scenario, TopologyTime, Trace,
    Transport,
};
use floodnet_measure::MeasureSettings;

/// Everything that one run of a scenario takes, but for its protocol.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What happens to the nodes from outside.
    pub plan: Arc<Plan>,
    /// What links do.
    pub links: LinkModel,
    /// What is measured, and when.
    pub measure: MeasureSettings,
    /// What the protocol may know.
    pub setting: Setting,
    /// What a reader of the results should know; no path.
    pub notes: Vec<String>,
    /// The labels of the slots, where a file has others than their numbers.
    pub labels: Option<Vec<u64>>,
}

/// Prepares a run of `scenario` with the protocol `P`.
///
/// # Errors
/// A file cannot be read or does not fit, or the values make no plan.
pub fn set_up<P: Runnable>(scenario: &Scenario) -> Result<Setup, Complaint> {
    let overlay: P::OverlayTable = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
    let path = format!("overlay.{}", scenario.overlay.key);
    let given = P::given(&overlay).map_err(|complaint| complaint.within(&path))?;
    let (graph, labels) = given.map_or((None, None), |given| (Some(given.graph), given.labels));
    let slots = slots(scenario, graph.as_ref().map(|graph| graph.nodes()))?;
    adversaries::check_places(scenario)?;
    let mut notes = Vec::new();
    let matrix = matrix(scenario)?;
    if let Some(hosts) = matrix.as_ref().map(|matrix| matrix.n).filter(|hosts| *hosts < slots) {
        notes.push(format!(
            "the latency matrix has {hosts} hosts for {slots} slots: slot s takes the place of host s modulo {hosts}"
        ));
    }
    let links = LinkModel::draw(&scenario.link, &scenario.classes, slots, scenario.seed, matrix)?;
    let mut spec = plan_spec(scenario, slots)?;
    spec.known = adversaries::known::<P>(scenario, &links, graph.as_ref(), slots)?;
    let plan = spec.draw(scenario.seed)?;
    // With the nodes that adversaries bring.
    let links = links.grown(plan.slots() - slots, scenario.seed)?;
    let slots = plan.slots();
    let overlay_key = scenario.overlay.key.as_str();
    if ["random_walk", "hyparview"].contains(&overlay_key) && scenario.link.transport == Transport::Datagram {
        let why = "over datagrams cannot notice dead neighbors: no link ever breaks";
        notes.push(format!("{overlay_key} {why}"));
    }
    // A fault that strikes nobody is more often a mistake than meant.
    let nobody = plan.faults.iter().filter(|fault| fault.slots == 0);
    notes.extend(nobody.map(|fault| {
        let what = match fault.name {
            "partition" => "all slots that are up are in one group",
            "cut" => "at no link are both ends up",
            _ => "it strikes no slot that is up",
        };
        format!("the {} at {} does nothing: {what}", fault.name, fault.from)
    }));
    notes.extend(adversaries::notes(&plan));
    notes.extend(neutral(scenario));
    links.check(slots)?;
    let setting = Setting {
        slots,
        entry: (0..scenario.nodes.entry.min(slots)).collect(),
        seed: scenario.seed,
        transport: links.spec.transport,
        graph,
        scene: Arc::new(Scene::of(&plan)),
    };
    let measure = MeasureSettings {
        is_directed: P::is_directed(&overlay),
        ..measure_settings(scenario, P::target_degree(&overlay))
    };
    if labels.is_some() {
        notes.push(
            "the nodes of the file are numbered by their labels in ascending order: see labels.csv"
                .to_owned(),
        );
    }
    Ok(Setup { plan: Arc::new(plan), links, measure, setting, notes, labels })
}

/// Keys that are written and change nothing in this run.
fn neutral(scenario: &Scenario) -> Vec<String> {
    let mut notes = Vec::new();
    for fault in &scenario.faults {
        let why = match &fault.kind {
            FaultKind::Loss(loss) if loss.share == 0.0 => "a share of 0 loses nothing",
            FaultKind::Slow(slow) if slow.factor == 1.0 => "a factor of 1 slows nothing down",
            _ => continue,
        };
        notes.push(format!("the {} at {} does nothing: {why}", fault.kind.key(), fault.at));
    }
    notes.extend(idle_keys(scenario).map(|(key, why)| format!("{key} changes nothing: {why}")));
    for [first, second] in overlapping(scenario) {
        notes.push(format!(
            "the partitions at {} and {} overlap: meanwhile only slots that are together in both reach each other",
            first.at, second.at
        ));
    }
    notes
}

/// Keys that do not have their defaults, but that nothing in this scenario looks at; each with why.
fn idle_keys(scenario: &Scenario) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (link, usual) = (&scenario.link, Link::default());
    let datagrams = link.transport == Transport::Datagram;
    let is_limited = |rate: Rate| rate != Rate::Unlimited;
    let limited = is_limited(link.up)
        || is_limited(link.down)
        || scenario.classes.iter().any(|class| is_limited(class.up) || is_limited(class.down));
    let alone = "datagrams have no connections";
    let keys = [
        ("link.rto", datagrams && link.rto != usual.rto, "datagrams are not sent again"),
        ("link.break_after", datagrams && link.break_after != usual.break_after, alone),
        ("link.dial_timeout", datagrams && link.dial_timeout != usual.dial_timeout, alone),
        ("link.handshake", datagrams && link.handshake != usual.handshake, alone),
        ("link.ping", datagrams && link.ping != usual.ping, alone),
        ("link.dead_after", datagrams && link.dead_after != usual.dead_after, alone),
        ("link.queue", !limited && link.queue != usual.queue, "no access line is limited, so nothing waits"),
        (
            "nodes.entry_churns",
            scenario.nodes.entry_churns && scenario.churn.is_none(),
            "there is no [churn], so nobody leaves",
        ),
    ];
    keys.into_iter().filter(|(_, is_idle, _)| *is_idle).map(|(key, _, why)| (key, why))
}

/// The partitions that overlap in time, two by two.
fn overlapping(scenario: &Scenario) -> Vec<[&Fault; 2]> {
    let partitions = scenario.faults.iter().filter(|fault| matches!(fault.kind, FaultKind::Partition(_)));
    let partitions: Vec<&Fault> = partitions.collect();
    let end = |fault: &Fault| {
        fault.kind.lasts().map_or(fault.at.after_start(), |lasts| fault.at.after_start() + lasts.0)
    };
    let mut pairs = Vec::new();
    for (place, first) in partitions.iter().enumerate() {
        for second in &partitions[place + 1..] {
            if first.at.after_start() < end(second) && second.at.after_start() < end(first) {
                pairs.push([*first, *second]);
            }
        }
    }
    pairs
}

/// What a run of `scenario` takes, and the settings of its nodes.
///
/// # Errors
/// As [`set_up`]; or the protocol refuses its tables.
pub fn set_up_nodes<P: Runnable>(scenario: &Scenario) -> Result<(Setup, P::Config), Complaint> {
    let mut setup = set_up::<P>(scenario)?;
    let overlay = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
    let broadcast = scenario.broadcast.read().map_err(|error| unread("broadcast", &error))?;
    let config =
        P::config(overlay, broadcast, &setup.setting).map_err(|complaint| named(complaint, scenario))?;
    adversaries::check::<P>(scenario, &config)?;
    let mut promises = Promises::default();
    P::promise(&config, &mut promises);
    let table = format!("broadcast.{}", scenario.broadcast.key);
    setup.notes.extend(crate::memory::note(&setup.plan, &setup.links.spec, &promises, &table));
    Ok((setup, config))
}

/// The complaint of a protocol, whose keys begin with `overlay` or `broadcast`, with the name of the table.
fn named(complaint: Complaint, scenario: &Scenario) -> Complaint {
    let (group, key) = complaint.key.split_once('.').unwrap_or((&complaint.key, ""));
    let table = match group {
        "overlay" => &scenario.overlay.key,
        "broadcast" => &scenario.broadcast.key,
        _ => return complaint,
    };
    let path = format!("{group}.{table}");
    Complaint { key: key.to_owned(), ..complaint }.within(&path)
}

/// How many slots there are: what the scenario says and what its overlay asks for must agree.
fn slots(scenario: &Scenario, asked: Option<u32>) -> Result<u32, Complaint> {
    match (scenario.nodes.count, asked) {
        (Some(count), Some(asked)) if count != asked => Err(Complaint::new(
            "nodes.count",
            format!("the overlay has {asked} nodes, not {count}"),
            format!("write {asked}, or leave nodes.count out"),
        )),
        (Some(0), _) | (_, Some(0)) => {
            let path = format!("overlay.{}", scenario.overlay.key);
            Err(Complaint::new(path, "the overlay has no node", "it needs at least one"))
        }
        (count, asked) => count.or(asked).ok_or_else(|| {
            Complaint::new("nodes.count", "nothing says how many slots there are", "write nodes.count")
        }),
    }
}

fn plan_spec(scenario: &Scenario, slots: u32) -> Result<PlanSpec, Complaint> {
    let trace = match scenario.churn.as_ref().map(|churn| &churn.session) {
        Some(Lifetime::Trace(Trace { file })) => {
            let key = "churn.session.trace.file";
            let opened = open(file).map_err(|error| unreadable(key, &error))?;
            read_trace(opened).map_err(|error| malformed(key, file, &error))?
        }
        _ => Vec::new(),
    };
    Ok(PlanSpec {
        duration: scenario.duration.0,
        nodes: Nodes { count: Some(slots), ..scenario.nodes.clone() },
        churn: scenario.churn.clone(),
        trace,
        traffic: scenario.traffic.clone(),
        faults: scenario.faults.clone(),
        adversaries: scenario.adversaries.clone(),
        known: Known::default(),
    })
}

/// The measured delays between hosts, if the latency is a matrix.
fn matrix(scenario: &Scenario) -> Result<Option<graph::Matrix>, Complaint> {
    let Latency::Matrix(Matrix { file, unit, rtt }) = &scenario.link.latency else { return Ok(None) };
    let key = "link.latency.matrix.file";
    let opened = open(file).map_err(|error| unreadable(key, &error))?;
    read_matrix(opened, unit.nanos(), *rtt).map(Some).map_err(|error| malformed(key, file, &error))
}

fn measure_settings(scenario: &Scenario, target_degree: Option<u32>) -> MeasureSettings {
    let times = &scenario.output.topology;
    let at = |time: &TopologyTime| match time {
        TopologyTime::At(after) => Some(Time::ZERO + after.0),
        TopologyTime::End => None,
    };
    MeasureSettings {
        scenario: scenario.name.clone(),
        every: scenario.measure.every.interval().map(|every| every.0),
        start: scenario.measure.start.after_start(),
        stop: scenario.measure.stop.after_start(),
        deadline: scenario.measure.deadline.0,
        grace: scenario.measure.grace.0,
        target_degree,
        is_directed: false,
        topology_times: times.iter().filter_map(at).collect(),
        topology_at_end: times.contains(&TopologyTime::End),
    }
}
