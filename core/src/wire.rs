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
//! let bytes = wire::encode(&Message::Join { joiner: 7u32, hop_limit: 5, ticket: 0 });
//! assert_eq!(bytes, [wire::VERSION, 0, 0, 0, 0, 7, 5]);
//! assert_eq!(wire::decode::<Message<u32>>(&bytes), Ok(Message::Join { joiner: 7, hop_limit: 5, ticket: 0 }));
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
///
/// A type that stands for several kinds of messages, such as those of any overlay, can leave it to what is around it to
/// say which: a [`Layer`](crate::node::Layer) of a node has a byte for it anyway. The others have one variant.
pub trait Wire: Sized {
    /// How many variants there are; at most 127.
    const VARIANTS: u8 = 1;

    /// Which variant it is.
    #[inline]
    fn variant(&self) -> u8 {
        0
    }

    /// How many bytes [`encode_variant`](Self::encode_variant) adds.
    #[inline]
    fn variant_size(&self) -> u32 {
        self.size()
    }

    /// Adds the encoding without what says the variant.
    fn encode_variant(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }

    /// Takes a value of that variant off the front of `input`.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    fn decode_variant(variant: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
        let _ = variant;
        Self::decode(input)
    }

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

/// How many bytes [`encode_list`] adds.
pub fn list_size<T: Wire>(items: &[T]) -> u32 {
    items.iter().fold(1, |size: u32, item| size.saturating_add(item.size()))
}

/// Adds the number of `items`, in one byte, and each of them. Of more than 255 the rest is left out.
pub fn encode_list<T: Wire>(items: &[T], out: &mut Vec<u8>) {
    let count = u8::try_from(items.len()).unwrap_or(u8::MAX);
    out.push(count);
    items.iter().take(count.into()).for_each(|item| item.encode(out));
}

/// Takes a list off the front of `input`.
///
/// # Errors
/// It has more than `most` items, or one that is none.
pub fn decode_list<T: Wire>(input: &mut &[u8], most: usize) -> Result<Vec<T>, DecodeError> {
    let [count] = take(input)?;
    if usize::from(count) > most {
        return Err(DecodeError::Content);
    }
    // Grows with what is there, not with what is said to be.
    (0..count).map(|_| T::decode(input)).collect()
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
