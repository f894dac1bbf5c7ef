//! The active view: who is taken as a neighbor, who is let go, and how lost ones are replaced (4.2 and 4.3).

use super::{Config, HyParView, Message};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

impl<Peer: Copy + Ord> HyParView<Peer> {
    /// Whether it has fewer neighbors than it wants.
    pub(super) fn lacks(&self, config: &Config<Peer>) -> bool {
        self.active.len() < config.active as usize
    }

    /// Takes `peer` as a neighbor; there is room, or room is made.
    fn take<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if !self.lacks(cx.config)
            && let Some(&other) = cx.rng.pick(&self.active)
        {
            self.active.remove(other);
            cx.emit(OverlayEvent::Down(other));
            self.dismiss(other, cx);
            self.passive.add(other, cx.config.passive, cx.rng);
        }
        self.passive.remove(peer);
        if self.asked == Some(peer) {
            self.asked = None;
        }
        self.attempts = 0;
        self.active.push(peer);
        cx.emit(OverlayEvent::Up(peer));
    }

    /// Tells `peer` that it is no neighbor any more.
    fn dismiss<E: Effects<Self>>(&self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        cx.send(peer, Message::Disconnect);
        cx.disconnect(peer);
    }

    pub(super) fn on_join<E: Effects<Self>>(&mut self, joiner: Peer, cx: &mut Context<'_, Self, E>) {
        if !self.active.contains(joiner) {
            self.take(joiner, cx);
        }
        cx.send(joiner, Message::Accepted);
        let hop_limit = cx.config.join_walk;
        for &peer in self.active.iter().filter(|&&peer| peer != joiner) {
            cx.send(peer, Message::ForwardJoin { joiner, hop_limit });
        }
    }

    pub(super) fn on_forward_join<E: Effects<Self>>(
        &mut self,
        from: Peer,
        joiner: Peer,
        hop_limit: u8,
        cx: &mut Context<'_, Self, E>,
    ) {
        if joiner == self.me {
            return cx.emit(OverlayEvent::Dropped("own_join"));
        }
        let hop_limit = hop_limit.min(cx.config.join_walk);
        let next = if hop_limit == 0 || self.active.len() <= 1 { None } else { self.other(from, joiner, cx) };
        let Some(next) = next else {
            if self.active.contains(joiner) {
                return cx.emit(OverlayEvent::Dropped("already_neighbor"));
            }
            self.take(joiner, cx);
            return cx.send(joiner, Message::Neighbor { urgent: true });
        };
        if hop_limit == cx.config.note_at && !self.active.contains(joiner) {
            self.passive.add(joiner, cx.config.passive, cx.rng);
        }
        cx.send(next, Message::ForwardJoin { joiner, hop_limit: hop_limit - 1 });
    }

    /// A random neighbor that is neither of these.
    pub(super) fn other<E: Effects<Self>>(
        &self,
        one: Peer,
        two: Peer,
        cx: &mut Context<'_, Self, E>,
    ) -> Option<Peer> {
        let is_other = |&&peer: &&Peer| peer != one && peer != two;
        cx.rng.pick_of(self.active.iter().filter(is_other)).copied()
    }

    pub(super) fn on_neighbor<E: Effects<Self>>(
        &mut self,
        from: Peer,
        urgent: bool,
        cx: &mut Context<'_, Self, E>,
    ) {
        if !self.active.contains(from) {
            if !urgent && !self.lacks(cx.config) {
                return cx.send(from, Message::Refused);
            }
            self.take(from, cx);
        }
        cx.send(from, Message::Accepted);
    }

    pub(super) fn on_accepted<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        if self.asked == Some(from) {
            self.asked = None;
        }
        if !self.active.contains(from) {
            // The other end holds the link: it must be held here, or given up.
            if self.lacks(cx.config) {
                self.take(from, cx);
            } else {
                cx.emit(OverlayEvent::Dropped("full"));
                self.dismiss(from, cx);
            }
        }
        self.promote(cx);
        self.watch(cx);
    }

    pub(super) fn on_refused<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        let was_asked = self.asked.take_if(|asked| *asked == from).is_some();
        if self.active.contains(from) {
            // The acceptance of an earlier request, which was taken back, was held for the answer to this one. The peer
            // does not hold the link; it is told in case its own request crossed this.
            cx.send(from, Message::Disconnect);
            cx.disconnect(from);
            return self.on_disconnect(from, cx);
        }
        if was_asked {
            cx.disconnect(from);
        }
        self.promote(cx);
    }

    pub(super) fn on_disconnect<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        if !self.active.remove(from) {
            return;
        }
        cx.emit(OverlayEvent::Down(from));
        self.passive.begin_round();
        self.promote(cx);
        // Behind the round: who has just let this node go has no room for it.
        self.passive.add(from, cx.config.passive, cx.rng);
        self.watch(cx);
    }

    /// Asks the next peer of the passive view to be a neighbor, if one is missing and nobody else is asked.
    pub(super) fn promote<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if !cx.config.promote || self.asked.is_some() || !self.lacks(cx.config) {
            return;
        }
        if let Some(peer) = self.passive.next(cx.rng) {
            self.asked = Some(peer);
            cx.emit(OverlayEvent::Repair);
            cx.send(peer, Message::Neighbor { urgent: self.active.is_empty() });
        }
    }
}
