//! Which slot belongs to which class, region or group.

use floodnet_core::distributions::apportion;

use crate::rng::PlanRng;

/// Gives each of `count` slots one of the classes, numbered from 0, in proportion to `shares`: exact
/// numbers by largest remainder ([`apportion`]), in random order.
///
/// None when there are no shares or more than 256, one is negative or not finite, or none is positive.
///
/// ```
/// use floodnet_sim::plan::assign_shares;
/// use floodnet_core::rng::Purpose;
/// use floodnet_sim::rng::PlanRng;
///
/// let classes = assign_shares(10, &[0.2, 0.8], &mut PlanRng::new(1, Purpose::Classes, 0)).expect("shares");
/// assert_eq!(classes.iter().filter(|&&class| class == 0).count(), 2);
/// ```
#[must_use]
pub fn assign_shares(count: u32, shares: &[f64], rng: &mut PlanRng) -> Option<Vec<u8>> {
    let dealt = deal(count, shares, rng)?;
    dealt.into_iter().map(|class| u8::try_from(class).ok()).collect()
}

/// As [`assign_shares`], with up to 65,536 classes.
pub(super) fn deal(count: u32, shares: &[f64], rng: &mut PlanRng) -> Option<Vec<u16>> {
    let parts = apportion(count, shares)?;
    let mut dealt = Vec::with_capacity(count as usize);
    for (class, part) in parts.into_iter().enumerate() {
        let class = u16::try_from(class).ok()?;
        dealt.resize(dealt.len() + part as usize, class);
    }
    rng.shuffle(&mut dealt);
    Some(dealt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::rng::Purpose;

    fn rng() -> PlanRng {
        PlanRng::new(1, Purpose::Classes, 0)
    }

    #[test]
    fn numbers_are_exact_and_the_order_is_not_that_of_slots() {
        let classes = assign_shares(1_000, &[0.2, 0.0, 0.8], &mut rng()).unwrap();
        let sizes = [0, 1, 2].map(|wanted| classes.iter().filter(|&&class| class == wanted).count());
        assert_eq!(sizes, [200, 0, 800]);
        // 20 in the mean among the first hundred, standard deviation 3.8.
        let early = classes[..100].iter().filter(|&&class| class == 0).count();
        assert!((4..=36).contains(&early), "{early} of the first hundred");
        assert_eq!(classes[..12], GOLDEN);
    }
    const GOLDEN: [u8; 12] = [2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2];

    #[test]
    fn what_is_no_split_is_refused() {
        for shares in [&[] as &[f64], &[0.0], &[0.5, -0.5], &[f64::NAN], &[1.0; 257]] {
            assert_eq!(assign_shares(1_000, shares, &mut rng()), None, "{} shares", shares.len());
        }
        assert_eq!(assign_shares(0, &[1.0], &mut rng()), Some(Vec::new()));
    }
}
