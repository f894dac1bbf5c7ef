//! How it is said: JSON behind its length, on one connection.

use std::io;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// Bytes of a line at most, from who has proved nothing.
const MAX_UNAUTHENTICATED_LINE: usize = 1_024;
/// The same from a worker of the run: the addresses of a million nodes.
const MAX_LINE: usize = 256 * 1_024 * 1_024;

/// One end of a connection between a coordinator and a node.
pub(crate) struct Channel(Framed<TcpStream, LengthDelimitedCodec>);

impl Channel {
    /// The other end is not known yet.
    pub(crate) fn unauthenticated(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_UNAUTHENTICATED_LINE).new_codec();
        Ok(Self(Framed::new(tcp, codec)))
    }

    /// The other end is a worker of the run, whose lines may be long.
    pub(crate) fn trust_peer(&mut self) {
        self.0.codec_mut().set_max_frame_length(MAX_LINE);
    }

    /// This end of the connection.
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Says something.
    pub(crate) async fn send(&mut self, what: &impl Serialize) -> io::Result<()> {
        self.0.send(Bytes::from(serde_json::to_vec(what)?)).await
    }

    /// What the other end says next; none when it has closed. Nothing is lost if this is not waited for to the
    /// end.
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some(line) = self.0.next().await else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&line?)?))
    }

    /// The same when there must be something.
    pub(crate) async fn expect<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        self.receive().await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
