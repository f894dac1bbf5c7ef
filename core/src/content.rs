//! Content on real networks: bytes, named by a hash of themselves.
//!
//! The name is the first [`ID_BYTES`] bytes of the BLAKE3 hash. It does not travel: the receiver computes it.
//! So a sender cannot give its message the name of another one to have that one suppressed. In return, equal
//! bytes are one message: an application that may send the same text twice must add something new to each,
//! for example the author and a counter.

use alloc::vec::Vec;

use bytes::Bytes;
use data_encoding::HEXLOWER;

use crate::observe::Payload;
use crate::seen::SeenCache;
use crate::wire::{DecodeError, Wire, take};

/// Length of a [`ContentId`]: 128 bits. Two of `n` messages share a name by accident with a probability below
/// `n^2 / 2^129`; making two messages of one name on purpose takes about 2^64 attempts.
pub const ID_BYTES: usize = 16;

/// Names content by its hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId([u8; ID_BYTES]);

impl ContentId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hash = blake3::hash(bytes);
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&hash.as_bytes()[..ID_BYTES]);
        Self(id)
    }

    /// The bytes of the name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ID_BYTES] {
        &self.0
    }
}

impl core::fmt::Debug for ContentId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

impl core::fmt::Display for ContentId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, f)
    }
}

impl Wire for ContentId {
    #[inline]
    fn size(&self) -> u32 {
        ID_BYTES as u32
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take(input).map(Self)
    }
}

/// A message of an application. Clones share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    id: ContentId,
    bytes: Bytes,
}

impl Content {
    /// Content of these bytes; hashes them.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self { id: ContentId::of(&bytes), bytes }
    }

    /// The bytes that the application sent.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Payload for Content {
    type Id = ContentId;
    type Seen = SeenCache<ContentId>;

    fn id(&self) -> ContentId {
        self.id
    }
}

/// Encoded as the rest of the packet; the name is not sent.
impl Wire for Content {
    fn size(&self) -> u32 {
        self.bytes.size()
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.bytes.encode(out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Bytes::decode(input).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// The hash of nothing is the first of BLAKE3's published test vectors.
    #[test]
    fn the_name_is_the_front_of_the_hash() {
        assert_eq!(Content::new(Bytes::new()).id().to_string(), "af1349b9f5f9a1a6a0404dea36dcc949");
        assert_ne!(ContentId::of(b"a"), ContentId::of(b"b"));
        assert_eq!(ContentId::of(b"a"), Content::new(Bytes::from_static(b"a")).id());
    }
}
