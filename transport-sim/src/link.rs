//! What links do to packets: what a scenario says of them, and what they refuse.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_core::units::Rate;

use crate::spec::{Class, Complaint, Complaints, Link};

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

    /// The access line of `slot`.
    #[must_use]
    pub fn class(&self, slot: u32) -> &Class {
        let number = self.class_of.get(slot as usize).copied().unwrap_or(0);
        self.classes.get(usize::from(number)).unwrap_or(const { &Class::UNLIMITED })
    }
}
