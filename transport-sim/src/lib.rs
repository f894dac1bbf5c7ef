//! A network in memory: a seeded, deterministic event engine that drives thousands to a million nodes.
//!
//! | module | subject |
//! |---|---|
//! | [`plan`] | who joins, leaves, publishes and fails, and when |
//! | [`payload`] | the simulator's content: an index and a size |
//! | [`observer`] | what a run reports |

pub mod observer;
pub mod payload;
pub mod plan;
