//! Which slot belongs to which class, region or group.

use floodnet_core::laws::apportion;

use crate::stream::Stream;

/// Gives each of `count` slots one of the classes, numbered from 0, in proportion to `shares`: exact
/// numbers by largest remainder ([`apportion`]), in random order.
///
/// None when there are no shares or more than 256, one is negative or not finite, or none is positive.
///
/// ```
/// use floodnet_sim::plan::assign_shares;
/// use floodnet_sim::stream::{Purpose, Stream};
///
/// let classes = assign_shares(10, &[0.2, 0.8], &mut Stream::new(1, Purpose::Classes, 0)).expect("shares");
/// assert_eq!(classes.iter().filter(|&&class| class == 0).count(), 2);
/// ```
#[must_use]
pub fn assign_shares(count: u32, shares: &[f64], stream: &mut Stream) -> Option<Vec<u8>> {
    let dealt = deal(count, shares, stream)?;
    dealt.into_iter().map(|class| u8::try_from(class).ok()).collect()
}

/// As [`assign_shares`], with up to 65,536 classes.
pub(super) fn deal(count: u32, shares: &[f64], stream: &mut Stream) -> Option<Vec<u16>> {
    let parts = apportion(count, shares)?;
    let mut dealt = Vec::with_capacity(count as usize);
    for (class, part) in parts.into_iter().enumerate() {
        let class = u16::try_from(class).ok()?;
        dealt.resize(dealt.len() + part as usize, class);
    }
    stream.shuffle(&mut dealt);
    Some(dealt)
}
