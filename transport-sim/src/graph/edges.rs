//! Published edge lists.

use std::io::Read;

use super::{Graph, MOST_LINKS};
use crate::read::{Column, Columns, Further, Heading, Kind, ReadError, Record};

/// An edge list.
const EDGES: Kind = Kind {
    columns: &[
        Column {
            name: "source",
            also: &["from", "fromnode", "fromnodeid", "src", "node1", "u"],
            blank: "the first label is missing",
            help: "a label is a whole number",
        },
        Column {
            name: "target",
            also: &["to", "tonode", "tonodeid", "dst", "dest", "destination", "node2", "v"],
            blank: "the second label is missing",
            help: "a label is a whole number",
        },
    ],
    heading: Heading::Optional,
    // Weight and time, as collections of graphs have them.
    further: Further::Numbers(2),
    help: "write two labels per line, whole numbers such as `0,1`; a heading names them `source,target`",
};

/// So many edges are read before repeats are taken out for the first time.
const FIRST_REPEATS: usize = 1 << 20;

/// Reads an edge list as published: one link per line, two labels (whole numbers) between blanks, tabs, commas or
/// semicolons. A heading may name the columns; further ones, such as a weight, are passed over. Directed edges are
/// read as links; self loops and repeats in either direction are merged.
///
/// Nodes are numbered by their labels in ascending order; the second result holds the label of each.
///
/// # Errors
/// Names the place that is not so, and what to change.
///
/// ```
/// let file = "# FROM TO\n30\t10\n10\t30\n10\t20\n";
/// let (graph, labels) = floodnet_sim::graph::read_edges(file.as_bytes())?;
/// assert_eq!(labels, [10, 20, 30]);
/// assert_eq!(graph.neighbors(0), [1, 2]);
/// # Ok::<(), floodnet_sim::read::ReadError>(())
/// ```
pub fn read_edges(from: impl Read) -> Result<(Graph, Vec<u64>), ReadError> {
    let mut file = Columns::new(&EDGES, from);
    let mut edges: Vec<(u64, u64)> = Vec::new();
    let mut most = FIRST_REPEATS;
    let mut adjacency = Adjacency::default();
    let mut has_heading = false;
    while let Some(record) = file.next()? {
        let (source, target): (u64, u64) = (record.whole(0)?, record.whole(1)?);
        adjacency.look_at(source, target, &record);
        edges.push((source.min(target), source.max(target)));
        // Memory follows the links, not the length of the file.
        if edges.len() >= most {
            merge(&mut edges);
            adjacency.merge();
            if edges.len() as u64 > MOST_LINKS {
                return Err(record.wrong(0, format!("more than {MOST_LINKS} links"), "name a smaller graph"));
            }
            most = most.max(2 * edges.len());
        }
        has_heading = file.has_heading();
    }
    if edges.is_empty() {
        return Err(ReadError::whole("the file holds no link", EDGES.help));
    }
    if !has_heading && adjacency.is_likely() {
        let help =
            "write one link per line; or name the columns in a heading, such as `source,target,weight`";
        return Err(ReadError::whole("this looks like the neighbors of each node, not like edges", help));
    }
    merge(&mut edges);
    number(&edges)
}

/// Takes repeats out.
fn merge(edges: &mut Vec<(u64, u64)>) {
    edges.sort_unstable();
    edges.dedup();
}

/// The graph of these edges, and the label of each node.
fn number(edges: &[(u64, u64)]) -> Result<(Graph, Vec<u64>), ReadError> {
    let mut labels: Vec<u64> = edges.iter().flat_map(|&(from, to)| [from, to]).collect();
    labels.sort_unstable();
    labels.dedup();
    let smaller = "name a smaller graph";
    let nodes =
        u32::try_from(labels.len()).map_err(|_| ReadError::whole("more than 4294967295 nodes", smaller))?;
    // Every label is in the list, at a place that fits in 32 bits.
    let place = |label: u64| labels.partition_point(|&known| known < label) as u32;
    let graph = Graph::from_edges(nodes, edges.iter().map(|&(from, to)| (place(from), place(to))))
        .map_err(|error| ReadError::whole(error.to_string(), smaller))?;
    Ok((graph, labels))
}

