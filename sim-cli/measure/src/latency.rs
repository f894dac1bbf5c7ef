//! Times from one event to another, as a histogram with quantiles that know of those who wait for ever.
//!
//! Integer nanoseconds in an `HdrHistogram` of 3 significant digits: buckets are at most 0.1 % wide, so
//! two runs, or two machines, count the same times into the same buckets.
//!
//! **Quantile** of `n` pairs of which only `d <= n` ever happened: the others stand at infinity. The
//! `p`-th percentile is the value of rank `ceil(n p / 100)`; when the rank is above `d`, it is
//! [`Ms::Never`]. The value of a bucket is the roundest number in it (the multiple of the greatest power
//! of ten), so that round times stay what they are; no quantile is above the greatest time, which is exact.

use std::fmt;

use floodnet_core::time::Duration;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::number::{DIGITS, millis, round_to};

/// Milliseconds, or never. In JSON a number or the string `"never"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Ms {
    /// After that many milliseconds.
    After(f64),
    /// Not within the run.
    Never,
}

impl Ms {
    /// `ms` milliseconds; infinity is never.
    #[must_use]
    pub const fn from_value(ms: f64) -> Self {
        if ms.is_infinite() { Self::Never } else { Self::After(ms) }
    }

    /// The milliseconds; infinity for never.
    #[must_use]
    pub const fn value(self) -> f64 {
        match self {
            Self::After(ms) => ms,
            Self::Never => f64::INFINITY,
        }
    }
}

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(ms) => write!(f, "{ms} ms"),
            Self::Never => f.write_str("never"),
        }
    }
}

/// How an [`Ms`] stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

impl From<Ms> for Written {
    fn from(ms: Ms) -> Self {
        match ms {
            Ms::After(ms) => Self::Number(ms),
            Ms::Never => Self::Word("never".to_owned()),
        }
    }
}

impl TryFrom<Written> for Ms {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(ms) => Ok(Self::After(ms)),
            Written::Word(word) if word == "never" => Ok(Self::Never),
            Written::Word(word) => Err(format!("expected milliseconds or \"never\", not \"{word}\"")),
        }
    }
}

/// Quantiles in milliseconds; none when there is nothing to take them of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half of the pairs took no longer.
    pub p50: Option<Ms>,
    /// Nine of ten took no longer.
    pub p90: Option<Ms>,
    /// 99 of 100 took no longer.
    pub p99: Option<Ms>,
    /// None took longer.
    pub max: Option<Ms>,
}

/// One step of a cumulative distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Time since the publication, in milliseconds.
    pub ms: f64,
    /// Share of all pairs that took no longer; the last one is below 1 when some never happened.
    pub share: f64,
}

/// A histogram of times, with the greatest one exact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Counted", from = "Counted")]
pub struct Latencies {
    histogram: Histogram<u64>,
    greatest: u64,
}

/// How [`Latencies`] stand in a file: each bucket that counted something, by a time in it, in nanoseconds.
#[derive(Serialize, Deserialize)]
struct Counted {
    greatest: u64,
    buckets: Vec<(u64, u64)>,
}

impl From<Latencies> for Counted {
    fn from(latencies: Latencies) -> Self {
        let recorded = latencies.histogram.iter_recorded();
        let buckets = recorded.map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value())).collect();
        Self { greatest: latencies.greatest, buckets }
    }
}

impl From<Counted> for Latencies {
    fn from(counted: Counted) -> Self {
        let mut latencies = Self { greatest: counted.greatest, ..Self::default() };
        counted.buckets.into_iter().for_each(|(nanos, count)| latencies.record(nanos, count));
        latencies
    }
}

/// Times as they are counted while a run goes on, in the same buckets: without a check of what a histogram
/// has to check, and summed up in any order to the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    counts: Vec<u64>,
    greatest: u64,
}

impl Spans {
    /// Bits of a number that tell its bucket.
    const DIGITS: u32 = 11;

    /// The bucket of `nanos`: numbers of up to 11 bits have their own, of longer ones the leading 11 count.
    #[inline]
    const fn bucket(nanos: u64) -> usize {
        let shift = (u64::BITS - Self::DIGITS) - (nanos | ((1 << Self::DIGITS) - 1)).leading_zeros();
        ((shift as usize) << (Self::DIGITS - 1)) + (nanos >> shift) as usize
    }

    /// The least number in `bucket`.
    const fn least(bucket: usize) -> u64 {
        let half = 1 << (Self::DIGITS - 1);
        if bucket < half {
            return bucket as u64;
        }
        let shift = bucket / half - 1;
        ((bucket - shift * half) as u64) << shift
    }

    /// Counts one pair that took `span`.
    #[inline]
    pub(super) fn record(&mut self, span: Duration) {
        let nanos = span.as_nanos();
        self.greatest = self.greatest.max(nanos);
        match self.counts.get_mut(Self::bucket(nanos)) {
            Some(count) => *count += 1,
            None => self.record_greater(nanos),
        }
    }

