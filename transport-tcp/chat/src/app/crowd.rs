//! What of strangers is not shown: those whom the user ignores, and more than a screen can hold.

use std::collections::{BTreeMap, BTreeSet};

use floodnet_chat::keys::Key;
use floodnet_core::time::Time;
use floodnet_core::token_bucket::{Rate, TokenBucket};
use glob::{MatchOptions, Pattern};

/// Lines of one stranger.
const EACH: Rate = Rate::per_second(2, 20);
/// Lines of all strangers together: identities are free.
const ALL: Rate = Rate::per_second(10, 100);
/// Strangers who come, go or change their names.
const CHANGES: Rate = Rate::per_second(2, 30);
/// Strangers whose lines are counted one by one; of more, all together only.
const MAX_STRANGERS: usize = 1_024;
/// Patterns that a user may have.
pub(super) const MAX_PATTERNS: usize = 100;

/// Keeps a flood of strangers off a terminal. What is not shown is kept in the history all the same.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    each: BTreeMap<Key, TokenBucket>,
    all: TokenBucket,
    changes: TokenBucket,
    hidden: u64,
    authors: BTreeSet<Key>,
    unseen: u64,
}

impl Crowd {
    /// Whether a line of this stranger is shown.
    pub(super) fn may_speak(&mut self, stranger: Key, now: Time) -> bool {
        if self.each.len() >= MAX_STRANGERS && !self.each.contains_key(&stranger) {
            // Whoever has all that is due to them is as good as forgotten.
            self.each.retain(|_, bucket| !{ *bucket }.try_take(EACH, EACH.burst(), now));
        }
        let own = match self.each.len() {
            MAX_STRANGERS.. => self.each.get_mut(&stranger),
            _ => Some(self.each.entry(stranger).or_default()),
        };
        let is_shown = own.is_none_or(|own| own.try_take(EACH, 1, now)) && self.all.try_take(ALL, 1, now);
        if !is_shown {
            self.hidden += 1;
            if self.authors.len() < MAX_STRANGERS {
                self.authors.insert(stranger);
            }
        }
        is_shown
    }

    /// Whether it is shown that a stranger has come, gone, or changed their name.
    pub(super) fn may_change(&mut self, now: Time) -> bool {
        let is_shown = self.changes.try_take(CHANGES, 1, now);
        self.unseen += u64::from(!is_shown);
        is_shown
    }

    /// What was not shown since the last time, in words.
    pub(super) fn take_word(&mut self) -> Option<String> {
        let Self { hidden, unseen, .. } = *self;
        let authors = std::mem::take(&mut self.authors).len();
        (self.hidden, self.unseen) = (0, 0);
        let lines = format!(
            "{hidden} lines of {authors} stranger{} were too many to show; /history has them",
            if authors == 1 { "" } else { "s" }
        );
        let changes = format!("{unseen} more strangers came, went or changed their names");
        match (hidden, unseen) {
            (0, 0) => None,
            (0, _) => Some(changes),
            (_, 0) => Some(lines),
            _ => Some(format!("{lines}. {changes}")),
        }
    }
}

/// Names of strangers whom the user does not want to hear.
#[derive(Debug, Default)]
pub(super) struct Ignored(Vec<String>);

impl Ignored {
    /// These patterns; those that are none are left out.
    pub(super) fn new(patterns: Vec<String>) -> Self {
        let mut ignored = Self::default();
        for pattern in patterns {
            let _ = ignored.add(&pattern);
        }
        ignored
    }

    /// The patterns, as they were typed.
    pub(super) fn patterns(&self) -> &[String] {
        &self.0
    }

    /// Adds a pattern: a name, in which `*` stands for any letters and `?` for one.
    ///
    /// # Errors
    /// It is none, or there are too many; in words for the user.
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), String> {
        if pattern.len() > 100 || pattern.chars().any(char::is_control) || Pattern::new(pattern).is_err() {
            return Err("a pattern is a name, in which * stands for any letters and ? for one".to_owned());
        }
        if self.0.len() >= MAX_PATTERNS {
            return Err(format!("{MAX_PATTERNS} patterns are ignored already; /unignore some"));
        }
        if !self.0.iter().any(|known| known == pattern) {
            self.0.push(pattern.to_owned());
        }
        Ok(())
    }

    /// Removes a pattern; false if there is no such.
    pub(super) fn remove(&mut self, pattern: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known != pattern);
        self.0.len() < before
    }

    /// Whether a stranger with this name, as it is shown or without the fingerprint, is ignored.
    pub(super) fn hides(&self, shown: &str) -> bool {
        let options = MatchOptions { case_sensitive: false, ..MatchOptions::new() };
        let nick = shown.split('~').next().unwrap_or(shown);
        let fits = |pattern: &Pattern| [shown, nick].iter().any(|name| pattern.matches_with(name, options));
        self.0.iter().filter_map(|pattern| Pattern::new(pattern).ok()).any(|pattern| fits(&pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::time::Duration;

    #[test]
    fn a_loud_stranger_is_cut_short_and_others_are_heard() {
        let (mut crowd, start) = (Crowd::default(), Time::from_secs(5));
        let (loud, quiet) = (Key([1; 32]), Key([2; 32]));
        assert_eq!((0..500).filter(|_| crowd.may_speak(loud, start)).count(), 20);
        assert!(crowd.may_speak(quiet, start));
        assert_eq!(
            crowd.take_word().as_deref(),
            Some("480 lines of 1 stranger were too many to show; /history has them")
        );
        assert_eq!(crowd.take_word(), None, "told once");
        assert!(crowd.may_speak(loud, start + Duration::from_secs(1)));
    }

    #[test]
    fn many_strangers_share_what_a_screen_holds_and_are_not_all_remembered() {
        let mut crowd = Crowd::default();
        let key =
            |number: u32| Key(std::array::from_fn(|at| number.to_be_bytes().get(at).copied().unwrap_or(0)));
        let now = |number: u32| Time::from_secs(5) + Duration::from_millis(u64::from(number));
        let shown = (0..10_000).filter(|number| crowd.may_speak(key(*number), now(*number))).count();
        // A hundred at once, and ten in each of ten seconds.
        assert_eq!(shown, 199);
        assert!(crowd.each.len() <= MAX_STRANGERS && crowd.authors.len() <= MAX_STRANGERS);
        assert_eq!((0..1_000).filter(|_| crowd.may_change(now(0))).count(), 30);
        assert!(crowd.take_word().is_some_and(|word| word.contains("970 more strangers")));
    }

    #[test]
    fn patterns_are_names_with_stars() {
        let mut ignored = Ignored::default();
        for pattern in ["spam*", "?ot", "eve~abcd*"] {
            ignored.add(pattern).expect("a pattern");
        }
        for (shown, is_hidden) in [
            ("spammer~k5xq-aaaa", true),
            ("SPAM~k5xq-aaaa", true),
            ("bot~k5xq-aaaa", true),
            ("robot~k5xq-aaaa", false),
            ("eve~abcd-efgh", true),
            ("eve~bbcd-efgh", false),
            ("bob", false),
        ] {
            assert_eq!(ignored.hides(shown), is_hidden, "{shown}");
        }
        assert!(ignored.add("[").is_err() && ignored.remove("?ot") && !ignored.remove("?ot"));
        assert_eq!(ignored.patterns(), ["spam*", "eve~abcd*"]);
        let full = Ignored::new((0..200).map(|number| format!("n{number}")).collect());
        assert_eq!(full.patterns().len(), MAX_PATTERNS);
    }
}
