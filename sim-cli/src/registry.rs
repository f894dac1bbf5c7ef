//! How a program adds protocols of its own to the built-in ones, which stand in `core/src/overlay/mod.rs` and
//! `core/src/broadcast/mod.rs`.
//!
//! The words after `overlay.` and `broadcast.` in a scenario are looked up here. A program of one's own
//! adds its protocols to the built-in ones and gets the whole command line for them:
//!
//! ```no_run
//! # use sim_cli::registry::Registry;
//! let registry = Registry::builtin(); // .protocol::<Mine>("my_overlay", "my_broadcast")
//! sim_cli::main_with(registry);
//! ```

use floodnet_lab as lab;
use floodnet_scenario::Tables;
pub use floodnet_scenario::protocol::{NamedBroadcast, NamedOverlay, Runnable, Setting};
use floodnet_scenario::protocol::{Visitor as _, visit_broadcast, visit_overlay};
use floodnet_sim::payload::SimPayload;
use floodnet_testbed as testbed;

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;

/// The protocols that scenarios can name, for the simulator and for sockets.
#[derive(Default)]
pub struct Registry {
    lab: lab::Protocols,
    sockets: testbed::Protocols,
}

impl Registry {
    /// The built-in protocols, in every combination.
    #[must_use]
    pub fn builtin() -> Self {
        Self { lab: lab::Protocols::builtin(), sockets: testbed::Protocols::builtin() }
    }

    /// Adds the protocol `P` under `[overlay.OVERLAY]` and `[broadcast.BROADCAST]`.
    ///
    /// # Panics
    /// When both words together already name a protocol.
    #[must_use]
    pub fn protocol<P: Runnable>(mut self, overlay: &'static str, broadcast: &'static str) -> Self {
        self.lab.protocol::<P>(overlay, broadcast);
        self.sockets.protocol::<P>(overlay, broadcast);
        self
    }

    /// Adds the broadcast `B` under `[broadcast.NAME]`, over each of the built-in overlays.
    ///
    /// # Panics
    /// When its name already names a broadcast.
    #[must_use]
    pub fn broadcast<B: NamedBroadcast<Payload = SimPayload>>(mut self) -> Self {
        visit_broadcast::<B>(&mut self.lab);
        visit_broadcast::<B>(&mut self.sockets);
        self
    }

    /// Adds the overlay `O` under `[overlay.NAME]`, with each of the built-in broadcasts.
    ///
    /// # Panics
    /// When its name already names an overlay.
    #[must_use]
    pub fn overlay<O: NamedOverlay<Setting>>(mut self) -> Self {
        visit_overlay::<O>(&mut self.lab);
        visit_overlay::<O>(&mut self.sockets);
        self
    }

    /// The words and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        self.lab.tables()
    }

    /// The protocols as the simulator runs them.
    #[must_use]
    pub const fn lab(&self) -> &lab::Protocols {
        &self.lab
    }

    /// The protocols as they run on sockets.
    #[must_use]
    pub const fn sockets(&self) -> &testbed::Protocols {
        &self.sockets
    }
}
