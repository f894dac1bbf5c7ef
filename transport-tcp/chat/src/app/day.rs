//! The line that a new day begins with.

use jiff::civil::Date;

/// The day that was shown last.
#[derive(Debug, Default)]
pub(super) struct Day(Option<Date>);

impl Day {
    /// What to show if another day has begun since the last look.
    pub(super) fn look(&mut self, today: Date) -> Option<String> {
        let before = self.0.replace(today)?;
        // A clock that is set back begins no new day.
        (today > before).then(|| today.strftime("%A, %Y-%m-%d").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_day_is_told_once_and_not_the_first() {
        let mut day = Day::default();
        assert_eq!(day.look(date(2025, 12, 31)), None);
        assert_eq!(day.look(date(2025, 12, 31)), None);
        assert_eq!(day.look(date(2026, 1, 1)).as_deref(), Some("Thursday, 2026-01-01"));
        assert_eq!(day.look(date(2026, 1, 1)), None);
        assert_eq!(day.look(date(2025, 12, 31)), None);
    }
}
