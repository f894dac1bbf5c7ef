//! Whether values make sense by themselves, and what to write instead.

use floodnet_core::complaint::Complaint;
use floodnet_core::distributions::Distribution;
use floodnet_core::units::Duration;

/// All values that were found to make no sense; keys are those of a scenario, items of lists by index from 0:
/// `fault.0.loss.share`.
#[derive(Clone, Debug, Default)]
pub struct Complaints(pub Vec<Complaint>);

impl Complaints {
    /// The value of `key` is wrong.
    pub fn add(&mut self, key: &str, title: impl Into<String>, label: impl Into<String>) {
        self.0.push(Complaint::new(key, title, label));
    }

    /// The first of them, if there is one.
    ///
    /// # Errors
    /// There is one.
    pub fn first(self) -> Result<(), Complaint> {
        self.0.into_iter().next().map_or(Ok(()), Err)
    }

    /// The parameters of a distribution under `key` must make sense.
    pub fn distribution(&mut self, key: &str, distribution: &Distribution) {
        self.0.extend(distribution.complaints().into_iter().map(|complaint| complaint.within(key)));
    }

    /// A probability or share must lie in [0, 1].
    pub fn share(&mut self, key: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            let label = or_percent(value, "a share lies in [0, 1]");
            self.add(key, format!("`{value}` is not a share"), label);
        }
    }

    /// A share of slots must lie in (0, 1].
    pub fn fraction(&mut self, key: &str, value: f64) {
        if !(value > 0.0 && value <= 1.0) {
            let label = or_percent(value, "it lies above 0 and is at most 1");
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

    /// A number must be finite and not below `min`.
    pub fn at_least(&mut self, key: &str, value: f64, min: f64) {
        if !(value.is_finite() && value >= min) {
            self.add(key, format!("`{value}` is out of range"), format!("it must be at least {min}"));
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

/// `range`, and how to write a number that was meant in percent.
fn or_percent(value: f64, range: &str) -> String {
    if (2.0..=100.0).contains(&value) {
        format!("{range}; in percent: \"{value} %\"")
    } else {
        range.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_percent_is_told() {
        let mut said = Complaints::default();
        [1.0, 0.0, 5.0, 101.0, -1.0].into_iter().for_each(|value| said.share("link.loss", value));
        let said: Vec<String> = said.0.iter().map(ToString::to_string).collect();
        let expected = [
            "`link.loss`: `5` is not a share: a share lies in [0, 1]; in percent: \"5 %\"",
            "`link.loss`: `101` is not a share: a share lies in [0, 1]",
            "`link.loss`: `-1` is not a share: a share lies in [0, 1]",
        ];
        assert_eq!(said, expected);
    }
}
