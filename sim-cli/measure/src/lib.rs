//! Measures of a run: what a backend's observations mean in numbers.
//!
//! [`Measures`] are [`Divisible`](floodnet_sim::observer::Divisible): a backend feeds its [`Part`](part::Part)s with what happens at their slots, and at the
//! [`barriers`] it asks for, the whole with a consistent cut through the network. It never looks into a
//! backend, and nothing it says depends on how many parts there are, nor on the order in which observations
//! of different slots come between two samples.
//!
//! Intervals are half-open, `[start, stop)`; a sample at T sees every input before T. Time averages are over
//! the samples of `[measure.start, measure.stop)`. Each measure is defined, with its formula, where it is
//! computed:
//!
//! | module | measures |
//! |---|---|
//! | [`delivery`] | receivers, delivery ratios, latency, RMR, LDH |
//! | [`latency`] | quantiles over pairs of which some never happened |
//! | [`load`] | packets, bytes, drops, conservation |
//! | [`lifecycle`] | up, joined, joins, leaves, crashes, repairs, time to join |
//! | [`newcomer_links`] | to whom newcomers link: preferential attachment |
//! | [`graph`] | edges of the measured graph, components, nodes that are isolated or cut off, asymmetry |
//! | [`deeds`] | (what hostile nodes did, as it is gathered) |
//! | [`hostility`] | what adversaries did, and what it cost them |
//! | [`series`] | samples, partition rate, averages |
//! | [`topology`] | clustering, triangles, paths, assortativity; the graph to draw |
//! | `paths` | (their algorithms) |
//! | `neighbors`, `around`, `changes` | (who holds whom; links of directed views; lists of neighbors, compactly) |
//! | [`phases`] | before, during and after a fault; healing |
//! | [`part`], `collector` | (take the observations in: those of some slots, and all the rest) |
//! | `schedule`, `arrivals` | (when which message is due at whom, and what arrived) |
//! | `ended` | (what is known when the run is over; the rows of the table pick from it) |
//! | `text` | (which of them are shown on the screen) |
//! | [`values`] | records of several numbers that a summary is made of |
//! | [`metric_row`] | what a row of the table says: words, unit, which way is worse, family |
//! | [`metrics`] | the table of all these numbers: the record of a run, and each number by its name |
//! | [`own`] | what protocols measure of themselves |
//! | `detection` | (what detectors of failures said, against what was so) |
//! | [`expect`], `outcome` | bounds on them, and what became of these |
//! | [`reach`] | what must happen in some of many runs |
//! | [`so_far`] | a run that goes on |
//! | [`stats`] | intervals and comparisons over runs |
//! | [`tables`] | CSV and GraphML |
//!
//! [`barriers`]: Measures::barriers

// The tests share a file with an example, which names the crate.
#[cfg(test)]
extern crate self as floodnet_measure;

pub mod about;
mod around;
mod arrivals;
mod changes;
mod collector;
pub mod deeds;
pub mod delivery;
mod detection;
mod ended;
pub mod expect;
mod fault_cuts;
pub mod graph;
pub mod hostility;
pub mod latency;
pub mod lifecycle;
pub mod load;
pub mod metric_row;
pub mod metrics;
mod neighbors;
pub mod newcomer_links;
mod number;
mod outcome;
pub mod own;
pub mod part;
mod paths;
pub mod phases;
pub mod reach;
mod results;
mod schedule;
pub mod seed;
pub mod series;
mod settings;
pub mod so_far;
pub mod stats;
pub mod tables;
#[cfg(test)]
pub(crate) mod testing;
mod text;
pub mod topology;
pub mod values;

pub use collector::Measures;
pub use number::{DIGITS, round_to, seconds};
pub use results::{MessageRow, Results};
pub use settings::{Ending, MeasureSettings};

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod reference_tests;
