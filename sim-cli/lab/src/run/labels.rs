//! What a scenario says of its slots, for graphs and tables.

use floodnet_measure::tables::Labels;
use floodnet_scenario::build::Setup;

/// Regions and classes as the links of a run have them, and labels as its file of edges has them.
#[derive(Clone, Copy, Debug)]
pub struct SlotLabels<'a>(pub &'a Setup);

impl Labels for SlotLabels<'_> {
    fn region(&self, slot: u32) -> Option<&str> {
        self.0.links.region(slot)
    }

    fn class(&self, slot: u32) -> Option<&str> {
        let links = &self.0.links;
        (!links.class_of.is_empty()).then(|| links.class(slot).name.as_str())
    }

    fn label(&self, slot: u32) -> Option<u64> {
        self.0.labels.as_ref()?.get(slot as usize).copied()
    }
}
