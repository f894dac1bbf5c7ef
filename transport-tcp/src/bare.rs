//! A link without a node: for benches and for peers that do what they like. Not for applications.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::connection::seal;
use crate::frame::{self, Frame};
use crate::identity::Keypair;
use crate::options::Network;
use crate::secure::{About, Cipher, Credentials, Handshake, LONGEST_HANDSHAKE, TAG};

/// Who dials.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Credentials>);

impl Caller {
    /// Somebody of this network.
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
    pub async fn dial(&self, address: SocketAddr) -> io::Result<Bare> {
        self.shake(TcpStream::connect(address).await?).await
    }

    /// Shakes hands over a connection, and waits for the welcome.
    ///
    /// # Errors
    /// Nobody answers as it should be.
    pub async fn shake(&self, mut tcp: TcpStream) -> io::Result<Bare> {
        tcp.set_nodelay(true)?;
        let mut buffer = BytesMut::new();
        let mut handshake = Handshake::dialer(&self.0).map_err(broken)?;
        write_frame(&mut tcp, &handshake.write(&[]).map_err(broken)?).await?;
        let second = read_frame(&mut tcp, &mut buffer, LONGEST_HANDSHAKE).await?;
        handshake.read(&second).map_err(broken)?;
        let hello = self.0.hello(About::new(9, 1, 1)).encode();
        write_frame(&mut tcp, &handshake.write(&hello).map_err(broken)?).await?;
        let cipher = handshake.finish().map_err(broken)?;
        let mut bare = Bare { tcp, cipher, buffer, out: Vec::new(), opened: Vec::new() };
        bare.open_next().await?;
        match Frame::decode(&bare.opened) {
            Ok(Frame::Welcome(_)) => Ok(bare),
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

async fn read_frame(tcp: &mut TcpStream, buffer: &mut BytesMut, most: usize) -> io::Result<BytesMut> {
    loop {
        if let Some(frame) = frame::split(buffer, 1, most).map_err(broken)? {
            return Ok(frame);
        }
        buffer.reserve(16 * 1_024);
        if tcp.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A link that stands.
pub struct Bare {
    tcp: TcpStream,
    cipher: Box<dyn Cipher>,
    buffer: BytesMut,
    out: Vec<u8>,
    opened: Vec<u8>,
}

impl Bare {
    /// Queues a packet.
    ///
    /// # Errors
    /// It is too long.
    pub fn queue(&mut self, packet: &[u8]) -> io::Result<()> {
        seal(self.cipher.as_mut(), Frame::Packet(packet), &mut self.out).map_err(broken)
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

    /// Sends bytes as they are.
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
        seal(self.cipher.as_mut(), Frame::Ping, &mut self.out).map_err(broken)?;
        self.flush().await
    }

    /// The next packet; pings are answered.
    ///
    /// # Errors
    /// The other side has said goodbye, or what came was changed.
    pub async fn next(&mut self) -> io::Result<&[u8]> {
        loop {
            self.open_next().await?;
            match self.opened.first() {
                Some(0) => break,
                Some(1) => {
                    seal(self.cipher.as_mut(), Frame::Pong, &mut self.out).map_err(broken)?;
                    self.flush().await?;
                }
                Some(2) => {}
                Some(4) => self.cipher.rekey_opening(),
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

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bare").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}
