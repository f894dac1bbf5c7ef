//! What nodes of these tests publish.

use floodnet_core::observe::Payload;
use floodnet_core::seen::SeenCache;
use floodnet_core::wire::{DecodeError, Wire};

/// A publication: its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note(pub(crate) u32);

impl Payload for Note {
    type Id = u32;
    type Seen = SeenCache<u32>;
    fn id(&self) -> u32 {
        self.0
    }
}

impl Wire for Note {
    fn size(&self) -> u32 {
        self.0.size()
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        u32::decode(input).map(Self)
    }
}
