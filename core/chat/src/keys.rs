//! Keys, signatures, and what a chat asks of ciphers.

use alloc::vec::Vec;
use core::fmt;

use data_encoding::HEXLOWER;

/// The public key of a person: an ed25519 key on real networks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

/// A signature under a message: an ed25519 signature on real networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// Bytes that sealing adds at most.
pub const SEAL_OVERHEAD: usize = 48;

impl Key {
    /// The key written as 64 hexadecimal digits in lower case; none if `text` is anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

impl fmt::Display for Key {
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
    /// The public key, by which others know the owner.
    fn key(&self) -> Key;

    /// The owner's signature under `message`.
    fn sign(&self, message: &[u8]) -> Signature;

    /// Encrypts `plain` so that only the owner of `to` can read it, and others cannot see who that is. Adds at
    /// most [`SEAL_OVERHEAD`] bytes. None if `to` is not a valid key to encrypt to.
    fn seal(&mut self, to: &Key, plain: &[u8]) -> Option<Vec<u8>>;

    /// Decrypts what was sealed for this key; none if it was sealed for another key, or was changed.
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>>;
}
