//! Finding out who is there: probes, probes through others, and how well this node itself is.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::message::{Message, Request, Standing, Update, Updates};
use super::{Cx, State, Timer, measures};
use crate::overlay::OverlayEvent;
use crate::protocol::Effects;
use crate::time::Duration;

/// Pings for others that a node has under way at most.
pub(super) const MOST_RELAYED: usize = 64;

/// The probe of this period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe<Peer> {
    number: u32,
    target: Peer,
    answered: bool,
    /// How many were asked to ping the target, and how many said that they get no answer either.
    asked: u32,
    refused: u32,
}

/// A ping for another member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relay<Peer> {
    /// The number of the ping.
    number: u32,
    /// Who asked for it, and the number of its probe.
    asker: Peer,
    probe: u32,
    answered: bool,
}

/// Pings for others, the oldest in front.
pub(super) type Relays<Peer> = VecDeque<Relay<Peer>>;

impl<Peer: Copy + Ord> State<Peer> {
    /// `time` as a node takes it that is as well as this one: longer if it may be slow itself.
    fn stretched(&self, time: Duration) -> Duration {
        time.times(u64::from(self.unwell) + 1)
    }

    /// Notes signs that this node is slow, or that it is not.
    pub(super) fn feel<E: Effects<super::Swim<Peer>>>(&mut self, worse: i64, cx: &Cx<'_, Peer, E>) {
        if cx.config.local_health {
            let unwell = (i64::from(self.unwell) + worse).clamp(0, cx.config.unwell_max.into());
            self.unwell = u32::try_from(unwell).unwrap_or(0);
        }
    }

