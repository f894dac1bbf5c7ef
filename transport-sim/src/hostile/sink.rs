//! Where the effects of a wrapped node go.

use floodnet_core::protocol::{Effects, Types};
use floodnet_core::time::{Duration, Time};

use super::role::Role;
use super::{Hostile, HostileEvent, HostileTimer, Tamperable};

/// Passes on what an honest node wants done.
pub(super) struct Honest<'a, E>(pub(super) &'a mut E);

impl<P: Types, E: Effects<Hostile<P>>> Effects<P> for Honest<'_, E> {
    fn send(&mut self, to: P::Peer, message: P::Message) {
        self.0.send(to, message);
    }
    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        self.0.set_timer(after, HostileTimer::Node(timer));
    }
    fn disconnect(&mut self, peer: P::Peer) {
        self.0.disconnect(peer);
    }
    fn emit(&mut self, event: P::Event) {
        self.0.emit(HostileEvent::Node(event));
    }
}

/// Changes what a hostile node sends.
pub(super) struct Tampering<'a, P: Types, E> {
    pub(super) outer: &'a mut E,
    pub(super) role: &'a mut Role<P::Message>,
    pub(super) now: Time,
}

impl<P: Tamperable, E: Effects<Hostile<P>>> Effects<P> for Tampering<'_, P, E> {
    fn send(&mut self, to: u32, message: P::Message) {
        self.role.send::<P, E>(self.now, (to, message), self.outer);
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
