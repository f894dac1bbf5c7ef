//! Means and intervals in as many digits as mean something.

use floodnet_measure::metrics::Unit;
use floodnet_measure::stats::interval::{Estimate, Method};
use floodnet_text::format;

/// The digits and the unit in which an estimate is shown.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    factor: f64,
    suffix: &'static str,
    decimals: usize,
    exact: bool,
}

impl Figure {
    /// For values around `value` that are known to `half`: two digits of that.
    #[must_use]
    pub fn new(unit: Unit, value: f64, half: Option<f64>) -> Self {
        let (factor, suffix) = match unit {
            Unit::Share => (100.0, " %"),
            Unit::Millis if value.abs() >= 1_000.0 => (1e-3, " s"),
            Unit::Millis => (1.0, " ms"),
            Unit::Plain => (1.0, ""),
        };
        let half = half.filter(|half| half.is_finite() && *half > 0.0).map(|half| half * factor);
        let decimals = half.map(|half| (1.0 - half.log10().floor()).clamp(0.0, 6.0) as usize);
        Self { factor, suffix, decimals: decimals.unwrap_or(4), exact: decimals.is_none() }
    }

    /// The digits that fit an estimate.
    #[must_use]
    pub fn of(unit: Unit, estimate: &Estimate) -> Self {
        Self::new(unit, if estimate.mean.is_finite() { estimate.mean } else { estimate.min }, estimate.half())
    }

    /// A value without its unit.
    fn bare(&self, value: f64) -> String {
        if value.is_infinite() {
            return "never".to_owned();
        }
        let value = value * self.factor;
        // What is known exactly needs no zeros at its end.
        if self.exact {
            return format::number(value, self.decimals).replace('−', "-");
        }
        let text = format!("{:.*}", self.decimals, value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), format::count);
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let sign = if value < 0.0 && !is_zero { "-" } else { "" };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// A value with its unit.
    #[must_use]
    pub fn value(&self, value: f64) -> String {
        if value.is_infinite() {
            return "never".to_owned();
        }
        let bare = self.bare(value);
        // What is not all is never shown as 100 %.
        let is_all = self.suffix == " %" && value < 1.0 && bare == self.bare(1.0);
        if is_all { "< 100 %".to_owned() } else { format!("{bare}{}", self.suffix) }
    }

    /// A change, with its sign.
    #[must_use]
    pub fn change(&self, change: f64) -> String {
        match change {
            change if change == f64::INFINITY => "to never".to_owned(),
            change if change == f64::NEG_INFINITY => "from never".to_owned(),
            change => format!("{}{}", if change > 0.0 { "+" } else { "" }, self.value(change)),
        }
    }

    /// Both ends of an interval.
    #[must_use]
    pub fn range(&self, (low, high): (f64, f64)) -> String {
        format!("{} … {}", self.bare(low), self.value(high))
    }

    /// A mean with its interval and its unit once.
    #[must_use]
    pub fn whole(&self, estimate: &Estimate) -> String {
        match (estimate.interval, estimate.method) {
            _ if estimate.mean.is_infinite() => "never".to_owned(),
            (Some((low, high)), Method::Student) if low < high && even(low, estimate.mean, high) => {
                format!("{} ± {}", self.bare(estimate.mean), self.value((high - low) / 2.0))
            }
            (Some((low, high)), _) if low < high => {
                format!(
                    "{} [{} … {}]{}",
                    self.bare(estimate.mean),
                    self.bare(low),
                    self.bare(high),
                    self.suffix
                )
            }
            _ => self.value(estimate.mean),
        }
    }

    /// The interval of an estimate: its half width where it lies evenly around the mean, else its ends.
    #[must_use]
    pub fn interval(&self, estimate: &Estimate) -> String {
        match (estimate.interval, estimate.method) {
            (None, _) => "-".to_owned(),
            (Some((low, high)), _) if low >= high => "± 0".to_owned(),
            (Some((low, high)), Method::Student) if even(low, estimate.mean, high) => {
                format!("± {}", self.value((high - low) / 2.0))
            }
            (Some(ends), _) => self.range(ends),
        }
    }
}

/// Whether `mean` is in the middle.
fn even(low: f64, mean: f64, high: f64) -> bool {
    (mean - low - (high - mean)).abs() <= (high - low) * 0.01
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_of_what_is_uncertain_are_shown() {
        let figure = Figure::new(Unit::Share, 0.993_12, Some(0.000_83));
        assert_eq!(figure.value(0.993_12), "99.312 %");
        assert_eq!(figure.value(0.000_83), "0.083 %");
        assert_eq!(figure.value(0.999_999), "< 100 %");
        assert_eq!(Figure::new(Unit::Share, 0.5, Some(0.01)).value(0.01), "1.0 %");
        let figure = Figure::new(Unit::Millis, 1_842.3, Some(61.0));
        assert_eq!((figure.value(1_842.3), figure.change(-230.0)), ("1.842 s".into(), "-0.230 s".into()));
        let figure = Figure::new(Unit::Plain, 123_456.7, Some(830.0));
        assert_eq!(figure.value(123_456.7), "123,457");
        let figure = Figure::new(Unit::Plain, 7.0, None);
        assert_eq!((figure.value(7.0), figure.value(f64::INFINITY)), ("7".into(), "never".into()));
        assert_eq!(figure.change(f64::NEG_INFINITY), "from never");
    }

    #[test]
    fn a_mean_and_its_interval_have_their_unit_once() {
        let whole = |values: &[f64], unit| {
            let estimate = Estimate::of(values, unit).unwrap();
            Figure::of(unit, &estimate).whole(&estimate)
        };
        assert_eq!(whole(&[100.0, 120.0, 110.0], Unit::Millis), "110 ± 25 ms");
        assert_eq!(whole(&[5.0, 5.0], Unit::Plain), "5");
        assert_eq!(whole(&[0.5], Unit::Share), "50 %");
        assert_eq!(whole(&[1.0, f64::INFINITY], Unit::Millis), "never");
        let skewed = whole(&[1.0, 1.0, 0.8, 1.0], Unit::Share);
        assert!(skewed.starts_with("95") && skewed.contains(" … ") && skewed.ends_with("] %"), "{skewed}");
    }

    #[test]
    fn intervals_are_even_or_named_by_their_ends() {
        let of = |values: &[f64], unit| {
            let estimate = Estimate::of(values, unit).unwrap();
            Figure::of(unit, &estimate).interval(&estimate)
        };
        assert_eq!(of(&[1.0, 2.0, 3.0], Unit::Plain), "± 2.5");
        assert_eq!(of(&[1.0, 1.0], Unit::Plain), "± 0");
        assert_eq!(of(&[1.0], Unit::Plain), "-");
        assert!(of(&[1.0, 1.0, 0.9, 1.0], Unit::Share).ends_with(" … 100.0 %"));
        assert_eq!(of(&[20.0, f64::INFINITY], Unit::Millis), "20 … never");
    }
}
