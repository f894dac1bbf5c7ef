//! Pictures of a run: pure functions from plain data to pixels.
//!
//! The pictures that every run has stand in `pictures/`, in the list [`PICTURES`].
//!
//! | function | shows |
//! |---|---|
//! | [`topology`](topology()) | the graph at one time, components laid out apart |
//! | [`timeline`](timeline()) | delivery, nodes and components over the run, with its faults |
//! | [`latency_cdf`] | the distribution of latency over all pairs, undelivered ones included |
//! | [`degree_histogram`] | how many neighbors nodes have |
//! | [`sweep_lines`] | a metric over a grid, with intervals |
//! | [`sweep_map`] | a metric over a grid of two keys, as colors |
//! | [`pareto`](pareto()) | a metric against what it costs, and who is beaten by nobody in both |
//! | [`tails`](tails()) | how many messages take longer, predicted and measured |
//! | [`overlaid_delivery`], [`overlaid_latency`] | the same measure of several groups of runs, over one another |
//!
//! [`layout`](layout::layout) is public by itself: the positions serve other formats too, and a caller
//! that draws several times of one run can keep them. Pictures of the same data are the same bytes for
//! the same build and machine.
//!
//! The charts are made by `plotters`: its plots, axes, meshes and series, on a backend of our own. Beneath
//! everything is `tiny-skia`, and where it is asked for the same shapes as SVG; text is set by `ab_glyph` with a font that is compiled in: no installed font,
//! no C library.

mod axis;
mod backend;
mod canvas;
mod chart;
mod color;
mod density;
mod graph;
mod labels;
pub mod layout;
mod overlaid;
mod pack;
mod pareto;
mod pictures;
mod place;
mod sweep;
mod tails;
mod text;

#[cfg(test)]
mod samples;

use floodnet_text::format;

pub use canvas::Picture;
pub use color::Theme;
pub use overlaid::{RunGroup, overlaid_delivery, overlaid_latency};
pub use pareto::{ParetoPanel, ParetoPoint, ParetoView, Scale, pareto};
pub use pictures::{
    CdfSeries, ColorBy, DegreeView, FaultMark, GraphView, MessagePoint, NodeState, NodeView, PICTURES,
    RunPicture, RunView, Sample, TimelineView, TopologyView, degree_histogram, latency_cdf, timeline,
    topology,
};
pub use sweep::{SweepPoint, SweepView, sweep_lines, sweep_map};
pub use tails::{Tail, tails};

/// Settings for the look of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Colors of background and ink.
    pub theme: Theme,
    /// Leave out the title and the line under it.
    pub untitled: bool,
    /// Keep the shapes as well, for [`Picture::to_svg`].
    pub vector: bool,
}
