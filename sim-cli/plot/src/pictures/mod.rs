//! The pictures that every run has. A new one is a module beside this one, and a row and a function here.
//!
//! What it shows is a field of [`RunView`], filled in by `sim-cli/src/views/run.rs`. `run`, `render --what` and `explain`
//! read this list.

mod degrees;
mod latency;
mod run_view;
mod timeline;
mod topology;

use std::slice::from_ref;

pub use degrees::{DegreeView, degree_histogram};
pub use latency::{CdfSeries, latency_cdf};
pub use run_view::{GraphView, RunView};
pub use timeline::{FaultMark, MessagePoint, Sample, TimelineView, timeline};
pub use topology::{ColorBy, NodeState, NodeView, TopologyView, topology};

use crate::{Picture, Style};

/// A kind of picture that every run has.
#[derive(Clone, Copy, Debug)]
pub struct RunPicture {
    /// The name by which users choose it.
    pub name: &'static str,
    /// What it shows, in one line of help.
    pub about: &'static str,
    /// Draws it: file names and pictures, because a run can have several of a kind.
    pub draw: fn(&RunView, &Style) -> Vec<(String, Picture)>,
}

/// The pictures of a run, in the order in which they are drawn.
pub const PICTURES: &[RunPicture] = &[
    RunPicture { name: "topology", about: "The graph at the chosen times", draw: graphs },
    RunPicture { name: "delivery", about: "Delivery, nodes and components over time", draw: course },
    RunPicture { name: "latency", about: "The distribution of latency", draw: latencies },
    RunPicture { name: "degrees", about: "How many neighbors nodes have at the end", draw: degree_counts },
];

/// By component, and where a message was followed also by its hops.
fn graphs(run: &RunView, style: &Style) -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for GraphView { suffix, graph, message } in &run.graphs {
        // The layout takes longest, and is the same for both pictures.
        let graph = TopologyView { layout: Some(graph.lay_out()), ..graph.clone() };
        pictures.push((format!("topology{suffix}.png"), topology(&graph, style)));
        if let Some(message) = message {
            let title = format!("{}: how message {message} spread", run.scenario);
            let hops = TopologyView { title, color_by: ColorBy::Hop, ..graph };
            pictures.push((format!("topology-hops{suffix}.png"), topology(&hops, style)));
        }
    }
    pictures
}

fn course(run: &RunView, style: &Style) -> Vec<(String, Picture)> {
    vec![("delivery.png".to_owned(), timeline(&run.course, style))]
}

fn latencies(run: &RunView, style: &Style) -> Vec<(String, Picture)> {
    let title = format!("{}: publish to delivery", run.scenario);
    vec![("latency.png".to_owned(), latency_cdf(&title, from_ref(&run.latencies), style))]
}

fn degree_counts(run: &RunView, style: &Style) -> Vec<(String, Picture)> {
    vec![("degrees.png".to_owned(), degree_histogram(&run.degrees, style))]
}
