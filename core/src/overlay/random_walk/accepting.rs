//! Accepting: what a node does with the requests of others, and with the answers to its own.

use super::{Accept, Config, Island, Message, RandomWalk, Sourced, Ticket};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

/// A request as it arrived.
#[derive(Clone, Copy)]
pub(super) struct Request<Peer> {
    pub(super) from: Peer,
    pub(super) joiner: Peer,
    pub(super) hop_limit: u8,
    pub(super) ticket: Ticket,
    /// The node that takes offers for the joiner, if nobody can dial it.
    pub(super) via: Option<Peer>,
}

/// What comes back: an invitation, or an acknowledgement.
#[derive(Clone, Copy)]
pub(super) struct Answer<Peer> {
    pub(super) from: Peer,
    /// The neighbor that it lost to this node.
    pub(super) in_place_of: Option<Peer>,
    pub(super) ticket: Ticket,
    pub(super) dialed: bool,
    /// Whether it holds this node already.
    pub(super) holds: bool,
}

impl<Peer: Sourced> RandomWalk<Peer> {
    pub(super) fn on_join<E: Effects<Self>>(
        &mut self,
        mut request: Request<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let Request { from, joiner, ticket, .. } = request;
        let hop_limit = request.hop_limit.min(cx.config.hop_limit);
        let came_itself = from == joiner;
        if came_itself {
            self.note_dial(joiner, cx.config);
            // Here offers are sent to the joiner. Who cannot be dialed gets none, and dials the joiner instead.
            request.via = request.via.map(|_| self.me).filter(|_| self.is_dialed);
        }
        // Who has not proved that it exists is nobody to come back through.
        let is_known = came_itself || (request.via.is_none() && !cx.config.proves());
        if joiner != self.me && is_known {
            self.remember(joiner);
        }
        let can_take = joiner != self.me && !self.is_neighbor(joiner);
        if hop_limit == 0 {
            return self.end_walk(request, can_take, "hop_limit", cx);
        }
        if can_take && self.has_place(joiner, cx.config) && self.may_take(&request) && self.accepts(cx) {
            return self.accept(&request, None, cx);
        }
        let hop_limit = hop_limit - 1;
        match (self.random_neighbor_but(joiner, cx), request.via) {
            (Some(next), None) => cx.send(next, Message::Join { joiner, hop_limit, ticket }),
            (Some(next), Some(via)) => cx.send(next, Message::JoinVia { joiner, hop_limit, ticket, via }),
            // A walk that cannot go on has ended: else the first two nodes would never meet.
            (None, _) => self.end_walk(request, can_take, "no_neighbor", cx),
        }
    }

    /// Whether `peer` can be a neighbor without that anybody goes for it.
    fn has_place(&self, peer: Peer, config: &Config<Peer>) -> bool {
        self.has_room(1, config) && !self.is_group_full(peer, config)
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
        let Request { from, joiner, ticket, .. } = request;
        if can_take && self.takes_last(cx.config) {
            return self.accept_last(request, cx);
        }
        let came_itself = request.hop_limit == 0 && from == joiner;
        if self.is_neighbor(joiner) && (came_itself || cx.config.proves()) {
            // It has lost the link, or the acknowledgement was lost; else it learns where its walk has ended.
            cx.send(joiner, Message::JoinAck { in_place_of: None, ticket, dialed: false });
        }
        cx.emit(OverlayEvent::Dropped(reason));
    }

    /// Takes the joiner at the end of its walk. If there is no place, a neighbor goes and gets the joiner instead: the
    /// joiner stands between the two then, so that whoever was connected stays so.
    fn accept_last<E: Effects<Self>>(&mut self, mut request: Request<Peer>, cx: &mut Context<'_, Self, E>) {
        let Request { from, joiner, ticket, .. } = request;
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
        if self.has_place(joiner, cx.config) {
            return self.accept(&request, None, cx);
        }
        if from != joiner && cx.config.proves() {
            return cx.send(joiner, Message::Referral { peer: self.me, ticket });
        }
        match self.displace(joiner, Some(joiner), cx) {
            Some(displaced) => self.accept(&request, Some(displaced), cx),
            None => cx.emit(OverlayEvent::Dropped("full")),
        }
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
        let Request { from, joiner, ticket, .. } = *request;
        if let Some(via) = self.offers_to(request) {
            return cx.send(via, Message::Offer { joiner, ticket });
        }
        let dialed = from != joiner && request.via.is_none();
        if from != joiner && cx.config.proves() {
            return cx.send(joiner, Message::Invite { ticket, dialed });
        }
        self.add(joiner, false, cx);
        cx.send(joiner, Message::JoinAck { in_place_of, ticket, dialed });
    }