    /// As [`Spans::record`], for a greater number than any before.
    #[cold]
    fn record_greater(&mut self, nanos: u64) {
        let bucket = Self::bucket(nanos);
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = 1;
    }
}

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new(3).expect("3 significant digits are within 0..=5");
        Self { histogram, greatest: 0 }
    }
}

impl Latencies {
    /// All of `parts` together.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a Spans>) -> Self {
        let (mut counts, mut greatest) = (Vec::new(), 0);
        for part in parts {
            counts.resize(part.counts.len().max(counts.len()), 0);
            counts.iter_mut().zip(&part.counts).for_each(|(sum, count)| *sum += count);
            greatest = part.greatest.max(greatest);
        }
        let mut all = Self { greatest, ..Self::default() };
        for (bucket, count) in counts.into_iter().enumerate().filter(|&(_, count)| count > 0) {
            all.record(Spans::least(bucket), count);
        }
        all
    }

    /// Counts a time `count` times.
    fn record(&mut self, nanos: u64, count: u64) {
        // Cannot fail: this histogram grows on its own (`saturating_record_n` would clamp instead).
        let recorded = self.histogram.record_n(nanos, count);
        debug_assert!(recorded.is_ok(), "an auto-resizing histogram takes every value");
    }

    /// How many pairs were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The histogram behind it, in nanoseconds.
    #[must_use]
    pub const fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// Takes in the pairs of another run.
    pub fn merge(&mut self, other: &Self) {
        self.greatest = self.greatest.max(other.greatest);
        // Cannot fail: this histogram grows on its own.
        let merged = self.histogram.add(&other.histogram);
        debug_assert!(merged.is_ok(), "an auto-resizing histogram takes every other");
    }

    /// The value of rank `ceil(pairs * percent / 100)` among `pairs` pairs, of which those that were
    /// not counted here stand at infinity; none when there are no pairs.
    #[must_use]
    pub fn percentile(&self, percent: u64, pairs: u64) -> Option<Ms> {
        let rank = (u128::from(pairs) * u128::from(percent)).div_ceil(100).max(1);
        if pairs == 0 {
            return None;
        }
        if rank > u128::from(self.count()) {
            return Some(Ms::Never);
        }
        let greatest = round_to(millis(self.greatest), DIGITS);
        if rank == u128::from(self.count()) {
            return Some(Ms::After(greatest));
        }
        let mut below = 0;
        let bucket = self.histogram.iter_recorded().find(|bucket| {
            below += u128::from(bucket.count_since_last_iteration());
            below >= rank
        });
        let value = bucket.map_or(greatest, |bucket| self.shown(bucket.value_iterated_to()));
        Some(Ms::After(value.min(greatest)))
    }

    /// The usual quantiles among `pairs` pairs; see [`Latencies::percentile`].
    #[must_use]
    pub fn quantiles(&self, pairs: u64) -> Quantiles {
        let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| self.percentile(percent, pairs));
        Quantiles { p50, p90, p99, max }
    }

    /// The cumulative distribution over `pairs` pairs, one point for each bucket in use.
    #[must_use]
    pub fn curve(&self, pairs: u64) -> Vec<CurvePoint> {
        let greatest = round_to(millis(self.greatest), DIGITS);
        let mut below = 0;
        let point = |bucket: hdrhistogram::iterators::IterationValue<u64>| {
            below += bucket.count_since_last_iteration();
            let ms = self.shown(bucket.value_iterated_to()).min(greatest);
            CurvePoint { ms, share: round_to(below as f64 / pairs as f64, DIGITS) }
        };
        self.histogram.iter_recorded().map(point).collect()
    }

    /// Milliseconds that stand for the bucket of `nanos`.
    fn shown(&self, nanos: u64) -> f64 {
        let low = self.histogram.lowest_equivalent(nanos);
        let high = self.histogram.highest_equivalent(nanos);
        round_to(millis(roundest(low, high)), DIGITS)
    }
}

