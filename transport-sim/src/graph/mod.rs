//! Graphs for the static overlay: drawn, regular, or read from a file.
//!
//! Each random generator draws from a sequence of its own ([`Purpose::Graph`]) of the seed given, so that
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
use floodnet_core::rng::Purpose;

/// How many links a drawn graph has at most: while it is drawn, each takes some 20 bytes.
pub const MOST_LINKS: u64 = 1 << 27;

/// Why a graph with these parameters does not exist, or is not drawn.
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
    /// More than [`MOST_LINKS`].
    TooManyLinks {
        /// How many links the graph would have.
        links: u64,
    },
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
            Self::TooManyLinks { links } => write!(f, "{links} links, but at most {MOST_LINKS} are drawn"),
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

/// Refuses a degree that leaves a node short of neighbors.
fn check_degree(degree: u32, nodes: u32) -> Result<(), DrawError> {
    if degree >= nodes && nodes > 0 {
        return Err(DrawError::DegreeTooGreat { degree, nodes });
    }
    Ok(())
}

/// Refuses more links than are drawn. Asked first: the links alone could fill the memory.
const fn check_links(links: u64) -> Result<(), DrawError> {
    if links > MOST_LINKS { Err(DrawError::TooManyLinks { links }) } else { Ok(()) }
}

/// Refuses `nodes` that have `degree` links each, counted once or from both ends.
fn check_sum(nodes: u32, degree: u32, ends: u64) -> Result<(), DrawError> {
    check_degree(degree, nodes)?;
    check_links(u64::from(nodes) * u64::from(degree) / ends)
}
