//! The engine through its public API: [`Simulation`](floodnet_sim::Simulation), plans, links, observers.
//!
//! | module | subject |
//! |---|---|
//! | `stream` | connections, by small cases with the times worked out by hand |
//! | `access` | access lines: rates, queues and what they drop |
//! | `lives` | leaves, crashes, rebirths and pauses, as the neighbors see them |
//! | `busy` | what waits for an application that stands still |
//! | `datagram` | losses, cuts and rebirths without connections |
//! | `exact_laws` | laws of the flood that hold exactly |
//! | `dijkstra` | delivery times against shortest paths |
//! | `reference` | the windowed engine against a plain one, on random scenarios |
//! | `invariants` | what must hold of the random walk whatever happens |
//! | `half_open` | both ends of a stream agree, whatever happened |
//! | `hostile` | adversaries: each deed, and nothing without it |
//! | `kernel` | delays under loss as a kernel's TCP has them |
//! | `common` | a scripted protocol, a stage for it, and what all tests share |

mod access;
mod busy;
mod common;
mod datagram;
mod dijkstra;
mod exact_laws;
mod half_open;
mod hostile;
mod invariants;
mod kernel;
mod lives;
mod reference;
mod stream;
