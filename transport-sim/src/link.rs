//! What links do to packets: what a scenario says of them, and what they refuse.

use floodnet_core::distributions::{Distribution, Regions};
use floodnet_core::rng::Purpose;
use floodnet_core::time::Duration;
use floodnet_core::units::Rate;

use crate::graph;
use crate::plan::assign_shares;
use crate::rng::PlanRng;
use crate::spec::{Class, Complaint, Complaints, Latency, Link};

/// One-way delays between the slots, before floor and jitter: what [`spec::Latency`](crate::spec::Latency) comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Delays {
    /// Drawn from one distribution.
    Distribution(Distribution),
    /// Read from a table; slot `s` is row `row[s]`.
    Table {
        /// Row and column of each slot.
        row: Vec<u32>,
        /// Rows and columns.
        size: u32,
        /// Row by row: from the row's to the column's.
        one_way: Vec<Duration>,
    },
}

/// Everything about links that does not change during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkModel {
    /// What the scenario says of all links. Its latency and rates count only by way of the other fields.
    pub spec: Link,
    /// One-way delays.
    pub delays: Delays,
    /// Classes of access lines; [`Class::UNLIMITED`] where a slot's number is missing.
    pub classes: Vec<Class>,
    /// Class of each slot; empty when all are of class 0.
    pub class_of: Vec<u8>,
}

impl Default for LinkModel {
    fn default() -> Self {
        Self::new(Link::default())
    }
}

impl LinkModel {
    /// Links of this kind for all slots; one whose latency is a table has no delay but the floor, until
    /// [`Self::delays`] holds the table.
    #[must_use]
    pub fn new(spec: Link) -> Self {
        let delays = Delays::Distribution(
            spec.latency.distribution().unwrap_or(Distribution::Constant(Duration::ZERO)),
        );
        let classes = vec![Class { up: spec.up, down: spec.down, ..Class::UNLIMITED }];
        Self { spec, delays, classes, class_of: Vec::new() }
    }

    /// Links of this kind for `slots` slots with these classes; `matrix` is what the file of a latency matrix holds.
    /// Which slot is of which class, and in which region, is drawn from `seed`.
    ///
    /// # Errors
    /// The shares cannot be dealt out, or no matrix is given where the latency is one.
    pub fn draw(
        spec: &Link,
        classes: &[Class],
        slots: u32,
        seed: u64,
        matrix: Option<graph::Matrix>,
    ) -> Result<Self, Complaint> {
        let mut links = Self::new(spec.clone());
        if !classes.is_empty() {
            links.class_of = class_of(classes, slots, &mut PlanRng::new(seed, Purpose::Classes, 0))?;
            links.classes = classes.to_vec();
        }
        match &spec.latency {
            Latency::Regions(regions) => links.delays = links.regional(regions.table(), slots, seed)?,
            Latency::Matrix(_) => {
                let missing = || Complaint::new("link.latency.matrix.file", "the matrix was not read", "");
                let graph::Matrix { n, one_way } = matrix.ok_or_else(missing)?;
                // Each slot takes the place of a measured host.
                let row = (0..slots).map(|slot| slot % n).collect();
                links.delays = Delays::Table { row, size: n, one_way };
            }
            Latency::Distribution(_) => {}
        }
        Ok(links)
    }

