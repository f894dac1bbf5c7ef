//! A signed message as it travels, and the check of its signature ([`Envelope::is_authentic`]).
//!
//! ```text
//! network 16 | kind 1 | origin key 32 | sequence 8 | unix ms 8 | body ... | signature 64
//! ```
//! Numbers are big-endian. Everything before the signature is the signed part, preceded by [`DOMAIN`] when
//! it is signed and when it is named. The name is the BLAKE3 hash of the signed part alone: a second
//! signature under the same words does not make a second message. Hop counts are outside.
//!
//! A node forwards an envelope in the bytes in which it came.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use data_encoding::HEXLOWER;

use crate::keys::{Identity, Key, Signature, Verify};
use floodnet_core::observe::Payload;
use floodnet_core::seen::SeenCache;
use floodnet_core::wire::{DecodeError, Wire, take};

/// Goes before the signed part, so that a signature of a chat can be used for nothing else.
pub const DOMAIN: &[u8] = b"floodnet-msg-v1";
/// How many bytes stand before the body.
pub const HEADER: usize = 16 + 1 + 32 + 8 + 8;
/// How many bytes stand behind the body.
pub const SIGNATURE: usize = 64;
/// The longest body of a message, in bytes.
pub const MAX_BODY: usize = 8 * 1_024;
/// The longest envelope, in bytes.
pub const MAX_ENVELOPE: usize = HEADER + MAX_BODY + SIGNATURE;

/// Names a network, so that a message of one room means nothing in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NetworkId(pub [u8; 16]);

impl NetworkId {
    /// The network of a room: a hash of its name.
    #[must_use]
    pub fn of_room(name: &str) -> Self {
        let hash = blake3::derive_key("floodnet 2026 network of a room", name.as_bytes());
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(hash) {
            *to = from;
        }
        Self(id)
    }
}

/// Names a message: the hash of its signed part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub [u8; 32]);

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

/// What the body of a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text for everybody in the room, in UTF-8.
    Say,
    /// The author's name, and whether the author is in the room.
    Presence,
    /// A sealed message; see [`crate::direct`].
    Direct,
}

impl Kind {
    const fn number(self) -> u8 {
        match self {
            Self::Say => 1,
            Self::Presence => 2,
            Self::Direct => 3,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Say),
            2 => Some(Self::Presence),
            3 => Some(Self::Direct),
            _ => None,
        }
    }
}

/// What an author signs, but for the author's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft<'a> {
    /// The network in which it is said.
    pub network: NetworkId,
    /// How the body is to be read.
    pub kind: Kind,
    /// The author's count: higher with each message.
    pub seq: u64,
    /// Milliseconds since 1970, by the author's clock.
    pub unix_ms: u64,
    /// What is said: at most [`MAX_BODY`] bytes.
    pub body: &'a [u8],
}

/// A message, its parts read and its name computed, its signature not yet checked. Clones share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    id: MessageId,
    network: NetworkId,
    kind: Kind,
    origin: Key,
    seq: u64,
    unix_ms: u64,
    bytes: Bytes,
}

impl Envelope {
    /// Signs a message. None if its body is too long.
    #[must_use]
    pub fn sign(draft: &Draft<'_>, author: &impl Identity) -> Option<Self> {
        if draft.body.len() > MAX_BODY {
            return None;
        }
        let mut signed = DOMAIN.to_vec();
        signed.extend_from_slice(&draft.network.0);
        signed.push(draft.kind.number());
        signed.extend_from_slice(&author.key().0);
        signed.extend_from_slice(&draft.seq.to_be_bytes());
        signed.extend_from_slice(&draft.unix_ms.to_be_bytes());
        signed.extend_from_slice(draft.body);
        let signature = author.sign(&signed);
        let (_, part) = signed.split_at_checked(DOMAIN.len())?;
        let mut bytes = part.to_vec();
        bytes.extend_from_slice(&signature.0);
        Self::parse(bytes.into()).ok()
    }

    /// Reads an envelope and computes its name.
    ///
    /// # Errors
    /// Too short, too long, or of an unknown kind.
    pub fn parse(bytes: Bytes) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(DecodeError::TooLong);
        }
        let (signed, _) = split(&bytes).ok_or(DecodeError::TooShort)?;
        let mut input = signed;
        let network = NetworkId(take(&mut input)?);
        let [number] = take(&mut input)?;
        let kind = Kind::from_number(number).ok_or(DecodeError::Kind(number))?;
        let origin = Key(take(&mut input)?);
        let seq = take(&mut input).map(u64::from_be_bytes)?;
        let unix_ms = take(&mut input).map(u64::from_be_bytes)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN).update(signed);
        let id = MessageId(*hasher.finalize().as_bytes());
        Ok(Self { id, network, kind, origin, seq, unix_ms, bytes })
    }

    /// Verifies the signature of the author. Expensive: about a thousand times all other checks together.
    pub fn is_authentic(&self, verify: &(impl Verify + ?Sized)) -> bool {
        let Some((signed, signature)) = split(&self.bytes) else { return false };
        verify.verify(&self.origin, &[DOMAIN, signed].concat(), &signature)
    }

    /// The front of its name, which tells messages of one time apart.
    #[must_use]
    pub fn short_id(&self) -> [u8; 16] {
        self.id.0.first_chunk().copied().unwrap_or_default()
    }

    /// The network in which it was said.
    #[must_use]
    pub const fn network(&self) -> NetworkId {
        self.network
    }

    /// How the body is to be read.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The key of the author that it names; only the signature proves it.
    #[must_use]
    pub const fn origin(&self) -> Key {
        self.origin
    }

    /// The author's count: higher with each message.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Milliseconds since 1970, by the author's clock.
    #[must_use]
    pub const fn unix_ms(&self) -> u64 {
        self.unix_ms
    }

    /// The body: what is said.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        split(&self.bytes).and_then(|(signed, _)| signed.get(HEADER..)).unwrap_or_default()
    }

    /// The whole, as it travels.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// The signed part, which holds a whole header, and the signature.
fn split(bytes: &[u8]) -> Option<(&[u8], Signature)> {
    let (signed, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    (signed.len() >= HEADER).then_some((signed, Signature(*signature)))
}

impl fmt::Debug for Envelope {
    /// Shows the header only: the text of a message does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("origin", &self.origin)
            .field("seq", &self.seq)
            .field("unix_ms", &self.unix_ms)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Payload for Envelope {
    type Id = MessageId;
    type Seen = SeenCache<MessageId>;

    fn id(&self) -> MessageId {
        self.id
    }
}

/// Encoded as the rest of the packet.
impl Wire for Envelope {
    fn size(&self) -> u32 {
        self.bytes.size()
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.bytes.encode(out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        // Before any of it is copied.
        if input.len() > MAX_ENVELOPE {
            return Err(DecodeError::TooLong);
        }
        Bytes::decode(input).and_then(Self::parse)
    }
}
