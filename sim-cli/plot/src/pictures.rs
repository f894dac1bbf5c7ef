//! The list of the pictures that every run has. A new one is a module beside this one and a row here.
//!
//! What it shows is a field of [`RunView`], filled in by `sim-cli/src/views/run.rs`. `run`, `render --what` and `explain`
//! read this list.

use super::{Picture, RunView, Style, degrees, latency, timeline, topology};

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
    RunPicture { name: "topology", about: "The graph at the chosen times", draw: topology::of_run },
    RunPicture {
        name: "delivery",
        about: "Delivery, nodes and components over time",
        draw: timeline::of_run,
    },
    RunPicture { name: "latency", about: "The distribution of latency", draw: latency::of_run },
    RunPicture { name: "degrees", about: "How many neighbors nodes have at the end", draw: degrees::of_run },
];
