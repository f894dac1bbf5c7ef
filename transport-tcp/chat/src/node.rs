//! The node of a chat: flooding over the random walk.

use floodnet_chat::signed_message::Envelope;
use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::node::{Config, Node};
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::protocol::Types;
use floodnet_tcp::peer::Peer;

/// A node of a chat, without a recording.
pub(crate) type PlainNode = Node<RandomWalk<Peer>, Flood<Peer, Envelope>>;
/// What nodes of a chat send each other.
pub type Message = <PlainNode as Types>::Message;
/// What such a node tells.
pub type Event = <PlainNode as Types>::Event;

/// Links that a node of a chat asks for: after a loss of 30 % of all nodes at once nearly all that remain
/// hang together still.
const DEGREE: u32 = 6;
/// The most links that it holds.
const MAX_DEGREE: u32 = 12;

/// Makes a node called `me`, before its first input.
pub(crate) fn plain_node(me: Peer) -> PlainNode {
    Node::new(RandomWalk::new(me), Flood::default())
}

/// The settings of a chat's node with these entry nodes.
#[must_use]
pub fn config(entry: Vec<Peer>) -> Config<random_walk::Config<Peer>, flood::Config> {
    let overlay = random_walk::Config {
        degree: DEGREE,
        max_degree: Some(MAX_DEGREE),
        ..random_walk::Config::new(entry)
    };
    Config { overlay, broadcast: flood::Config::default() }
}
