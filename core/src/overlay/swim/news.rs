//! What a node hears of members, which of it is newer than what it knows, and what becomes of suspects.

use super::members::{Member, State as Held};
use super::message::{Standing, Update, Updates};
use super::suspicion::{Grace, scaled};
use super::{Config, Cx, State, Swim, Timer, measures};
use crate::overlay::OverlayEvent;
use crate::protocol::Effects;

impl<Peer: Copy + Ord> State<Peer> {
    pub(super) fn learn_all<E: Effects<Swim<Peer>>>(
        &mut self,
        updates: &Updates<Peer>,
        spread: bool,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        updates.as_slice().iter().for_each(|&update| self.learn(update, spread, cx));
    }

    /// Takes in news if it is newer than what is known, and tells it others if `spread`.
    pub(super) fn learn<E: Effects<Swim<Peer>>>(
        &mut self,
        update: Update<Peer>,
        spread: bool,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        if update.peer == self.me {
            return self.object(update, cx);
        }
        let held = self.members.get(update.peer);
        let is_news = match (update.standing, held) {
            (Standing::Alive, None) => self.appear(update, cx),
            (Standing::Alive, Some(held)) => {
                update.incarnation > held.incarnation && self.revive(update, held.state, cx)
            }
            (Standing::Suspect { by }, Some(held)) if held.state != Held::Failed => {
                update.incarnation >= held.incarnation && self.suspect(update, by, held, cx)
            }
            (Standing::Failed, Some(held)) if held.state != Held::Failed => {
                update.incarnation >= held.incarnation && self.fail(update.peer, update.incarnation, cx)
            }
            // Who is not known need not be known for failed, and who has failed is no suspect.
            (Standing::Suspect { .. } | Standing::Failed, _) => false,
        };
        if is_news && spread {
            self.rumors.spread(update);
        }
    }

    /// This node is held for a suspect or for failed: it raises its incarnation and says that it is alive.
    fn object<E: Effects<Swim<Peer>>>(&mut self, update: Update<Peer>, cx: &mut Cx<'_, Peer, E>) {
        if update.standing != Standing::Alive && update.incarnation >= self.incarnation {
            self.incarnation = update.incarnation.saturating_add(1);
            self.rumors.spread(self.myself());
            self.feel(1, cx);
            cx.emit(OverlayEvent::Count(&measures::OBJECTIONS, 1));
        }
    }

    fn appear<E: Effects<Swim<Peer>>>(&mut self, update: Update<Peer>, cx: &mut Cx<'_, Peer, E>) -> bool {
        let added = self.members.add(update.peer, update.incarnation, cx.rng);
        cx.emit(if added { OverlayEvent::Up(update.peer) } else { OverlayEvent::Dropped("full") });
        added
    }

    fn revive<E: Effects<Swim<Peer>>>(
        &mut self,
        update: Update<Peer>,
        held: Held,
        cx: &mut Cx<'_, Peer, E>,
    ) -> bool {
        match held {
            Held::Failed => return self.appear(update, cx),
            Held::Suspect => self.suspicions.end(update.peer),
            Held::Alive => {}
        }
        self.members.set(update.peer, update.incarnation, Held::Alive);
        true
    }

    /// `by` suspects a member that is present. Says whether others should hear of it.
    fn suspect<E: Effects<Swim<Peer>>>(
        &mut self,
        update: Update<Peer>,
        by: Peer,
        held: Member<Peer>,
        cx: &mut Cx<'_, Peer, E>,
    ) -> bool {
        let Update { peer, incarnation, .. } = update;
        if held.state == Held::Suspect && incarnation == held.incarnation {
            let is_new = self.suspicions.confirm(peer, by);
            self.wake(cx);
            return is_new;
        }
        // Of a suspect with a newer incarnation it must have been heard that it is alive, in between.
        self.suspicions.end(peer);
        self.members.set(peer, incarnation, Held::Suspect);
        self.suspicions.start(peer, by, self.grace(cx.config), cx.now);
        self.wake(cx);
        true
    }

    /// How long a suspect has.
    fn grace(&self, config: &Config<Peer>) -> Grace {
        let group = self.group();
        let min = scaled(config.period.times(config.suspicion_time.into()), group);
        // Who can confirm are all but this node and the suspect.
        if config.confirmation && group.saturating_sub(2) >= config.confirmations {
            let max = min.times(config.suspicion_max.into());
            return Grace { min, max, needed: config.confirmations };
        }
        Grace { min, max: min, needed: 0 }
    }

    /// Sets a timer for the next suspect whose time is over, unless one comes in time.
    fn wake<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        let Some(due) = self.suspicions.next_due() else { return };
        // If all timers are outstanding, the next one of them serves, a little late.
        if self.wakes.iter().all(|&wake| wake > due) && self.wakes.try_push(due).is_ok() {
            cx.set_timer(due.since(cx.now), Timer::Suspect);
        }
    }

    pub(super) fn on_suspect_timer<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        if let Some(first) = (0..self.wakes.len()).min_by_key(|&place| self.wakes[place]) {
            self.wakes.remove(first);
        }
        while let Some(peer) = self.suspicions.overdue(cx.now) {
            if let Some(held) = self.members.get(peer) {
                self.fail(peer, held.incarnation, cx);
                let standing = Standing::Failed;
                self.rumors.spread(Update { peer, incarnation: held.incarnation, standing });
            }
        }
        self.wake(cx);
    }

    fn fail<E: Effects<Swim<Peer>>>(
        &mut self,
        peer: Peer,
        incarnation: u32,
        cx: &mut Cx<'_, Peer, E>,
    ) -> bool {
        self.suspicions.end(peer);
        self.members.fail(peer, incarnation, cx.now);
        cx.emit(OverlayEvent::Down(peer));
        cx.emit(OverlayEvent::Failed(peer));
        true
    }
}
