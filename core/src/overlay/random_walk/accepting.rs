//! Accepting: what a node does with the requests of others, and with the answers to its own.

use super::{Accept, Config, Message, RandomWalk};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

/// A request as it arrived.
#[derive(Clone, Copy)]
pub(super) struct Request<Peer> {
    pub(super) from: Peer,
    pub(super) joiner: Peer,
    pub(super) hop_limit: u8,
    /// The node that takes offers for the joiner, if nobody can dial it.
    pub(super) via: Option<Peer>,
}

impl<Peer: Copy + Ord> RandomWalk<Peer> {
    pub(super) fn on_join<E: Effects<Self>>(
        &mut self,
        mut request: Request<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let Request { from, joiner, .. } = request;
        let hop_limit = request.hop_limit.min(cx.config.hop_limit);
        let came_itself = from == joiner;
        if came_itself {
            self.note_dial(joiner, cx.config);
            // Here offers are sent to the joiner. Who cannot be dialed gets none, and dials the joiner instead.
            request.via = request.via.map(|_| self.me).filter(|_| self.is_dialed);
        }
        if joiner != self.me && (came_itself || request.via.is_none()) {
            self.remember(joiner);
        }
        let can_take = joiner != self.me && !self.is_neighbor(joiner);
        if hop_limit == 0 {
            return self.end_walk(request, can_take, "hop_limit", cx);
        }
        if can_take && !self.is_full(cx.config) && self.may_take(&request) && self.accepts(cx) {
            return self.accept(&request, None, cx);
        }
        let hop_limit = hop_limit - 1;
        match (self.random_neighbor_but(joiner, cx), request.via) {
            (Some(next), None) => cx.send(next, Message::Join { joiner, hop_limit }),
            (Some(next), Some(via)) => cx.send(next, Message::JoinVia { joiner, hop_limit, via }),
            // A walk that cannot go on has ended: else the first two nodes would never meet.
            (None, _) => self.end_walk(request, can_take, "no_neighbor", cx),
        }
    }

    /// Whether the joiner could reach this node, or this node the joiner.
    fn may_take(&self, request: &Request<Peer>) -> bool {
        self.is_dialed || request.via.is_none_or(|via| via == self.me)
    }

    /// Whether a node on the way takes the joiner.
    fn accepts<E: Effects<Self>>(&self, cx: &mut Context<'_, Self, E>) -> bool {
        let held = u32::try_from(self.neighbors.len()).unwrap_or(u32::MAX);
        match cx.config.accept {
            Accept::Always => true,
            Accept::Endpoint => false,
            Accept::Inverse => held < cx.config.degree || cx.rng.chance(1, held.saturating_add(1)),
        }
    }

    /// Whether the last node of a walk takes the joiner. The tutorial's drops the request.
    fn takes_last(&self, config: &Config<Peer>) -> bool {
        config.retry || config.max_degree.is_some() || config.accept == Accept::Endpoint
    }

    /// The walk cannot go on, for the reason named: this node takes the joiner if it can.
    fn end_walk<E: Effects<Self>>(
        &mut self,
        request: Request<Peer>,
        can_take: bool,
        reason: &'static str,
        cx: &mut Context<'_, Self, E>,
    ) {
        let joiner = request.joiner;
        if can_take && self.takes_last(cx.config) {
            return self.accept_last(request, cx);
        }
        if request.hop_limit == 0 && request.from == joiner && self.is_neighbor(joiner) {
            // It would not ask this node alone if it held the link: it lost it, or its acknowledgement was lost.
            cx.send(joiner, Message::JoinAck { in_place_of: None, dialed: false });
        }
        cx.emit(OverlayEvent::Dropped(reason));
    }

    /// Takes the joiner at the end of its walk. If there is no room, a random neighbor goes and gets the joiner
    /// instead: the joiner stands between the two then, so that whoever was connected stays so.
    fn accept_last<E: Effects<Self>>(&mut self, mut request: Request<Peer>, cx: &mut Context<'_, Self, E>) {
        if self.offers_to(&request).is_some() {
            if self.is_dialed {
                return self.accept(&request, None, cx);
            }
            if self.is_full(cx.config) {
                return cx.emit(OverlayEvent::Dropped("unreachable"));
            }
            // Perhaps the joiner can be dialed after all: nobody has to go for it.
            request.via = None;
        }
        let displaced = if self.is_full(cx.config) { cx.rng.pick(&self.neighbors).copied() } else { None };
        if let Some(displaced) = displaced {
            self.remove(displaced, cx);
            cx.send(displaced, Message::Displaced { for_joiner: Some(request.joiner) });
            cx.disconnect(displaced);
        }
        self.accept(&request, displaced, cx);
    }

