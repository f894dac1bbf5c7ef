//! Settings and limits of a node on sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use floodnet_core::wire::MAX_PACKET;

/// Where a node listens, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The address to listen on. Default: loopback, any free port. See the crate's warning before you
    /// choose another.
    pub listen: SocketAddr,
    /// The address that others are told to dial; none for the one listened on.
    pub advertise: Option<SocketAddr>,
    /// Seed of the node's random stream; none for one from the operating system.
    pub seed: Option<u64>,
    /// What the node allows its peers and itself.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            advertise: None,
            seed: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what peers, and the node itself, can take up. The defaults are guesses for a chat among
/// strangers: generous to honest peers, finite for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the longest frame, without its length; at most 65,535. Default 65,535.
    pub frame: usize,
    /// Frames that wait for one peer; more are dropped. Default 256.
    pub outbox: usize,
    /// Reports of connections that wait for the node; more make the connections wait. Default 1,024.
    pub inbox: usize,
    /// Commands that wait for the node; more make the application wait. Default 64.
    pub commands: usize,
    /// Events that wait for the application; more are dropped. Default 1,024.
    pub events: usize,
    /// Connections that others have dialed, half-open ones included; more are closed at once. Default 256.
    pub incoming: usize,
    /// Connections that the node has dialed; beyond it a dial fails. Default 256.
    pub outgoing: usize,
    /// Time to connect and to greet. Default 5 s.
    pub handshake: Duration,
    /// Time for a write to make way; then the connection is closed. Default 10 s.
    pub stall: Duration,
    /// Time between signs of life on a connection with nothing to say. Default 5 s.
    pub ping: Duration,
    /// Time without any sign of life after which a connection is closed. Default 15 s.
    pub dead: Duration,
    /// Time without a message after which a link that is not a neighbor's is closed. Default 60 s.
    pub idle: Duration,
    /// Time to send what is queued on a connection that is being closed. Default 2 s.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: MAX_PACKET,
            outbox: 256,
            inbox: 1_024,
            commands: 64,
            events: 1_024,
            incoming: 256,
            outgoing: 256,
            handshake: Duration::from_secs(5),
            stall: Duration::from_secs(10),
            ping: Duration::from_secs(5),
            dead: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            linger: Duration::from_secs(2),
        }
    }
}
