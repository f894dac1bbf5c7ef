//! Another program with the user's key, such as one that was started with a copy of the folder.

use super::throttle::Throttle;

/// What is known of another program with the user's key.
#[derive(Debug, Default)]
pub(super) struct Twin {
    /// Dials that were refused as earlier, when somebody was connected last.
    refused: u64,
    warnings: Throttle,
}

impl Twin {
    /// A word for the user, once in a while. `refused` dials of this run were refused as earlier than another link, and
    /// `is_heard` if the user's key has signed what this program did not.
    pub(super) fn look(&mut self, is_connected: bool, refused: u64, is_heard: bool) -> Option<&'static str> {
        if is_connected {
            self.refused = refused;
        }
        // One may be of a link that has just died here and not yet there.
        let is_shut_out = refused >= self.refused + 2;
        let word = match (is_shut_out, is_heard) {
            (true, _) => {
                "another chat with your key was started later and has your links, so nobody hears this one. Leave one of \
                 them; two need two keys, each with a folder of its own (--data)"
            }
            (false, true) => {
                "another chat speaks with your key, and each of the two is heard by some only. Leave one of them; two need \
                 two keys, each with a folder of its own (--data). If it is not yours, your key is stolen"
            }
            (false, false) => return None,
        };
        self.warnings.allows().then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_told_when_the_links_are_gone_or_the_key_is_heard() {
        let mut twin = Twin::default();
        assert_eq!(twin.look(true, 5, false), None, "there are links");
        assert_eq!(twin.look(false, 6, false), None, "one link that died");
        assert!(twin.look(false, 7, false).is_some_and(|word| word.contains("started later")));
        assert_eq!(twin.look(false, 8, true), None, "told just now");
        tokio::time::advance(std::time::Duration::from_secs(61)).await;
        assert!(twin.look(true, 9, true).is_some_and(|word| word.contains("speaks with your key")));
    }
}
