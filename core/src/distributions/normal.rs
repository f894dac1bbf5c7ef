//! The quantile function of the standard normal distribution.

/// The value that a standard normal variable stays below with probability `p`, for `p` in (0, 1).
///
/// Algorithm AS 241, routine PPND16: M. J. Wichura, "The percentage points of the normal
/// distribution", Applied Statistics 37 (1988), 477-484. Accurate to about one part in 10^16. Besides
/// the four operations it needs a square root and a logarithm.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if libm::fabs(q) <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTER_TOP, r) / polynomial(&CENTER_BOTTOM, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let x = if r <= 5.0 {
        polynomial(&NEAR_TOP, r - 1.6) / polynomial(&NEAR_BOTTOM, r - 1.6)
    } else {
        polynomial(&FAR_TOP, r - 5.0) / polynomial(&FAR_BOTTOM, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

/// Horner's rule, the highest power's coefficient first.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    // Multiplied and added in two steps: a fused step would round once and give other bits.
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

// Coefficients of the paper, highest power first.
const CENTER_TOP: [f64; 8] = [
    2509.0809287301227,
    33430.57558358813,
    67265.7709270087,
    45921.95393154987,
    13731.69376550946,
    1971.5909503065513,
    133.14166789178438,
    3.3871328727963665,
];
const CENTER_BOTTOM: [f64; 8] = [
    5226.495278852854,
    28729.085735721943,
    39307.89580009271,
    21213.794301586597,
    5394.196021424751,
    687.1870074920579,
    42.31333070160091,
    1.0,
];
const NEAR_TOP: [f64; 8] = [
    0.0007745450142783414,
    0.022723844989269184,
    0.2417807251774506,
    1.2704582524523684,
    3.6478483247632045,
    5.769497221460691,
    4.630337846156546,
    1.4234371107496835,
];
const NEAR_BOTTOM: [f64; 8] = [
    1.0507500716444169e-09,
    0.0005475938084995345,
    0.015198666563616457,
    0.14810397642748008,
    0.6897673349851,
    1.6763848301838038,
    2.053191626637759,
    1.0,
];
const FAR_TOP: [f64; 8] = [
    2.0103343992922881e-07,
    2.7115555687434876e-05,
    0.0012426609473880784,
    0.026532189526576124,
    0.29656057182850487,
    1.7848265399172913,
    5.463784911164114,
    6.657904643501103,
];
const FAR_BOTTOM: [f64; 8] = [
    2.0442631033899397e-15,
    1.421511758316446e-07,
    1.8463183175100548e-05,
    0.0007868691311456133,
    0.014875361290850615,
    0.1369298809227358,
    0.599832206555888,
    1.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values that the paper prints, to the digits that it prints.
    #[test]
    fn agrees_with_the_papers_check_values() {
        let checks = [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_814),
            (1e-20, -9.262_340_089_798_408),
        ];
        for (p, z) in checks {
            assert!(libm::fabs(normal_quantile(p) - z) < 1e-14, "p = {p}");
        }
    }

    #[test]
    fn is_odd_about_the_middle() {
        assert_eq!(normal_quantile(0.5).to_bits(), 0.0f64.to_bits());
        // Powers of two, so that 1 - p is exact.
        for exponent in 1..50 {
            let p = libm::ldexp(1.0, -exponent);
            assert_eq!(normal_quantile(p).to_bits(), (-normal_quantile(1.0 - p) + 0.0).to_bits(), "p = {p}");
        }
    }

    #[test]
    fn golden_values_of_each_branch() {
        let bits = [0.3, 0.05, 1e-12, 0.999].map(|p| normal_quantile(p).to_bits());
        assert_eq!(bits, GOLDEN);
    }
    const GOLDEN: [u64; 4] =
        [0xbfe0_c7e3_9582_c5fa, 0xbffa_5152_0967_6abd, 0xc01c_234f_ba57_a32a, 0x4008_b8cb_b720_4470];
}
