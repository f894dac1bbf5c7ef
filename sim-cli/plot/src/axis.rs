//! What axes span, and the units of their values.

/// The least round multiple of a power of ten that is not below `value`.
pub(super) fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= value * 0.999_999).unwrap_or(value)
}

/// The unit in which an axis of so many seconds is best read: its length in seconds and its name.
pub(super) fn time_unit(duration: f64) -> (f64, &'static str) {
    match duration {
        d if d <= 180.0 => (1.0, "s"),
        d if d <= 10_800.0 => (60.0, "min"),
        d if d <= 259_200.0 => (3600.0, "h"),
        _ => (86_400.0, "days"),
    }
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

/// Values to label on a logarithmic axis, as many as leave room, and those to mark without a label.
/// (plotters marks powers of ten, of which an axis of latencies may hold one.)
pub(super) fn log_marks((low, high): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let decades = (high / low).log10();
    let (every, labeled): (i32, &[i32]) = match decades {
        d if d <= 1.3 => (1, &[1, 2, 3, 5, 7]),
        d if d <= 1.8 => (1, &[1, 2, 3, 5]),
        d if d <= 3.0 => (1, &[1, 2, 5]),
        d => (1 + d as i32 / 8, &[1]),
    };
    let (mut with_label, mut all) = (Vec::new(), Vec::new());
    for exponent in exponents {
        for factor in 1..10 {
            let value = f64::from(factor) * 10f64.powi(exponent);
            if value < low * 0.999_999 || value > high * 1.000_001 {
                continue;
            }
            all.push(value);
            if labeled.contains(&factor) && exponent.rem_euclid(every) == 0 {
                with_label.push(value);
            }
        }
    }
    (with_label, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_ranges_hold_the_data() {
        assert_eq!(log_range(12.0, 480.0), (10.0, 1000.0));
        assert_eq!(log_range(0.0, 0.0), (1.0, 1000.0));
        let (low, high) = log_range(5.0, 5.0);
        assert!(low < 5.0 && high > 5.0);
    }

    #[test]
    fn labels_of_a_logarithmic_axis_leave_room() {
        assert_eq!(log_marks((10.0, 1000.0)).0, [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(log_marks((20.0, 50.0)).1, [20.0, 30.0, 40.0, 50.0]);
        for range in [(1.0, 2.0), (1.0, 50.0), (0.5, 500.0), (1e-3, 1e4), (5e-7, 2e9)] {
            let (labeled, _) = log_marks(range);
            assert!(labeled.len() >= 2, "{range:?}: {labeled:?}");
            let decades = (range.1 / range.0).log10();
            for pair in labeled.windows(2) {
                let share = (pair[1] / pair[0]).log10() / decades;
                assert!(share > 0.09, "{pair:?} of {range:?}: {share}");
            }
        }
    }

    #[test]
    fn round_up_is_never_below() {
        for value in [0.0, 0.3, 1.0, 7.2, 99.0, 1001.0] {
            assert!(round_up(value) >= value && round_up(value) <= value * 2.0 + 1.0);
        }
    }

    #[test]
    fn runs_are_shown_in_units_of_their_length() {
        let units = [0.2, 180.0, 600.0, 10_800.0, 86_400.0, 1e6].map(|duration| time_unit(duration).1);
        assert_eq!(units, ["s", "s", "min", "min", "h", "days"]);
    }
}
