//! Ciphers that are only pretended.

use floodnet_chat::keys::{Identity, Key, SEAL_OVERHEAD, Signature, Verify};

/// Ciphers without secrets, for tests: they catch every changed byte and every mix-up of
/// keys, and whoever wants to can forge and read everything.
#[derive(Clone, Debug)]
pub(crate) struct Toy {
    key: Key,
}

impl Toy {
    /// The person of this number.
    pub(crate) fn new(number: u64) -> Self {
        Self { key: Key(*blake3::hash(&number.to_be_bytes()).as_bytes()) }
    }
}

/// A hash of the key and the message; `purpose` keeps signatures and seals apart.
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
