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

use std::panic::resume_unwind;
use std::thread;

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

/// What `work` makes of each item, in their order, each on a thread of its own. For a few items that take long.
pub(crate) fn at_once<T: Send, R: Send>(
    items: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items.map(|item| scope.spawn(move || work(item))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
