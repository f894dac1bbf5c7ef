//! A node on tokio sockets: the same state machine that the simulator runs, driven by TCP.
//!
//! # Not secure
//!
//! **Nothing here is authenticated or encrypted.** Whoever reaches the port can read and forge messages,
//! and can claim any listening address as its own. So a node binds to loopback unless told otherwise; do
//! not tell it otherwise on a network that you do not trust.
//!
//! # How it works
//!
//! One task owns the node and is the only one to touch it: it takes what connections report, the
//! application's commands and due timers, hands each to the node, and does what the node wants. It never
//! waits for a peer or for the application: what does not fit into a bounded queue is dropped and counted
//! ([`stats`]).
//!
//! **A connection carries messages one way, from who dialed it.** To send to a peer a node dials it; to
//! answer, the peer dials back. So two nodes that dial each other at once have nothing to sort out, at the
//! price of two sockets per link. Against the direction only signs of life travel (empty frames), so that
//! either end notices when the other falls silent. Whatever ends one of the two ends the link: both are
//! closed, and the node gets its `LinkDown`, at both ends.
//!
//! A frame is a length of two bytes, big-endian, and a packet of [`floodnet_core::wire`]. The first frame
//! in each direction is a greeting that names the sender's listening address.
//!
//! | module | subject |
//! |---|---|
//! | [`chat`] | the `chat` program |
//! | [`peer`] | the name of a node: the address on which it listens |
//! | [`options`] | settings and limits |
//! | [`driver`] | the task that owns the node |
//! | [`handle`] | what an application holds of a running node |
//! | [`stats`] | what was done, and what was dropped |
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

pub mod chat;
pub mod driver;
pub mod gate;
pub mod handle;
pub mod identity;
pub mod limits;
pub mod options;
pub mod peer;
pub mod rate;
pub mod stats;

mod accept;
mod addresses;
mod connection;
mod dialing;
mod door;
mod frame;
mod links;
mod outbox;
mod secure;
mod shared;
mod sleep;
mod timers;

/// The tutorial's node: flooding over the random-walk overlay.
pub type FloodNode = Node<RandomWalk<Peer>, Flood<Peer, Content>>;

/// A [`FloodNode`] of this name, for [`driver::spawn`].
#[must_use]
pub fn flood_node(me: Peer) -> FloodNode {
    Node::new(RandomWalk::new(me), Flood::default())
}
