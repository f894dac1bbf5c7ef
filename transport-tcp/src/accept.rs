//! The task that takes connections.

use std::time::Duration;

use floodnet_core::wire::Wire;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::connection::{incoming, watched};
use crate::door::{Closed, Place};
use crate::links::Hands;
use crate::peer::NamesSender;

/// Pauses after the operating system could not hand over a connection (out of files, most likely): they
/// double from the first to the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Takes connections until it is stopped.
pub(crate) async fn accept<M: Wire + NamesSender + Send + 'static>(
    listener: TcpListener,
    hands: Hands<M>,
    stop: CancellationToken,
) {
    let [first, last] = PAUSES;
    let mut pause = first;
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let counters = &hands.shared.counters;
        let (tcp, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                counters.accept_errors.add();
                if hands.shared.may_log() {
                    warn!(%error, "cannot accept");
                }
                sleep(pause).await;
                pause = (2 * pause).min(last);
                continue;
            }
        };
        pause = first;
        let token = hands.root.child_token();
        let place = match Place::take(&hands.shared.door, from.ip(), &token, hands.shared.now()) {
            Ok(place) => place,
            Err(closed) => {
                match closed {
                    Closed::Group => counters.door_group.add(),
                    Closed::Rate => counters.door_rate.add(),
                    Closed::HalfOpen => counters.door_half_open.add(),
                }
                continue;
            }
        };
        counters.accepted.add();
        let id = hands.shared.next_number();
        let Hands { shared, gate, reports, .. } = hands.clone();
        let connection = incoming(tcp, id, place, token.clone(), shared.clone(), gate, reports.clone());
        hands.tasks.spawn(watched(id, token, shared, reports, connection));
    }
}
