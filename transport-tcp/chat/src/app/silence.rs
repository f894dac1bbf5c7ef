//! Tells when nobody is heard although links stand: whoever holds all of them may keep the others' words back.

use std::time::Duration;

use floodnet_chat::session::PRESENCE_MS;
use tokio::time::Instant;

/// People say that they are here so often; that long nothing is missed.
const REPEATED: Duration = Duration::from_millis(PRESENCE_MS);

/// When somebody was heard last.
#[derive(Debug, Default)]
pub(super) struct Silence {
    heard: Option<Instant>,
    is_told: bool,
}

impl Silence {
    /// A message of somebody has come.
    pub(super) const fn hears(&mut self, now: Instant) {
        *self = Self { heard: Some(now), is_told: false };
    }

    /// A word for the user, once for each silence, if somebody was heard before and now nobody is.
    pub(super) fn look(&mut self, is_connected: bool, now: Instant) -> Option<String> {
        // Twice, since a presence comes a bit later in a crowd.
        let is_long = now.saturating_duration_since(self.heard?) > 2 * REPEATED;
        if !is_connected || !is_long || self.is_told {
            return None;
        }
        self.is_told = true;
        let minutes = 2 * REPEATED.as_secs() / 60;
        Some(format!(
            "links stand, but nobody has been heard for {minutes} minutes: the others may have left without a word, or \
             your neighbors keep their words from you. /peers lists your neighbors; a start with --peer ADDRESS comes in \
             another way"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_told_once_and_only_after_somebody_was_heard() {
        let (mut silence, start) = (Silence::default(), Instant::now());
        let long = 2 * REPEATED + Duration::from_secs(1);
        assert_eq!(silence.look(true, start + long), None, "nobody was here yet");
        silence.hears(start);
        assert_eq!(silence.look(true, start + REPEATED), None, "too early to say");
        assert_eq!(silence.look(false, start + long), None, "that is told otherwise");
        assert!(silence.look(true, start + long).is_some_and(|word| word.contains("nobody has been heard")));
        assert_eq!(silence.look(true, start + 2 * long), None, "once");
        silence.hears(start + 2 * long);
        assert!(silence.look(true, start + 4 * long).is_some(), "another silence");
    }
}
