//! Warnings that could come in masses.

use std::time::Duration;

use tokio::time::Instant;

/// Pause between two warnings of one kind.
const PAUSE: Duration = Duration::from_secs(60);

/// Lets a warning through once in a while.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    last: Option<Instant>,
}

impl Throttle {
    /// Whether a warning may come now; then the next one has to wait.
    pub(super) fn allows(&mut self) -> bool {
        let allows = self.last.is_none_or(|last| last.elapsed() >= PAUSE);
        if allows {
            self.last = Some(Instant::now());
        }
        allows
    }
}
