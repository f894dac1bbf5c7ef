//! Settings of a protocol as a table in a scenario.
//!
//! How a scenario names a protocol is said by [`NamedOverlay`](crate::overlay::NamedOverlay) and
//! [`NamedBroadcast`](crate::broadcast::NamedBroadcast). A built-in protocol is one file or one folder (the protocol, its settings with their defaults, and what this module
//! asks of it), and a row of the list in the `mod.rs` of its layer. [`broadcast::visit`](crate::broadcast::visit) and
//! [`overlay::visit`](crate::overlay::visit) show these lists to everybody who keeps something for each protocol: the
//! scenario language, the schema for editors, the engines, the fuzz campaign.
//!
//! Only with the feature `tables`, since reading and describing tables takes `serde`, `schemars` and `jiff`. Nodes do
//! without.

mod draw;

use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::complaint::{Complaint, FilePlace};
pub use draw::Draw;

/// A protocol table with more to say than its types.
pub trait CheckedTable: DeserializeOwned + Serialize + JsonSchema {
    /// Keys whose value is a file: looked up beside the scenario, and made absolute before the table is read.
    const FILES: &'static [&'static str] = &[];

    /// Every reason for which this protocol drops what it has received or should send, as it names them.
    /// None: not told, so any reason can be expected of a run.
    const DROPS: Option<&'static [&'static str]> = None;

    /// Whether the table stands for several protocols, and is read with the name of one around it: as
    /// `{ flood = { .. } }`.
    const IS_NAMED: bool = false;

    /// How often a fuzz campaign draws a built-in protocol, in proportion to the others of its layer.
    const WEIGHT: u32 = 30;

    /// Fills in defaults that depend on other keys. Called once, after reading.
    fn fill_in(&mut self) {}

    /// What is wrong with the values. `slots` is the number of slots, if the scenario says it. Called after
    /// [`CheckedTable::fill_in`].
    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let _ = slots;
        Vec::new()
    }

    /// Settings for one scenario of a fuzz campaign, which must be valid. The default draws none, and the campaign
    /// takes the table's own defaults.
    fn draw(draw: &mut Draw) -> Option<Self> {
        let _ = draw;
        None
    }
}
