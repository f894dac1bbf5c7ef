//! Tells when nobody is heard although links stand: whoever holds all of them may keep the others' words back.

use std::time::Duration;

use floodnet_chat::session::PRESENCE_MS;
use tokio::time::Instant;

/// People say that they are here so often; that long nothing is missed.
const REPEATED: Duration = Duration::from_millis(PRESENCE_MS);
/// A longer pause between two looks is one in which this program stood still itself: nobody could be heard then.
const STOOD_STILL: Duration = Duration::from_secs(10);

/// For how long nobody was heard.
#[derive(Debug, Default)]
pub(super) struct Silence {
    was_anybody_heard: bool,
    /// Since somebody was heard last; only time in which links stood and this program ran.
    silent: Duration,
    looked: Option<Instant>,
    is_told: bool,
}

impl Silence {
    /// A message of somebody has come.
    pub(super) const fn hears(&mut self) {
        self.was_anybody_heard = true;
        self.begins_again();
    }

    const fn begins_again(&mut self) {
        self.silent = Duration::ZERO;
        self.is_told = false;
    }

    /// A word for the user, once for each silence, if somebody was heard before and now nobody is. Looked at often.
    pub(super) fn look(&mut self, is_connected: bool, now: Instant) -> Option<String> {
        let passed = self.looked.replace(now).map_or(Duration::ZERO, |looked| now - looked);
        // Whoever is met after a time alone has not been silent yet.
        if !is_connected {
            self.begins_again();
            return None;
        }
        self.silent += if passed <= STOOD_STILL { passed } else { Duration::ZERO };
        // Twice, since a presence comes a bit later in a crowd.
        if !self.was_anybody_heard || self.is_told || self.silent <= 2 * REPEATED {
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

    /// A silence that is looked at each second.
    struct Watched {
        silence: Silence,
        now: Instant,
    }

    impl Watched {
        /// How often it is told within so many seconds.
        fn told_within(&mut self, seconds: u64, is_connected: bool) -> usize {
            let told = |_| {
                self.now += Duration::from_secs(1);
                self.silence.look(is_connected, self.now)
            };
            (0..seconds).filter_map(told).count()
        }
    }

    #[test]
    fn a_silence_is_told_once_and_only_after_somebody_was_heard() {
        let mut watched = Watched { silence: Silence::default(), now: Instant::now() };
        let long = 2 * REPEATED.as_secs() + 1;
        assert_eq!(watched.told_within(2 * long, true), 0, "nobody was here yet");
        watched.silence.hears();
        assert_eq!(watched.told_within(long - 1, true), 0, "too early to say");
        assert_eq!(watched.told_within(long, true), 1, "once");
        watched.silence.hears();
        assert_eq!(watched.told_within(2 * long, true), 1, "another silence");
    }

    #[test]
    fn time_alone_or_asleep_is_no_silence_of_others() {
        let mut watched = Watched { silence: Silence::default(), now: Instant::now() };
        let long = 2 * REPEATED.as_secs() + 1;
        watched.silence.hears();
        assert_eq!(watched.told_within(3 * long, false), 0, "that is told otherwise");
        assert_eq!(watched.told_within(long - 1, true), 0, "who has just come may be silent for a while");
        watched.now += Duration::from_secs(long);
        assert_eq!(watched.told_within(1, true), 0, "this program stood still");
        assert_eq!(watched.told_within(long, true), 1);
    }
}
