//! How messages are framed: JSON behind its length, on one connection.

use std::io;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// Bytes of a line at most, from who has proved nothing.
const MAX_UNAUTHENTICATED_LINE: usize = 1_024;
/// The same from a peer that has proved itself: the addresses of a million nodes.
const MAX_LINE: usize = 256 * 1_024 * 1_024;

/// One end of a connection between a coordinator and a worker.
pub(crate) struct Channel(Framed<TcpStream, LengthDelimitedCodec>);

impl Channel {
    /// A connection whose other end has proved nothing yet: its lines must be short.
    pub(crate) fn unauthenticated(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_UNAUTHENTICATED_LINE).new_codec();
        Ok(Self(Framed::new(tcp, codec)))
    }

    /// The other end has proved itself: its lines may be long.
    pub(crate) fn trust_peer(&mut self) {
        self.0.codec_mut().set_max_frame_length(MAX_LINE);
    }

    /// This end of the connection.
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, what: &impl Serialize) -> io::Result<()> {
        self.0.send(Bytes::from(serde_json::to_vec(what)?)).await
    }

    /// The next message of the other end; none when it has closed. It may be cancelled without losing anything.
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some(line) = self.0.next().await else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&line?)?))
    }

    /// The next message, where the end of the connection is an error.
    pub(crate) async fn expect<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        self.receive().await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