    /// Where an offer for the joiner goes, if it takes one.
    fn offers_to(&self, request: &Request<Peer>) -> Option<Peer> {
        request.via.filter(|&via| via != self.me)
    }

    fn accept<E: Effects<Self>>(
        &mut self,
        request: &Request<Peer>,
        in_place_of: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let joiner = request.joiner;
        if let Some(via) = self.offers_to(request) {
            return cx.send(via, Message::Offer { joiner });
        }
        self.add(joiner, cx);
        let dialed = request.from != joiner && request.via.is_none();
        cx.send(joiner, Message::JoinAck { in_place_of, dialed });
    }

    /// Holds `peer` unasked, in place of a neighbor that was just let go, if that is possible.
    fn take_instead<E: Effects<Self>>(
        &mut self,
        peer: Option<Peer>,
        in_place_of: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        if let Some(peer) = peer.filter(|&peer| peer != self.me && !self.is_neighbor(peer))
            && !self.is_full(cx.config)
        {
            self.add(peer, cx);
            cx.send(peer, Message::JoinAck { in_place_of, dialed: true });
        }
    }

    /// Another node would take a joiner that asked this one.
    pub(super) fn on_offer<E: Effects<Self>>(
        &mut self,
        from: Peer,
        joiner: Peer,
        cx: &mut Context<'_, Self, E>,
    ) {
        if joiner != from && joiner != self.me {
            cx.send(joiner, Message::Referral { peer: from });
        }
    }

    /// A node would take this one: asks it, once for each request that was sent.
    pub(super) fn on_referral<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if self.referrals == 0 || peer == self.me || self.is_neighbor(peer) || self.lacks(cx.config) == 0 {
            return cx.emit(OverlayEvent::Dropped("referral"));
        }
        self.referrals -= 1;
        cx.send(peer, Message::Join { joiner: self.me, hop_limit: 0 });
    }

    pub(super) fn on_join_ack<E: Effects<Self>>(
        &mut self,
        from: Peer,
        in_place_of: Option<Peer>,
        dialed: bool,
        cx: &mut Context<'_, Self, E>,
    ) {
        if dialed {
            self.note_dial(from, cx.config);
        }
        // This node was put between the two, so it takes both or neither: else one of them would lose a link.
        let other =
            in_place_of.filter(|&other| other != self.me && other != from && !self.is_neighbor(other));
        if from == self.me {
            cx.emit(OverlayEvent::Dropped("own_ack"));
        } else if self.is_neighbor(from) {
            // Both had asked for the other: one link is enough, and both hold it.
            cx.emit(OverlayEvent::Dropped("already_neighbor"));
        } else if self.has_room(1 + usize::from(other.is_some()), cx.config) {
            self.add(from, cx);
            self.take_instead(other, None, cx);
        } else {
            cx.emit(OverlayEvent::Dropped("full"));
            cx.send(from, Message::Refused { take_back: in_place_of });
            cx.disconnect(from);
        }
    }

    /// A neighbor had no room left, and gave the place to a joiner.
    pub(super) fn on_displaced<E: Effects<Self>>(
        &mut self,
        from: Peer,
        for_joiner: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        if self.remove(from, cx) {
            self.take_instead(for_joiner, Some(from), cx);
            self.replace_later(cx);
        }
    }

    /// A peer that this node took does not want the link.
    pub(super) fn on_refused<E: Effects<Self>>(
        &mut self,
        from: Peer,
        take_back: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        if self.remove(from, cx) {
            self.take_instead(take_back, None, cx);
            self.replace_later(cx);
        }
    }

    /// Sees to a lost link. In a full network each replacement displaces another node: with a pause between them
    /// that goes on at the pace of the timers, not of the links.
    fn replace_later<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.neighbors.is_empty() { self.replace(cx) } else { self.watch(cx) }
    }

    fn random_neighbor_but<E: Effects<Self>>(
        &self,
        not: Peer,
        cx: &mut Context<'_, Self, E>,
    ) -> Option<Peer> {
        let hole = self.neighbors.position(not);
        let others = self.neighbors.len() - usize::from(hole.is_some());
        if others == 0 {
            return None;
        }
        let mut chosen = cx.below(u32::try_from(others).unwrap_or(u32::MAX)) as usize;
        if hole.is_some_and(|hole| chosen >= hole) {
            chosen += 1;
        }
        self.neighbors.get(chosen).copied()
    }
}
