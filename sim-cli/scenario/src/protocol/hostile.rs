//! Any protocol with adversaries: what a scenario says of the protocol holds for honest nodes.

use std::sync::Arc;

use floodnet_core::seen::SeenLimits;
use floodnet_sim::hostile::{Hostile, HostileConfig};

use super::{Given, Runnable, Setting};
use crate::unreadable::unread;
use crate::{CheckedTable, Complaint};

/// The table once more: not every table can be cloned, but each can be written and read.
fn same<T: CheckedTable>(table: &T) -> Result<T, toml::de::Error> {
    toml::Value::try_from(table).map_err(serde::de::Error::custom)?.try_into()
}

impl<P: Runnable> Runnable for Hostile<P> {
    type OverlayTable = P::OverlayTable;
    type BroadcastTable = P::BroadcastTable;

    fn config(
        overlay: P::OverlayTable,
        broadcast: P::BroadcastTable,
        setting: &Setting,
    ) -> Result<Self::Config, Complaint> {
        let again = |error| unread("overlay", &error);
        let honest = P::config(same(&overlay).map_err(again)?, same(&broadcast).map_err(again)?, setting)?;
        let mut unbounded = P::config(overlay, broadcast, setting)?;
        P::unbounded(&mut unbounded);
        Ok(HostileConfig { honest, unbounded, scene: Arc::clone(&setting.scene) })
    }

    fn node(slot: u32, config: &Self::Config) -> Self {
        Self::new(slot, P::node(slot, &config.honest), &config.scene)
    }

    fn target_degree(overlay: &P::OverlayTable) -> Option<u32> {
        P::target_degree(overlay)
    }

    fn links(overlay: &P::OverlayTable, slots: u32) -> Option<u64> {
        P::links(overlay, slots)
    }

    fn remembers(broadcast: P::BroadcastTable) -> SeenLimits {
        P::remembers(broadcast)
    }

    fn is_directed(overlay: &P::OverlayTable) -> bool {
        P::is_directed(overlay)
    }

    fn given(overlay: &P::OverlayTable) -> Result<Option<Given>, Complaint> {
        P::given(overlay)
    }
}
