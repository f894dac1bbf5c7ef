//! The pictures of a run.

use floodnet_core::time::Time;
use floodnet_sim::plan::DisturbanceKind;

use super::at_once;
use floodnet_lab::run::folder::suffix;
use floodnet_measure::latency::Latencies;
use floodnet_measure::topology::{SlotState, Topology};
use floodnet_measure::{MessageRow, Results, seconds};
use floodnet_plot::{
    CdfSeries, ColorBy, DegreeView, FaultMark, GraphView, MessagePoint, NodeState, NodeView, PICTURES,
    Picture, RunView, Sample, Style, TimelineView, TopologyView,
};
use floodnet_scenario::build::Setup;

/// The pictures of a run with the names of their files: those called `what` in [`PICTURES`], or all. Each kind is
/// drawn on a thread of its own.
#[must_use]
pub fn draw(setup: &Setup, results: &Results, what: Option<&str>, style: &Style) -> Vec<(String, Picture)> {
    let run = view(setup, results);
    let wanted = PICTURES.iter().filter(|picture| what.is_none_or(|name| name == picture.name));
    at_once(wanted, |picture| (picture.draw)(&run, style)).into_iter().flatten().collect()
}

/// The results as plain data.
fn view(setup: &Setup, results: &Results) -> RunView {
    let scenario = setup.measure.scenario.clone();
    RunView {
        graphs: results.topologies.iter().map(|graph| graph_view(setup, graph)).collect(),
        course: timeline_view(setup, results),
        latencies: latency_series(&scenario, &results.latencies, results.receivers),
        degrees: degree_view(setup, results),
        scenario,
    }
}

fn graph_view(setup: &Setup, graph: &Topology) -> GraphView {
    let spread = graph.spread.as_ref();
    let group_of = groups(setup, graph.at);
    let adversaries = &setup.plan.adversaries;
    let hostile = |slot: u32| (!adversaries.is_empty()).then(|| u16::from(adversaries.contains(slot)));
    let node = |(slot, state): (u32, &SlotState)| NodeView {
        slot,
        state: match state {
            SlotState::Down => NodeState::Down,
            SlotState::Unjoined => NodeState::Unjoined,
            SlotState::Joined => NodeState::Joined,
        },
        hop: spread.and_then(|spread| spread.hops.get(slot as usize).copied().flatten()),
        group: group_of.and_then(|groups| groups.get(slot as usize).copied()).or_else(|| hostile(slot)),
    };
    let view = TopologyView {
        title: setup.measure.scenario.clone(),
        time_s: seconds(graph.at),
        nodes: (0..).zip(&graph.states).map(node).collect(),
        links: graph.edges.clone(),
        cut: graph.cut.clone(),
        color_by: if adversaries.is_empty() { ColorBy::Component } else { ColorBy::Group },
        group_names: match group_of {
            Some(_) => Vec::new(),
            None => ["honest", "hostile"].map(str::to_owned).into(),
        },
        ..TopologyView::default()
    };
    GraphView { suffix: suffix(graph.at, setup), graph: view, message: spread.map(|spread| spread.message) }
}

/// The groups of the partition that holds at `at`, if there is one.
fn groups(setup: &Setup, at: Time) -> Option<&[u16]> {
    let active = setup.plan.disturbances.iter().filter(|fault| fault.from <= at && at < fault.until);
    active
        .filter_map(|fault| match &fault.kind {
            DisturbanceKind::Partition { group, .. } => Some(group.as_slice()),
            _ => None,
        })
        .next()
}

fn timeline_view(setup: &Setup, results: &Results) -> TimelineView {
    let point = |row: &MessageRow| {
        let counts = row.counted && row.receivers > 0;
        let MessageRow { receivers, delivered, .. } = *row;
        counts.then(|| MessagePoint { at_s: seconds(row.at), receivers, delivered })
    };
    let sample = |row: &floodnet_measure::series::Row| Sample {
        at_s: seconds(row.at),
        up: row.nodes_up,
        joined: row.joined,
        components: row.components,
        largest: row.largest,
    };
    let mark = |fault: &floodnet_sim::plan::FaultSpan| FaultMark {
        name: fault.name.to_owned(),
        from_s: seconds(fault.from),
        until_s: seconds(fault.until),
    };
    TimelineView {
        title: setup.measure.scenario.clone(),
        duration_s: seconds(setup.plan.duration),
        messages: results.messages.iter().filter_map(point).collect(),
        samples: results.timeseries.iter().map(sample).collect(),
        faults: setup.plan.faults.iter().map(mark).chain(attacks(setup)).collect(),
        measure_s: Some((seconds(setup.measure.start), seconds(setup.measure.stop))),
    }
}

/// When adversaries break the rules.
fn attacks(setup: &Setup) -> impl Iterator<Item = FaultMark> + '_ {
    setup.plan.adversaries.groups.iter().map(|group| FaultMark {
        name: "adversary".to_owned(),
        from_s: seconds(group.start),
        until_s: seconds(group.stop.min(setup.plan.duration)),
    })
}

/// Latencies called `name` over `receivers` pairs, to draw.
pub(crate) fn latency_series(name: &str, latencies: &Latencies, receivers: u64) -> CdfSeries {
    let recorded = latencies.histogram().iter_recorded();
    CdfSeries {
        name: name.to_owned(),
        counts: recorded.map(|step| (step.value_iterated_to() as f64 / 1e6, step.count_at_value())).collect(),
        undelivered: receivers.saturating_sub(latencies.count()),
    }
}

fn degree_view(setup: &Setup, results: &Results) -> DegreeView {
    DegreeView {
        title: format!("{}: neighbors at the end", setup.measure.scenario),
        counts: results.degrees.clone(),
        target: setup.measure.target_degree,
    }
}