    /// The same with `more` slots behind the others. Their classes and regions are drawn by the same shares, and change
    /// none of the others.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn grown(mut self, more: u32, seed: u64) -> Result<Self, Complaint> {
        let rng = |number| PlanRng::new(seed, Purpose::Extra, number);
        let mut classes = Vec::new();
        if !self.class_of.is_empty() {
            classes = class_of(&self.classes, more, &mut rng(0))?;
        }
        if let Delays::Table { row, size, .. } = &mut self.delays {
            match &self.spec.latency {
                Latency::Regions(regions) => {
                    row.extend(region_of(regions.table(), &self.classes, &classes, more, &mut rng(1))?);
                }
                _ => row.extend((row.len() as u32..).take(more as usize).map(|slot| slot % *size)),
            }
        }
        self.class_of.extend(classes);
        Ok(self)
    }

    /// Each slot in the region of its class, or in one drawn by the regions' weights.
    fn regional(&self, table: &Regions, slots: u32, seed: u64) -> Result<Delays, Complaint> {
        let mut rng = PlanRng::new(seed, Purpose::Regions, 0);
        let row = region_of(table, &self.classes, &self.class_of, slots, &mut rng)?;
        let size = table.len();
        let pairs = (0..size).flat_map(|from| (0..size).map(move |to| (from, to)));
        Ok(Delays::Table {
            row,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            one_way: pairs.map(|(from, to)| table.one_way(from, to)).collect(),
        })
    }

    /// The least one-way delay that any packet can have: how far the engine may look ahead.
    #[must_use]
    pub fn least_delay(&self) -> Duration {
        let least = match &self.delays {
            Delays::Distribution(distribution) => distribution.min(),
            Delays::Table { one_way, .. } => one_way.iter().copied().min().unwrap_or_default(),
        };
        least.max(self.spec.floor.0)
    }

    /// What all but one in a hundred packets take at most, losses apart: how far ahead most events are.
    #[must_use]
    pub(crate) fn usual_delay(&self) -> Duration {
        let usual = match &self.delays {
            Delays::Distribution(distribution) => distribution.sample(u64::MAX / 100 * 99),
            Delays::Table { one_way, .. } => one_way.iter().copied().max().unwrap_or_default(),
        };
        usual.max(self.spec.floor.0) + self.spec.jitter.0
    }

    /// Checks what the engine relies on.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn check(&self, slots: u32) -> Result<(), Complaint> {
        let mut complaints = Complaints::default();
        self.spec.check_values(&mut complaints);
        self.spec.check_timers(self.least_delay().into(), &mut complaints);
        if let Delays::Table { row, size, one_way } = &self.delays {
            let cells = u64::from(*size) * u64::from(*size);
            if row.len() != slots as usize || one_way.len() as u64 != cells {
                complaints.add("link.latency", "this table does not fit the slots", "");
            }
            if row.iter().any(|row| row >= size) {
                complaints.add("link.latency", "this table lacks a row for some slot", "");
            }
        }
        if !self.class_of.is_empty() && self.class_of.len() != slots as usize {
            complaints.add("class", "the classes do not fit the slots", "");
        }
        let no_rate = |rate: Rate| rate == Rate::BitsPerSecond(0);
        if self.classes.iter().any(|class| no_rate(class.up) || no_rate(class.down)) {
            complaints.add("class", "a rate of zero passes nothing", "leave it out for unlimited");
        }
        complaints.first()
    }

    /// The region that `slot` is in, where delays are those between regions.
    #[must_use]
    pub fn region(&self, slot: u32) -> Option<&'static str> {
        let (Latency::Regions(regions), Delays::Table { row, .. }) = (&self.spec.latency, &self.delays)
        else {
            return None;
        };
        regions.table().names.get(*row.get(slot as usize)? as usize).copied()
    }

    /// The access line of `slot`.
    #[must_use]
    pub fn class(&self, slot: u32) -> &Class {
        let number = self.class_of.get(slot as usize).copied().unwrap_or(0);
        self.classes.get(usize::from(number)).unwrap_or(const { &Class::UNLIMITED })
    }
}

/// The class of each of `slots` slots, dealt out by the shares of the classes.
fn class_of(classes: &[Class], slots: u32, rng: &mut PlanRng) -> Result<Vec<u8>, Complaint> {
    let shares: Vec<f64> = classes.iter().map(|class| class.share).collect();
    assign_shares(slots, &shares, rng).ok_or_else(|| {
        Complaint::new("class", "the shares of the classes cannot be dealt out", "they sum to 1")
    })
}

/// The region of each of `slots` slots: that of its class, or one drawn by the regions' weights.
fn region_of(
    table: &Regions,
    classes: &[Class],
    class_of: &[u8],
    slots: u32,
    rng: &mut PlanRng,
) -> Result<Vec<u32>, Complaint> {
    let weights: Vec<f64> = table.weights.iter().map(|&weight| f64::from(weight)).collect();
    let cannot = || Complaint::new("link.latency.regions", "the regions cannot be dealt out", "");
    let drawn = assign_shares(slots, &weights, rng).ok_or_else(cannot)?;
    let region = |(slot, drawn): (usize, u8)| {
        let class = class_of.get(slot).and_then(|class| classes.get(usize::from(*class)));
        let given = class.and_then(|class| table.number(class.region.as_deref()?));
        given.map_or(u32::from(drawn), |region| u32::try_from(region).unwrap_or(0))
    };
    Ok(drawn.into_iter().enumerate().map(region).collect())
}
