//! Graphs for the static overlay: drawn, regular, or read from a file.
//!
//! Each random generator draws from a stream of its own ([`Purpose::Graph`]) of the seed given, so that
//! the same seed gives the same graph whatever else a run draws.

mod edges;
mod matrix;
mod plain;
mod random;
mod regular;

use std::fmt;

pub use edges::read_edges;
pub use floodnet_core::graph::{Graph, GraphError};
pub use matrix::{Matrix, read_matrix};
pub use plain::{complete, grid, line, ring, tree};
pub use random::{gnp, k_out, preferential, small_world};
pub use regular::regular;

#[cfg(doc)]
use crate::stream::Purpose;

/// Why a graph with these parameters does not exist.
#[derive(Clone, Debug, PartialEq)]
pub enum DrawError {
    /// A node would need at least as many neighbors as there are nodes.
    DegreeTooGreat {
        /// The degree asked for.
        degree: u32,
        /// How many nodes there are.
        nodes: u32,
    },
    /// The degrees of all nodes sum to twice the links, an even number.
    OddDegreeSum {
        /// The degree asked for.
        degree: u32,
        /// How many nodes there are.
        nodes: u32,
    },
    /// A small world begins as a ring with as many neighbors on either side.
    OddDegree(u32),
    /// Something that must be at least 1 is 0: named.
    Zero(&'static str),
    /// A number is negative, not a number or too great: named.
    OutOfRange(&'static str),
    /// See [`GraphError`].
    Graph(GraphError),
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DegreeTooGreat { degree, nodes } => {
                write!(f, "{nodes} nodes cannot have {degree} neighbors each")
            }
            Self::OddDegreeSum { degree, nodes } => {
                write!(f, "{nodes} nodes of degree {degree} would have half a link left over")
            }
            Self::OddDegree(degree) => write!(f, "k must be even, and is {degree}"),
            Self::Zero(what) => write!(f, "{what} must be at least 1"),
            Self::OutOfRange(what) => write!(f, "{what} is out of range"),
            Self::Graph(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DrawError {}

impl From<GraphError> for DrawError {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

/// Refuses a degree that leaves a node short of neighbors, or that no memory holds.
fn check_degree(degree: u32, nodes: u32) -> Result<(), DrawError> {
    if degree >= nodes && nodes > 0 {
        return Err(DrawError::DegreeTooGreat { degree, nodes });
    }
    if u64::from(degree) * u64::from(nodes) > u64::from(u32::MAX / 2) {
        return Err(GraphError::TooManyLinks.into());
    }
    Ok(())
}
