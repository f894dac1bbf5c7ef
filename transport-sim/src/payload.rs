//! The simulator's content: an index into the plan's publications, and a size.

use floodnet_core::observe::Payload;

/// The content of a simulated message. The simulator never serializes: a message is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SimPayload {
    /// Index into [`Plan::publishes`](crate::plan::Plan::publishes), one to one with (origin, the
    /// origin's own count).
    pub index: u32,
    /// Bytes that the content would take on the wire.
    pub size: u32,
}

impl Payload for SimPayload {
    type Id = u32;

    fn id(&self) -> u32 {
        self.index
    }

    fn size(&self) -> u32 {
        self.size
    }
}
