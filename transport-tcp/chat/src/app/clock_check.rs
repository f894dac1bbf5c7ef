//! Whether the clock of this machine is right, as its neighbors see it.

use floodnet_chat::clocks::{DISAGREE_MS, Disagreement};

use super::throttle::Throttle;

/// What the user knows about the clock.
#[derive(Default)]
pub(super) struct ClockCheck {
    told: Option<Disagreement>,
    warnings: Throttle,
}

impl ClockCheck {
    /// What there is to tell, if anything: good news, or an error to mend.
    pub(super) fn look(&mut self, disagreement: Option<Disagreement>) -> Option<Result<String, String>> {
        let Some(now) = disagreement else {
            let good = "the clock of this machine agrees with those of most neighbors again";
            return self.told.take().map(|_| Ok(good.to_owned()));
        };
        let is_news = self
            .told
            .is_none_or(|told| told.is_ahead != now.is_ahead || told.by_ms.abs_diff(now.by_ms) > DISAGREE_MS);
        if !is_news || !self.warnings.allows() {
            return None;
        }
        self.told = Some(now);
        Some(Err(text(now)))
    }
}

fn text(Disagreement { is_ahead, by_ms, disagree, neighbors }: Disagreement) -> String {
    let (by, says) = (span(by_ms), jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S %:z"));
    let direction = if is_ahead { "ahead of" } else { "behind" };
    if neighbors == 1 {
        return format!(
            "the clock of this machine is {by} {direction} that of your only neighbor. It says {says}: if that is \
             wrong, set it right"
        );
    }
    format!(
        "the clock of this machine is {by} {direction} those of {disagree} of {neighbors} neighbors. It says {says}: \
         set it right, or not everybody sees what you write"
    )
}

/// A rough span of time in words.
fn span(ms: u64) -> String {
    let minutes = ms.saturating_add(30_000) / 60_000;
    match minutes {
        0..=119 => format!("{minutes} minute{}", if minutes == 1 { "" } else { "s" }),
        120..=2_879 => format!("{} hours", minutes.saturating_add(30) / 60),
        _ => format!("{} days", minutes.saturating_add(720) / 60 / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_once_and_so_is_its_end() {
        let wrong = |by_ms| Some(Disagreement { is_ahead: true, by_ms, disagree: 3, neighbors: 4 });
        let mut check = ClockCheck::default();
        assert_eq!(check.look(None), None);
        let word = check.look(wrong(300_500)).expect("news").expect_err("to mend");
        assert!(
            word.starts_with("the clock of this machine is 5 minutes ahead of those of 3 of 4"),
            "{word}"
        );
        assert_eq!(check.look(wrong(300_900)), None, "known");
        assert!(check.look(None).is_some_and(|word| word.is_ok()));
        assert_eq!(check.look(None), None);
    }

    #[test]
    fn spans_are_rough() {
        for (ms, expected) in [
            (61_000, "1 minute"),
            (300_000, "5 minutes"),
            (3_600_000, "60 minutes"),
            (86_400_000, "24 hours"),
            (86_390_000, "24 hours"),
            (u64::MAX, "213503982335 days"),
        ] {
            assert_eq!(span(ms), expected);
        }
    }
}
