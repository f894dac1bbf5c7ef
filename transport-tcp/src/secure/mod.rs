//! The secure channel under each link: both ends prove their identity, and nobody else can read or change frames.
//!
//! The handshake is Noise XX (`Noise_XX_25519_ChaChaPoly_BLAKE2s`, revision 34 of the framework); in a
//! private network `Noise_XXpsk0_..`, whose very first message proves the key, so that the port answers
//! strangers with nothing at all. The name of the network is in the prologue, so nodes of different networks
//! cannot finish a handshake.
//!
//! The X25519 key of the channel is drawn anew for each life of a node and is not its identity. Each side
//! sends its [`Hello`], encrypted, with its ed25519 identity and that identity's signature over the channel's
//! static key (as in the libp2p Noise specification); the handshake proves the possession of the latter.
//!
//! Nothing here does I/O, and nothing outside of this module knows Noise: [`Handshake`] and [`Cipher`] are
//! all that another cipher would have to offer. Both are public for programs that speak with nodes without being
//! one: load generators, fuzzers.

use std::fmt;
use std::io;

use snow::params::NoiseParams;
use snow::{Builder, HandshakeState, TransportState};
use zeroize::Zeroizing;

use crate::identity::Keypair;
use crate::options::Network;

mod hello;

pub use hello::{About, Hello, Refusal};

/// Bytes of the longest message of a handshake.
pub const MAX_HANDSHAKE: usize = 1_024;
/// Bytes that sealing adds to a frame.
pub const TAG: usize = 16;

const OPEN: &str = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
const PRIVATE: &str = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s";

/// The error that bytes are not what the other side of this channel would have sent: they are garbage, were changed
/// in transit, or come from somebody with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl From<snow::Error> for Broken {
    fn from(_: snow::Error) -> Self {
        Self
    }
}

/// Seals and opens the frames of one link, each direction in order.
pub trait Cipher: Send {
    /// Appends the sealed `plain` to `out`.
    ///
    /// # Errors
    /// It is too long, or the channel is of no further use.
    fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Broken>;

    /// Puts into `out` what was sealed. After an error the channel is of no further use.
    ///
    /// # Errors
    /// It was changed, repeated or left out, or sealed by somebody else.
    fn open(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), Broken>;

    /// Takes a fresh key for what is sealed.
    fn rekey_sealing(&mut self);

    /// Takes a fresh key for what is opened.
    fn rekey_opening(&mut self);
}

impl Cipher for TransportState {
    fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        let start = out.len();
        out.resize(start + plain.len() + TAG, 0);
        let tail = out.get_mut(start..).ok_or(Broken)?;
        let written = self.write_message(plain, tail)?;
        out.truncate(start + written);
        Ok(())
    }

    fn open(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        out.clear();
        out.resize(sealed.len(), 0);
        let written = self.read_message(sealed, out)?;
        out.truncate(written);
        Ok(())
    }

    fn rekey_sealing(&mut self) {
        self.rekey_outgoing();
    }

    fn rekey_opening(&mut self) {
        self.rekey_incoming();
    }
}

/// What a node needs for its handshakes; made once in its life.
pub struct Credentials {
    keypair: Keypair,
    params: NoiseParams,
    prologue: Vec<u8>,
    key: Option<Zeroizing<[u8; 32]>>,
    secret: Zeroizing<Vec<u8>>,
    /// The identity's signature over the channel's static key.
    binding: [u8; 64],
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("keypair", &self.keypair).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Draws a channel key and signs it.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(keypair: Keypair, network: &Network) -> io::Result<Self> {
        let pattern = if network.key.is_some() { PRIVATE } else { OPEN };
        let failed = |error: snow::Error| io::Error::other(error.to_string());
        let params: NoiseParams = pattern.parse().map_err(failed)?;
        let channel = Builder::new(params.clone()).generate_keypair().map_err(failed)?;
        let binding = keypair.sign(&hello::bound(&channel.public));
        Ok(Self {
            keypair,
            params,
            prologue: [b"floodnet/1 ", network.name.as_bytes()].concat(),
            key: network.key.map(Zeroizing::new),
            secret: Zeroizing::new(channel.private),
            binding,
        })
    }

    /// What this node says of itself.
    #[must_use]
    pub fn hello(&self, about: About) -> Hello {
        Hello { identity: self.keypair.identity(), binding: self.binding, about }
    }

    fn builder(&self) -> Result<Builder<'_>, Broken> {
        let builder =
            Builder::new(self.params.clone()).prologue(&self.prologue)?.local_private_key(&self.secret)?;
        match &self.key {
            Some(key) => Ok(builder.psk(0, key)?),
            None => Ok(builder),
        }
    }

    /// Bytes of the first message, which is all that a stranger may send.
    #[must_use]
    pub const fn first_message(&self) -> usize {
        if self.key.is_some() { 32 + TAG } else { 32 }
    }
}

/// A handshake under way: three messages, of which the dialer sends the first and the last. The second and
/// third carry a [`Hello`].
pub struct Handshake(Box<HandshakeState>);

impl Handshake {
    /// The dialer's side.
    ///
    /// # Errors
    /// The credentials do not fit the pattern of the handshake.
    pub fn dialer(credentials: &Credentials) -> Result<Self, Broken> {
        Ok(Self(Box::new(credentials.builder()?.build_initiator()?)))
    }

    /// The side of the node that is dialed.
    ///
    /// # Errors
    /// The credentials do not fit the pattern of the handshake.
    pub fn acceptor(credentials: &Credentials) -> Result<Self, Broken> {
        Ok(Self(Box::new(credentials.builder()?.build_responder()?)))
    }

    /// The next message of this side, with `payload` in it.
    ///
    /// # Errors
    /// It is not this side's turn, or the payload is too long.
    pub fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut message = vec![0; MAX_HANDSHAKE];
        let written = self.0.write_message(payload, &mut message)?;
        message.truncate(written);
        Ok(message)
    }

    /// The payload of the next message of the other side.
    ///
    /// # Errors
    /// The message is not one that the other side would send.
    pub fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Broken> {
        if message.len() > MAX_HANDSHAKE {
            return Err(Broken);
        }
        let mut payload = vec![0; message.len()];
        let written = self.0.read_message(message, &mut payload)?;
        payload.truncate(written);
        Ok(payload)
    }

    /// Verifies the identity of the other side, from the payload that came with its static key.
    ///
    /// # Errors
    /// The payload is no [`Hello`] that proves its identity, or it has no version in common.
    pub fn meet(&self, payload: &[u8]) -> Result<Hello, Refusal> {
        Hello::verified(payload, self.0.get_remote_static().ok_or(Refusal::Malformed)?)
    }

    /// The channel, after the last message.
    ///
    /// # Errors
    /// The handshake is not over.
    pub fn finish(self) -> Result<Box<dyn Cipher>, Broken> {
        Ok(Box::new(self.0.into_transport_mode()?))
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
