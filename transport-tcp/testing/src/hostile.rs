//! A member that keeps to no rule: it wants all links of another, so that it decides what that one hears and says.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk::Message as Walk;
use floodnet_core::protocol::Types;
use floodnet_core::wire;
use floodnet_tcp::FloodNode;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::options::Network;
use floodnet_tcp::peer::Peer;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::{RawDialer, RawLink};

type Message = <FloodNode as Types>::Message;
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Links of one person.
const LINKS: u8 = 12;
/// What it does on each link so often.
const PAUSE: Duration = Duration::from_millis(50);

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Twelve links: "my walk has ended here: take me".
    AskForPlaces,
    /// Twelve links: "I have taken you".
    SayTaken,
    /// One link: walks of joiners that do not exist have ended here. Nobody listens at their addresses.
    NameTheDead,
    /// The same. Somebody takes their connections and says nothing.
    NameTheSilent,
}

/// The member, while it attacks.
#[derive(Debug)]
pub struct Hostile {
    links: JoinSet<()>,
    /// Packets that were sent to the victim.
    sent: Arc<AtomicUsize>,
}

impl Hostile {
    /// Attacks the node at this address, from addresses of loopback that are each a source group.
    #[must_use]
    pub fn begin(victim: SocketAddr, network: &Network, attack: Attack) -> Self {
        let (mut links, sent) = (JoinSet::new(), Arc::<AtomicUsize>::default());
        let count = if matches!(attack, Attack::AskForPlaces | Attack::SayTaken) { LINKS } else { 1 };
        for number in 1..=count {
            let (sent, network) = (Arc::clone(&sent), network.clone());
            links.spawn(async move {
                loop {
                    // Refused, or let go: again.
                    let _ = misbehave((victim, &network), attack, number, &sent).await;
                    sleep(PAUSE).await;
                }
            });
        }
        Self { links, sent }
    }

    /// Waits until the victim has had to deal with it for a while.
    ///
    /// # Panics
    /// The victim does not let it in for so long.
    pub async fn has_begun(&self, patience: Duration) {
        let begun = async {
            while self.sent.load(Relaxed) < 3 * usize::from(LINKS) {
                sleep(PAUSE).await;
            }
        };
        timeout(patience, begun).await.expect("the victim lets it in");
    }

    /// Whether an address is one of the member's, or one that it names.
    #[must_use]
    pub fn is_at(address: SocketAddr) -> bool {
        matches!(address, SocketAddr::V4(at) if matches!(at.ip().octets(), [127, 77..=79, ..]))
    }

    /// Ends all links.
    pub fn end(mut self) {
        self.links.abort_all();
    }
}

/// Holds a link, each from a source group of its own, and says the same again and again.
async fn misbehave(
    (victim, network): (SocketAddr, &Network),
    attack: Attack,
    number: u8,
    sent: &AtomicUsize,
) -> Result<()> {
    let source = Ipv4Addr::new(127, 77, number, 1);
    let keypair = Keypair::generate()?;
    let me = Peer::new(keypair.identity(), SocketAddr::from((source, 9_000)));
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((source, 0)))?;
    let dialer = RawDialer::new(keypair, network)?;
    let mut link = dialer.shake(socket.connect(victim).await?).await?;
    // Takes connections into its queue, and nothing else.
    let silent = TcpListener::bind("127.78.0.1:0").await?;
    for turn in 0u16.. {
        let joiner = match attack {
            Attack::AskForPlaces | Attack::SayTaken => me,
            Attack::NameTheDead => {
                let [a, b] = turn.to_be_bytes();
                Peer::new(Keypair::generate()?.identity(), SocketAddr::from(([127, 79, a, b], 40_000)))
            }
            Attack::NameTheSilent => Peer::new(Keypair::generate()?.identity(), silent.local_addr()?),
        };
        let message = match attack {
            Attack::SayTaken => Walk::JoinAck { in_place_of: None, ticket: turn, dialed: true },
            _ => Walk::Join { joiner, hop_limit: 0, ticket: turn },
        };
        link.queue(&wire::encode::<Message>(&Layer::Overlay(message)))?;
        link.flush().await?;
        sent.fetch_add(1, Relaxed);
        listen(&mut link).await?;
    }
    Ok(())
}

/// Reads for a while and passes nothing on.
async fn listen(link: &mut RawLink) -> Result<()> {
    let reading = async {
        loop {
            if let Ok(Layer::Overlay(Walk::Displaced { .. })) = wire::decode::<Message>(link.next().await?) {
                return Err("let go".into());
            }
        }
    };
    timeout(PAUSE, reading).await.unwrap_or(Ok(()))
}
