//! Results as pictures.

use std::path::PathBuf;

use floodnet_core::time::Time;
use floodnet_sim::plan::DisturbanceKind;

use floodnet_lab::run::folder::suffix;
use floodnet_measure::latency::Latencies;
use floodnet_measure::topology::{SlotState, Topology};
use floodnet_measure::{Results, seconds};
use floodnet_plot::{
    CdfSeries, ColorBy, DegreeView, FaultMark, MessagePoint, NodeState, NodeView, Picture, Sample, Style,
    TimelineView, TopologyView, degree_histogram, latency_cdf, timeline, topology,
};
use floodnet_scenario::setup::Setup;

/// Which pictures of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// The graph at the chosen times.
    Topology,
    /// Delivery, nodes and components over time.
    Delivery,
    /// The distribution of latency.
    Latency,
    /// How many neighbors nodes have at the end.
    Degrees,
    /// All of them.
    All,
}

/// The pictures of a run, with the names of their files.
#[must_use]
pub fn draw(setup: &Setup, results: &Results, what: What, style: &Style) -> Vec<(PathBuf, Picture)> {
    let wanted = |kind| what == What::All || what == kind;
    let mut pictures = Vec::new();
    if wanted(What::Topology) {
        for graph in &results.topologies {
            let suffix = suffix(graph.at, setup);
            let mut view = topology_view(setup, graph, ColorBy::Component);
            // The slowest part, and the same for both pictures.
            view.layout = Some(view.lay_out());
            pictures.push((format!("topology{suffix}.png").into(), topology(&view, style)));
            if graph.spread.is_some() {
                view = TopologyView { layout: view.layout, ..topology_view(setup, graph, ColorBy::Hop) };
                pictures.push((format!("topology-hops{suffix}.png").into(), topology(&view, style)));
            }
        }
    }
    if wanted(What::Delivery) {
        pictures.push(("delivery.png".into(), timeline(&timeline_view(setup, results), style)));
    }
    if wanted(What::Latency) {
        let title = format!("{}: publish to delivery", setup.measure.scenario);
        pictures.push(("latency.png".into(), latency_cdf(&title, &[latencies(setup, results)], style)));
    }
    if wanted(What::Degrees) {
        pictures.push(("degrees.png".into(), degree_histogram(&degree_view(setup, results), style)));
    }
    pictures
}

/// All pictures of a run as files: name and bytes.
#[must_use]
pub fn files(setup: &Setup, results: &Results) -> Vec<(PathBuf, Vec<u8>)> {
    let pictures = draw(setup, results, What::All, &Style::default()).into_iter();
    pictures.map(|(name, picture)| (name, picture.to_png())).collect()
}

fn topology_view(setup: &Setup, graph: &Topology, color_by: ColorBy) -> TopologyView {
    let hops = graph.spread.as_ref();
    let group_of = groups(setup, graph.at);
    let node = |(slot, state): (u32, &SlotState)| NodeView {
        slot,
        state: match state {
            SlotState::Down => NodeState::Down,
            SlotState::Unjoined => NodeState::Unjoined,
            SlotState::Joined => NodeState::Joined,
        },
        hop: hops.and_then(|spread| spread.hops.get(slot as usize).copied().flatten()),
        group: group_of.and_then(|groups| groups.get(slot as usize).copied()),
    };
    let title = match (color_by, hops) {
        (ColorBy::Hop, Some(spread)) => {
            format!("{}: how message {} spread", setup.measure.scenario, spread.message)
        }
        _ => setup.measure.scenario.clone(),
    };
    TopologyView {
        title,
        time_s: seconds(graph.at),
        nodes: (0..).zip(&graph.states).map(node).collect(),
        links: graph.edges.clone(),
        cut: graph.cut.clone(),
        color_by,
        ..TopologyView::default()
    }
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
    let point = |row: &floodnet_measure::MessageRow| {
        let ratio = row.delivery_ratio.filter(|_| row.counted)?;
        Some(MessagePoint { at_s: seconds(row.at), ratio })
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
        faults: setup.plan.faults.iter().map(mark).collect(),
        measure_s: Some((seconds(setup.measure.start), seconds(setup.measure.stop))),
    }
}

fn latencies(setup: &Setup, results: &Results) -> CdfSeries {
    latency_series(&setup.measure.scenario, &results.latencies, results.receivers)
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