/// The number of `low..=high` with the most zeros at its end; of several the one next to the middle.
fn roundest(low: u64, high: u64) -> u64 {
    let middle = u64::midpoint(low, high);
    let steps = (0..20).rev().map(|power| 10_u64.pow(power));
    let nearest = steps.flat_map(|step| {
        let rest = middle % step;
        let (below, above) = (Some(middle - rest), (middle - rest).checked_add(step));
        if rest <= step - rest { [below, above] } else { [above, below] }
    });
    nearest.flatten().find(|multiple| (low..=high).contains(multiple)).unwrap_or(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut all = Spans::default();
        millis.into_iter().for_each(|ms| all.record(Duration::from_millis(ms)));
        Latencies::of([&all])
    }

    #[test]
    fn those_that_never_came_stand_at_infinity() {
        let some = of(1..=90);
        let of_hundred = some.quantiles(100);
        assert_eq!(of_hundred.p50, Some(Ms::After(50.0)));
        assert_eq!(of_hundred.p90, Some(Ms::After(90.0)), "rank 90 is the last that came");
        assert_eq!(of_hundred.p99, Some(Ms::Never));
        assert_eq!(of_hundred.max, Some(Ms::Never));
        let of_those = some.quantiles(90);
        assert_eq!(of_those.p50, Some(Ms::After(45.0)));
        assert_eq!(of_those.max, Some(Ms::After(90.0)));
        assert_eq!(some.percentile(90, 101), Some(Ms::Never), "rank ceil(90.9) = 91");
    }

    #[test]
    fn nothing_has_no_quantiles_and_a_lost_single_pair_is_never() {
        let none = Latencies::default();
        assert_eq!(none.quantiles(0), Quantiles::default());
        assert_eq!(none.percentile(50, 1), Some(Ms::Never));
        assert!(none.curve(7).is_empty());
    }

    #[test]
    fn the_roundest_number_of_a_bucket_stands_for_it() {
        assert_eq!(roundest(44_990_464, 45_023_231), 45_000_000);
        assert_eq!(roundest(0, 0), 0);
        assert_eq!(roundest(1_234_000_001, 1_235_000_000), 1_235_000_000);
        assert_eq!(roundest(41, 49), 45, "next to the middle");
        assert_eq!(roundest(u64::MAX - 5, u64::MAX), u64::MAX - 5, "ends with a zero, by chance");
        let every_ms = of(1..=2_000);
        // Rank r is percentile 1 of 100 r pairs. Three digits are always exact, more are to 0.1 %.
        for rank in 1..1_000 {
            assert_eq!(every_ms.percentile(1, rank * 100), Some(Ms::After(rank as f64)), "rank {rank}");
        }
        assert_eq!(every_ms.percentile(1, 107_900), Some(Ms::After(1_080.0)));
    }

    #[test]
    fn no_quantile_is_above_the_exact_greatest() {
        let mut all = Spans::default();
        for nanos in [1, 1_234_567_891, 1_234_567_892] {
            all.record(Duration::from_nanos(nanos));
        }
        let all = Latencies::of([&all]).quantiles(3);
        assert_eq!(all.max, Some(Ms::After(1234.57)));
        assert!(all.p50.unwrap().value() <= 1234.57, "{all:?}");
    }

    #[test]
    fn the_curve_ends_at_the_share_that_came() {
        let curve = of([10, 10, 20]).curve(4);
        let shares: Vec<f64> = curve.iter().map(|point| point.share).collect();
        assert_eq!(shares, [0.5, 0.75]);
        assert!((curve[0].ms - 10.0).abs() < 0.01, "{curve:?}");
        assert_eq!(curve[1].ms, 20.0);
    }

    #[test]
    fn buckets_are_those_of_the_histogram() {
        let around = |n: u64| [n.saturating_sub(1), n, n.saturating_add(1)];
        let powers = (0..64).flat_map(|bit| [1_u64 << bit, 3 << bit >> 1, 0x5555_5555_5555_5555 >> bit]);
        for nanos in powers.flat_map(around).chain([u64::MAX]) {
            let mut spans = Spans::default();
            spans.record(Duration::from_nanos(nanos));
            let all = Latencies::of([&spans]);
            assert_eq!((all.histogram.count_at(nanos), all.count(), all.greatest), (1, 1, nanos));
            let least = Spans::least(Spans::bucket(nanos));
            assert_eq!(least, all.histogram.lowest_equivalent(nanos), "{nanos}");
        }
    }

    #[test]
    fn spans_add_up_in_any_order() {
        let [mut few, mut many] = [Spans::default(), Spans::default()];
        few.record(Duration::from_secs(100));
        (0..5_000).for_each(|n| many.record(Duration::from_nanos(n * n)));
        let [forward, backward] = [[&few, &many], [&many, &few]].map(Latencies::of);
        assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
        assert_eq!((forward.count(), forward.greatest), (5_001, 100_000_000_000));
    }

    #[test]
    fn merged_histograms_count_both() {
        let mut all = of([10, 20]);
        all.merge(&of([2_000_000]));
        assert_eq!(all.count(), 3);
        assert_eq!(all.percentile(100, 3), Some(Ms::After(2_000_000.0)));
    }

    #[test]
    fn never_is_written_as_a_word() {
        let both = [Ms::After(1.5), Ms::Never];
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(text, r#"[1.5,"never"]"#);
        assert_eq!(serde_json::from_str::<[Ms; 2]>(&text).unwrap(), both);
        assert!(serde_json::from_str::<Ms>("\"soon\"").is_err());
    }
}
