//! The task that takes connections.

use std::sync::Arc;
use std::time::Duration;

use floodnet_core::wire::Wire;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::admission::{Denied, Place};
use crate::connection::{TaskContext, incoming};
use crate::peer::NamesSender;

/// Pauses after the operating system could not hand over a connection (out of files, most likely): they
/// double from the first to the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Takes connections until it is stopped.
pub(crate) async fn accept<M: Wire + NamesSender + Send + 'static>(
    listener: TcpListener,
    context: Arc<TaskContext<M>>,
    stop: CancellationToken,
) {
    let [first, last] = PAUSES;
    let mut pause = first;
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let counters = &context.shared.counters;
        let (tcp, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                counters.accept_errors.add();
                if context.shared.may_log() {
                    warn!(%error, "cannot accept");
                }
                // The connection stays in the system's queue: to try again at once would only spin.
                sleep(pause).await;
                pause = (2 * pause).min(last);
                continue;
            }
        };
        pause = first;
        // Refused before anything is read or allocated for it.
        let token = context.root.child_token();
        let place = match Place::take(&context.shared.admission, from.ip(), &token, context.shared.now()) {
            Ok(place) => place,
            Err(denied) => {
                match denied {
                    Denied::Group => counters.admission_group.add(),
                    Denied::Rate => counters.admission_rate.add(),
                    Denied::HalfOpen => counters.admission_half_open.add(),
                }
                continue;
            }
        };
        counters.accepted.add();
        let id = context.shared.next_number();
        let connection = incoming(tcp, id, place, token.clone(), Arc::clone(&context));
        context.spawn(id, token, connection);
    }
}
