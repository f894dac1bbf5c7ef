//! A network in memory: a seeded, deterministic event engine that drives thousands to a million nodes.
//!
//! Start at [`Simulation`]: it takes a [`Plan`](plan::Plan), a [`LinkModel`](link::LinkModel) and the nodes
//! of any protocol of `floodnet-core` (or your own), and reports to an [`Observer`](observer::Observer).
//!
//! | module | subject |
//! |---|---|
//! | [`plan`] | who joins, leaves, publishes and fails, and when |
//! | [`link`] | what links do to packets: settings |
//! | [`graph`] | graphs for the fixed overlay |
//! | [`read`] | data files as they are published |
//! | [`stream`] | random streams for what is drawn before a run |
//! | [`payload`] | the simulator's content: an index and a size |
//! | [`observer`] | what a run reports |
//! | [`between`] | what links do, for a backend that is not the engine |
//! | `engine` | a run from outside: what is to run, and how it ended |
//! | `drive` | the way through time, from window to window |
//! | `crew` | who runs the shards: one thread or several |
//! | `progress` | where a run is |
//! | `division` | how slots are divided into shards |
//! | `shard` | a range of slots, and how they run through a window |
//! | `agenda` | what the plan does to slots |
//! | `queue` | events by window of time and block of slots |
//! | `stored` | an event in a bucket |
//! | `order` | the order of events within a block |
//! | `pages` | buckets of equal pages that serve again |
//! | `slot` | one user, whose node comes and goes, and how it takes its inputs |
//! | `port` | where a node's effects go |
//! | `line`, `uplink` | a slot's history and sequence, its access line |
//! | `links` | the table of a slot's connections |
//! | `connection` | streams: dial, order, retransmission, break, goodbye |
//! | `recovery` | when what was lost is sent again |
//! | `window` | how much a stream that loses packets may have in flight |
//! | `network` | delays, losses and cuts as pure functions |
//! | `event` | inputs on their way, and their order |
//! | `reference` | a plain engine that the windowed one is held against |

mod agenda;
pub mod between;
mod connection;
mod crew;
mod division;
mod drive;
mod engine;
mod event;
pub mod graph;
mod line;
pub mod link;
mod links;
mod network;
pub mod observer;
mod order;
mod pages;
pub mod payload;
pub mod plan;
mod port;
mod progress;
mod queue;
pub mod read;
mod recovery;
mod reference;
mod shard;
mod slot;
mod stored;
pub mod stream;
mod uplink;
mod window;

pub use engine::{Memory, Outcome, Simulation};
pub use progress::{Progress, Watch};
pub use slot::node_key;

use std::fmt::Debug;

use floodnet_core::observe::Observe;

use crate::payload::SimPayload;

/// A protocol that the simulator can run: peers are slots, content is an index, nodes can be handed to
/// another thread, and nodes, messages and timers can be shown.
pub trait SimProtocol:
    Observe<Peer = u32, Payload = SimPayload, Message: Send + Debug, Timer: Send + Debug, Config: Sync>
    + Send
    + Debug
{
}

impl<P> SimProtocol for P where
    P: Observe<Peer = u32, Payload = SimPayload, Message: Send + Debug, Timer: Send + Debug, Config: Sync>
        + Send
        + Debug
{
}
