//! A node on tokio sockets: the same state machine that the simulator runs, driven by TCP.
//!
//! # What is promised, and what is not
//!
//! Links are encrypted, and both ends prove their identity: each node has an [`identity`], an ed25519 key, which
//! it shows in a Noise XX handshake. An eavesdropper sees addresses, times and sizes, but no content; changing,
//! repeating or leaving out a byte ends the link. Nodes of another network cannot finish a handshake, and the port
//! of a private network ([`options::Network::key`]) sends strangers nothing at all. Everything that a peer can
//! make a node do is bounded, by one of three profiles of [`limits`].
//!
//! **Identities are free**, so a proved identity is no reason for trust: in an open network anybody may come in,
//! read what is flooded and publish. **A link says nothing about the author** of a
//! message, which has passed through many hands: an application signs what it publishes and verifies it in a
//! [`validator`], before the node marks it as seen and passes it on. Not hidden are who talks to whom, and the
//! addresses in requests for neighbors. The handshake's library (`snow`) is widely used and not audited; it is
//! kept behind one module.
//!
//! # How it works
//!
//! One task owns the node and is the only one to touch it: it takes what connections report, the
//! application's commands and due timers, hands each to the node, and does what the node wants. It never
//! waits for a peer or for the application: what does not fit into a bounded queue is dropped and counted
//! ([`counters`]).
//!
//! **One connection for each pair of nodes**, served by one task. To send to a peer without a link the node
//! dials it; what waits is sent when the other side welcomes it. When both dial at once the connection of the
//! lesser identity is kept, and because nothing is sent before the welcome, nothing is lost. A second
//! connection of an identity is refused while the first gives signs of life, unless the peer itself has given
//! up the first. Whatever ends a link brings the node its `LinkDown`, at both ends.
//!
//! **A [`Peer`] is an identity that carries an address.** The address in a request for neighbors comes from
//! another node and may be a victim's. So such dials are few, some addresses are never dialed, and the node that
//! answers must have the identity that was named. The first who hears from a joiner puts in the address that the connection shows.
//!
//! On the wire a frame is a length of two bytes, big-endian, and a Noise message of so many bytes. The
//! handshake's second and third message carry identity, signature over the channel's key, versions, features,
//! listening port, and which life of the node and which of its links this is. Then each frame is a kind (packet,
//! ping, pong, goodbye, rekey, welcome) and its content; a packet is one of [`floodnet_core::wire`]. Each side
//! takes fresh keys after 2^20 frames or an hour.
//!
//! | module | subject |
//! |---|---|
//! | [`identity`] | the key of a node, and the file that keeps it |
//! | [`peer`] | the name of a node: its identity, and the address on which it listens |
//! | [`options`] | settings |
//! | [`limits`] | what a node allows its peers and itself: `public`, `lan`, `lab` |
//! | [`validator`] | the application's decision on peers and messages |
//! | [`protocol`] | what a protocol needs to run here |
//! | [`driver`] | the task that owns the node |
//! | [`handle`] | what an application holds of a running node |
//! | [`secure`], [`frame`] | what two nodes say to each other, without sockets |
//! | [`counters`] | what was done, and what was dropped |
//!
//! ```
//! use bytes::Bytes;
//! use floodnet_core::broadcast::{BroadcastEvent, flood};
//! use floodnet_core::content::Content;
//! use floodnet_core::node::{Config, Layer};
//! use floodnet_core::overlay::random_walk;
//! use floodnet_tcp::driver::spawn;
//! use floodnet_tcp::options::Options;
//! use floodnet_tcp::{FloodNode, flood_node};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = |entry| Config {
//!     overlay: random_walk::Config::new(entry),
//!     broadcast: flood::Config::default(),
//! };
//! let first = spawn::<FloodNode>(flood_node, config(vec![]), Options::default()).await?;
//! let mut second = spawn::<FloodNode>(flood_node, config(vec![first.me()]), Options::default()).await?;
//! second.neighbors().wait_for(|neighbors| !neighbors.is_empty()).await?;
//!
//! first.publish(Content::new(Bytes::from_static(b"hello"))).await?;
//! while let Some(event) = second.next_event().await {
//!     if let Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) = event {
//!         assert_eq!(payload.bytes().as_ref(), b"hello");
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use floodnet_core::broadcast::Flood;
use floodnet_core::content::Content;
use floodnet_core::node::Node;
use floodnet_core::overlay::RandomWalk;

use crate::peer::Peer;

pub mod counters;
pub mod driver;
pub mod frame;
pub mod handle;
pub mod identity;
pub mod knock;
pub mod limits;
pub mod options;
pub mod peer;
pub mod protocol;
pub mod secure;
pub mod validator;

mod accept;
mod addresses;
mod admission;
mod clock;
mod clock_jumps;
mod connection;
mod dialing;
mod fair_queue;
mod links;
mod outbox;
mod receipts;
mod shared;
mod timers;

/// The tutorial's node: flooding over the random-walk overlay.
pub type FloodNode = Node<RandomWalk<Peer>, Flood<Peer, Content>>;

/// A [`FloodNode`] of this name, for [`driver::spawn`].
#[must_use]
pub fn flood_node(me: Peer) -> FloodNode {
    Node::new(RandomWalk::new(me), Flood::default())
}