/// Whether rows of more than two numbers may be a node and its neighbors: each node begins one row, no row names a
/// node twice, and all are nodes that begin a row.
#[derive(Debug)]
struct Adjacency {
    nodes: Vec<u64>,
    neighbors: Vec<u64>,
    is_possible: bool,
}

impl Default for Adjacency {
    fn default() -> Self {
        Self { nodes: Vec::new(), neighbors: Vec::new(), is_possible: true }
    }
}

impl Adjacency {
    fn look_at(&mut self, node: u64, first: u64, record: &Record<'_>) {
        if !self.is_possible {
            return;
        }
        let mut row = vec![node, first];
        row.extend(record.further().map_while(|cell| cell.parse::<u64>().ok()));
        let is_whole = row.len() == 2 + record.further().count();
        self.nodes.push(node);
        self.neighbors.extend_from_slice(&row[1..]);
        row.sort_unstable();
        let is_distinct = row.windows(2).all(|pair| pair[0] != pair[1]);
        self.is_possible = row.len() > 2 && is_whole && is_distinct;
    }

    /// Takes repeats out; forgets all when a node begins two rows.
    fn merge(&mut self) {
        let rows = self.nodes.len();
        for labels in [&mut self.nodes, &mut self.neighbors] {
            labels.sort_unstable();
            labels.dedup();
        }
        self.is_possible &= rows == self.nodes.len();
        if !self.is_possible {
            (self.nodes, self.neighbors) = (Vec::new(), Vec::new());
        }
    }

    fn is_likely(&mut self) -> bool {
        self.merge();
        self.is_possible && self.neighbors.iter().all(|label| self.nodes.binary_search(label).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::data_file;
    use proptest::prelude::*;

    #[test]
    fn memory_follows_the_links_and_not_the_file() {
        /// Two links for ever.
        struct Repeats(u64);
        impl Read for Repeats {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                let count = to.len().min(8).min(usize::try_from(self.0).unwrap_or(8));
                to[..count].copy_from_slice(&b"0 1\n2 1\n"[..count]);
                self.0 -= count as u64;
                Ok(count)
            }
        }
        let lines = 4 * FIRST_REPEATS as u64;
        let (graph, _) = read_edges(Repeats(4 * lines)).unwrap();
        assert_eq!((graph.nodes(), graph.links()), (3, 2));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-c#%,;. \\t\\n-]{0,60}|\\PC*") {
            if let Ok((graph, labels)) = read_edges(text.as_bytes()) {
                prop_assert_eq!(graph.nodes() as usize, labels.len());
            }
        }

        #[test]
        fn what_is_written_is_read(edges in proptest::collection::vec((any::<u64>(), 0u64..9), 0..40)) {
            let text: String = edges.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
            prop_assume!(!edges.is_empty());
            let (graph, labels) = read_edges(text.as_bytes()).unwrap();
            let named = graph.edges().map(|(a, b)| (labels[a as usize], labels[b as usize]));
            let mut given: Vec<(u64, u64)> =
                edges.iter().filter(|(a, b)| a != b).map(|&(a, b)| (a.min(b), a.max(b))).collect();
            given.sort_unstable();
            given.dedup();
            prop_assert_eq!(named.collect::<Vec<_>>(), given);
            prop_assert!(labels.is_sorted());
        }
    }

    #[test]
    fn the_gnutella_overlay_has_its_published_size() {
        let Some(file) = data_file("gnutella08.edges") else { return };
        let (graph, labels) = read_edges(file).unwrap();
        assert_eq!((graph.nodes(), graph.links()), (6_301, 20_777));
        assert_eq!(labels.len(), 6_301);
        let greatest = (0..graph.nodes()).map(|node| graph.neighbors(node).len()).max();
        assert_eq!(greatest, Some(97));
        let triangles: usize = graph
            .edges()
            .map(|(a, b)| graph.neighbors(a).iter().filter(|&&c| c > b && graph.has_link(b, c)).count())
            .sum();
        assert_eq!(triangles, 2_383);
    }
}
