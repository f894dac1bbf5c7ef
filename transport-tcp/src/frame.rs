//! Frames of a link: a length of two bytes, big-endian, and so many sealed bytes. Inside, a kind and what
//! belongs to it.
//!
//! Public for programs that speak with nodes without being one: load generators, fuzzers.

use bytes::{Buf, BytesMut};
use floodnet_core::wire::{DecodeError, take};

use crate::secure::{Broken, Cipher, TAG};

/// Bytes of the length in front of each frame.
pub const LENGTH: usize = 2;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a link is closed, as its end says. The numbers are those on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $name = $code,)*
            /// Any that a later version may have.
            Other = u8::MAX,
        }

        impl From<u8> for Reason {
            fn from(code: u8) -> Self {
                match code {
                    $($code => Self::$name,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

reasons! {
    /// It is not needed any more.
    Done = 0,
    /// The node is shutting down.
    Leaving = 1,
    /// There is a link between the two already.
    Duplicate = 2,
    /// Both dialed at once, and the other one's connection is kept.
    Simultaneous = 3,
    /// There is no room for another link.
    Full = 4,
    /// The application does not want this peer.
    Unwelcome = 5,
    /// The two have no version of the protocol in common.
    Version = 6,
}

/// An opened frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A packet of the node's protocol.
    Packet(&'a [u8]),
    /// Asks for a sign of life.
    Ping,
    /// Answers a ping.
    Pong,
    /// Ends the link. Nothing comes after it.
    Goodbye(Reason),
    /// Announces that what follows is sealed with a fresh key.
    Rekey,
    /// Tells the dialer that the link stands, with the acceptor's number of the link. Comes first.
    Welcome(u64),
}

impl<'a> Frame<'a> {
    /// Adds the encoding to `out`.
    pub fn encode(self, out: &mut Vec<u8>) {
        match self {
            Self::Packet(packet) => {
                out.push(0);
                out.extend_from_slice(packet);
            }
            Self::Ping => out.push(1),
            Self::Pong => out.push(2),
            Self::Goodbye(reason) => out.extend([3, reason as u8]),
            Self::Rekey => out.push(4),
            Self::Welcome(number) => {
                out.push(5);
                out.extend_from_slice(&number.to_be_bytes());
            }
        }
    }

    /// Reads the opened bytes of a frame.
    ///
    /// # Errors
    /// They are not those of a frame.
    pub fn decode(mut input: &'a [u8]) -> Result<Self, DecodeError> {
        let rest = &mut input;
        let frame = match take(rest)? {
            [0] => return Ok(Self::Packet(rest)),
            [1] => Self::Ping,
            [2] => Self::Pong,
            [3] => {
                let [code] = take(rest)?;
                Self::Goodbye(code.into())
            }
            [4] => Self::Rekey,
            [5] => Self::Welcome(take(rest).map(u64::from_be_bytes)?),
            [kind] => return Err(DecodeError::Kind(kind)),
        };
        if input.is_empty() { Ok(frame) } else { Err(DecodeError::Trailing) }
    }
}

/// A frame announces more or fewer bytes than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLength;

/// Takes the first frame off `buffer`, without its length, if all of it is there. Its length must be within
/// `min..=max`.
///
/// By hand and not `tokio_util::codec::LengthDelimitedCodec`, which has no least length and reserves memory for a
/// whole frame as soon as its length is announced: here a peer must send bytes to make a node hold them.
///
/// # Errors
/// The length is out of bounds; this is known before the rest of the frame comes.
pub fn split(buffer: &mut BytesMut, min: usize, max: usize) -> Result<Option<BytesMut>, BadLength> {
    let Some(&length) = buffer.first_chunk::<LENGTH>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(length));
    if length < min || length > max {
        return Err(BadLength);
    }
    if buffer.len() < LENGTH + length {
        return Ok(None);
    }
    buffer.advance(LENGTH);
    Ok(Some(buffer.split_to(length)))
}

/// Appends a sealed frame with its length to `out`.
///
/// # Errors
/// The frame is too long, or the channel is broken.
pub fn seal(cipher: &mut dyn Cipher, frame: Frame<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut plain = Vec::with_capacity(match frame {
        Frame::Packet(packet) => packet.len() + 1,
        _ => 9,
    });
    frame.encode(&mut plain);
    let length = u16::try_from(plain.len() + TAG).map_err(|_| Broken)?;
    out.extend_from_slice(&length.to_be_bytes());
    cipher.seal(&plain, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_PACKET;
    use proptest::prelude::*;

    fn bytes(frame: Frame<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        frame.encode(&mut out);
        out
    }

    #[test]
    fn golden_bytes() {
        let frames = [
            (Frame::Packet(b"ab"), &b"\0ab"[..]),
            (Frame::Packet(b""), b"\0"),
            (Frame::Ping, b"\x01"),
            (Frame::Pong, b"\x02"),
            (Frame::Goodbye(Reason::Done), b"\x03\0"),
            (Frame::Goodbye(Reason::Version), b"\x03\x06"),
            (Frame::Rekey, b"\x04"),
            (Frame::Welcome(258), b"\x05\0\0\0\0\0\0\x01\x02"),
        ];
        for (frame, expected) in frames {
            assert_eq!(bytes(frame), expected, "{frame:?}");
            assert_eq!(Frame::decode(expected), Ok(frame));
        }
        for code in 0..=6 {
            assert_eq!(bytes(Frame::Goodbye(Reason::from(code))), [3, code]);
        }
        assert_eq!(Frame::decode(b"\x03\xc8"), Ok(Frame::Goodbye(Reason::Other)), "of a later version");
        assert_eq!(Frame::decode(b"\x06"), Err(DecodeError::Kind(6)));
        assert_eq!(Frame::decode(b""), Err(DecodeError::TooShort));
        assert_eq!(Frame::decode(b"\x01\0"), Err(DecodeError::Trailing));
    }

    #[test]
    fn frames_are_taken_off_one_by_one() {
        let mut buffer = BytesMut::from(&b"\0\x02ab\0\x01c\0\x05de"[..]);
        assert_eq!(split(&mut buffer, 1, 9), Ok(Some(BytesMut::from(&b"ab"[..]))));
        assert_eq!(split(&mut buffer, 1, 9), Ok(Some(BytesMut::from(&b"c"[..]))));
        assert_eq!(split(&mut buffer, 1, 9), Ok(None), "not all of it is there");
        assert_eq!(split(&mut buffer, 1, 4), Err(BadLength), "known before the rest comes");
        assert_eq!(split(&mut buffer, 6, 9), Err(BadLength));
        assert_eq!(split(&mut BytesMut::from(&b"\0"[..]), 1, 9), Ok(None));
    }

    /// Stands for a cipher: a tag of zeros.
    struct Plain;

    impl Cipher for Plain {
        fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
            out.extend_from_slice(plain);
            out.extend_from_slice(&[0; TAG]);
            Ok(())
        }
        fn open(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
            sealed.strip_suffix(&[0; TAG]).map(|plain| plain.clone_into(out)).ok_or(Broken)
        }
        fn rekey_sealing(&mut self) {}
        fn rekey_opening(&mut self) {}
    }

    #[test]
    fn a_sealed_frame_has_its_length_in_front() {
        let mut out = Vec::new();
        seal(&mut Plain, Frame::Packet(b"ab"), &mut out).expect("short");
        assert_eq!(out, [&[0, 19, 0][..], b"ab", &[0; 16]].concat());
    }

    #[test]
    fn the_longest_packet_fits_and_no_longer_one() {
        let packet = vec![0; MAX_PACKET + 1];
        assert!(seal(&mut Plain, Frame::Packet(&packet[1..]), &mut Vec::new()).is_ok());
        assert_eq!(seal(&mut Plain, Frame::Packet(&packet), &mut Vec::new()), Err(Broken));
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(input: Vec<u8>) {
            match Frame::decode(&input) {
                Ok(Frame::Goodbye(Reason::Other)) | Err(_) => {}
                Ok(frame) => prop_assert_eq!(bytes(frame), input),
            }
        }

        /// However a stream is cut, the same frames come out, and never more bytes than went in.
        #[test]
        fn splitting_does_not_depend_on_how_bytes_arrive(stream: Vec<u8>, cuts: Vec<u8>, max in 0usize..300) {
            let whole = {
                let mut buffer = BytesMut::from(&stream[..]);
                let mut frames = Vec::new();
                while let Ok(Some(frame)) = split(&mut buffer, 1, max) {
                    frames.push(frame);
                }
                frames
            };
            let (mut buffer, mut frames, mut rest) = (BytesMut::new(), Vec::new(), &stream[..]);
            for cut in cuts.into_iter().map(usize::from).chain([usize::MAX]) {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                buffer.extend_from_slice(now);
                rest = later;
                while let Ok(Some(frame)) = split(&mut buffer, 1, max) {
                    frames.push(frame);
                }
            }
            prop_assert_eq!(frames, whole);
        }
    }
}
