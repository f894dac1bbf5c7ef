//! Bytes: how messages are encoded and decoded. Each protocol implements [`Wire`] beside its messages.
//!
//! A **packet** is one version byte and the message. Numbers are big-endian and of fixed width, so each
//! message has exactly one encoding: what decodes encodes again to the same bytes. Content takes the rest
//! of its packet. A **frame** on a stream is a length of two bytes ([`FRAME_OVERHEAD`]) and a packet.
//!
//! Decoding never panics and never allocates more than the input is long.
//!
//! ```
//! use floodnet_core::overlay::random_walk::Message;
//! use floodnet_core::wire;
//!
//! let bytes = wire::encode(&Message::Join { joiner: 7u32, hop_limit: 5 });
//! assert_eq!(bytes, [wire::VERSION, 0, 0, 0, 0, 7, 5]);
//! assert_eq!(wire::decode::<Message<u32>>(&bytes), Ok(Message::Join { joiner: 7, hop_limit: 5 }));
//! assert_eq!(wire::decode::<Message<u32>>(&bytes[..3]), Err(wire::DecodeError::TooShort));
//! ```

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use bytes::Bytes;

/// Version of the encoding: the first byte of each packet.
pub const VERSION: u8 = 1;
/// Bytes around each packet on a stream: its length.
pub const FRAME_OVERHEAD: u32 = 2;
/// The longest packet that a frame can hold.
pub const MAX_PACKET: usize = u16::MAX as usize;

/// Why bytes cannot be decoded as a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The packet is longer than [`MAX_PACKET`].
    TooLong,
    /// The packet ends in the middle of a message.
    TooShort,
    /// The message ends before the packet does.
    Trailing,
    /// The first byte is not [`VERSION`].
    Version(u8),
    /// No message has this number.
    Kind(u8),
    /// The content is not in the one form that it may have.
    Content,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "packet longer than {MAX_PACKET} bytes"),
            Self::TooShort => write!(f, "packet ends in the middle of a message"),
            Self::Trailing => write!(f, "bytes after the end of the message"),
            Self::Version(version) => write!(f, "packet of version {version}, expected {VERSION}"),
            Self::Kind(kind) => write!(f, "no message of kind {kind}"),
            Self::Content => write!(f, "content is not in canonical form"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// A value with exactly one encoding.
pub trait Wire: Sized {
    /// How many bytes [`encode`](Self::encode) adds.
    fn size(&self) -> u32;

    /// Adds the encoding to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes a value off the front of `input`.
    ///
    /// # Errors
    /// The bytes do not encode a value; `input` is then in an unspecified place.
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError>;
}

/// Bytes of the packet that holds `message`, without the frame.
#[inline]
pub fn packet_size<M: Wire>(message: &M) -> u32 {
    message.size().saturating_add(1)
}

/// The packet that holds `message`.
pub fn encode<M: Wire>(message: &M) -> Vec<u8> {
    let mut out = Vec::with_capacity(packet_size(message) as usize);
    out.push(VERSION);
    message.encode(&mut out);
    out
}

/// The message in `packet`.
///
/// # Errors
/// The packet is too long or short, of another version, or not the encoding of a message.
pub fn decode<M: Wire>(packet: &[u8]) -> Result<M, DecodeError> {
    if packet.len() > MAX_PACKET {
        return Err(DecodeError::TooLong);
    }
    let mut input = packet;
    match take::<1>(&mut input)? {
        [VERSION] => {}
        [other] => return Err(DecodeError::Version(other)),
    }
    let message = M::decode(&mut input)?;
    if input.is_empty() { Ok(message) } else { Err(DecodeError::Trailing) }
}

/// Takes `N` bytes off the front of `input`.
///
/// # Errors
/// There are fewer.
pub fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let (head, rest) = input.split_first_chunk::<N>().ok_or(DecodeError::TooShort)?;
    *input = rest;
    Ok(*head)
}

impl Wire for u32 {
    #[inline]
    fn size(&self) -> u32 {
        4
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take(input).map(Self::from_be_bytes)
    }
}

/// Content on real networks: the rest of the packet.
impl Wire for Bytes {
    #[inline]
    fn size(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::copy_from_slice(core::mem::take(input)))
    }
}

impl Wire for Infallible {
    #[inline]
    fn size(&self) -> u32 {
        match *self {}
    }
    fn encode(&self, _: &mut Vec<u8>) {
        match *self {}
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [kind] = take(input)?;
        Err(DecodeError::Kind(kind))
    }
}
