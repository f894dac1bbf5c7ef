//! The simulator's content: an index into the plan's publications, and a size.

use floodnet_core::observe::Payload;
use floodnet_core::reconcile::{Dated, Key};
use floodnet_core::seen::SeenWindow;
use floodnet_core::wire::{DecodeError, Wire, take};

/// The content of a simulated message. The simulator never serializes: a message is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SimPayload {
    index: u32,
    bytes: u32,
}

impl SimPayload {
    /// The message of this index, whose content would take so many bytes on the wire.
    #[must_use]
    pub const fn new(index: u32, bytes: u32) -> Self {
        Self { index, bytes }
    }

    /// Index into [`Plan::publishes`](crate::plan::Plan::publishes), one to one with (origin, the
    /// origin's own count).
    #[inline]
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Bytes that the content would take on the wire.
    #[inline]
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }
}

impl Payload for SimPayload {
    type Id = u32;
    /// Numbers of publications, in the order of their times.
    type Seen = SeenWindow;

    #[inline]
    fn id(&self) -> u32 {
        self.index
    }
}

/// Numbers of publications are in the order of their times.
impl Dated for SimPayload {
    fn key(&self) -> Key {
        Key::at(self.index.into())
    }
}

/// The number, then zeros up to the size: what the content would weigh, though the simulator never
/// serializes. Content of fewer than four bytes takes four.
impl Wire for SimPayload {
    #[inline]
    fn size(&self) -> u32 {
        self.bytes.max(4)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        { self.index }.encode(out);
        out.resize(out.len() + self.bytes.saturating_sub(4) as usize, 0);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let index = take(input).map(u32::from_be_bytes)?;
        let filler = std::mem::take(input);
        if filler.iter().any(|&byte| byte != 0) {
            return Err(DecodeError::Content);
        }
        Ok(Self::new(index, u32::try_from(filler.len()).unwrap_or(u32::MAX).saturating_add(4)))
    }
}
