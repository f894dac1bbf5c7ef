//! Latencies between regions of the world.

use crate::time::Duration;

/// Regions, how many nodes live in each, and how long a packet takes between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// The name by which a scenario asks for this table.
    pub name: &'static str,
    /// The names of the regions, in the order of rows and columns.
    pub names: &'static [&'static str],
    /// Nodes in each region: only the ratios matter.
    pub weights: &'static [u32],
    /// One-way latency in milliseconds, row by row, symmetric.
    one_way_ms: &'static [u16],
}

impl Regions {
    /// How many regions there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the table has no regions.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The number of the region called `name`.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|&known| known == name)
    }

    /// One-way latency between two regions, in either direction; within a region when they are the same.
    ///
    /// # Panics
    /// When a number is not below [`Regions::len`].
    #[must_use]
    pub fn one_way(&self, a: usize, b: usize) -> Duration {
        assert!(a < self.len() && b < self.len(), "region {a} or {b} of {}", self.len());
        Duration::from_millis(u64::from(self.one_way_ms[a * self.len() + b]))
    }
}

/// The names that [`region_table`] knows.
pub const REGION_TABLES: [&str; 1] = ["world8"];

/// The table of this name; `None` for another name.
#[must_use]
pub fn region_table(name: &str) -> Option<&'static Regions> {
    (name == WORLD8.name).then_some(&WORLD8)
}

/// Eight regions with the weights and latencies of libp2p's gossipsub interoperability tests
/// (`libp2p/test-plans`, `gossipsub-interop/network_graph.py`).
pub const WORLD8: Regions = Regions {
    name: "world8",
    names: &[
        "australia",
        "east_asia",
        "europe",
        "na_west",
        "na_east",
        "south_america",
        "south_africa",
        "west_asia",
    ],
    weights: &[290, 1059, 5599, 1240, 2894, 36, 47, 161],
    #[rustfmt::skip]
    one_way_ms: &[
          2, 110, 165, 110, 150, 190, 220, 180,
        110,   4, 125, 100, 140, 175, 175, 110,
        165, 125,   2, 110,  70, 140,  95,  60,
        110, 100, 110,   2,  60, 100, 160, 150,
        150, 140,  70,  60,   2, 100, 130, 110,
        190, 175, 140, 100, 100,   7, 195, 145,
        220, 175,  95, 160, 130, 195,   7, 110,
        180, 110,  60, 150, 110, 145, 110,   5,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn world8_is_symmetric_and_whole() {
        assert_eq!(WORLD8.len(), 8);
        assert_eq!(WORLD8.weights.len(), 8);
        assert_eq!(WORLD8.one_way_ms.len(), 64);
        assert_eq!(WORLD8.weights.iter().sum::<u32>(), 11_326);
        for a in 0..8 {
            for b in 0..8 {
                assert_eq!(WORLD8.one_way(a, b), WORLD8.one_way(b, a), "{a} {b}");
            }
        }
        // The sum over the upper triangle, diagonal included, of the published table.
        let upper: u64 = (0..8).flat_map(|a| (a..8).map(move |b| WORLD8.one_way(a, b).as_nanos())).sum();
        assert_eq!(upper, 3_716_000_000);
    }

    #[test]
    fn regions_are_found_by_name() {
        let world = region_table("world8").expect("world8 is built in");
        let number = |name| world.number(name).expect("a region of world8");
        assert_eq!(world.one_way(number("australia"), number("europe")), Duration::from_millis(165));
        assert_eq!(world.one_way(number("east_asia"), number("europe")), Duration::from_millis(125));
        assert_eq!(world.weights[number("europe")], 5599);
        assert_eq!(world.number("atlantis"), None);
        assert_eq!(region_table("world9"), None);
    }
}
