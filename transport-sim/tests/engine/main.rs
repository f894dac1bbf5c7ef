//! The engine through its public API: [`Simulation`](floodnet_sim::Simulation), plans, links, observers.
//!
//! | module | subject |
//! |---|---|
//! | `stream` | connections, by small cases with the times worked out by hand |
//! | `access` | access lines: rates, queues and what they drop |
//! | `lives` | leaves, crashes, rebirths and pauses, as the neighbors see them |
//! | `common` | a scripted protocol, a stage for it, and what all tests share |

mod access;
mod common;
mod lives;
mod stream;
