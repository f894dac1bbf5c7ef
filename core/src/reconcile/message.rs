//! What nodes send each other to compare what they hold.

use alloc::vec::Vec;

use super::{Key, MAX_HAVE, MAX_LISTED, MAX_RANGES, MAX_WANT};
use crate::wire::{DecodeError, Wire, take};

/// A message of the reconciliation. All lists are in ascending order, without repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What the sender holds, as adjacent ranges.
    Ranges {
        /// Chosen by the node that began; the sums depend on it.
        salt: u64,
        /// Where the first range begins.
        from: Key,
        /// 1 to [`MAX_RANGES`] of them, with at most [`MAX_LISTED`] keys together.
        ranges: Vec<Range>,
    },
    /// Keys that the sender holds and the receiver seems to lack: 1 to [`MAX_HAVE`].
    Have(Vec<Key>),
    /// The sender asks for the messages of these keys: 1 to [`MAX_WANT`].
    Want(Vec<Key>),
    /// The sender cannot give these, which it was asked for: 1 to [`MAX_WANT`].
    Lack(Vec<Key>),
}

/// What a node holds between the end of the range before and the end of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first key behind it.
    pub end: Key,
    /// What it holds there.
    pub content: Content,
}

/// What a node holds in a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The same as the receiver, or it does not matter now.
    Equal,
    /// Keys with this sum.
    Sum(u128),
    /// These keys.
    Keys(Vec<Key>),
}

const RANGES: u8 = 0;
const HAVE: u8 = 1;
const WANT: u8 = 2;
const LACK: u8 = 3;

const EQUAL: u8 = 0;
const SUM: u8 = 1;
const KEYS: u8 = 2;

/// Bytes of a key.
const KEY: u32 = 24;

impl Wire for Key {
    fn size(&self) -> u32 {
        KEY
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(&self.id);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let at = take(input).map(u64::from_be_bytes)?;
        Ok(Self { at, id: take(input)? })
    }
}

impl Wire for Message {
    fn size(&self) -> u32 {
        match self {
            Self::Ranges { ranges, .. } => {
                let inside = ranges.iter().map(|range| match &range.content {
                    Content::Equal => KEY + 1,
                    Content::Sum(_) => KEY + 1 + 16,
                    Content::Keys(keys) => KEY + 1 + list_size(keys),
                });
                1 + 8 + KEY + 2 + inside.sum::<u32>()
            }
            Self::Have(keys) | Self::Want(keys) | Self::Lack(keys) => 1 + list_size(keys),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ranges { salt, from, ranges } => {
                out.push(RANGES);
                out.extend_from_slice(&salt.to_be_bytes());
                from.encode(out);
                out.extend_from_slice(&count(ranges.len()).to_be_bytes());
                ranges.iter().for_each(|range| encode_range(range, out));
            }
            Self::Have(keys) => encode_list(HAVE, keys, out),
            Self::Want(keys) => encode_list(WANT, keys, out),
            Self::Lack(keys) => encode_list(LACK, keys, out),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match take(input)? {
            [RANGES] => decode_ranges(input),
            [HAVE] => decode_some(input, MAX_HAVE).map(Self::Have),
            [WANT] => decode_some(input, MAX_WANT).map(Self::Want),
            [LACK] => decode_some(input, MAX_WANT).map(Self::Lack),
            [kind] => Err(DecodeError::Kind(kind)),
        }
    }
}

/// No list of this module is longer than a packet.
fn count(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

fn list_size(keys: &[Key]) -> u32 {
    u32::from(count(keys.len())) * KEY + 2
}

fn encode_list(kind: u8, keys: &[Key], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&count(keys.len()).to_be_bytes());
    keys.iter().for_each(|key| key.encode(out));
}

fn encode_range(range: &Range, out: &mut Vec<u8>) {
    range.end.encode(out);
    match &range.content {
        Content::Equal => out.push(EQUAL),
        Content::Sum(sum) => {
            out.push(SUM);
            out.extend_from_slice(&sum.to_be_bytes());
        }
        Content::Keys(keys) => encode_list(KEYS, keys, out),
    }
}

fn decode_ranges(input: &mut &[u8]) -> Result<Message, DecodeError> {
    let salt = take(input).map(u64::from_be_bytes)?;
    let from = Key::decode(input)?;
    let ranges = take(input).map(u16::from_be_bytes).map(usize::from)?;
    if ranges == 0 || ranges > MAX_RANGES {
        return Err(DecodeError::Content);
    }
    // Each range begins where the one before ended, so only ends are on the wire; they must grow, and all lists
    // together have a bound.
    let (mut start, mut listed, mut read) = (from, 0, Vec::new());
    for _ in 0..ranges {
        let end = Key::decode(input)?;
        if end <= start {
            return Err(DecodeError::Content);
        }
        let content = match take(input)? {
            [EQUAL] => Content::Equal,
            [SUM] => Content::Sum(take(input).map(u128::from_be_bytes)?),
            [KEYS] => {
                let keys = decode_list(input, MAX_LISTED - listed)?;
                listed += keys.len();
                if keys.first().is_some_and(|key| *key < start) || keys.last().is_some_and(|key| *key >= end)
                {
                    return Err(DecodeError::Content);
                }
                Content::Keys(keys)
            }
            [kind] => return Err(DecodeError::Kind(kind)),
        };
        read.push(Range { end, content });
        start = end;
    }
    Ok(Message::Ranges { salt, from, ranges: read })
}

/// A list that is not empty.
fn decode_some(input: &mut &[u8], max: usize) -> Result<Vec<Key>, DecodeError> {
    let keys = decode_list(input, max)?;
    if keys.is_empty() { Err(DecodeError::Content) } else { Ok(keys) }
}

fn decode_list(input: &mut &[u8], max: usize) -> Result<Vec<Key>, DecodeError> {
    let len = take(input).map(u16::from_be_bytes).map(usize::from)?;
    if len > max {
        return Err(DecodeError::Content);
    }
    let mut keys: Vec<Key> = Vec::new();
    for _ in 0..len {
        let key = Key::decode(input)?;
        if keys.last().is_some_and(|last| *last >= key) {
            return Err(DecodeError::Content);
        }
        keys.push(key);
    }
    Ok(keys)
}
