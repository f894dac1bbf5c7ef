//! One bit per run.

use statrs::distribution::{ContinuousCDF as _, Normal};

use super::CONFIDENCE;

/// The interval of the probability that a run has a property which `hits` of `runs` runs have (Wilson 1927,
/// "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22). All of [0, 1] for no runs.
#[must_use]
pub fn wilson(hits: u64, runs: u64) -> (f64, f64) {
    wilson_at(hits, runs, CONFIDENCE)
}

/// As [`wilson`], of another confidence than [`CONFIDENCE`].
#[must_use]
pub fn wilson_at(hits: u64, runs: u64, confidence: f64) -> (f64, f64) {
    if runs == 0 {
        return (0.0, 1.0);
    }
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    let (n, share) = (runs as f64, hits as f64 / runs as f64);
    let center = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    let low = if hits == 0 { 0.0 } else { (center - half) / whole };
    let high = if hits == runs { 1.0 } else { (center + half) / whole };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_intervals() {
        // Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        for (hits, runs, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, runs);
            assert!(
                (found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5,
                "{hits}/{runs}: {found:?}"
            );
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(wilson(9, 9).1, 1.0);
    }
}
