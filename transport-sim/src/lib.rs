//! A network in memory: a seeded, deterministic event engine that drives thousands to a million nodes.
//!
//! | module | subject |
//! |---|---|
//! | [`plan`] | who joins, leaves, publishes and fails, and when |
//! | [`graph`] | graphs for the static overlay |
//! | [`stream`] | random streams for what is drawn before a run |
//! | [`read`] | data files as they are published |
//! | [`payload`] | the simulator's content: an index and a size |
//! | [`observer`] | what a run reports |

pub mod graph;
pub mod observer;
pub mod payload;
pub mod plan;
pub mod read;
pub mod stream;
