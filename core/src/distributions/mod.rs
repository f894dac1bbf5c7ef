//! Probability distributions for latency and sessions: the one place with floating point.
//!
//! Every distribution is sampled by its quantile function from one uniform 64-bit draw, so that each sample takes
//! one draw and a change of one distribution disturbs no other draw. The functions
//! beyond the four operations come from `libm` (a pinned version, in software, the same bits on every
//! machine), nothing is fused, and results are rounded to whole nanoseconds. So a sample is the same on
//! every machine; a change of one is a change of results.
//!
//! | module | subject |
//! |---|---|
//! | `normal` | the quantile of the normal distribution |
//! | `presets` | session distributions measured in real networks |
//! | `regions` | latencies between regions of the world |
//! | `shares` | shares, factors and decimals as integers |

#![expect(
    clippy::float_arithmetic,
    reason = "quantities of the outside world become integers here, and only here"
)]

mod normal;
mod presets;
mod regions;
mod shares;

pub use normal::normal_quantile;
pub use presets::{SESSION_PRESETS, session_preset};
pub use regions::{REGION_TABLES, Regions, WORLD8, region_table};
pub use shares::{Gaps, apportion, happens, permille, scaled, share_of, share_to_threshold};

#[cfg(feature = "tables")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use alloc::format;
use alloc::vec::Vec;

use crate::complaint::Complaint;
use crate::rng::scale;
use crate::time::Duration;

/// How a length of time is distributed.
///
/// With the feature `tables` it is read from a scenario: `{ exponential = { mean = "5min" } }`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "tables",
    derive(Deserialize, Serialize, JsonSchema),
    serde(rename_all = "snake_case", deny_unknown_fields),
    schemars(description = "How a length of time is distributed.")
)]
pub enum Distribution {
    /// Each draw gives this value.
    Constant(Duration),
    /// Every whole number of nanoseconds from `min` to `max`, both included, equally likely.
    Uniform {
        /// The smallest value drawn.
        min: Duration,
        /// The largest value drawn.
        max: Duration,
    },
    /// Memoryless: the gaps of a Poisson process.
    Exponential {
        /// The mean of the draws.
        mean: Duration,
    },
    /// P(X > x) = exp(-(x / scale)^shape). Below shape 1 the tail is heavy, as that of peers' sessions.
    Weibull {
        /// Below 1 there are many short and a few very long values.
        shape: f64,
        /// The value that is exceeded with probability 1/e.
        scale: Duration,
    },
    /// The logarithm of a draw is normal: many values near the median, some far above it.
    Lognormal {
        /// Half of the draws are below this.
        median: Duration,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
    /// P(X > x) = (least / x)^shape.
    Pareto {
        /// The exponent. At 1 or below the mean is infinite.
        shape: f64,
        /// The smallest value drawn.
        least: Duration,
    },
}

impl Distribution {
    /// The words of all distributions in a scenario.
    pub const WORDS: [&'static str; 6] =
        ["constant", "uniform", "exponential", "weibull", "lognormal", "pareto"];

    /// The value that belongs to the uniform draw `bits`: greater bits, greater value (up to the
    /// rounding of `libm`). Saturates at [`Duration::MAX`]. Uses the upper 52 bits, or all 64 for
    /// [`Distribution::Uniform`].
    ///
    /// ```
    /// use floodnet_core::{distributions::Distribution, time::Duration};
    ///
    /// let distribution = Distribution::Exponential { mean: Duration::from_secs(60) };
    /// assert_eq!(distribution.sample(u64::MAX / 2), Duration::from_nanos(41_588_830_834)); // the median, 60 ln 2
    /// ```
    #[inline]
    #[must_use]
    pub fn sample(&self, bits: u64) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { min, max } => uniform(min, max, bits),
            _ => self.quantile(open_unit(bits)),
        }
    }

