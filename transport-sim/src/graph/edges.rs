//! Published edge lists.

use super::Graph;
use crate::read::{ReadError, fields, lines, whole, wrong};

/// Reads an edge list as published: one link per line, two labels (whole numbers) between blanks, tabs
/// or commas. Further columns, blank lines and lines that start with `#` or `%` are passed over. Directed
/// edges are read as links; self loops and repeats in either direction are merged.
///
/// Nodes are numbered by their labels in ascending order; the second result holds the label of each.
///
/// # Errors
/// Names the line that holds no two labels.
///
/// ```
/// let (graph, labels) = floodnet_sim::graph::read_edges("# FROM TO\n30\t10\n10 30\n10, 20\n")?;
/// assert_eq!(labels, [10, 20, 30]);
/// assert_eq!(graph.neighbors(0), [1, 2]);
/// # Ok::<(), floodnet_sim::read::ReadError>(())
/// ```
pub fn read_edges(text: &str) -> Result<(Graph, Vec<u64>), ReadError> {
    let mut edges: Vec<(u64, u64)> = Vec::new();
    let mut last = 0;
    for (number, line) in lines(text) {
        let mut fields = fields(line);
        let from = whole(number, fields.next(), "the first label")?;
        let to = whole(number, fields.next(), "the second label")?;
        edges.push((from, to));
        last = number;
    }
    let mut labels: Vec<u64> = edges.iter().flat_map(|&(from, to)| [from, to]).collect();
    labels.sort_unstable();
    labels.dedup();
    let nodes = u32::try_from(labels.len()).map_err(|_| wrong(last, "more than 4294967295 nodes"))?;
    // Every label is in the list, at a place that fits in 32 bits.
    let place = |label: u64| labels.partition_point(|&known| known < label) as u32;
    let graph = Graph::from_edges(nodes, edges.iter().map(|&(from, to)| (place(from), place(to))))
        .map_err(|error| wrong(last, error.to_string()))?;
    Ok((graph, labels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::data_file;
    use proptest::prelude::*;

    #[test]
    fn edge_lists_of_every_kind_are_read() {
        let text = "\u{feff}% a KONECT file\r\n# and a SNAP comment\r\n\r\n7 3 1 1082040961\r\n3,7\r\n  7\t5  \n9 9\n";
        let (graph, labels) = read_edges(text).unwrap();
        assert_eq!(labels, [3, 5, 7, 9]);
        assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 2), (1, 2)]);
        assert_eq!(read_edges("").unwrap().0.nodes(), 0);
    }

    #[test]
    fn errors_name_the_line() {
        let problem = |text: &str| read_edges(text).unwrap_err().to_string();
        assert_eq!(problem("1 2\n# fine\n3\n"), "line 3: the second label is missing");
        assert_eq!(
            problem("source,target\n"),
            "line 1: the first label `source` is not a whole number in range"
        );
        assert_eq!(problem("1 -2\n"), "line 1: the second label `-2` is not a whole number in range");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-c#%,;. \\t\\n-]{0,60}|\\PC*") {
            if let Ok((graph, labels)) = read_edges(&text) {
                prop_assert_eq!(graph.nodes() as usize, labels.len());
            }
        }

        #[test]
        fn what_is_written_is_read(edges in proptest::collection::vec((any::<u64>(), 0u64..9), 0..40)) {
            let text: String = edges.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
            let (graph, labels) = read_edges(&text).unwrap();
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
        let Some(text) = data_file("gnutella08.edges") else { return };
        let (graph, labels) = read_edges(&text).unwrap();
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
