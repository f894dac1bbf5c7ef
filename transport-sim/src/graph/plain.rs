//! Graphs without chance.

#[cfg(doc)]
use super::GraphError;
use super::{DrawError, Graph, check_links};

/// Node 0 to node `nodes - 1` in a row.
///
/// # Errors
/// [`GraphError::TooManyLinks`].
pub fn line(nodes: u32) -> Result<Graph, DrawError> {
    Ok(Graph::from_edges(nodes, (1..nodes).map(|node| (node - 1, node)))?)
}

/// A [`line()`] whose ends are joined. Two nodes make one link.
///
/// # Errors
/// [`GraphError::TooManyLinks`].
pub fn ring(nodes: u32) -> Result<Graph, DrawError> {
    Ok(Graph::from_edges(nodes, (0..nodes).map(|node| (node, (node + 1) % nodes)))?)
}

/// Rows of the square root of `nodes`, rounded up, the last row perhaps shorter: 25 nodes are 5 x 5.
/// Nodes are numbered along the rows.
///
/// # Errors
/// [`GraphError::TooManyLinks`].
pub fn grid(nodes: u32) -> Result<Graph, DrawError> {
    let root = nodes.isqrt();
    let width = if root * root == nodes { root } else { root + 1 };
    let right = (1..nodes).filter(|node| node % width != 0).map(|node| (node - 1, node));
    let down = (width..nodes).map(|node| (node - width, node));
    Ok(Graph::from_edges(nodes, right.chain(down))?)
}

/// Node 0 is the root; each node has `arity` children until the nodes are used up, level by level.
///
/// # Errors
/// When `arity` is 0.
pub fn tree(nodes: u32, arity: u32) -> Result<Graph, DrawError> {
    if arity == 0 {
        return Err(DrawError::Zero("arity"));
    }
    Ok(Graph::from_edges(nodes, (1..nodes).map(|node| ((node - 1) / arity, node)))?)
}

/// Everybody is everybody's neighbor.
///
/// # Errors
/// [`DrawError::TooManyLinks`], from 16,385 nodes on.
pub fn complete(nodes: u32) -> Result<Graph, DrawError> {
    check_links(u64::from(nodes) * u64::from(nodes.saturating_sub(1)) / 2)?;
    Ok(Graph::from_edges(nodes, (1..nodes).flat_map(|high| (0..high).map(move |low| (low, high))))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(graph: &Graph) -> Vec<usize> {
        (0..graph.nodes()).map(|node| graph.neighbors(node).len()).collect()
    }

    #[test]
    fn lines_and_rings() {
        assert_eq!(degrees(&line(4).unwrap()), [1, 2, 2, 1]);
        assert_eq!(degrees(&ring(4).unwrap()), [2, 2, 2, 2]);
        assert_eq!(ring(4).unwrap().neighbors(0), [1, 3]);
        // The smallest ones are what is left of the rule.
        assert_eq!((0..4).map(|n| line(n).unwrap().links()).collect::<Vec<_>>(), [0, 0, 1, 2]);
        assert_eq!((0..4).map(|n| ring(n).unwrap().links()).collect::<Vec<_>>(), [0, 0, 1, 3]);
    }

    #[test]
    fn grids_are_nearly_square() {
        let square = grid(25).unwrap();
        assert_eq!(square.links(), 40);
        assert_eq!(square.neighbors(12), [7, 11, 13, 17]);
        assert_eq!((square.neighbors(4), square.neighbors(5)), (&[3, 9][..], &[0, 6, 10][..]));
        // 3 x 3 with the last row cut: 6 links in two whole rows and between them, 1 + 0 below.
        let cut = grid(7).unwrap();
        assert_eq!(cut.links(), 8);
        assert_eq!(cut.neighbors(6), [3]);
        assert_eq!((0..3).map(|n| grid(n).unwrap().links()).collect::<Vec<_>>(), [0, 0, 1]);
    }

    #[test]
    fn trees_have_a_link_less_than_nodes() {
        let tree4 = tree(25, 4).unwrap();
        assert_eq!(tree4.links(), 24);
        assert_eq!(tree4.neighbors(0), [1, 2, 3, 4]);
        assert_eq!(tree4.neighbors(5), [1, 21, 22, 23, 24]);
        assert_eq!(tree(3, 1), line(3));
        assert_eq!(tree(3, 0), Err(DrawError::Zero("arity")));
    }

    #[test]
    fn complete_graphs_have_every_link() {
        assert_eq!(complete(25).unwrap().links(), 300);
        assert_eq!(complete(4).unwrap().neighbors(2), [0, 1, 3]);
        assert_eq!(complete(0).unwrap().nodes(), 0);
        assert_eq!(complete(16_385), Err(DrawError::TooManyLinks { links: (1 << 27) + (1 << 13) }));
    }
}
