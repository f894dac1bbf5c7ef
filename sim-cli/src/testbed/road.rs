//! How nodes reach each other: straight over the machine's sockets, or through what shapes links.

use std::net::IpAddr;

use floodnet_tcp::options::Connector;

/// The way between nodes.
#[derive(Clone, Debug)]
pub(crate) enum Road {
    /// Straight.
    Bare,
}

impl Road {
    /// How the node of `slot` opens connections.
    pub(crate) fn connector(&self, _slot: u32) -> Connector {
        match self {
            Self::Bare => Connector::default(),
        }
    }

    /// The address to listen on in place of the one that others are told; none for that one.
    pub(crate) const fn bind(&self) -> Option<IpAddr> {
        match self {
            Self::Bare => None,
        }
    }

    /// A life of `slot` begins.
    pub(crate) const fn begins(&self, _slot: u32) {}

    /// From now on nothing of `slot` reaches anybody, not even that its connections are closed.
    pub(crate) const fn silence(&self, _slot: u32) {}
}
