//! Where nodes leave what was observed of them.

use std::sync::{Arc, Mutex, PoisonError};

use floodnet_core::time::Time;
use floodnet_sim::observer::Observed;

/// Something that happened at a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) at: Time,
    pub(crate) slot: u32,
    pub(crate) what: Observed,
}

/// Takes what is observed, from any task, without waiting for a reader and without dropping any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<Record>>>);

impl Sink {
    /// Adds `records`, which are of one slot, in order; they are gone from there.
    pub(crate) fn add_all(&self, records: &mut Vec<Record>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).append(records);
    }

    /// Adds one.
    pub(crate) fn add(&self, at: Time, slot: u32, what: Observed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Record { at, slot, what });
    }

    /// Takes all that is there.
    pub(crate) fn take(&self) -> Vec<Record> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
