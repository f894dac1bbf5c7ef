//! What a node weighs where a million of them are run: by number, with content that is a number.

use floodnet_core::broadcast::{Flood, Gossip, Plumtree, plumtree};
use floodnet_core::node::Node;
use floodnet_core::observe::Payload;
use floodnet_core::overlay::{Cyclon, Fixed, HyParView, RandomWalk, Swim, View, cyclon, hyparview, swim};
use floodnet_core::seen::SeenWindow;

/// Like the simulator's.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    index: u32,
    _size: u32,
}

impl Payload for Numbered {
    type Id = u32;
    type Seen = SeenWindow;
    fn id(&self) -> u32 {
        self.index
    }
}

type FloodOf = Flood<u32, Numbered>;
type TreeOf = Plumtree<u32, Numbered>;
type GossipOf = Gossip<u32, Numbered>;

/// A node that grows past its budget costs a run of a million nodes a megabyte for each byte, and time:
/// ask first whether the new field could be boxed.
#[test]
fn a_node_keeps_within_its_budget() {
    let sizes = [
        ("memory of messages", size_of::<SeenWindow>(), 128),
        ("neighbors", size_of::<View<u32>>(), 48),
        ("flood", size_of::<FloodOf>(), 136),
        ("fixed overlay under flood", size_of::<Node<Fixed, FloodOf>>(), 192),
        ("fixed overlay under gossip", size_of::<Node<Fixed, GossipOf>>(), 184),
        ("plumtree", size_of::<TreeOf>(), 328),
        ("hyparview under flood", size_of::<Node<HyParView<u32>, FloodOf>>(), 272),
        ("hyparview under plumtree", size_of::<Node<HyParView<u32>, TreeOf>>(), 464),
        ("cyclon under flood", size_of::<Node<Cyclon<u32>, FloodOf>>(), 232),
        ("swim under flood", size_of::<Node<Swim<u32>, FloodOf>>(), 144),
        ("a message of swim", size_of::<swim::Message<u32>>(), 16),
        ("a message of hyparview", size_of::<hyparview::Message<u32>>(), 16),
        ("a message of cyclon", size_of::<cyclon::Message<u32>>(), 16),
        ("a message of plumtree", size_of::<plumtree::Message<Numbered, u32>>(), 16),
        ("random walk under flood", size_of::<Node<RandomWalk<u32>, FloodOf>>(), 256),
    ];
    for (what, bytes, budget) in sizes {
        assert!(bytes <= budget, "{what}: {bytes} bytes, more than {budget}");
    }
}
