//! The samples: one [`Row`] every `measure.every`, and averages over those of the window.
//!
//! A sample at T sees every input before T. Rows stand at `every`, `2 every`, .. up to the end of the run;
//! averages are over the rows of `[measure.start, measure.stop)`, each with the same weight.
//!
//! - `partition_rate`: share of the samples at which the network is **split**: two or more components of
//!   at least 2 nodes, or a joined node that has been without an edge for longer than `measure.grace`, counted
//!   from the first of the unbroken samples that found it so.
//!   Each sample's answer is the column `partitioned`.
//! - `split_rate`, stricter: share of the samples with two or more components of at least 2 nodes.
//! - `degree.mean` is the mean over samples of the mean degree; `degree.min` and `degree.max` are the least
//!   and the greatest of any node at any sample.
//! - Samples without joined nodes have no degree and no largest component, and are left out of these means.
//! - Where no sample has a joined node there is no graph: rates and components are not measured.

use floodnet_core::time::Time;
use serde::Serialize;

use super::deeds::HostileRow;
use super::graph::Shape;
use super::number::{RunningStats, ratio};
use super::values::{LargestComponent, MeanMax, MeanMaxEnd, MeanMinMax};

/// One sample. Counts of events are since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// When, in seconds.
    #[serde(rename = "t_s", serialize_with = "super::number::as_seconds")]
    pub at: Time,
    /// Slots that are up.
    pub nodes_up: u32,
    /// Of these, slots that have held a neighbor in this life.
    pub joined: u32,
    /// Of these, slots that have not.
    pub unjoined: u32,
    /// Joined nodes without an edge.
    pub isolated: u32,
    /// Components of the graph of joined nodes.
    pub components: u32,
    /// Components of at least two nodes.
    pub parts: u32,
    /// Nodes of the largest component.
    pub largest: u32,
    /// Their share of the joined nodes.
    pub largest_component: Option<f64>,
    /// Whether the network is split, as `partition_rate` counts it.
    pub partitioned: bool,
    /// Edges of the measured graph.
    pub links: u64,
    /// Share of held pairs that only one end holds.
    pub asymmetry: Option<f64>,
    /// Mean degree of joined nodes.
    pub degree_mean: Option<f64>,
    /// Least degree of a joined node.
    pub degree_min: Option<u32>,
    /// Greatest degree of a joined node.
    pub degree_max: Option<u32>,
    /// Joined nodes with at least the target degree; none when the overlay names no target.
    pub at_target: Option<u32>,
    /// Lives that have joined.
    pub joins: u64,
    /// Announced departures.
    pub leaves: u64,
    /// Unannounced departures.
    pub crashes: u64,
    /// Links asked for in place of lost ones.
    pub repairs: u64,
    /// Messages published.
    pub publishes: u64,
    /// First deliveries at slots other than the origin.
    pub deliveries: u64,
    /// Suppressed copies.
    pub duplicates: u64,
    /// Packets handed to the network.
    pub packets_sent: u64,
    /// Packets taken in by protocols.
    pub packets_received: u64,
    /// Packets lost by the network.
    pub packets_lost: u64,
    /// Packets with a message handed to the network.
    pub payloads_sent: u64,
    /// Packets with a message taken in.
    pub payloads_received: u64,
    /// Bytes of packets with a message.
    pub bytes_payload: u64,
    /// Bytes of all other packets.
    pub bytes_control: u64,
    /// What adversaries did; none in a run without. Its numbers are further columns.
    #[serde(skip)]
    pub hostile: Option<HostileRow>,
}

impl Row {
    /// What `shape` says.
    pub(super) fn of_shape(at: Time, shape: &Shape, has_target: bool) -> Self {
        Self {
            at,
            joined: shape.nodes,
            isolated: u32::try_from(shape.isolated.len()).unwrap_or(u32::MAX),
            components: shape.components,
            parts: shape.parts(),
            largest: shape.largest,
            largest_component: ratio(u64::from(shape.largest), u64::from(shape.nodes)),
            links: shape.edges,
            asymmetry: ratio(shape.one_sided, shape.held),
            degree_mean: ratio(2 * shape.edges, u64::from(shape.nodes)),
            degree_min: shape.degrees.map(|(least, _)| least),
            degree_max: shape.degrees.map(|(_, greatest)| greatest),
            at_target: has_target.then_some(shape.at_target),
            ..Self::default()
        }
    }
}

/// The averages of one window.
pub(super) struct Averages<'a>(pub(super) Vec<&'a Row>);

impl<'a> Averages<'a> {
    /// Over the rows of `[start, stop)`.
    pub(super) fn over(rows: &'a [Row], start: Time, stop: Time) -> Self {
        Self(rows.iter().filter(|row| start <= row.at && row.at < stop).collect())
    }

    fn tally(&self, of: impl Fn(&Row) -> Option<f64>) -> RunningStats {
        self.0.iter().filter_map(|row| of(row)).collect()
    }

    fn greatest(&self, of: impl Fn(&Row) -> Option<u32>) -> Option<u64> {
        self.0.iter().filter_map(|row| of(row)).max().map(u64::from)
    }

