//! Keys, signatures, and what a chat asks of ciphers.

use alloc::vec::Vec;
use core::fmt;

/// The public key of a person: an ed25519 key on real networks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

/// A signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// Bytes that sealing adds at most.
pub const SEAL_OVERHEAD: usize = 48;

impl Key {
    /// The key as 64 hexadecimal digits say it; none if they do not.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut key = [0u8; 32];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            for &digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit.wrapping_sub(b'0'),
                    b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
                    _ => return None,
                };
                *byte = (*byte << 4) | value;
            }
        }
        Some(Self(key))
    }
}

impl fmt::Debug for Key {
    /// In hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Key {
    /// In hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Says whether a signature is good.
pub trait Verify {
    /// Whether `signature` is that of `key` under `message`. Must refuse weak keys and second forms of one
    /// signature.
    fn verify(&self, key: &Key, message: &[u8], signature: &Signature) -> bool;
}

/// What only the owner of a key can do.
pub trait Identity: Verify {
    /// The owner's public key.
    fn key(&self) -> Key;

    /// Signs `message`.
    fn sign(&self, message: &[u8]) -> Signature;

    /// Seals `plain` so that only the owner of `to` can read it, and nobody sees whom it is for. Adds at most
    /// [`SEAL_OVERHEAD`] bytes. None if `to` is no key that can be sealed to.
    fn seal(&mut self, to: &Key, plain: &[u8]) -> Option<Vec<u8>>;

    /// Opens what was sealed for this key; none if it was not, or was changed.
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// Ciphers without secrets, for tests and simulations: they catch every changed byte and every mix-up of
/// keys, and whoever wants to can forge and read everything.
#[derive(Clone, Debug)]
pub struct Toy {
    key: Key,
}

impl Toy {
    /// The person of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { key: Key(*blake3::hash(&number.to_be_bytes()).as_bytes()) }
    }
}

/// A hash of `parts`, apart from other uses by `purpose`.
fn toy_hash(purpose: &str, key: &Key, message: &[u8]) -> [u8; 64] {
    let mut hasher = blake3::Hasher::new_derive_key(purpose);
    hasher.update(&key.0).update(message);
    let mut out = [0; 64];
    hasher.finalize_xof().fill(&mut out);
    out
}

impl Verify for Toy {
    fn verify(&self, key: &Key, message: &[u8], signature: &Signature) -> bool {
        toy_hash("floodnet toy signature", key, message) == signature.0
    }
}

impl Identity for Toy {
    fn key(&self) -> Key {
        self.key
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(toy_hash("floodnet toy signature", &self.key, message))
    }

    fn seal(&mut self, to: &Key, plain: &[u8]) -> Option<Vec<u8>> {
        let tag = toy_hash("floodnet toy seal", to, plain);
        let (tag, _) = tag.split_first_chunk::<SEAL_OVERHEAD>()?;
        Some([tag.as_slice(), plain].concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (tag, plain) = sealed.split_first_chunk::<SEAL_OVERHEAD>()?;
        toy_hash("floodnet toy seal", &self.key, plain).starts_with(tag).then(|| plain.to_vec())
    }
}
