//! The life of one connection: handshake, welcome, frames, end. One task serves both directions.
//!
//! | module | subject |
//! |---|---|
//! | `incoming`, `outgoing` | from the socket to a link that stands |
//! | `serve` | a link that stands: `reader` and `writer` in one task, and the `link` they share |
//! | `stream` | a socket of which handshakes take frames |
//! | `report` | what a connection tells the task that owns the node, and is told |
//! | `end` | why a connection ended |

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::shared::Shared;

mod end;
mod incoming;
mod link;
mod outgoing;
mod reader;
mod report;
mod serve;
mod stream;
mod writer;

pub(crate) use end::End;
pub(crate) use incoming::incoming;
pub(crate) use outgoing::outgoing;
pub(crate) use report::{Answer, Report, Visitor};

/// Runs a connection until it ends or is ended, counts, logs and reports why. A panic ends this link only.
pub(crate) async fn watched<M>(
    id: u64,
    token: CancellationToken,
    shared: Arc<Shared>,
    reports: mpsc::Sender<Report<M>>,
    connection: impl Future<Output = End>,
) {
    let guarded = AssertUnwindSafe(connection).catch_unwind();
    let Some(outcome) = token.run_until_cancelled(guarded).await else { return };
    let end = outcome.unwrap_or(End::Panicked);
    end.count(&shared.counters);
    if shared.may_log() {
        debug!(id, ?end, "connection ended");
    }
    // Without a receiver the node has stopped, and nobody wants to know.
    let _ = reports.send(Report::Closed { id }).await;
}
