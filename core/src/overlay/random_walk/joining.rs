//! Joining, and asking for links that a node lacks. What it does about lost neighbors is in `lost_neighbors`.

use super::{
    Config, ISLAND_TRIES, Island, Message, REFERRALS, RETRY_DOUBLINGS, RETRY_MS, RandomWalk, Sourced, Ticket,
    Timer,
};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

impl<Peer: Sourced> RandomWalk<Peer> {
    pub(super) fn on_retry<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.retry_pending = false;
        if !self.wants(cx.config) {
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        // Answers to what was asked before count no more.
        self.ticket = 0;
        let lacks = self.lacks(cx.config);
        if lacks == 0 {
            return self.ask_from_outside(cx);
        }
        if self.attempts > 1 {
            // Asked in vain: perhaps it cannot be dialed any more.
            self.is_dialed = false;
        }
        if !self.ask_contact_again(cx) {
            for _ in 0..lacks {
                self.ask_neighbor(cx);
            }
        }
        self.watch(cx);
    }

    /// Has all that it wants, but perhaps the same few want each other: asks a contact for one link more.
    fn ask_from_outside<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.island = Island::No;
        if self.attempts <= ISLAND_TRIES
            && let Some(contact) = self.next_contact(cx)
        {
            self.island = Island::Asked;
            self.ask(contact, false, cx);
            self.watch(cx);
        }
    }

    /// Asks a contact, if neighbors cannot help: there are none, or asking them was in vain. The nodes of a
    /// small island know only each other as neighbors, and would ask in a circle without end.
    fn ask_contact_again<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> bool {
        let in_vain = cx.config.repair && self.attempts > 1;
        let asks = (self.neighbors.is_empty() || in_vain) && self.ask_contact(cx);
        if asks && self.island == Island::Possible {
            self.island = Island::Asked;
        }
        asks
    }

    /// How many neighbors are missing.
    pub(super) fn misses(&self, config: &Config<Peer>) -> u32 {
        config.degree.saturating_sub(u32::try_from(self.neighbors.len()).unwrap_or(u32::MAX))
    }

    /// How many neighbors are missing, or how many of its own choice.
    pub(super) fn lacks(&self, config: &Config<Peer>) -> u32 {
        self.misses(config).max(self.lacks_own(config))
    }

    /// Whether this node should ask on its own account.
    pub(super) fn wants(&self, config: &Config<Peer>) -> bool {
        if self.neighbors.is_empty() {
            let mended = if self.was_joined { config.repair } else { config.retry };
            return mended && self.contacts(config).next().is_some();
        }
        let is_unsure = self.island != Island::No && Self::is_crowded(config);
        config.retry && (is_unsure || self.lacks(config) > 0)
    }

    /// Sees to it that a timer runs while there is something to ask for.
    pub(super) fn watch<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.retry_pending || !self.wants(cx.config) {
            return;
        }
        self.retry_pending = true;
        cx.set_timer_about(RETRY_MS << self.attempts.min(RETRY_DOUBLINGS), Timer::Retry);
    }

    fn contacts<'a>(&'a self, config: &'a Config<Peer>) -> impl Iterator<Item = Peer> + 'a {
        let remembered =
            self.remembered.iter().filter(|peer| self.was_joined && !config.entry.contains(peer));
        let known = config.entry.iter().chain(remembered).copied();
        known.filter(|&peer| peer != self.me && !self.is_neighbor(peer))
    }

    /// Sends a request for each missing link. Says whether there is a contact. Who comes back sends them to one,
    /// an entry node or a remembered peer. A newcomer sends them to the entry nodes in turn: each alone would
    /// gather a network of its own when many come at once, and these would not know each other.
    pub(super) fn ask_contact<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> bool {
        let Some(mut contact) = self.next_contact(cx) else { return false };
        if self.was_joined && self.neighbors.is_empty() {
            cx.emit(OverlayEvent::Repair);
        }
        let in_turn = !self.was_joined && cx.config.entry.len() > 1;
        let is_first = !self.was_joined && self.attempts == 0;
        for nth in 0..self.lacks(cx.config) {
            let back = self.asks_back(is_first.then_some(nth), cx);
            self.ask(contact, back, cx);
            if in_turn {
                contact = self.next_contact(cx).unwrap_or(contact);
            }
        }
        true
    }

    /// Any contact at first, from there on one after the other: where one of a few is up, it is found in as
    /// many tries at most. By lot each time, who has two might ask the dead one five times, for a minute.
    fn next_contact<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> Option<Peer> {
        let count = u16::try_from(self.contacts(cx.config).count()).unwrap_or(u16::MAX);
        let turn = match self.asked {
            0 => cx.below(count.into()) as u16,
            asked => asked.checked_rem(count)?,
        };
        let contact = self.contacts(cx.config).nth(turn.into())?;
        self.asked = turn + 1;
        Some(contact)
    }

    /// Sends one request for this node into the walk.
    pub(super) fn ask_neighbor<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if let Some(&next) = cx.rng.pick(self.trusted(cx.config)) {
            let back = self.asks_back(None, cx);
            self.ask(next, back, cx);
        }
    }

    /// Sends one request for this node to `whom`: to be dialed, or with offers that come back.
    pub(super) fn ask<E: Effects<Self>>(&mut self, whom: Peer, back: bool, cx: &mut Context<'_, Self, E>) {
        let (joiner, hop_limit) = (self.me, cx.config.hop_limit);
        if cx.config.proves() {
            self.referrals = self.referrals.saturating_add(1).min(REFERRALS);
            if self.ticket == 0 {
                self.ticket = 1 + cx.below(u32::from(Ticket::MAX)) as Ticket;
            }
        }
        let ticket = self.ticket;
        if back {
            cx.send(whom, Message::JoinVia { joiner, hop_limit, ticket, via: joiner });
        } else {
            cx.send(whom, Message::Join { joiner, hop_limit, ticket });
        }
    }

    /// Whether a request asks for offers that come back, instead of dials. A node that nobody has dialed yet
    /// cannot know whether anybody can. Offers cost more messages, so a newcomer asks for them with its first request
    /// only, which gets it a neighbor in any case. Whom nobody dialed for the others hopes for a dial with every fourth.
    pub(super) fn asks_back<E: Effects<Self>>(
        &self,
        first_round: Option<u32>,
        cx: &mut Context<'_, Self, E>,
    ) -> bool {
        if self.is_dialed || !cx.config.retry {
            return false;
        }
        match first_round {
            Some(nth) => nth == 0,
            None => !cx.rng.chance(1, 4),
        }
    }
}
