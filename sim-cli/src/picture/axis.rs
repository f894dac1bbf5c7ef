//! Scales and the values to mark on them.

use super::format;

/// Maps values to pixels along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    start: f32,
    stop: f32,
    log: bool,
}

impl Scale {
    /// Maps `[low, high]` evenly to `[start, stop]`. An empty or broken range becomes one of length 1.
    pub(super) fn linear((low, high): (f64, f64), (start, stop): (f32, f32)) -> Self {
        let low = if low.is_finite() { low } else { 0.0 };
        let high = if high.is_finite() && high > low { high } else { low + 1.0 };
        Self { low, high, start, stop, log: false }
    }

    /// Maps `[low, high]` to `[start, stop]` by logarithm. The range must be above zero, otherwise it
    /// becomes one to ten.
    pub(super) fn log((low, high): (f64, f64), (start, stop): (f32, f32)) -> Self {
        let valid = low > 0.0 && high > low && high.is_finite();
        let (low, high) = if valid { (low, high) } else { (1.0, 10.0) };
        Self { low, high, start, stop, log: true }
    }

    /// The pixel of `value`; values outside of the range are moved to its ends.
    pub(super) fn at(&self, value: f64) -> f32 {
        let value = value.clamp(self.low, self.high);
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.start + share as f32 * (self.stop - self.start)
    }

    /// Least and greatest value.
    pub(super) const fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }
}

/// A value to mark, and its label (empty for a mark without one).
pub(super) type Tick = (f64, String);

/// Multiples of 1, 2 or 5 times a power of ten within the range: at most `most`, no closer than `least`.
pub(super) fn ticks((low, high): (f64, f64), most: usize, least: f64) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return vec![low];
    }
    let rough = (span / most.max(1) as f64).max(least);
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999_999).unwrap_or(10.0 * power);
    multiples((low, high), step)
}

fn multiples((low, high): (f64, f64), step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

/// The least round multiple of a power of ten that is not below `value`.
pub(super) fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= value * 0.999_999).unwrap_or(value)
}

/// Marks on a time axis of `[0, duration]` seconds, and the unit of their labels.
pub(super) fn time_ticks(duration: f64) -> (Vec<Tick>, &'static str) {
    let (unit, name) = match duration {
        d if d <= 180.0 => (1.0, "s"),
        d if d <= 10_800.0 => (60.0, "min"),
        d if d <= 259_200.0 => (3600.0, "h"),
        _ => (86_400.0, "days"),
    };
    // Clock units are divided by 15 and 30 where a decimal unit is by 20 and 50.
    let steps: &[f64] = if unit == 3600.0 {
        &[0.25, 0.5, 1.0, 2.0, 6.0, 12.0]
    } else {
        &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0]
    };
    let length = duration / unit;
    let marks = match steps.iter().find(|step| length / *step <= 12.0) {
        Some(&step) => multiples((0.0, length), step),
        None => ticks((0.0, length), 12, 1.0),
    };
    (marks.into_iter().map(|mark| (mark * unit, format::number(mark, 2))).collect(), name)
}

/// Marks of a logarithmic latency axis in milliseconds: multiples of powers of ten, labels only at
/// those that leave room.
pub(super) fn latency_ticks((low, high): (f64, f64)) -> Vec<Tick> {
    let decades = (high / low).log10();
    let labeled: &[i32] = match decades {
        d if d <= 1.8 => &[1, 2, 3, 5, 7],
        d if d <= 3.0 => &[1, 2, 5],
        _ => &[1],
    };
    let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let mut marks = Vec::new();
    for exponent in exponents {
        for factor in 1..10 {
            let value = f64::from(factor) * 10f64.powi(exponent);
            if value >= low * 0.999_999 && value <= high * 1.000_001 {
                let label = labeled.contains(&factor).then(|| format::milliseconds(value));
                marks.push((value, label.unwrap_or_default()));
            }
        }
    }
    marks
}

/// The range of a logarithmic axis that holds `[low, high]`: widened to 1, 2 or 5 times powers of ten.
pub(super) fn log_range(low: f64, high: f64) -> (f64, f64) {
    if !(low > 0.0 && high >= low && high.is_finite()) {
        return (1.0, 1000.0);
    }
    let steps = || (-9..12).flat_map(|exponent| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(exponent)));
    let from = steps().rfind(|&step| step < low * 0.95).unwrap_or(low);
    let to = steps().find(|&step| step > high * 1.05).unwrap_or(high);
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((0.0, 1.0), 5, 0.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks((0.0, 3.0), 10, 1.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks((5.0, 5.0), 5, 0.0), [5.0]);
        assert_eq!(ticks((0.0, f64::NAN), 5, 0.0), [0.0]);
        assert!(ticks((0.0, 987_654.0), 6, 1.0).len() <= 7);
    }

    #[test]
    fn scales_hold_their_ends() {
        let scale = Scale::linear((0.0, 10.0), (100.0, 200.0));
        assert_eq!([scale.at(0.0), scale.at(5.0), scale.at(99.0)], [100.0, 150.0, 200.0]);
        let scale = Scale::log((1.0, 100.0), (0.0, 10.0));
        assert!((scale.at(10.0) - 5.0).abs() < 1e-4);
        for broken in [Scale::log((0.0, -1.0), (0.0, 9.0)), Scale::linear((4.0, 4.0), (0.0, 9.0))] {
            assert!(broken.at(4.0).is_finite());
            assert!(broken.range().0 < broken.range().1);
        }
    }

    #[test]
    fn time_axes_have_their_unit_and_few_marks() {
        for duration in [0.0, 0.2, 1.0, 59.0, 180.0, 600.0, 3600.0, 10_800.0, 86_400.0, 1e6, 1e8] {
            let (marks, _) = time_ticks(duration);
            assert!((1..=13).contains(&marks.len()), "{duration}: {} marks", marks.len());
            assert!(marks.iter().all(|(at, _)| *at <= duration * 1.001), "{duration}");
        }
        assert_eq!(time_ticks(600.0).1, "min");
    }

    #[test]
    fn latency_ranges_hold_the_data() {
        let (low, high) = log_range(12.0, 480.0);
        assert_eq!((low, high), (10.0, 1000.0));
        assert!(latency_ticks((low, high)).iter().any(|(_, label)| label == "50 ms"));
        assert_eq!(log_range(0.0, 0.0), (1.0, 1000.0));
        let (low, high) = log_range(5.0, 5.0);
        assert!(low < 5.0 && high > 5.0);
    }

    #[test]
    fn round_up_is_never_below() {
        for value in [0.0, 0.3, 1.0, 7.2, 99.0, 1001.0] {
            assert!(round_up(value) >= value && round_up(value) <= value * 2.0 + 1.0);
        }
    }
}
