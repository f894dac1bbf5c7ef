//! The swarm test: thousands of random scenarios, and what must hold in each of them.
//!
//! A scenario is drawn from a seed, with every feature switched on or off at random ([`draw`]). It has two
//! phases: **safety**, with churn and faults of every kind, and **liveness**, in which nobody comes or goes
//! and nothing is wrong. While it runs each node is watched after each of its inputs (`watched`), and what
//! lies between nodes is looked at after a quiet period and at the end (`rules`). What a protocol promises
//! beyond the rules of the boundary it says itself: [`floodnet_core::invariants`].
//!
//! | module | subject |
//! |---|---|
//! | [`draw`] | a scenario from a seed |
//! | [`violation`] | the invariants, and a breach of one |
//! | `watched` | a node, watched after each input |
//! | `rules` | what must hold between nodes |
//! | `random_fault` | faults at random, for hunts too |
//! | `graph` | who holds whom, as the observations tell |
//! | [`check`] | one scenario |
//! | [`campaign`] | many scenarios, on several threads |
//! | `in_order` | work on several threads whose results come in order |
//! | [`seeds`] | seeds that failed once |

pub mod campaign;
pub mod check;
pub mod draw;
mod graph;
pub(crate) mod in_order;
pub(crate) mod random_fault;
mod rules;
pub mod seeds;
pub mod violation;
mod watched;

pub use violation::{Invariant, Violation};
