//! The swarm test: thousands of random scenarios, and what must hold in each of them.
//!
//! A scenario is drawn from a seed, with every feature switched on or off at random ([`draw`]). It has two
//! phases: **safety**, with churn and faults of every kind, and **liveness**, in which nobody comes or goes
//! and nothing is wrong. Each is checked by [`check`](crate::check). What a protocol promises beyond the rules of the
//! boundary it says itself: [`floodnet_core::invariants`].
//!
//! | module | subject |
//! |---|---|
//! | [`draw`] | a scenario from a seed |
//! | `random_fault` | faults at random, for hunts too |
//! | [`campaign`] | many scenarios, on several threads |
//! | `in_order` | work on several threads whose results come in order |
//! | [`seeds`] | seeds that failed once |

pub mod campaign;
pub mod draw;
pub(crate) mod in_order;
pub(crate) mod random_fault;
pub mod seeds;
