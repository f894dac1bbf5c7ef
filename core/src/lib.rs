//! What a node *is*: overlay and broadcast protocols as pure state machines.
//!
//! A node consumes packets, timers, commands and seeded randomness, and emits actions. Nothing else:
//! this crate is `no_std`, so it cannot name a clock, a socket, a thread, a file or an environment
//! variable, and it contains no unsafe code.
//!
//! | module | subject |
//! |---|---|
//! | [`protocol`] | the boundary: [`Protocol`](protocol::Protocol), inputs, actions, effects |
//! | [`observe`] | what a laboratory must know of a protocol |
//! | [`time`] | time and durations as saturating nanoseconds |
//! | [`graph`] | undirected graphs, frozen: what a static overlay follows |
//! | [`rng`] | the random stream of a node |
//! | [`laws`] | probability laws for latency and sessions: the one place with floating point |

#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod graph;
pub mod laws;
pub mod observe;
pub mod protocol;
pub mod rng;
pub mod time;
