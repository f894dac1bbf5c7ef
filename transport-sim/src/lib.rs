//! A network in memory: a seeded, deterministic event engine that drives thousands to a million nodes.
//!
//! Start at [`Simulation`]: it takes a [`Plan`](plan::Plan), a [`LinkModel`](link::LinkModel) and the nodes
//! of any protocol of `floodnet-core` (or your own), and reports to an [`Observer`](observer::Observer).
//!
//! | module | subject |
//! |---|---|
//! | [`spec`] | what a scenario says: nodes, links, churn, traffic, faults |
//! | [`plan`] | who joins, leaves, publishes and fails, and when |
//! | [`hostile`] | adversaries over any protocol |
//! | [`link`] | what links do to packets: settings |
//! | [`graph`] | graphs for the fixed overlay |
//! | [`read`] | data files as they are published |
//! | [`rng`] | random numbers for what is drawn before a run |
//! | [`payload`] | the simulator's content: an index and a size |
//! | [`observer`] | what a run reports |
//! | [`between`] | what links do, for a backend that is not the engine |
//! | `engine` | how slots run through time |
//! | `net` | what happens between slots |
//! | `event` | inputs on their way, and their order |
//! | `digest` | the digest of a run, slot by slot |

pub mod between;
mod digest;
mod engine;
mod event;
pub mod graph;
pub mod hostile;
pub mod link;
mod net;
pub mod observer;
pub mod payload;
pub mod plan;
pub mod read;
pub mod rng;
pub mod spec;

pub use engine::{Memory, Outcome, Progress, Simulation, Watch, node_key};

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
