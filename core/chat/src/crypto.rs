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
