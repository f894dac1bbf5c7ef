//! The secret of a run, and proofs of having it that do not give it away.

use std::fmt;
use std::io;

/// The variable of the environment that holds the secret.
pub const TOKEN: &str = "FLOODNET_TOKEN";

/// Fewer characters may be guessed.
const MIN_CHARS: usize = 16;

/// The secret that a coordinator shares with the nodes of its run.
#[derive(Clone, Copy)]
pub struct Token([u8; 32]);

/// Never shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// In a time that does not tell where they differ.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

/// A number that is used once.
pub(crate) type Nonce = [u8; 32];

/// The side that proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Node,
    Coordinator,
}

impl Token {
    /// The secret of this text.
    ///
    /// # Errors
    /// It is too short.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().count() < MIN_CHARS {
            return Err(format!("the token needs at least {MIN_CHARS} characters: {HELP}"));
        }
        Ok(Self(blake3::derive_key("floodnet 2026-11 testbed token", text.as_bytes())))
    }

    /// The secret that the environment has.
    ///
    /// # Errors
    /// It has none, or one that is too short.
    pub fn from_environment() -> Result<Self, String> {
        match std::env::var(TOKEN) {
            Ok(text) => Self::new(&text).map_err(|why| format!("{TOKEN}: {why}")),
            Err(_) => Err(format!("{TOKEN} is not set: coordinator and nodes need the same one, {HELP}")),
        }
    }

    /// A new text, for a secret that nobody knows.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn text() -> io::Result<String> {
        Ok(blake3::Hash::from(nonce()?).to_hex().to_string())
    }

    /// Shows who knows this token that `side` has it too, in the conversation of these two numbers about `slot`.
    pub(crate) fn prove(&self, side: Side, challenge: &Nonce, answer: &Nonce, slot: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(match side {
            Side::Node => b"node",
            Side::Coordinator => b"coordinator",
        });
        hasher.update(challenge).update(answer).update(&slot.to_be_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// Whether two proofs are the same, in constant time.
pub(crate) fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    blake3::Hash::from(*one) == blake3::Hash::from(*other)
}

/// A fresh number.
pub(crate) fn nonce() -> io::Result<Nonce> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

const HELP: &str = "for example: export FLOODNET_TOKEN=$(openssl rand -hex 16)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_one_side_one_conversation_and_one_slot() {
        let token = Token::new("a secret of some length").unwrap();
        let proof = token.prove(Side::Node, &[1; 32], &[2; 32], 3);
        assert!(same(&proof, &token.prove(Side::Node, &[1; 32], &[2; 32], 3)));
        for other in [
            token.prove(Side::Coordinator, &[1; 32], &[2; 32], 3),
            token.prove(Side::Node, &[9; 32], &[2; 32], 3),
            token.prove(Side::Node, &[1; 32], &[9; 32], 3),
            token.prove(Side::Node, &[1; 32], &[2; 32], 4),
            Token::new("another secret of some length").unwrap().prove(Side::Node, &[1; 32], &[2; 32], 3),
        ] {
            assert!(!same(&proof, &other));
        }
        assert_ne!(Token::text().unwrap(), Token::text().unwrap());
        assert!(Token::new("too short").unwrap_err().contains("16 characters"));
        assert_eq!(format!("{token:?}"), "Token");
    }
}
