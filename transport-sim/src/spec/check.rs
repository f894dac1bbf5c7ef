//! Whether values make sense by themselves, and what to write instead.

use floodnet_core::units::Duration;

/// A value that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its key, items of lists by index from 0: `fault.0.loss.share`.
    pub key: String,
    /// What is wrong, in one line.
    pub title: String,
    /// What to write instead or why, in one line; may be empty.
    pub label: String,
}

/// All values that were found to make no sense.
#[derive(Clone, Debug, Default)]
pub struct Wrongs(pub Vec<Wrong>);

impl Wrongs {
    /// The value of `key` is wrong.
    pub fn add(&mut self, key: &str, title: impl Into<String>, label: impl Into<String>) {
        self.0.push(Wrong { key: key.to_owned(), title: title.into(), label: label.into() });
    }

    /// A probability or share must lie in [0, 1].
    pub fn share(&mut self, key: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            self.add(key, format!("`{value}` is not a share"), "a share lies in [0, 1]");
        }
    }

    /// A share of slots must lie in (0, 1].
    pub fn fraction(&mut self, key: &str, value: f64) {
        if !(value > 0.0 && value <= 1.0) {
            let label = "it lies above 0 and is at most 1";
            self.add(key, format!("`{value}` is not a fraction of the slots"), label);
        }
    }

    /// Shares must sum to 1, but for rounding.
    pub fn sum(&mut self, key: &str, what: &str, shares: impl Iterator<Item = f64>) {
        let sum: f64 = shares.sum();
        if (sum - 1.0).abs() > 1e-9 {
            let shown = (sum * 1e9).round() / 1e9;
            self.add(key, format!("the shares of the {what} sum to {shown}"), "they must sum to 1");
        }
    }

    /// A duration must not be zero.
    pub fn positive(&mut self, key: &str, value: Duration) {
        if value.is_zero() {
            self.add(key, "this cannot be zero", "write a positive duration");
        }
    }

    /// A shape or a deviation must be a number in its range.
    pub fn at_least(&mut self, key: &str, value: f64, min: f64, open: bool) {
        let fits = value.is_finite() && (value > min || (!open && value == min));
        if !fits {
            let range = if open { "more than" } else { "at least" };
            self.add(key, format!("`{value}` is out of range"), format!("it must be {range} {min}"));
        }
    }

    /// A slot must exist, if the number of slots is known.
    pub fn slot(&mut self, key: &str, slot: u32, slots: Option<u32>) {
        if let Some(count) = slots
            && slot >= count
        {
            let label = format!("{count} slots are numbered 0 to {}", count.saturating_sub(1));
            self.add(key, format!("there is no slot {slot}"), label);
        }
    }
}
