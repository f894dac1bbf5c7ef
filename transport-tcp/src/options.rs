//! Settings of a node on sockets.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::identity::Keypair;
use crate::limits::Limits;
use crate::peer::Peer;

/// Where a node listens, who it is, which network it is of, and what it allows.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on. Default: loopback, any free port. On `[::]` it listens on IPv6 and IPv4.
    pub listen: SocketAddr,
    /// How many ports above are tried in turn when that one is taken. Default 0.
    pub ports: u16,
    /// The address that others are told to dial; none for the one listened on. Whoever the node dials puts
    /// the IP address that it sees in place of this one, so a wildcard will do.
    pub advertise: Option<SocketAddr>,
    /// Who the node is; none for somebody new.
    pub keypair: Option<Keypair>,
    /// The network that it is of. Others are not talked to.
    pub network: Network,
    /// Seed of the node's random stream; none for one from the operating system.
    pub seed: Option<u64>,
    /// What the node allows its peers and itself. Default: those of [`Profile::Lan`](crate::limits::Profile).
    pub limits: Limits,
    /// How connections to others are opened. Default: straight to their address.
    pub connector: Connector,
    /// Whether peers are asked if they have read what the application published, see
    /// [`Handle::unconfirmed`](crate::handle::Handle::unconfirmed). Costs a ping and a pong per round trip. Default: no.
    pub receipts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            ports: 0,
            advertise: None,
            keypair: None,
            network: Network::default(),
            seed: None,
            limits: Limits::default(),
            connector: Connector::default(),
            receipts: false,
        }
    }
}

/// A connection that is being opened.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// A connection that is being opened to an address that had to be found first.
pub type Finding = Pin<Box<dyn Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send>>;

/// Opens connections to peers: straight to their address, or through another program, for example one that delays
/// what passes. Either way the peer that answers must prove the identity that was dialed.
#[derive(Clone)]
pub struct Connector(Arc<dyn Fn(Peer) -> Opening + Send + Sync>);

/// A connection, and the address that is dialed to reach that peer again; none for the one that was asked for.
type Opening = Pin<Box<dyn Future<Output = io::Result<(TcpStream, Option<SocketAddr>)>> + Send>>;

impl Connector {
    /// One that opens connections so.
    pub fn new(open: impl Fn(Peer) -> Connecting + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |peer| {
            let connecting = open(peer);
            Box::pin(async move { Ok((connecting.await?, None)) })
        }))
    }

    /// One that finds the addresses of peers when they are dialed, for example by a host name: it opens the
    /// connection and tells the address, which the peer is known by from then on.
    pub fn finding(find: impl Fn(Peer) -> Finding + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |peer| {
            let finding = find(peer);
            Box::pin(async move { finding.await.map(|(stream, address)| (stream, Some(address))) })
        }))
    }

    /// Opens a connection to `peer`.
    pub(crate) fn open(&self, peer: Peer) -> Opening {
        (self.0)(peer)
    }
}

/// Straight to the peer's address.
impl Default for Connector {
    fn default() -> Self {
        Self::new(|peer| Box::pin(TcpStream::connect(peer.address())))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

/// The nodes that talk with each other.
#[derive(Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name, up to 255 bytes. Default `floodnet`.
    pub name: String,
    /// The key that members of a private network share; none for an open one. The port stays silent for
    /// nodes without the key.
    pub key: Option<[u8; 32]>,
}

impl Default for Network {
    fn default() -> Self {
        Self { name: "floodnet".to_owned(), key: None }
    }
}

/// The key is not shown.
impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("name", &self.name).field("private", &self.key.is_some()).finish()
    }
}
