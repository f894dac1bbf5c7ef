//! Where the effects of a wrapped node go.

use floodnet_core::protocol::{Effects, Types};
use floodnet_core::time::{Duration, Time};

use super::role::Role;
use super::{Hostile, HostileEvent, HostileTimer, Tamperable};

/// Passes on what a node wants done, and changes what a hostile one sends. One type for both, because each doubles what
/// there is to compile.
pub(super) struct Sink<'a, P: Types, E> {
    pub(super) outer: &'a mut E,
    /// None of an honest node.
    pub(super) role: Option<&'a mut Role<P::Message>>,
    pub(super) now: Time,
}

impl<P: Tamperable, E: Effects<Hostile<P>>> Effects<P> for Sink<'_, P, E> {
    fn send(&mut self, to: u32, message: P::Message) {
        match &mut self.role {
            None => self.outer.send(to, message),
            Some(role) => role.send::<P, E>(self.now, (to, message), self.outer),
        }
    }
    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        self.outer.set_timer(after, HostileTimer::Node(timer));
    }
    fn disconnect(&mut self, peer: u32) {
        self.outer.disconnect(peer);
    }
    fn emit(&mut self, event: P::Event) {
        self.outer.emit(HostileEvent::Node(event));
    }
}
