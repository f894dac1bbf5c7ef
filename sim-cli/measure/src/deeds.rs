//! What hostile nodes did, as it is gathered, and what a sample says of them.

use std::collections::BTreeMap;

use floodnet_core::hostile::Deed;
use floodnet_core::time::Time;
use serde::Serialize;

/// Which message reached an adversary first, when, at whom and from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Heard {
    pub(super) at: Time,
    pub(super) spy: u32,
    pub(super) from: u32,
}

/// What hostile slots did.
#[derive(Clone, Debug, Default)]
pub(super) struct Deeds {
    pub(super) dropped: u64,
    pub(super) payloads_dropped: u64,
    pub(super) delayed: u64,
    pub(super) delay: u128,
    pub(super) ignored: u64,
    pub(super) repeated: u64,
    pub(super) forged: u64,
    pub(super) altered: u64,
    /// The first that was heard of each message.
    pub(super) heard: BTreeMap<u32, Heard>,
}

impl Deeds {
    /// `slot` did something.
    pub(super) fn note(&mut self, at: Time, slot: u32, deed: Deed<u32, u32>) {
        match deed {
            Deed::Dropped { payload } => {
                self.dropped += 1;
                self.payloads_dropped += u64::from(payload);
            }
            Deed::Delayed(by) => {
                self.delayed += 1;
                self.delay += u128::from(by.as_nanos());
            }
            Deed::Ignored => self.ignored += 1,
            Deed::Repeated => self.repeated += 1,
            Deed::Forged => self.forged += 1,
            Deed::Lied => self.altered += 1,
            Deed::Heard { message, from } => self.hear(message, Heard { at, spy: slot, from }),
        }
    }

    fn hear(&mut self, message: u32, heard: Heard) {
        let first = self.heard.entry(message).or_insert(heard);
        *first = (*first).min(heard);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.dropped += other.dropped;
        self.payloads_dropped += other.payloads_dropped;
        self.delayed += other.delayed;
        self.delay += other.delay;
        self.ignored += other.ignored;
        self.repeated += other.repeated;
        self.forged += other.forged;
        self.altered += other.altered;
        other.heard.iter().for_each(|(&message, &heard)| self.hear(message, heard));
    }
}

/// What a sample says of adversaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HostileRow {
    /// Hostile share of the peers that honest joined nodes hold: the mean over nodes.
    pub hostile_share: Option<f64>,
    /// The greatest of these shares.
    pub hostile_share_max: Option<f64>,
    /// Share of these nodes that hold more hostile peers than honest ones.
    pub hostile_majority: Option<f64>,
    /// Edges between hostile and honest nodes.
    pub hostile_links: u64,
    /// Honest joined nodes outside of the largest component of honest nodes.
    pub honest_cut_off: u32,
}