    /// A period is over, and the next one begins.
    pub(super) fn on_period<E: Effects<super::Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        cx.emit(OverlayEvent::Record(&measures::PACKETS, u64::from(self.sent)));
        self.sent = 0;
        if let Some(probe) = self.probe.take().filter(|probe| !probe.answered) {
            self.give_up(&probe, cx);
        }
        self.members.forget(cx.config.remember_failed, cx.now);
        // What a node that stood still does late has less time, or none, if time runs from when it was due.
        let late = if cx.config.from_due { cx.now.since(self.due) } else { Duration::ZERO };
        match self.members.next(cx.rng) {
            Some(target) => self.ping(target, late, cx),
            None => self.join(cx),
        }
        let left = self.stretched(cx.config.period) - late;
        self.due = cx.now + left;
        cx.set_timer(left, Timer::Period);
    }

    fn ping<E: Effects<super::Swim<Peer>>>(
        &mut self,
        target: Peer,
        late: Duration,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        let number = self.number();
        self.probe = Some(Probe { number, target, answered: false, asked: 0, refused: 0 });
        let updates = self.news_for(target, cx.config.buddy, cx);
        self.send(target, Message::Ping { probe: number, updates }, cx);
        cx.set_timer(self.stretched(cx.config.timeout) - late, Timer::Timeout(number));
    }

    /// A number for a ping; the answer brings it back.
    fn number(&mut self) -> u32 {
        self.numbered = self.numbered.wrapping_add(1);
        self.numbered
    }

    /// The target of the probe has not answered for a while: others are asked to ping it.
    pub(super) fn on_timeout<E: Effects<super::Swim<Peer>>>(
        &mut self,
        number: u32,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        let waits = |probe: &&mut Probe<Peer>| probe.number == number && !probe.answered;
        let Some(probe) = self.probe.as_mut().filter(waits) else { return };
        let target = probe.target;
        let asked = self.members.sample(cx.config.indirect as usize, target, cx.rng);
        probe.asked = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        for peer in asked {
            let updates = self.news_for(peer, false, cx);
            self.send(peer, Message::PingReq(Box::new(Request { probe: number, target, updates })), cx);
        }
    }

    /// Nobody has reached the target of this probe.
    fn give_up<E: Effects<super::Swim<Peer>>>(&mut self, probe: &Probe<Peer>, cx: &mut Cx<'_, Peer, E>) {
        cx.emit(OverlayEvent::Count(&measures::UNANSWERED, 1));
        // Who was asked and can be reached says so even if the target cannot: silence means that this node is slow.
        let silent = probe.asked.saturating_sub(probe.refused);
        self.feel(if probe.asked == 0 { 1 } else { silent.into() }, cx);
        let Some(member) = self.members.get(probe.target) else { return };
        let standing = if cx.config.suspicion { Standing::Suspect { by: self.me } } else { Standing::Failed };
        self.learn(Update { peer: probe.target, incarnation: member.incarnation, standing }, true, cx);
    }

    pub(super) fn on_ping<E: Effects<super::Swim<Peer>>>(
        &mut self,
        from: Peer,
        number: u32,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        if self.members.get(from).is_none() {
            // Whoever pings is there, though the news of it was lost on the way.
            self.learn(Update { peer: from, incarnation: 0, standing: Standing::Alive }, false, cx);
        }
        let updates = self.news_for(from, false, cx);
        self.send(from, Message::Ack { probe: number, updates }, cx);
    }

    pub(super) fn on_ping_req<E: Effects<super::Swim<Peer>>>(
        &mut self,
        from: Peer,
        request: &Request<Peer>,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        if request.target == self.me {
            return self.on_ping(from, request.probe, cx);
        }
        if self.relays.len() >= MOST_RELAYED {
            return cx.emit(OverlayEvent::Dropped("too_many_requests"));
        }
        let number = self.number();
        self.relays.push_back(Relay { number, asker: from, probe: request.probe, answered: false });
        let updates = self.news_for(request.target, false, cx);
        self.send(request.target, Message::Ping { probe: number, updates }, cx);
        // Sooner than the asker gives up, so that it can tell silence of the target from silence of this node.
        let four_fifths = Duration::from_nanos(cx.config.timeout.as_nanos() / 5 * 4);
        cx.set_timer(four_fifths, Timer::Relayed(number));
    }

    /// The time of a ping for another member is over.
    pub(super) fn on_relayed<E: Effects<super::Swim<Peer>>>(
        &mut self,
        number: u32,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        let Some(place) = self.relays.iter().position(|relay| relay.number == number) else { return };
        if let Some(relay) = self.relays.remove(place).filter(|relay| !relay.answered)
            && cx.config.local_health
        {
            self.send(relay.asker, Message::Nack { probe: relay.probe }, cx);
        }
    }

    pub(super) fn on_ack<E: Effects<super::Swim<Peer>>>(&mut self, number: u32, cx: &mut Cx<'_, Peer, E>) {
        if let Some(relay) = self.relays.iter_mut().find(|relay| relay.number == number && !relay.answered) {
            relay.answered = true;
            let (asker, probe) = (relay.asker, relay.probe);
            let updates = self.news_for(asker, false, cx);
            return self.send(asker, Message::Ack { probe, updates }, cx);
        }
        match self.probe.as_mut().filter(|probe| probe.number == number) {
            Some(probe) if !probe.answered => {
                probe.answered = true;
                self.feel(-1, cx);
            }
            // A second answer, of those who were asked.
            Some(_) => {}
            None => cx.emit(OverlayEvent::Dropped("late_answer")),
        }
    }

    pub(super) fn on_nack<E: Effects<super::Swim<Peer>>>(&mut self, number: u32, cx: &mut Cx<'_, Peer, E>) {
        match self.probe.as_mut().filter(|probe| probe.number == number) {
            Some(probe) => probe.refused = probe.refused.saturating_add(1),
            None => cx.emit(OverlayEvent::Dropped("late_answer")),
        }
    }

    /// What is told to `peer` with a message: first what is held of itself if it can object to that, then news.
    fn news_for<E: Effects<super::Swim<Peer>>>(
        &mut self,
        peer: Peer,
        buddy: bool,
        cx: &Cx<'_, Peer, E>,
    ) -> Updates<Peer> {
        let mut told = Vec::new();
        if let Some(member) = self.members.get(peer) {
            use super::members::State as Held;
            if member.state == Held::Failed || buddy && member.state == Held::Suspect {
                told.push(member.told_by(self.suspicions.last_by(peer).unwrap_or(self.me)));
            }
        }
        self.tell_rumors(&mut told, cx);
        told.into()
    }
}
