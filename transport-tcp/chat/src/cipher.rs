//! Signatures and sealed boxes: ed25519, and the sealed boxes of libsodium (X25519, `XSalsa20-Poly1305`).
//!
//! What is sealed for a person is sealed for the X25519 form of their ed25519 key, so that who knows a key can
//! write to it. That one key pair may serve both is shown in E. Thormarker, "On using the same key pair for
//! Ed25519 and an X25519 based KEM" (2021).

use crypto_box::aead::OsRng;
use crypto_box::{PublicKey, SecretKey};
use floodnet_chat::keys::{self, Key, SEAL_OVERHEAD, Signature, Verify};
use floodnet_tcp::identity::{Identity, Keypair};

/// Checks signatures; holds no secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verifier;

impl Verify for Verifier {
    fn verify(&self, key: &Key, message: &[u8], signature: &Signature) -> bool {
        Identity::from_bytes(key.0).verify(message, &signature.0)
    }
}

/// What a person can do with their key.
pub struct Cipher {
    keypair: Keypair,
    secret: SecretKey,
}

impl Cipher {
    /// That of the owner of `keypair`.
    #[must_use]
    pub fn new(keypair: Keypair) -> Self {
        let secret = SecretKey::from_bytes(*keypair.agreement_secret());
        Self { keypair, secret }
    }
}

impl std::fmt::Debug for Cipher {
    /// Shows the identity, and never the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cipher").field(&self.keypair.identity()).finish()
    }
}

impl Verify for Cipher {
    fn verify(&self, key: &Key, message: &[u8], signature: &Signature) -> bool {
        Verifier.verify(key, message, signature)
    }
}

impl keys::Identity for Cipher {
    fn key(&self) -> Key {
        Key(*self.keypair.identity().as_bytes())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.keypair.sign(message))
    }

    fn seal(&mut self, to: &Key, plain: &[u8]) -> Option<Vec<u8>> {
        let to = PublicKey::from_bytes(Identity::from_bytes(to.0).agreement_key()?);
        let sealed = to.seal(&mut OsRng, plain).ok()?;
        debug_assert!(sealed.len() <= plain.len() + SEAL_OVERHEAD, "the format counts on it");
        Some(sealed)
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.secret.unseal(sealed).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keys::Identity as _;

    fn person(number: u8) -> Cipher {
        Cipher::new(Keypair::from_secret(&[number; 32]))
    }

    #[test]
    fn only_the_reader_opens_and_every_byte_counts() {
        let (mut ada, bob, eve) = (person(1), person(2), person(3));
        let sealed = ada.seal(&bob.key(), b"psst").expect("a good key");
        assert_eq!(sealed.len(), 4 + SEAL_OVERHEAD);
        assert_eq!(bob.open(&sealed).as_deref(), Some(b"psst".as_slice()));
        assert_eq!((eve.open(&sealed), ada.open(&sealed)), (None, None));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            // The top bit of the X25519 key in front is not part of the number.
            assert!(bob.open(&changed).is_none() || at == 31, "byte {at}");
        }
        assert_ne!(ada.seal(&bob.key(), b"psst"), Some(sealed), "two seals tell nothing of each other");
    }

    /// Points of small order: a secret agreed with them would be known to all.
    #[test]
    fn nothing_is_sealed_for_weak_keys() {
        let mut ada = person(1);
        let mut one = [0; 32];
        one[0] = 1;
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        for weak in [[0; 32], one, minus_one] {
            assert_eq!(ada.seal(&Key(weak), b"psst"), None, "{weak:?}");
        }
    }

    #[test]
    fn signatures_are_strict() {
        let ada = person(1);
        let signature = ada.sign(b"text");
        assert!(Verifier.verify(&ada.key(), b"text", &signature));
        assert!(!Verifier.verify(&person(2).key(), b"text", &signature));
        assert!(!Verifier.verify(&ada.key(), b"texu", &signature));
    }
}
