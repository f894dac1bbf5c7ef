//! How long peers of real networks stay.

use super::Distribution;
use crate::time::Duration;

/// The names that [`session_preset`] knows.
pub const SESSION_PRESETS: [&str; 4] = ["red-hat", "debian", "flatout", "kad"];

/// Session lengths measured in real networks, all Weibull:
///
/// | name | network | shape | scale | mean | median |
/// |---|---|---|---|---|---|
/// | `red-hat` | BitTorrent, Red Hat 9 | 0.34 | 21.3 min | 118.8 min | 7.25 min |
/// | `debian` | BitTorrent, Debian | 0.38 | 42.4 min | 163 min | 16.2 min |
/// | `flatout` | BitTorrent, a game's demo | 0.59 | 41.9 min | 64.5 min | 22.5 min |
/// | `kad` | KAD, as in configurations of OverSim | 0.5 | 5000 s | 10000 s | 2402 s |
///
/// The first three are the fits of D. Stutzbach and R. Rejaie, "Understanding churn in peer-to-peer
/// networks", IMC 2006; the last is customary in the literature on KAD. `None` for another name.
#[must_use]
pub fn session_preset(name: &str) -> Option<Distribution> {
    // Minutes to one decimal are whole milliseconds: 0.1 min = 6000 ms.
    let (shape, scale_ms) = match name {
        "red-hat" => (0.34, 213 * 6_000),
        "debian" => (0.38, 424 * 6_000),
        "flatout" => (0.59, 419 * 6_000),
        "kad" => (0.5, 5_000_000),
        _ => return None,
    };
    Some(Distribution::Weibull { shape, scale: Duration::from_millis(scale_ms) })
}
