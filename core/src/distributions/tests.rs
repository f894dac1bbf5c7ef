use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

fn minutes(tenths: u64) -> Duration {
    Duration::from_millis(tenths * 6_000)
}

/// Mean of the samples at the middles of `parts` equal parts of all draws, in nanoseconds.
fn stratified_mean(distribution: Distribution, parts: u64) -> f64 {
    let step = u64::MAX / parts;
    let sum: f64 = (0..parts).map(|part| distribution.sample(part * step + step / 2).as_nanos() as f64).sum();
    sum / parts as f64
}

fn assert_near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(libm::fabs(found / expected - 1.0) < tolerance, "{what}: {found} instead of {expected}");
}

const DRAWS: [u64; 5] = [0, 1 << 60, u64::MAX / 2, 0xdead_beef_0123_4567, u64::MAX];

fn every_distribution() -> [(Distribution, [u64; 5]); 6] {
    let scale = Duration::from_secs(60);
    let (min, max) = (Duration::from_millis(10), Duration::from_millis(100));
    [
        (Distribution::Constant(scale), [60_000_000_000; 5]),
        (Distribution::Uniform { min, max }, GOLDEN[0]),
        (Distribution::Exponential { mean: scale }, GOLDEN[1]),
        (Distribution::Weibull { shape: 0.59, scale }, GOLDEN[2]),
        (Distribution::Lognormal { median: max, sigma: 0.5 }, GOLDEN[3]),
        (Distribution::Pareto { shape: 1.5, least: max }, GOLDEN[4]),
    ]
}

/// A change here changes results of the project: it needs its own heading in CHANGELOG.md.
#[test]
fn golden_values() {
    let found: Vec<[u64; 5]> = every_distribution()
        .iter()
        .map(|(distribution, _)| DRAWS.map(|bits| distribution.sample(bits).as_nanos()))
        .collect();
    let expected: Vec<[u64; 5]> = every_distribution().iter().map(|(_, values)| *values).collect();
    assert_eq!(found, expected);
}
const GOLDEN: [[u64; 5]; 5] = [
    [10_000_000, 15_625_000, 55_000_000, 88_285_479, 100_000_000],
    [0, 3_872_311_268, 41_588_830_834, 122_338_827_135, 2_204_208_034_181],
    [0, 576_627_479, 32_237_688_624, 200_715_156_961, 26_969_032_716_015],
    [1_649_384, 46_437_620, 100_000_000, 175_560_648, 6_062_868_166],
    [100_000_000, 104_396_470, 158_740_105, 389_354_596, 4_329_055_763_872_365_568],
];

/// The table of session lengths: means and medians as published, or derived from the published fit.
#[test]
fn session_presets_have_the_published_mean_and_median() {
    let table = [
        ("red-hat", minutes(1_188), minutes(73), 0.01),
        ("debian", minutes(1_630), minutes(162), 0.01),
        ("flatout", minutes(645), minutes(225), 0.005),
        ("kad", Duration::from_secs(10_000), Duration::from_secs(2_402), 0.001),
    ];
    assert_eq!(table.map(|row| row.0), SESSION_PRESETS);
    for (name, mean, median, tolerance) in table {
        let distribution = session_preset(name).expect("a name of the list");
        assert_eq!(distribution.complaints(), []);
        assert_near(distribution.mean().as_nanos() as f64, mean.as_nanos() as f64, tolerance, name);
        assert_near(distribution.median().as_nanos() as f64, median.as_nanos() as f64, tolerance, name);
        // Stratified draws miss the last 1/100,000 of a heavy tail's mean: some thousandths.
        assert_near(
            stratified_mean(distribution, 100_000),
            distribution.mean().as_nanos() as f64,
            0.01,
            name,
        );
    }
    assert_eq!(session_preset("napster"), None);
}

/// Shape, and scale in seconds, as published: the first three in minutes.
#[test]
fn session_presets_have_the_published_parameters() {
    let table = [
        ("red-hat", 0.34, 21.3 * 60.0),
        ("debian", 0.38, 42.4 * 60.0),
        ("flatout", 0.59, 41.9 * 60.0),
        ("kad", 0.5, 5_000.0),
    ];
    assert_eq!(table.map(|row| row.0), SESSION_PRESETS);
    for (name, shape, seconds) in table {
        let scale = scaled(Duration::from_secs(1), seconds).expect("a length");
        assert_eq!(session_preset(name), Some(Distribution::Weibull { shape, scale }), "{name}");
    }
}

