//! What all connections of a node need, and the task around each.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::end::End;
use super::report::Report;
use crate::shared::Shared;
use crate::validator::Validator;

/// What all connections of a node need.
pub(crate) struct TaskContext<M> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) validator: Arc<dyn Validator<M>>,
    /// Takes what connections report to the task that owns the node.
    pub(crate) reports: mpsc::Sender<Report<M>>,
    pub(crate) tasks: TaskTracker,
    /// Ends all tasks of the node.
    pub(crate) root: CancellationToken,
}

impl<M: Send + 'static> TaskContext<M> {
    /// Runs a connection in a task of its own until it ends or is ended by its token; then counts, logs and reports
    /// why. A panic ends this connection only.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        id: u64,
        token: CancellationToken,
        connection: impl Future<Output = End> + Send + 'static,
    ) {
        let context = Arc::clone(self);
        self.tasks.spawn(async move {
            let guarded = AssertUnwindSafe(connection).catch_unwind();
            let Some(outcome) = token.run_until_cancelled(guarded).await else { return };
            let end = outcome.unwrap_or(End::Panicked);
            end.count(&context.shared.counters);
            if context.shared.may_log() {
                debug!(id, ?end, "connection ended");
            }
            // Without a receiver the node has stopped, and nobody wants to know.
            let _ = context.reports.send(Report::Closed { id, end }).await;
        });
    }
}
