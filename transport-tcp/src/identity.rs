//! Who a node is: an ed25519 key, and the file that keeps it.
//!
//! Only strict verification is used (`verify_strict`): keys of small order and signatures in other than the
//! one canonical form are refused.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

mod file;

pub use file::KeyFileError;

/// Bytes of an [`Identity`], and of the secret behind it.
pub const KEY_BYTES: usize = 32;
/// Bytes of an ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A node's public key. It names the node wherever it listens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity([u8; KEY_BYTES]);

impl Identity {
    /// The identity of these bytes. Whether they are a usable key shows when a signature is checked.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the public key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Whether the owner of this identity signed `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature)))
            .is_ok()
    }
}

impl Identity {
    /// The X25519 form of the key, for sealing to its owner. None if it is no key, or of small order.
    #[must_use]
    pub fn agreement_key(&self) -> Option<[u8; KEY_BYTES]> {
        let key = VerifyingKey::from_bytes(&self.0).ok().filter(|key| !key.is_weak())?;
        Some(key.to_montgomery().to_bytes())
    }
}

/// Writes 64 hexadecimal digits.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnIdentity;

impl fmt::Display for NotAnIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identity is 64 hexadecimal digits")
    }
}

impl std::error::Error for NotAnIdentity {}

impl FromStr for Identity {
    type Err = NotAnIdentity;

    fn from_str(text: &str) -> Result<Self, NotAnIdentity> {
        from_hex(text).map(Self).ok_or(NotAnIdentity)
    }
}

/// 32 bytes from 64 hexadecimal digits.
fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits: &[u8; 2 * KEY_BYTES] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; KEY_BYTES];
    HEXLOWER_PERMISSIVE.decode_mut(digits, &mut bytes).ok()?;
    Some(bytes)
}

/// An identity with its secret. Clones share nothing; each wipes its secret when it is dropped.
#[derive(Clone)]
pub struct Keypair(SigningKey);

impl Keypair {
    /// A new pair, of the operating system's randomness.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn generate() -> std::io::Result<Self> {
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(secret.as_mut_slice()).map_err(std::io::Error::other)?;
        Ok(Self::from_secret(&secret))
    }

    /// The pair of this secret. For tests and experiments, where identities must be known ahead.
    #[must_use]
    pub fn from_secret(secret: &[u8; KEY_BYTES]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public key of the pair.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`, which begins with the domain of what is signed, so that no signature means two
    /// things.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }

    /// A further secret of the same owner, of which nobody can tell this one. Different purposes give
    /// unrelated secrets (BLAKE3 in its key derivation mode).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(blake3::derive_key(purpose, self.0.as_bytes()))
    }

    /// The X25519 secret that belongs to [`Identity::agreement_key`].
    #[must_use]
    pub fn agreement_secret(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(self.0.to_scalar_bytes())
    }

    fn secret(&self) -> &[u8; KEY_BYTES] {
        self.0.as_bytes()
    }
}

/// The secret is not shown.
impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keypair").field(&self.identity()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_verifies_and_nothing_else() {
        let (ada, bob) = (Keypair::from_secret(&[1; 32]), Keypair::from_secret(&[2; 32]));
        let signature = ada.sign(b"domain: text");
        assert!(ada.identity().verify(b"domain: text", &signature));
        assert!(!bob.identity().verify(b"domain: text", &signature));
        assert!(!ada.identity().verify(b"domain: texu", &signature));
        for place in 0..SIGNATURE_BYTES {
            let mut forged = signature;
            forged[place] ^= 1;
            assert!(!ada.identity().verify(b"domain: text", &forged), "byte {place}");
        }
    }

    /// A key of small order is one for which a signature fits many messages.
    #[test]
    fn weak_keys_verify_nothing() {
        let mut identity_point = [0; 32];
        identity_point[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!Identity::from_bytes(identity_point).verify(b"anything", &signature));
        assert!(!Identity::from_bytes([0; 32]).verify(b"anything", &[0; 64]));
    }

    #[test]
    fn identities_are_written_and_read() {
        let identity = Keypair::from_secret(&[3; 32]).identity();
        assert_eq!(identity.to_string().parse(), Ok(identity));
        for bad in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"ä".repeat(32)] {
            assert_eq!(bad.parse::<Identity>(), Err(NotAnIdentity), "{bad}");
        }
    }

    #[test]
    fn purposes_give_unrelated_secrets() {
        let key = Keypair::from_secret(&[4; 32]);
        assert_eq!(*key.derive("a"), *key.derive("a"));
        assert_ne!(*key.derive("a"), *key.derive("b"));
        assert!(!format!("{key:?}").contains("0404"), "the secret is not shown");
    }
}
