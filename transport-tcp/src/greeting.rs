//! The first frame of each direction: who is there.

use floodnet_core::wire::{DecodeError, Wire, take};

use crate::peer::Peer;

/// What each side says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Where the sender listens.
    pub(crate) me: Peer,
    /// Which life of the sender this is: drawn when it started.
    pub(crate) session: u64,
    /// The dialer's count of its connections; of two from the same session the later one is valid. Zero in
    /// an answer.
    pub(crate) number: u64,
}

/// Tells this protocol from others that may be dialed by mistake.
const MAGIC: [u8; 4] = *b"flnt";

impl Wire for Greeting {
    fn size(&self) -> u32 {
        4 + 8 + 8 + self.me.size()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.session.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        self.me.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        if take(input)? != MAGIC {
            return Err(DecodeError::Content);
        }
        let session = take(input).map(u64::from_be_bytes)?;
        let number = take(input).map(u64::from_be_bytes)?;
        Ok(Self { me: Peer::decode(input)?, session, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use floodnet_core::wire;

    #[test]
    fn golden_bytes() {
        let me = Peer::new(Identity::from_bytes([0xab; 32]), "127.0.0.1:258".parse().expect("an address"));
        let greeting = Greeting { me, session: 1, number: 2 };
        let bytes = wire::encode(&greeting);
        let head = b"\x01flnt\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02";
        assert_eq!(bytes, [&head[..], &[0xab; 32], b"\x04\x7f\0\0\x01\x01\x02"].concat());
        assert_eq!(bytes.len(), wire::packet_size(&greeting) as usize);
        assert_eq!(wire::decode(&bytes), Ok(greeting));
        for end in 0..bytes.len() {
            assert!(wire::decode::<Greeting>(&bytes[..end]).is_err());
        }
        assert_eq!(wire::decode::<Greeting>(b"\x01GET / HTTP/1.1\r\n"), Err(DecodeError::Content));
    }
}