    fn least(&self, of: impl Fn(&Row) -> Option<u32>) -> Option<u64> {
        self.0.iter().filter_map(|row| of(row)).min().map(u64::from)
    }

    /// The share of samples of which `of` is true.
    pub(super) fn share(&self, of: impl Fn(&Row) -> bool) -> Option<f64> {
        ratio(self.0.iter().filter(|row| of(row)).count() as u64, self.0.len() as u64)
    }

    /// Whether somebody had joined at one of the samples: without, there is no graph to say anything of.
    fn has_graph(&self) -> bool {
        self.0.iter().any(|row| row.joined > 0)
    }

    /// As [`Self::share`]; none where nobody had joined at any sample.
    pub(super) fn share_of_graphs(&self, of: impl Fn(&Row) -> bool) -> Option<f64> {
        self.share(of).filter(|_| self.has_graph())
    }

    /// As [`Self::count`]; without mean and maximum where nobody had joined at any sample.
    pub(super) fn count_of_graphs(&self, of: impl Fn(&Row) -> u32, end: u32) -> MeanMaxEnd {
        let all = self.count(of, end);
        if self.has_graph() { all } else { MeanMaxEnd { mean: None, max: None, end: all.end } }
    }

    /// A count: mean and maximum over the samples, and the value `end` at the end of the run.
    pub(super) fn count(&self, of: impl Fn(&Row) -> u32, end: u32) -> MeanMaxEnd {
        let mean = self.tally(|row| Some(f64::from(of(row)))).mean();
        MeanMaxEnd { mean, max: self.greatest(|row| Some(of(row))), end: u64::from(end) }
    }

    /// The share of the largest component, with its value `end` at the end of the run.
    pub(super) fn largest_component(&self, end: Option<f64>) -> LargestComponent {
        let tally = self.tally(|row| row.largest_component);
        LargestComponent { mean: tally.mean(), min: tally.min(), end }
    }

    pub(super) fn asymmetry(&self) -> MeanMax {
        let tally = self.tally(|row| row.asymmetry);
        MeanMax { mean: tally.mean(), max: tally.max() }
    }

    pub(super) fn degree(&self) -> MeanMinMax {
        MeanMinMax {
            mean: self.tally(|row| row.degree_mean).mean(),
            min: self.least(|row| row.degree_min),
            max: self.greatest(|row| row.degree_max),
        }
    }

    pub(super) fn nodes_up(&self) -> MeanMinMax {
        MeanMinMax {
            mean: self.tally(|row| Some(f64::from(row.nodes_up))).mean(),
            min: self.least(|row| Some(row.nodes_up)),
            max: self.greatest(|row| Some(row.nodes_up)),
        }
    }

    /// The mean number of components.
    pub(super) fn components(&self) -> Option<f64> {
        self.tally(|row| Some(f64::from(row.components))).mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::secs;

    fn row(at: u64, components: u32, largest_component: Option<f64>) -> Row {
        Row { at: secs(at), components, largest_component, degree_min: Some(components), ..Row::default() }
    }

    #[test]
    fn the_window_is_half_open() {
        let rows: Vec<Row> = (1..=5).map(|n| row(n, u32::try_from(n).unwrap(), Some(1.0))).collect();
        let window = Averages::over(&rows, secs(2), secs(4));
        assert_eq!(window.components(), Some(2.5), "2 s is in, 4 s is not");
        assert_eq!(
            window.count(|row| row.components, 9),
            MeanMaxEnd { mean: Some(2.5), max: Some(3), end: 9 }
        );
        assert_eq!(window.degree().min, Some(2));
        assert_eq!(window.share(|row| row.components == 3), Some(0.5));
    }

    #[test]
    fn a_network_that_nobody_joined_is_not_in_one_piece() {
        let rows = [row(1, 0, None), row(2, 0, None)];
        let nobody = Averages::over(&rows, Time::ZERO, Time::MAX);
        assert_eq!(nobody.share_of_graphs(|row| row.partitioned), None);
        let count = nobody.count_of_graphs(|row| row.components, 0);
        assert_eq!(count, MeanMaxEnd { mean: None, max: None, end: 0 });
        let rows = [row(1, 0, None), Row { joined: 2, ..row(2, 1, Some(1.0)) }];
        let somebody = Averages::over(&rows, Time::ZERO, Time::MAX);
        assert_eq!(somebody.share_of_graphs(|row| row.partitioned), Some(0.0));
        assert_eq!(somebody.count_of_graphs(|row| row.components, 1).max, Some(1));
    }

    #[test]
    fn samples_without_nodes_are_left_out_and_no_sample_is_no_average() {
        let rows = [row(1, 0, None), row(2, 2, Some(0.5))];
        let all = Averages::over(&rows, Time::ZERO, Time::MAX);
        let largest = LargestComponent { mean: Some(0.5), min: Some(0.5), end: Some(1.0) };
        assert_eq!(all.largest_component(Some(1.0)), largest);
        let none = Averages::over(&rows, secs(9), Time::MAX);
        assert_eq!(none.share(|_| true), None);
        assert_eq!(none.count(|row| row.components, 1), MeanMaxEnd { mean: None, max: None, end: 1 });
    }
}
