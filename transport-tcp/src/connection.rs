//! The life of one connection: handshake, welcome, frames, end. One task serves both directions.
//!
//! | module | subject |
//! |---|---|
//! | `context` | what all connections of a node need, and the task around each |
//! | `incoming`, `outgoing` | from the socket to a link that stands |
//! | `serve` | a link that stands: `reader` and `writer` in one task, and the `link` they share |
//! | `stream` | a socket of which handshakes take frames |
//! | `report` | what a connection tells the task that owns the node, and is told |
//! | `end` | why a connection ended |

mod context;
mod end;
mod incoming;
mod link;
mod outgoing;
mod reader;
mod report;
mod serve;
mod stream;
mod writer;

pub(crate) use context::TaskContext;
pub(crate) use end::End;
pub(crate) use incoming::incoming;
pub(crate) use outgoing::outgoing;
pub(crate) use report::{Answer, Report, Visitor};
pub(crate) use stream::FrameStream;
