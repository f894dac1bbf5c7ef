//! Many tests at once.

/// The probabilities `p` of tests made together, each adjusted so that comparing all with 5 % raises a false
/// alarm anywhere in at most 5 % of families, however they depend on each other (Holm 1979, "A Simple
/// Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6).
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut greatest) = (vec![1.0; p.len()], 0.0_f64);
    for (rank, &test) in order.iter().enumerate() {
        greatest = greatest.max((p[test] * (p.len() - rank) as f64).min(1.0));
        adjusted[test] = greatest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_is_multiplied_most_and_none_falls_below_a_smaller_one() {
        assert_eq!(holm(&[0.01, 0.5, 0.02, 0.75]), [0.04, 1.0, 0.06, 1.0]);
        assert_eq!(holm(&[0.02, 0.015]), [0.03, 0.03]);
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.04]), [0.04]);
    }
}
