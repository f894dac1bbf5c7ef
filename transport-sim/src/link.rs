//! What links do to packets: what a scenario says of them, and what they refuse.

use std::fmt;

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_core::units::Rate;

use crate::spec::{Class, Link};

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

/// Why links cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// The key of [`Link`], or the field of [`LinkModel`].
    pub key: &'static str,
    /// What is wrong with it: goes on where the key ends.
    pub problem: String,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.problem)
    }
}

impl std::error::Error for LinkError {}

impl From<LinkError> for String {
    fn from(error: LinkError) -> Self {
        error.to_string()
    }
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
    /// Says which setting is wrong and why.
    pub fn check(&self, slots: u32) -> Result<(), LinkError> {
        let wrong = |key, problem: &str| Err(LinkError { key, problem: problem.to_owned() });
        if self.spec.floor.0 == Duration::ZERO {
            return wrong("floor", "must be more than zero: nodes act on each other only after a delay");
        }
        let least = self.least_delay();
        for (key, span) in [("rto", self.spec.rto.0), ("dial_timeout", self.spec.dial_timeout.0)] {
            if span == Duration::ZERO {
                return wrong(key, "must be more than zero");
            }
        }
        // News of these reach the other end: not before a packet could.
        let spans = [
            ("break_after", "", self.spec.break_after.0),
            ("dead_after", "less ping ", self.spec.dead_after.0 - self.spec.ping.0),
        ];
        for (key, less, span) in spans {
            if span < least {
                let problem = format!("{less}is {span}, below the least one-way delay of {least}");
                return Err(LinkError { key, problem });
            }
        }
        if let Delays::Table { row, size, one_way } = &self.delays {
            let cells = u64::from(*size) * u64::from(*size);
            if row.len() != slots as usize || one_way.len() as u64 != cells {
                return wrong("latency", "is a table that does not fit the slots");
            }
            if row.iter().any(|row| row >= size) {
                return wrong("latency", "is a table without a row for some slot");
            }
        }
        if !self.class_of.is_empty() && self.class_of.len() != slots as usize {
            return wrong("class_of", "does not fit the slots");
        }
        let no_rate = |rate: Rate| rate == Rate::BitsPerSecond(0);
        if self.classes.iter().any(|class| no_rate(class.up) || no_rate(class.down)) {
            return wrong("classes", "hold a rate of zero, which passes nothing: leave it out for unlimited");
        }
        Ok(())
    }

    /// The access line of `slot`.
    #[must_use]
    pub fn class(&self, slot: u32) -> &Class {
        let number = self.class_of.get(slot as usize).copied().unwrap_or(0);
        self.classes.get(usize::from(number)).unwrap_or(const { &Class::UNLIMITED })
    }
}
