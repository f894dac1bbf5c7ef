//! An event as it waits in a bucket: without what its bucket knows.

use floodnet_core::broadcast::Flood;
use floodnet_core::node::Node;
use floodnet_core::overlay::RandomWalk;
use floodnet_core::protocol::Types;

use crate::event::{Connection, EventKind, Passed, Rank};
use crate::payload::SimPayload;

/// An event in a bucket, which knows its window and its block: 32 bytes where messages are small.
pub(crate) struct Stored<P: Types> {
    /// Nanoseconds after the start of the window.
    pub(crate) offset: u32,
    pub(crate) from: u32,
    pub(crate) connection: Connection,
    /// Receiver within the block.
    pub(crate) local: u16,
    pub(crate) rank: Rank,
    pub(crate) passed: Passed,
    /// None when it has been handled.
    pub(crate) what: Option<EventKind<P>>,
}

/// A node of the laboratory, to state sizes for.
type Walker = Node<RandomWalk<u32>, Flood<u32, SimPayload>>;

const _: () = assert!(size_of::<Stored<Walker>>() <= 32, "two events to a line of the cache");

impl<P: Types> Stored<P> {
    /// The order of those that reach one slot at one time, but for those of one source.
    pub(crate) const fn tie(&self) -> (Rank, u32) {
        (self.rank, self.from)
    }
}

#[cfg(test)]
impl<P: Types> Stored<P> {
    /// An input of the plan.
    pub(crate) const fn for_tests(local: u16, offset: u32, from: u32) -> Self {
        let (connection, passed) = (Connection::NONE, Passed::NOTHING);
        Self { offset, from, connection, local, rank: Rank::Plan, passed, what: Some(EventKind::Start) }
    }
}
