//! Where others of the room may be, asked again whenever a connection to them is opened: a name may have another
//! address by then, and another chat of this machine may have come.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use floodnet_tcp::identity::Keypair;
use floodnet_tcp::knock::{Behind, knock};
use floodnet_tcp::options::{Connector, Network};
use floodnet_tcp::peer::Peer;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// Somebody on this machine, or at an address that is asked who they are, answers in this time.
const PATIENCE: Duration = Duration::from_millis(700);
/// Of several addresses of a name the next one is tried after so long (RFC 8305).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A place to look for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// These ports of this machine, at each of these addresses.
    Machine(Vec<IpAddr>, RangeInclusive<u16>),
    /// A host by name or address, and its port.
    Host(String, u16),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Machine(_, ports) => {
                write!(f, "ports {} to {} of this machine", ports.start(), ports.end())
            }
            Self::Host(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

impl Place {
    /// The ports at which the chats of this machine listen, for one that listens at `ip`.
    #[must_use]
    pub fn this_machine(ip: IpAddr, ports: RangeInclusive<u16>) -> Self {
        let loopback: IpAddr = match ip {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let own = (!ip.is_unspecified() && ip != loopback).then_some(ip);
        Self::Machine(own.into_iter().chain([loopback]).collect(), ports)
    }
}

/// Finds others of the room.
#[derive(Debug)]
pub struct Finder {
    keypair: Keypair,
    network: Network,
    /// Each place with the name by which the node asks for it.
    places: Vec<(SocketAddr, Place)>,
}

impl Finder {
    /// One that looks at these places for members of `network`.
    #[must_use]
    pub fn new(keypair: Keypair, network: Network, places: Vec<Place>) -> Self {
        // Addresses at which nobody can listen (RFC 1112, class E) stand for places in the node.
        let names = (1..=u8::MAX).map(|number| SocketAddr::from(([240, 0, 0, number], 1)));
        Self { keypair, network, places: names.zip(places).collect() }
    }

    /// The places as entry nodes.
    pub fn entry(&self) -> impl Iterator<Item = Peer> {
        self.places.iter().map(|(name, _)| Peer::at(*name))
    }

    /// What opens the node's connections.
    #[must_use]
    pub fn connector(self: &Arc<Self>) -> Connector {
        let finder = Arc::clone(self);
        Connector::finding(move |peer| {
            let finder = Arc::clone(&finder);
            Box::pin(async move { finder.open(peer).await })
        })
    }

    async fn open(&self, peer: Peer) -> io::Result<(TcpStream, SocketAddr)> {
        let address = peer.address();
        let place = self.places.iter().find(|(name, _)| peer == Peer::at(*name)).map(|(_, place)| place);
        let Some(place) = place else { return Ok((TcpStream::connect(address).await?, address)) };
        let opened = match place {
            Place::Host(host, port) => connect_to(host, *port).await,
            Place::Machine(ips, ports) => self.connect_upward(ips, ports).await,
        };
        // The log knows the place by a number only.
        opened.map_err(|error| io::Error::new(error.kind(), format!("{place}: {error}")))
    }

    /// Connects to the member at the lowest port: all that come together ask the same one.
    async fn connect_upward(
        &self,
        ips: &[IpAddr],
        ports: &RangeInclusive<u16>,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        let asked: Vec<_> = addresses(ips, ports).map(|address| (address, self.ask(address))).collect();
        for (address, answer) in asked {
            if let Ok(Ok(Behind::Member(identity))) = answer.await
                && identity != self.keypair.identity()
            {
                return Ok((TcpStream::connect(address).await?, address));
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "no other chat of the room on this machine"))
    }

    /// Asks who answers there, beside whatever else is done.
    fn ask(&self, address: SocketAddr) -> JoinHandle<io::Result<Behind>> {
        let (keypair, network) = (self.keypair.clone(), self.network.clone());
        tokio::spawn(async move { knock(address, &keypair, &network, PATIENCE).await })
    }

    /// Where it looks, in words.
    #[must_use]
    pub fn places(&self) -> String {
        let places: Vec<String> = self.places.iter().map(|(_, place)| place.to_string()).collect();
        places.join(", ")
    }

    /// Looks at all places now, and gives in words what is in the way.
    pub async fn diagnose(self: Arc<Self>) -> Vec<String> {
        let mut looks = JoinSet::new();
        for place in self.places.iter().map(|(_, place)| place.clone()) {
            let finder = Arc::clone(&self);
            looks.spawn(async move { finder.look(&place).await });
        }
        looks.join_all().await.concat()
    }

    async fn look(&self, place: &Place) -> Vec<String> {
        let found = match place {
            Place::Machine(ips, ports) => Ok(addresses(ips, ports).collect()),
            Place::Host(host, port) => {
                lookup_host((host.as_str(), *port)).await.map(|found| found.collect::<Vec<_>>())
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return vec![format!("{place}: {error}")],
        };
        let (mut strangers, mut words) = (Vec::new(), Vec::new());
        let asked: Vec<_> = found.into_iter().map(|address| (address, self.ask(address))).collect();
        for (address, answer) in asked {
            match answer.await {
                Ok(Ok(Behind::Member(_))) | Err(_) => {}
                Ok(Ok(Behind::Stranger)) => strangers.push(address.to_string()),
                Ok(Err(_)) if matches!(place, Place::Machine(..)) => {}
                Ok(Err(error)) => words.push(format!("nobody answers at {address}: {error}")),
            }
        }
        if !strangers.is_empty() {
            words.push(format!(
                "{} answers, but is not of this room: it is another room or key, or another program",
                strangers.join(", ")
            ));
        }
        words
    }
}

fn addresses(ips: &[IpAddr], ports: &RangeInclusive<u16>) -> impl Iterator<Item = SocketAddr> {
    ports.clone().flat_map(|port| ips.iter().map(move |ip| SocketAddr::new(*ip, port)))
}

/// Connects to a host, whatever addresses its name has now.
async fn connect_to(host: &str, port: u16) -> io::Result<(TcpStream, SocketAddr)> {
    connect(lookup_host((host, port)).await?.collect()).await
}

/// Connects to the first of these addresses that answers. The next one is tried while one is silent.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<(TcpStream, SocketAddr)> {
    let mut tries = JoinSet::new();
    for (address, turn) in in_turn(addresses).into_iter().zip(0u32..) {
        tries.spawn(async move {
            sleep(NEXT_ADDRESS * turn).await;
            TcpStream::connect(address).await.map(|stream| (stream, address))
        });
    }
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => last = error,
            Err(_) => {}
        }
    }
    Err(last)
}

/// The addresses with both families in turn, beginning with that of the first: one family may not work here.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == is_first);
    let mut second = second.into_iter();
    let mut all: Vec<SocketAddr> =
        first.into_iter().flat_map(|address| [Some(address), second.next()]).flatten().collect();
    all.extend(second);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn parsed(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns() {
        let mixed = parsed(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1", "10.0.0.2:1"]);
        let expected = parsed(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"]);
        assert_eq!(in_turn(mixed), expected);
        let more = parsed(&["10.0.0.1:1", "[::1]:1", "[::2]:1"]);
        assert_eq!(in_turn(more.clone()), more);
    }

    #[tokio::test]
    async fn a_dead_address_does_not_keep_from_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("free");
        let alive = listener.local_addr().expect("bound");
        let (_, address) = connect(vec![parsed(&["127.0.0.1:1"])[0], alive]).await.expect("the second");
        assert_eq!(address, alive);
        connect(Vec::new()).await.expect_err("none");
    }
}
