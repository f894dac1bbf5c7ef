//! What the network says of its slots, for graphs and tables.

use floodnet_measure::tables::Labels;
use floodnet_sim::link::LinkModel;

/// Regions and classes as the links of a run have them.
#[derive(Clone, Copy, Debug)]
pub struct LinkLabels<'a>(pub &'a LinkModel);

impl Labels for LinkLabels<'_> {
    fn region(&self, slot: u32) -> Option<&str> {
        self.0.region(slot)
    }

    fn class(&self, slot: u32) -> Option<&str> {
        (!self.0.class_of.is_empty()).then(|| self.0.class(slot).name.as_str())
    }
}
