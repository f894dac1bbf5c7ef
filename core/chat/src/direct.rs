//! Sealed messages for one reader.
//!
//! ```text
//! body    = seal(to, plain)
//! plain   = signature 64 | sender 32 | recipient 32 | unix ms 8 | sequence 8 | length 2 | text | zeros
//! ```
//! The plain form is padded to one of [`SIZES`], so that its length says little. It names sender and recipient,
//! and the sender signs it, with [`DOMAIN`] before it. So the reader cannot seal it again for somebody else and
//! pass it off as written to them (Davis 2001, "Defective Sign & Encrypt"), and a thief of the reader's key
//! cannot write to the reader in the name of others. Time and sequence are those of the envelope around it, so
//! that it cannot be put into another one.
//!
//! Every node tries to open every sealed message, since the recipient is not named outside. There is no forward
//! secrecy: a stolen key opens everything that was sealed for it before.

use alloc::string::String;
use alloc::vec::Vec;

use crate::keys::{Identity, Key, SEAL_OVERHEAD, Signature};
use crate::signed_message::{MAX_BODY, NetworkId};
use floodnet_core::wire::take;

/// Goes before what is signed inside.
pub const DOMAIN: &[u8] = b"floodnet-direct-v1";
/// Lengths of the plain form.
pub const SIZES: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];
/// Bytes of the plain form before the text.
const FRONT: usize = 64 + 32 + 32 + 8 + 8 + 2;
/// The longest text in bytes.
pub const MAX_TEXT: usize = 4_096 - FRONT;

const _: () = assert!(4_096 + SEAL_OVERHEAD <= MAX_BODY);

/// What the sender says about a sealed message, inside and outside alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The network in which it is sent.
    pub network: NetworkId,
    /// The key of its author.
    pub sender: Key,
    /// The key of its only reader.
    pub recipient: Key,
    /// When, by the sender's clock.
    pub unix_ms: u64,
    /// The count of the envelope, higher with each of the sender's messages.
    pub seq: u64,
}

/// Why a sealed message says nothing to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is sealed for somebody else, as most are.
    NotForMe,
    /// It is sealed for us and breaks a rule; the text names the rule.
    Wrong(&'static str),
}

/// The label as it is signed and as it travels.
fn labeled(label: &Label, text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(FRONT);
    out.extend_from_slice(&label.sender.0);
    out.extend_from_slice(&label.recipient.0);
    out.extend_from_slice(&label.unix_ms.to_be_bytes());
    out.extend_from_slice(&label.seq.to_be_bytes());
    out.extend_from_slice(&u16::try_from(text.len()).ok()?.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Some(out)
}

fn signed(label: &Label, labeled: &[u8]) -> Vec<u8> {
    [DOMAIN, &label.network.0, labeled].concat()
}

/// Seals `text`. None if it is longer than [`MAX_TEXT`], or the recipient's key cannot be sealed to.
pub fn seal(label: &Label, text: &str, me: &mut impl Identity) -> Option<Vec<u8>> {
    let labeled = labeled(label, text)?;
    let signature = me.sign(&signed(label, &labeled));
    let mut plain = signature.0.to_vec();
    plain.extend_from_slice(&labeled);
    let size = SIZES.into_iter().find(|size| *size >= plain.len())?;
    plain.resize(size, 0);
    me.seal(&label.recipient, &plain)
}

/// Opens the sealed message in `body`. `outside` is what the envelope says, with the reader as `recipient`.
///
/// # Errors
/// It is for somebody else, or not what the envelope says.
pub fn open(outside: &Label, body: &[u8], me: &impl Identity) -> Result<String, Unreadable> {
    let plain = me.open(body).ok_or(Unreadable::NotForMe)?;
    if !SIZES.contains(&plain.len()) {
        return Err(Unreadable::Wrong("direct_size"));
    }
    // Read in the order in which it is written: the signature covers all that follows it, but for the padding.
    let malformed = |_| Unreadable::Wrong("direct_form");
    let mut input = plain.as_slice();
    let signature = Signature(take(&mut input).map_err(malformed)?);
    let rest = input;
    let inside = Label {
        network: outside.network,
        sender: Key(take(&mut input).map_err(malformed)?),
        recipient: Key(take(&mut input).map_err(malformed)?),
        unix_ms: take(&mut input).map(u64::from_be_bytes).map_err(malformed)?,
        seq: take(&mut input).map(u64::from_be_bytes).map_err(malformed)?,
    };
    let length = take(&mut input).map(u16::from_be_bytes).map_err(malformed)?;
    let form = Unreadable::Wrong("direct_form");
    let (text, padding) = input.split_at_checked(usize::from(length)).ok_or(form)?;
    let text = core::str::from_utf8(text).map_err(|_| form)?;
    // Else the same text could be sealed in many forms, each with the one signature.
    if padding.iter().any(|byte| *byte != 0) {
        return Err(form);
    }
    // Sealed for us by somebody who got it sealed for themself.
    if inside.recipient != me.key() {
        return Err(Unreadable::Wrong("direct_recipient"));
    }
    // Taken out of one envelope and put into another.
    if inside != *outside {
        return Err(Unreadable::Wrong("direct_envelope"));
    }
    let length = rest.len().saturating_sub(padding.len());
    let labeled = rest.get(..length).unwrap_or_default();
    if !me.verify(&inside.sender, &signed(&inside, labeled), &signature) {
        return Err(Unreadable::Wrong("direct_signature"));
    }
    Ok(text.into())
}
