//! An overlay of one's own, registered and run.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::Path;

use floodnet_core::invariants::Invariants;
use floodnet_core::overlay::{Overlay, OverlayEvent};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Types};
use floodnet_scenario::{CheckedTable, Complaint, Scenario};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

/// Every slot has the one before it and the one after it as neighbors, from its start.
#[derive(Debug)]
struct Circle {
    neighbors: Vec<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CircleTable {}

impl CheckedTable for CircleTable {}

impl Types for Circle {
    type Peer = u32;
    type Message = Infallible;
    type Timer = Infallible;
    type Command = Infallible;
    type Event = OverlayEvent<u32>;
    type Config = ();
}

impl Overlay for Circle {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        if matches!(input, Input::Start) {
            self.neighbors.iter().for_each(|peer| cx.emit(OverlayEvent::Up(*peer)));
        }
    }

    fn neighbors(&self) -> &[u32] {
        &self.neighbors
    }
}

impl Invariants for Circle {}

const SLOTS: u32 = 6;

impl NamedOverlay<Setting> for Circle {
    const NAME: &'static str = "circle";
    type Table = CircleTable;

    fn config(_: CircleTable, _: &Setting) -> Result<(), Complaint> {
        Ok(())
    }

    fn node(slot: u32, (): &()) -> Self {
        Self { neighbors: vec![(slot + SLOTS - 1) % SLOTS, (slot + 1) % SLOTS] }
    }
}

/// Under every built-in broadcast, and with those of its keys that make another protocol of it.
#[test]
fn an_overlay_of_ones_own_runs_under_every_broadcast() {
    let registry = Registry::builtin().overlay::<Circle>();
    for broadcast in ["flood", "gossip", "plumtree", "flood]\nhistory = { keep = \"1min\" }\n#"] {
        let text = format!(
            "name = \"x\"\nduration = \"30s\"\n[nodes]\ncount = {SLOTS}\n[overlay.circle]\n[broadcast.{broadcast}]\n\
             [[traffic]]\nfrom = 0\nstart = \"5s\"\nstop = \"10s\"\nevery = \"1s\"\n"
        );
        let read = Scenario::parse("x.toml", &text, Path::new(""), &[], registry.tables());
        let scenario = read.unwrap_or_else(|wrong| panic!("{wrong}"));
        let ran =
            lab::simulate::simulate(&scenario, registry.lab(), NonZeroUsize::MIN, &mut |_| true).unwrap();
        let summary = ran.finished.unwrap().results.summary;
        assert_eq!(summary.delivery_ratio, Some(1.0), "{broadcast}");
        assert_eq!(summary.drops.values().sum::<u64>(), 0, "{broadcast}");
    }
}
