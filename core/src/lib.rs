//! What a node *is*: overlay and broadcast protocols as pure state machines.
//!
//! A node consumes packets, timers, commands and seeded randomness, and emits actions. Nothing else:
//! this crate is `no_std`, so it cannot name a clock, a socket, a thread, a file or an environment
//! variable, and it contains no unsafe code.
//!
//! | module | subject |
//! |---|---|
//! | [`protocol`] | the boundary: [`Protocol`](protocol::Protocol), inputs, actions, effects |
//! | [`overlay`] | membership: who are my neighbors |
//! | [`broadcast`] | dissemination: how a message spreads |
//! | [`node`] | an overlay and a broadcast composed into one protocol |
//! | [`reconcile`] | what two nodes hold, compared and made equal |
//! | [`inbox`] | the bounded queue between a node and a busy application |
//! | [`content`] | a message of an application: bytes, named by their hash |
//! | [`seen`] | the bounded memory of messages seen |
//! | [`wire`] | how messages become bytes |
//! | [`observe`] | what the simulator must know about a protocol to measure it |
//! | [`hostile`] | what an adversary may know of a protocol, and what it does |
//! | [`detection`] | measures of a detector of failures |
//! | [`measure`] | measures of a protocol's own |
//! | [`invariants`] | what a fuzz campaign may hold a protocol to |
//! | [`graph`] | undirected graphs in a compact form |
//! | [`distributions`] | probability distributions for latency and sessions: the one place with floating point |
//! | [`complaint`] | what is wrong with the value of a key |
//! | [`rng`] | the random stream of a node |
//! | [`time`] | time and durations as saturating nanoseconds |
//! | `tables` | settings of a protocol as a table of a scenario; with the feature of that name |
//! | `units` | values with a unit; with the same feature read and written as tables have them |
//! | [`token_bucket`] | how much of something may happen, on average and at once |

#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod broadcast;
pub mod complaint;
pub mod content;
pub mod detection;
pub mod distributions;
pub mod graph;
pub mod hostile;
pub mod inbox;
pub mod invariants;
pub mod measure;
pub mod node;
pub mod observe;
pub mod overlay;
pub mod protocol;
pub mod reconcile;
pub mod rng;
pub mod seen;
#[cfg(feature = "tables")]
pub mod tables;
pub mod time;
pub mod token_bucket;
pub mod units;
pub mod wire;
