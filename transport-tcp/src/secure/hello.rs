//! What each side of a handshake says of itself: the [`Hello`].

use floodnet_core::wire::{DecodeError, take};

use crate::identity::{Identity, SIGNATURE_BYTES};

/// The version of the link's protocol that this program speaks, the only one so far.
const VERSION: u8 = 1;

/// Begins what the identity signs.
const DOMAIN: &[u8] = b"floodnet-noise-static-key:v1";

/// What an identity signs to own the static key of a channel.
pub(super) fn bound(static_key: &[u8]) -> Vec<u8> {
    [DOMAIN, static_key].concat()
}

/// The reason for refusing a [`Hello`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It did not say who it is.
    Malformed,
    /// It is not who it says.
    Forged,
    /// It speaks no version that this program knows.
    Version,
}

/// An identity, with the proof that it owns the channel, and what else a node says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The identity that is claimed.
    pub identity: Identity,
    /// Its signature over the static key of the channel.
    pub binding: [u8; SIGNATURE_BYTES],
    /// What is said without proof.
    pub about: About,
}

/// What is said without proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The versions it speaks, from the least to the greatest.
    pub versions: [u8; 2],
    /// Features, a bit for each; none is defined, and unknown ones are passed over.
    pub features: u32,
    /// The port on which it listens; 0 for none.
    pub port: u16,
    /// Which life of the node this is: of two lives the later one has the greater number.
    pub session: u64,
    /// The dialer's count of its links: of two from the same life the later one is valid. Zero from the
    /// other side, which gives its number with the welcome.
    pub number: u64,
}

impl About {
    /// What a node of this program says.
    #[must_use]
    pub const fn new(port: u16, session: u64, number: u64) -> Self {
        Self { versions: [VERSION, VERSION], features: 0, port, session, number }
    }
}

impl Hello {
    /// Bytes of the encoding in this version.
    pub const BYTES: usize = 32 + SIGNATURE_BYTES + 2 + 4 + 2 + 8 + 8;

    /// The encoding: the fields in their order, numbers big-endian.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let About { versions, features, port, session, number } = self.about;
        let mut out = Vec::with_capacity(Self::BYTES);
        out.extend_from_slice(self.identity.as_bytes());
        out.extend_from_slice(&self.binding);
        out.extend_from_slice(&versions);
        out.extend_from_slice(&features.to_be_bytes());
        out.extend_from_slice(&port.to_be_bytes());
        out.extend_from_slice(&session.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        out
    }

    /// Reads an encoding. Later versions may say more at the end, which is passed over.
    ///
    /// # Errors
    /// It is too short.
    pub fn decode(mut input: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut input;
        Ok(Self {
            identity: take(input).map(Identity::from_bytes)?,
            binding: take(input)?,
            about: About {
                versions: take(input)?,
                features: take(input).map(u32::from_be_bytes)?,
                port: take(input).map(u16::from_be_bytes)?,
                session: take(input).map(u64::from_be_bytes)?,
                number: take(input).map(u64::from_be_bytes)?,
            },
        })
    }

    /// The hello in `payload`, if its identity owns the channel's `static_key` and a version is common.
    ///
    /// # Errors
    /// The payload is malformed, or its signature is not the identity's, or no version is common.
    pub fn verified(payload: &[u8], static_key: &[u8]) -> Result<Self, Refusal> {
        let hello = Self::decode(payload).map_err(|_| Refusal::Malformed)?;
        if !hello.identity.verify(&bound(static_key), &hello.binding) {
            return Err(Refusal::Forged);
        }
        let [min, max] = hello.about.versions;
        if min > VERSION || max < VERSION {
            return Err(Refusal::Version);
        }
        Ok(hello)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Keypair;
    use proptest::prelude::*;

    #[test]
    fn golden_bytes() {
        let hello = Hello {
            identity: Identity::from_bytes([0xaa; 32]),
            binding: [0xbb; 64],
            about: About { versions: [1, 2], features: 3, port: 4, session: 5, number: 6 },
        };
        let about = b"\x01\x02\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06";
        let bytes = [&[0xaa; 32][..], &[0xbb; 64], about].concat();
        assert_eq!(hello.encode(), bytes);
        assert_eq!(bytes.len(), Hello::BYTES);
        assert_eq!(Hello::decode(&bytes), Ok(hello));
        assert_eq!(Hello::decode(&[&bytes[..], b"more"].concat()), Ok(hello), "of a later version");
        for end in 0..bytes.len() {
            assert_eq!(Hello::decode(&bytes[..end]), Err(DecodeError::TooShort));
        }
    }

    #[test]
    fn versions_need_one_in_common() {
        let key = Keypair::from_secret(&[1; 32]);
        let with = |versions| {
            let about = About { versions, ..About::new(1, 2, 3) };
            let hello = Hello { identity: key.identity(), binding: key.sign(&bound(b"static")), about };
            Hello::verified(&hello.encode(), b"static").map(|hello| hello.about.versions)
        };
        assert_eq!(with([1, 1]), Ok([1, 1]));
        assert_eq!(with([0, 9]), Ok([0, 9]), "an older and a later one as well");
        for versions in [[0, 0], [2, 3], [2, 0], [255, 255]] {
            assert_eq!(with(versions), Err(Refusal::Version), "{versions:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_comes_makes_it_fail(bytes: Vec<u8>, key: [u8; 32]) {
            prop_assert!(Hello::verified(&bytes, &key).is_err());
        }
    }
}