    /// A bound that no sample is below. Exact for [`Distribution::Constant`], [`Distribution::Uniform`] and
    /// [`Distribution::Pareto`]; for the others the value of the smallest draw, less a sliver for the rounding
    /// of `libm`.
    #[must_use]
    pub fn min(&self) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { min, max } => min.min(max),
            Self::Pareto { least, .. } => least,
            Self::Exponential { .. } | Self::Weibull { .. } | Self::Lognormal { .. } => {
                let smallest = self.quantile(open_unit(0)).as_nanos();
                Duration::from_nanos(smallest.saturating_sub(1 + (smallest >> 40)))
            }
        }
    }

    /// The mean, in closed form, of the distribution before rounding; [`Duration::MAX`] where it is infinite.
    #[must_use]
    pub fn mean(&self) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { min, max } => midpoint(min, max),
            Self::Exponential { mean } => mean,
            Self::Weibull { shape, scale } => scaled_or_max(scale, libm::tgamma(1.0 + 1.0 / shape)),
            Self::Lognormal { median, sigma } => scaled_or_max(median, libm::exp(sigma * sigma / 2.0)),
            Self::Pareto { shape, .. } if shape <= 1.0 => Duration::MAX,
            Self::Pareto { shape, least } => scaled_or_max(least, shape / (shape - 1.0)),
        }
    }

    /// The value that is exceeded with probability one half.
    #[must_use]
    pub fn median(&self) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { min, max } => midpoint(min, max),
            _ => self.quantile(0.5),
        }
    }

    /// What is wrong with the parameters, each by its key such as `weibull.shape`. A distribution with one that is
    /// wrong can still be sampled, but the samples mean nothing.
    #[must_use]
    pub fn complaints(&self) -> Vec<Complaint> {
        let length = |key, value: Duration| {
            let zero = value == Duration::ZERO;
            zero.then(|| Complaint::new(key, "this cannot be zero", "write a positive duration"))
        };
        let number = |key, value: f64, fits: bool, range| {
            let title = || format!("`{value}` is out of range");
            (!fits || !value.is_finite()).then(|| Complaint::new(key, title(), range))
        };
        let positive = |key, value: f64| number(key, value, value > 0.0, "it must be more than 0");
        let found = match *self {
            Self::Constant(_) => [None, None],
            Self::Uniform { min, max } => {
                let title = "the longest time is shorter than the shortest";
                let label = || format!("it must be at least min, {min}");
                [(min > max).then(|| Complaint::new("uniform.max", title, label())), None]
            }
            Self::Exponential { mean } => [length("exponential.mean", mean), None],
            Self::Weibull { shape, scale } => {
                [positive("weibull.shape", shape), length("weibull.scale", scale)]
            }
            Self::Lognormal { median, sigma } => {
                let spread = number("lognormal.sigma", sigma, sigma >= 0.0, "it must be at least 0");
                [length("lognormal.median", median), spread]
            }
            Self::Pareto { shape, least } => [positive("pareto.shape", shape), length("pareto.least", least)],
        };
        found.into_iter().flatten().collect()
    }

    /// The value that is exceeded with probability `1 - u`, for `u` in (0, 1).
    fn quantile(&self, u: f64) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { min, max } => scaled_or_max(max - min, u) + min,
            Self::Exponential { mean } => scaled_or_max(mean, -libm::log(1.0 - u)),
            Self::Weibull { shape, scale } => {
                scaled_or_max(scale, libm::pow(-libm::log(1.0 - u), 1.0 / shape))
            }
            Self::Lognormal { median, sigma } => scaled_or_max(median, libm::exp(sigma * normal_quantile(u))),
            Self::Pareto { shape, least } => {
                scaled_or_max(least, libm::pow(1.0 - u, -1.0 / shape)).max(least)
            }
        }
    }
}

/// The middle of one of 2^52 equal parts of (0, 1). With 53 bits the topmost middle would round to 1,
/// whose quantile is infinite; with 52 both `u` and `1 - u` are exact.
fn open_unit(bits: u64) -> f64 {
    const PART: f64 = 1.0 / (1u64 << 52) as f64;
    ((bits >> 12) as f64 + 0.5) * PART
}

/// Maps uniform `bits` to `min..=max`, each nanosecond alike.
#[inline]
fn uniform(min: Duration, max: Duration, bits: u64) -> Duration {
    let span = (max - min).as_nanos();
    // All 2^64 values: the bits are the value.
    let offset = span.checked_add(1).map_or(bits, |values| scale(bits, values));
    min.min(max) + Duration::from_nanos(offset)
}

/// Half way from `min` to `max`.
fn midpoint(min: Duration, max: Duration) -> Duration {
    min + Duration::from_nanos((max - min).as_nanos() / 2)
}

/// `unit * factor` rounded to the nearest nanosecond; the longest duration where that is too much.
fn scaled_or_max(unit: Duration, factor: f64) -> Duration {
    // The cast saturates, and gives 0 for NaN, which no checked distribution produces.
    Duration::from_nanos(libm::round(unit.as_nanos() as f64 * factor) as u64)
}

#[cfg(test)]
mod tests;