#[test]
fn samples_have_the_mean_and_median_of_the_closed_form() {
    for (distribution, _) in every_distribution() {
        // The Pareto distribution of shape 1.5 has infinite variance: its stratified mean converges slowly.
        let tolerance = if matches!(distribution, Distribution::Pareto { .. }) { 0.02 } else { 1e-3 };
        assert_near(
            stratified_mean(distribution, 100_000),
            distribution.mean().as_nanos() as f64,
            tolerance,
            "mean",
        );
        let middle = distribution.sample(u64::MAX / 2).as_nanos();
        assert!(
            distribution.median().as_nanos().abs_diff(middle) <= 1 + middle / 1_000_000,
            "median of {distribution:?}"
        );
    }
}

#[test]
fn uniform_reaches_both_ends_and_every_value() {
    let distribution = Distribution::Uniform { min: Duration::from_nanos(3), max: Duration::from_nanos(6) };
    let mut counts = [0u32; 8];
    for part in 0..4_000u64 {
        counts[distribution.sample(part * (u64::MAX / 4_000)).as_nanos() as usize] += 1;
    }
    assert_eq!(counts[..3], [0; 3]);
    assert!(counts[3..7].iter().all(|count| count.abs_diff(1_000) <= 1), "{counts:?}");
    let whole = Distribution::Uniform { min: Duration::ZERO, max: Duration::MAX };
    assert_eq!([0, 77, u64::MAX].map(|bits| whole.sample(bits).as_nanos()), [0, 77, u64::MAX]);
}

#[test]
fn complaints_name_the_parameter() {
    let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
    let wrong = [
        (Distribution::Uniform { min: second, max: zero }, "uniform.max"),
        (Distribution::Exponential { mean: zero }, "exponential.mean"),
        (Distribution::Weibull { shape: 0.0, scale: second }, "weibull.shape"),
        (Distribution::Weibull { shape: f64::NAN, scale: second }, "weibull.shape"),
        (Distribution::Weibull { shape: 1.0, scale: zero }, "weibull.scale"),
        (Distribution::Lognormal { median: second, sigma: -0.1 }, "lognormal.sigma"),
        (Distribution::Lognormal { median: second, sigma: f64::INFINITY }, "lognormal.sigma"),
        (Distribution::Lognormal { median: zero, sigma: 0.1 }, "lognormal.median"),
        (Distribution::Pareto { shape: f64::INFINITY, least: second }, "pareto.shape"),
        (Distribution::Pareto { shape: 1.0, least: zero }, "pareto.least"),
    ];
    for (distribution, key) in wrong {
        let found = distribution.complaints();
        assert_eq!(
            found.iter().map(|found| found.key.as_str()).collect::<Vec<_>>(),
            [key],
            "{distribution:?}"
        );
    }
    assert_eq!(Distribution::Weibull { shape: 0.0, scale: zero }.complaints().len(), 2);
    for (distribution, _) in every_distribution() {
        assert_eq!(distribution.complaints(), [], "{distribution:?}");
    }
}

#[test]
fn infinite_means_saturate() {
    let least = Duration::from_secs(1);
    assert_eq!(Distribution::Pareto { shape: 1.0, least }.mean(), Duration::MAX);
    assert_eq!(Distribution::Pareto { shape: 2.0, least }.mean(), Duration::from_secs(2));
    assert_eq!(Distribution::Pareto { shape: 0.01, least }.sample(u64::MAX), Duration::MAX);
}

fn any_distribution() -> impl Strategy<Value = Distribution> {
    let time = || (1u64..1 << 62).prop_map(Duration::from_nanos);
    prop_oneof![
        time().prop_map(Distribution::Constant),
        (time(), time()).prop_map(|(a, b)| Distribution::Uniform { min: a.min(b), max: a.max(b) }),
        time().prop_map(|mean| Distribution::Exponential { mean }),
        (0.01f64..1e6, time()).prop_map(|(shape, scale)| Distribution::Weibull { shape, scale }),
        (0.0f64..20.0, time()).prop_map(|(sigma, median)| Distribution::Lognormal { median, sigma }),
        (1e-17f64..1e-9, time()).prop_map(|(sigma, median)| Distribution::Lognormal { median, sigma }),
        (0.01f64..1e18, time()).prop_map(|(shape, least)| Distribution::Pareto { shape, least }),
    ]
}

proptest! {
    #[test]
    fn no_sample_is_below_the_least(distribution in any_distribution(), bits: u64, low in 0u64..1 << 20) {
        prop_assert_eq!(distribution.complaints(), []);
        prop_assert!(distribution.sample(bits) >= distribution.min());
        prop_assert!(distribution.sample(low) >= distribution.min());
        prop_assert!(distribution.sample(u64::MAX) >= distribution.median());
    }

    #[test]
    fn greater_draws_give_greater_values(distribution in any_distribution(), a: u64, b: u64) {
        let (low, high) = (distribution.sample(a.min(b)).as_nanos(), distribution.sample(a.max(b)).as_nanos());
        // Up to the rounding of the library.
        prop_assert!(low <= high.saturating_add(1 + (high >> 40)));
    }
}
