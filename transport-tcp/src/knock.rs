//! Who is behind an address, without a link.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::FrameStream;
use crate::identity::{Identity, Keypair};
use crate::options::Network;
use crate::secure::{Credentials, Handshake, MAX_HANDSHAKE};

/// Who is behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// A node of the network, which proved this identity.
    Member(Identity),
    /// Something else: a node of another network or with another key, or another program.
    Stranger,
}

/// Asks who answers at `address`: the first half of a handshake, in which the node there proves its identity and
/// learns nothing but that somebody knows the network. `keypair` is not shown.
///
/// # Errors
/// Nobody takes the connection, or the network's name is too long.
pub async fn knock(
    address: SocketAddr,
    keypair: &Keypair,
    network: &Network,
    patience: Duration,
) -> io::Result<Behind> {
    let connecting = timeout(patience, TcpStream::connect(address)).await;
    let mut stream = FrameStream::new(connecting.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??);
    let credentials = Credentials::new(keypair.clone(), network)?;
    let asking = async {
        let mut handshake = Handshake::dialer(&credentials).ok()?;
        stream.write(&handshake.write(&[]).ok()?).await.ok()?;
        let payload = handshake.read(&stream.read(1, MAX_HANDSHAKE).await.ok()?).ok()?;
        handshake.meet(&payload).ok().map(|hello| hello.identity)
    };
    let answer = timeout(patience, asking).await.ok().flatten();
    Ok(answer.map_or(Behind::Stranger, Behind::Member))
}
