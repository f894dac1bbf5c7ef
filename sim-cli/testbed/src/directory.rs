//! The identity and address of each slot.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use floodnet_tcp::identity::{Identity, Keypair};
use floodnet_tcp::peer::Peer;
use tokio::net::TcpSocket;

/// What the secrets of all nodes are derived for. They are known to whoever knows the seed, and protect nothing.
const PURPOSE: &str = "floodnet 2026-11 testbed identity of a slot";

/// All slots by their name on sockets. A slot keeps identity and address in all its lives.
#[derive(Debug)]
pub(crate) struct Directory {
    peers: Vec<Peer>,
    slots: BTreeMap<Identity, u32>,
}

impl Directory {
    /// These peers, in the order of their slots.
    pub(crate) fn new(peers: Vec<Peer>) -> Self {
        let slots = (0..).zip(&peers).filter_map(|(slot, peer)| Some((peer.identity()?, slot))).collect();
        Self { peers, slots }
    }

    /// Gives each slot an address on this machine, which nobody else gets until the sockets are dropped. They
    /// do not listen, so a connection to a slot that is down is refused.
    ///
    /// # Errors
    /// There are not enough ports or files.
    pub(crate) fn reserve(seed: u64, slots: u32, ip: IpAddr) -> io::Result<(Self, Vec<TcpSocket>)> {
        let mut sockets = Vec::new();
        let mut peers = Vec::new();
        for slot in 0..slots {
            let socket = reserve(SocketAddr::new(ip, 0))?;
            peers.push(Peer::new(keypair(seed, slot).identity(), socket.local_addr()?));
            sockets.push(socket);
        }
        Ok((Self::new(peers), sockets))
    }

    /// Slots that listen at these addresses, in order.
    pub(crate) fn at(seed: u64, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let peer = |(slot, address)| Peer::new(keypair(seed, slot).identity(), address);
        Self::new((0..).zip(addresses).map(peer).collect())
    }

    /// The node of `slot`.
    pub(crate) fn peer(&self, slot: u32) -> Option<Peer> {
        self.peers.get(slot as usize).copied()
    }

    /// All nodes, by slot.
    pub(crate) fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Which slot `peer` is.
    pub(crate) fn slot(&self, peer: Peer) -> Option<u32> {
        self.slots.get(&peer.identity()?).copied()
    }
}

/// A port that no other program is given; any free one for port 0.
pub(crate) fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(address)?;
    // From now on a listener of this program may share the port; not before, or two programs could be given
    // the same one.
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

/// The identity of `slot` in a run of this seed.
pub(crate) fn keypair(seed: u64, slot: u32) -> Keypair {
    let mut name = [0; 12];
    name[..8].copy_from_slice(&seed.to_be_bytes());
    name[8..].copy_from_slice(&slot.to_be_bytes());
    Keypair::from_secret(&blake3::derive_key(PURPOSE, &name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn a_reserved_port_is_the_slots_alone() {
        let (directory, sockets) = Directory::reserve(1, 3, Ipv4Addr::LOCALHOST.into()).unwrap();
        for slot in 0..3 {
            let peer = directory.peer(slot).unwrap();
            assert_eq!(directory.slot(peer), Some(slot));
            let refused = tokio::net::TcpStream::connect(peer.address()).await;
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
            for _life in 0..2 {
                let listener = tokio::net::TcpListener::bind(peer.address()).await.unwrap();
                let dialed = tokio::net::TcpStream::connect(peer.address()).await.unwrap();
                drop((listener.accept().await.unwrap(), dialed));
            }
        }
        assert_eq!(directory.slot(Peer::new(keypair(2, 0).identity(), "127.0.0.1:1".parse().unwrap())), None);
        drop(sockets);
    }
}
