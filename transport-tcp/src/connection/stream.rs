//! A socket of which handshakes take frames.

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing::debug;

use super::end::End;
use crate::frame::{self, Frame, LENGTH, seal};
use crate::secure::{Cipher, MAX_HANDSHAKE};

/// A stream and what came on it and has not been taken.
pub(crate) struct FrameStream {
    pub(crate) tcp: TcpStream,
    pub(crate) buffer: BytesMut,
}

impl FrameStream {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        // Packets are small and wait for nobody: sent at once. Failing to say so costs speed only.
        if let Err(error) = tcp.set_nodelay(true) {
            debug!(%error, "no TCP_NODELAY");
        }
        Self { tcp, buffer: BytesMut::new() }
    }

    /// The next frame of a handshake.
    pub(crate) async fn read(&mut self, min: usize, max: usize) -> Result<BytesMut, End> {
        loop {
            if let Some(frame) = frame::split(&mut self.buffer, min, max).map_err(|_| End::BadHandshake)? {
                return Ok(frame);
            }
            self.buffer.reserve(MAX_HANDSHAKE + LENGTH);
            match self.tcp.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                Ok(0) if !self.buffer.is_empty() => return Err(End::BadHandshake),
                Ok(0) | Err(_) => return Err(End::Closed),
            }
        }
    }

    pub(crate) async fn write(&mut self, message: &[u8]) -> Result<(), End> {
        let length = u16::try_from(message.len()).map_err(|_| End::BadHandshake)?;
        let frame = [&length.to_be_bytes(), message].concat();
        self.tcp.write_all(&frame).await.map_err(|_| End::Closed)
    }

    /// Seals a first frame and writes it.
    pub(super) async fn write_sealed(
        &mut self,
        cipher: &mut dyn Cipher,
        frame: Frame<'_>,
    ) -> Result<(), End> {
        let mut out = Vec::new();
        seal(cipher, frame, &mut out)?;
        self.tcp.write_all(&out).await.map_err(|_| End::Closed)
    }
}