    /// Holds `peer` unasked, in place of a neighbor that was just let go, if that is possible.
    fn take_instead<E: Effects<Self>>(
        &mut self,
        peer: Option<Peer>,
        (in_place_of, is_own): (Option<Peer>, bool),
        cx: &mut Context<'_, Self, E>,
    ) {
        if let Some(peer) = peer.filter(|&peer| peer != self.me && !self.is_neighbor(peer))
            && self.has_place(peer, cx.config)
        {
            self.add(peer, is_own, cx);
            cx.send(peer, Message::JoinAck { in_place_of, ticket: 0, dialed: true });
        }
    }

    /// Another node would take a joiner that asked this one.
    pub(super) fn on_offer<E: Effects<Self>>(
        &mut self,
        from: Peer,
        joiner: Peer,
        ticket: Ticket,
        cx: &mut Context<'_, Self, E>,
    ) {
        if joiner != from && joiner != self.me {
            cx.send(joiner, Message::Referral { peer: from, ticket });
        }
    }

    /// A node would take this one: asks it, once for each request that was sent.
    pub(super) fn on_referral<E: Effects<Self>>(
        &mut self,
        from: Peer,
        peer: Peer,
        ticket: Ticket,
        cx: &mut Context<'_, Self, E>,
    ) {
        let is_asked = self.referrals > 0 && self.is_asked(ticket) && self.wants(cx.config);
        if !is_asked || peer == self.me || self.is_neighbor(peer) {
            if from == peer && !self.is_neighbor(peer) {
                cx.disconnect(peer);
            }
            return cx.emit(OverlayEvent::Dropped("referral"));
        }
        self.referrals -= 1;
        cx.send(peer, Message::Join { joiner: self.me, hop_limit: 0, ticket });
    }

    /// Whether an answer with this ticket is one to a request of this node.
    const fn is_asked(&self, ticket: Ticket) -> bool {
        ticket != 0 && ticket == self.ticket
    }

    pub(super) fn on_answer<E: Effects<Self>>(
        &mut self,
        answer: Answer<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let Answer { from, in_place_of, holds, .. } = answer;
        if answer.dialed {
            self.note_dial(from, cx.config);
        }
        let is_asked = self.is_asked(answer.ticket);
        // This node was put between the two, so it takes both or neither: else one of them would lose a link.
        let other =
            in_place_of.filter(|&other| other != self.me && other != from && !self.is_neighbor(other));
        if from == self.me {
            return cx.emit(OverlayEvent::Dropped("own_ack"));
        }
        if self.is_neighbor(from) {
            // Both had asked for the other: one link is enough, and both hold it.
            if is_asked {
                self.choose(from, cx.config);
                self.no_island();
            }
            if !holds {
                cx.send(from, Message::Accepted);
            }
            return cx.emit(OverlayEvent::Dropped("already_neighbor"));
        }
        let is_free = self.has_room(1 + usize::from(other.is_some()), cx.config)
            && !self.is_group_full(from, cx.config);
        let made_room = !is_free && is_asked && self.changes_places(cx.config);
        if made_room {
            // The two that were let go, here and there, get each other: the other one hears of it when it comes.
            let instead = if other.is_some() { None } else { Some(from) };
            let left = self.displace(from, instead, cx);
            self.left = left.filter(|_| other.is_some());
        }
        let has_place = is_free || (made_room && self.has_place(from, cx.config));
        if !has_place {
            cx.emit(OverlayEvent::Dropped("full"));
            let left = if other.is_none() && in_place_of.is_some() { self.left.take() } else { None };
            cx.send(from, Message::Refused { take_back: other.or(left) });
            return cx.disconnect(from);
        }
        if is_asked {
            self.no_island();
        }
        self.add(from, is_asked, cx);
        if !holds {
            cx.send(from, Message::Accepted);
        }
        if !made_room {
            self.take_instead(other, (None, false), cx);
        }
    }

    /// Whether a node without room lets one neighbor go for another that it asked for.
    fn changes_places(&self, config: &Config<Peer>) -> bool {
        self.lacks_own(config) > 0 || (self.island == Island::Asked && Self::is_crowded(config))
    }

    fn no_island(&mut self) {
        if self.island == Island::Asked {
            self.island = Island::No;
        }
    }

    /// A peer that was invited has taken this node.
    pub(super) fn on_accepted<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        if from == self.me || self.is_neighbor(from) {
            return;
        }
        if self.has_place(from, cx.config) {
            return self.add(from, false, cx);
        }
        cx.emit(OverlayEvent::Dropped("full"));
        cx.send(from, Message::Refused { take_back: None });
        cx.disconnect(from);
    }

    /// A neighbor had no room left, and gave the place to a joiner.
    pub(super) fn on_displaced<E: Effects<Self>>(
        &mut self,
        from: Peer,
        for_joiner: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let own = self.own;
        if self.remove(from, cx) {
            self.take_instead(for_joiner, (Some(from), self.own < own), cx);
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
        let own = self.own;
        if self.remove(from, cx) {
            self.take_instead(take_back, (None, self.own < own), cx);
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
        let mut chosen = cx.rng.place(others);
        if hole.is_some_and(|hole| chosen >= hole) {
            chosen += 1;
        }
        self.neighbors.get(chosen).copied()
    }
}
