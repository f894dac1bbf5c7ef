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
//! | [`inbox`] | the bounded queue between a node and a busy application |
//! | [`content`] | a message of an application: bytes, named by their hash |
//! | [`chat`] | signed messages, who said them, and what is checked before a node takes one |
//! | [`wire`] | the one place where messages become bytes |
//! | [`observe`] | what a laboratory must know of a protocol |
//! | [`graph`] | an undirected graph, compactly |
//! | [`laws`] | probability laws for latency and sessions: the one place with floating point |
//! | [`rng`] | the random stream of a node |
//! | [`time`] | time and durations as saturating nanoseconds |

#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod broadcast;
pub mod chat;
pub mod content;
#[doc(hidden)]
pub mod fuzzing;
pub mod graph;
pub mod inbox;
pub mod laws;
pub mod node;
pub mod observe;
pub mod overlay;
pub mod protocol;
pub mod rng;
pub mod time;
pub mod wire;
