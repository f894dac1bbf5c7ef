//! Results as pictures: what the laboratory returns, put into the views that `floodnet_plot` draws.
//!
//! | module | subject |
//! |---|---|
//! | [`run`] | one run: graph, delivery, latency, degrees |
//! | [`many`] | sweeps and comparisons as pages |
//! | [`report`] | one run as a page |
//! | [`export`] | one run for other tools |
//! | [`schemas`] | JSON Schemas of what is written |
//! | [`sweep`] | metrics over the grid of a sweep |
//! | [`bakeoff`] | what contestants cost, and what they get for it |
//! | [`compare`] | the simulator and sockets in one picture |
//! | `kernel` | delays of a kernel's TCP beside those of the model |

pub mod bakeoff;
pub mod compare;
pub mod export;
#[cfg(target_os = "linux")]
pub mod kernel;
pub mod many;
pub mod report;
pub mod run;
pub mod schemas;
pub mod sweep;
