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
    /// One-way latency in milliseconds, row by row: from the region of the row to that of the column.
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

    /// One-way latency from region `a` to region `b`; within a region when they are the same.
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
/// (`libp2p/test-plans`, `gossipsub-interop/network_graph.py`). As published, one pair has two latencies:
/// 195 ms from `south_america` to `south_africa`, 190 ms back.
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
        220, 175,  95, 160, 130, 190,   7, 110,
        180, 110,  60, 150, 110, 145, 110,   5,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The published edges as they are listed: from, to, milliseconds; written down apart from the table.
    #[rustfmt::skip]
    const PUBLISHED: [(&str, [(&str, u64); 8]); 8] = [
        ("australia", [("australia", 2), ("east_asia", 110), ("europe", 165), ("na_west", 110),
            ("na_east", 150), ("south_america", 190), ("south_africa", 220), ("west_asia", 180)]),
        ("east_asia", [("australia", 110), ("east_asia", 4), ("europe", 125), ("na_west", 100),
            ("na_east", 140), ("south_america", 175), ("south_africa", 175), ("west_asia", 110)]),
        ("europe", [("australia", 165), ("east_asia", 125), ("europe", 2), ("na_west", 110),
            ("na_east", 70), ("south_america", 140), ("south_africa", 95), ("west_asia", 60)]),
        ("na_west", [("australia", 110), ("east_asia", 100), ("europe", 110), ("na_west", 2),
            ("na_east", 60), ("south_america", 100), ("south_africa", 160), ("west_asia", 150)]),
        ("na_east", [("australia", 150), ("east_asia", 140), ("europe", 70), ("na_west", 60),
            ("na_east", 2), ("south_america", 100), ("south_africa", 130), ("west_asia", 110)]),
        ("south_america", [("australia", 190), ("east_asia", 175), ("europe", 140), ("na_west", 100),
            ("na_east", 100), ("south_america", 7), ("south_africa", 195), ("west_asia", 145)]),
        ("south_africa", [("australia", 220), ("east_asia", 175), ("europe", 95), ("na_west", 160),
            ("na_east", 130), ("south_america", 190), ("south_africa", 7), ("west_asia", 110)]),
        ("west_asia", [("australia", 180), ("east_asia", 110), ("europe", 60), ("na_west", 150),
            ("na_east", 110), ("south_america", 145), ("south_africa", 110), ("west_asia", 5)]),
    ];

    #[test]
    fn world8_is_as_published_in_every_cell() {
        assert_eq!(WORLD8.one_way_ms.len(), PUBLISHED.len() * PUBLISHED.len());
        let number = |name| WORLD8.number(name).expect("a region of world8");
        for (from, row) in PUBLISHED {
            for (to, ms) in row {
                let found = WORLD8.one_way(number(from), number(to));
                assert_eq!(found, Duration::from_millis(ms), "{from} {to}");
            }
        }
        let weights = [
            ("australia", 290),
            ("europe", 5599),
            ("east_asia", 1059),
            ("west_asia", 161),
            ("na_east", 2894),
            ("na_west", 1240),
            ("south_africa", 47),
            ("south_america", 36),
        ];
        assert_eq!(WORLD8.weights.len(), weights.len());
        for (name, weight) in weights {
            assert_eq!(WORLD8.weights[number(name)], weight, "{name}");
        }
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
