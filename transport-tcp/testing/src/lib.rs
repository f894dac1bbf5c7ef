//! A link without a node, for tests and benches: a peer that sends what it likes.

pub mod hostile;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use floodnet_tcp::frame::{self, Frame};
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::options::Network;
use floodnet_tcp::secure::{About, Cipher, Credentials, Handshake, MAX_HANDSHAKE, TAG};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opens raw links under one identity.
#[derive(Clone, Debug)]
pub struct RawDialer(Arc<Credentials>);

impl RawDialer {
    /// A dialer of this identity, in this network.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(keypair: Keypair, network: &Network) -> io::Result<Self> {
        Ok(Self(Arc::new(Credentials::new(keypair, network)?)))
    }

    /// Dials and shakes hands, and waits for the welcome.
    ///
    /// # Errors
    /// Nobody answers, or not as it should be.
    pub async fn dial(&self, address: SocketAddr) -> io::Result<RawLink> {
        self.shake(TcpStream::connect(address).await?).await
    }

    /// Shakes hands over a connection, and waits for the welcome.
    ///
    /// # Errors
    /// Nobody answers as it should be.
    pub async fn shake(&self, mut tcp: TcpStream) -> io::Result<RawLink> {
        tcp.set_nodelay(true)?;
        let mut buffer = BytesMut::new();
        let mut handshake = Handshake::dialer(&self.0).map_err(broken)?;
        write_frame(&mut tcp, &handshake.write(&[]).map_err(broken)?).await?;
        let second = read_frame(&mut tcp, &mut buffer, MAX_HANDSHAKE).await?;
        handshake.read(&second).map_err(broken)?;
        let hello = self.0.hello(About::new(9, 1, 1)).encode();
        write_frame(&mut tcp, &handshake.write(&hello).map_err(broken)?).await?;
        let cipher = handshake.finish().map_err(broken)?;
        let mut link = RawLink { tcp, cipher, buffer, out: Vec::new(), opened: Vec::new() };
        link.open_next().await?;
        match Frame::decode(&link.opened) {
            Ok(Frame::Welcome(_)) => Ok(link),
            other => Err(io::Error::other(format!("no welcome: {other:?}"))),
        }
    }
}

fn broken<E: std::fmt::Debug>(error: E) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{error:?}"))
}

async fn write_frame(tcp: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(broken)?;
    tcp.write_all(&[&length.to_be_bytes(), message].concat()).await
}

async fn read_frame(tcp: &mut TcpStream, buffer: &mut BytesMut, max: usize) -> io::Result<BytesMut> {
    loop {
        if let Some(frame) = frame::split(buffer, 1, max).map_err(broken)? {
            return Ok(frame);
        }
        buffer.reserve(16 * 1_024);
        if tcp.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A link after its handshake.
pub struct RawLink {
    tcp: TcpStream,
    cipher: Box<dyn Cipher>,
    buffer: BytesMut,
    out: Vec<u8>,
    opened: Vec<u8>,
}

impl RawLink {
    /// Queues a packet.
    ///
    /// # Errors
    /// It is too long.
    pub fn queue(&mut self, packet: &[u8]) -> io::Result<()> {
        frame::seal(self.cipher.as_mut(), Frame::Packet(packet), &mut self.out).map_err(broken)
    }

    /// How many bytes are queued.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.out.len()
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// The other side has closed.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.tcp.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    /// Sends bytes without sealing or framing them.
    ///
    /// # Errors
    /// The other side has closed.
    pub async fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tcp.write_all(bytes).await
    }

    /// Sends a sign of life.
    ///
    /// # Errors
    /// The other side has closed.
    pub async fn ping(&mut self) -> io::Result<()> {
        frame::seal(self.cipher.as_mut(), Frame::Ping, &mut self.out).map_err(broken)?;
        self.flush().await
    }

    /// Waits for the next packet; pings are answered meanwhile.
    ///
    /// # Errors
    /// The other side has said goodbye, or what came was changed.
    pub async fn next(&mut self) -> io::Result<&[u8]> {
        loop {
            self.open_next().await?;
            match Frame::decode(&self.opened) {
                Ok(Frame::Packet(_)) => break,
                Ok(Frame::Ping) => {
                    frame::seal(self.cipher.as_mut(), Frame::Pong, &mut self.out).map_err(broken)?;
                    self.flush().await?;
                }
                Ok(Frame::Pong) => {}
                Ok(Frame::Rekey) => self.cipher.rekey_opening(),
                other => return Err(io::Error::other(format!("the end: {other:?}"))),
            }
        }
        self.opened.get(1..).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    async fn open_next(&mut self) -> io::Result<()> {
        let sealed = read_frame(&mut self.tcp, &mut self.buffer, usize::from(u16::MAX)).await?;
        if sealed.len() < TAG {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.cipher.open(&sealed, &mut self.opened).map_err(broken)
    }
}

impl std::fmt::Debug for RawLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawLink").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}
