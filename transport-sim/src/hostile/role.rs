//! What one hostile node does.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodnet_core::distributions::{happens, share_to_threshold};
use floodnet_core::hostile::{Deed, MessageClass, Pretense};
use floodnet_core::protocol::{Context, Effects, Input, InputOf};
use floodnet_core::rng::{NodeRng, Purpose, fold};
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::Wire;

use super::{Hostile, HostileEvent, HostileTimer, Scene, Tamperable};
use crate::plan::{Group, Visit};
use crate::spec::{Censor, DeedSpec};

/// One hostile node in one life. `M` is a message of its protocol.
pub(super) struct Role<M> {
    me: u32,
    scene: Arc<Scene>,
    /// The number of its group.
    group: usize,
    /// Its place among the members of that.
    place: usize,
    /// Its own, so that the node draws what it would draw if it were honest.
    rng: NodeRng,
    /// Packets that are held back.
    held: BTreeMap<u32, (u32, M)>,
    /// Number of the next one.
    next: u32,
    /// How many names it has made up.
    named: u32,
}

/// What becomes of a packet that a hostile node was to send.
struct Fate {
    delay: Duration,
    copies: u32,
    /// Time from one copy to the next.
    apart: Duration,
}

impl<M> Role<M> {
    /// That of `me` in the scene; none if it is honest.
    pub(super) fn new(me: u32, scene: &Arc<Scene>) -> Option<Self> {
        let (group, place) = scene.adversaries.place(me)?;
        let (scene, rng) = (Arc::clone(scene), NodeRng::new(0));
        Some(Self { me, scene, group, place, rng, held: BTreeMap::new(), next: 0, named: 0 })
    }

    /// What it does with an input before its node gets it. Says whether the node gets it.
    pub(super) fn passes<P, E>(
        &mut self,
        input: &InputOf<Hostile<P>>,
        neighbors: &[u32],
        cx: &mut Context<'_, Hostile<P>, E>,
    ) -> bool
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        match input {
            Input::Start => self.start(cx),
            Input::Message { from, message } => return self.takes_in(*from, message, cx),
            Input::Timer(HostileTimer::Connect) => self.connect(neighbors, cx),
            Input::Timer(HostileTimer::Forge(deed)) => self.forge(*deed, neighbors, cx),
            Input::Timer(HostileTimer::Release(number)) => {
                if let Some((to, message)) = self.held.remove(number) {
                    cx.send(to, message);
                }
            }
            Input::Timer(HostileTimer::Node(_)) | Input::Command(_) | Input::LinkDown(_) => {}
        }
        true
    }

    /// A life begins: sets the first timers.
    fn start<P, E>(&mut self, cx: &mut Context<'_, Hostile<P>, E>)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        // A name of this life that is known without its number, as on sockets.
        let life = fold(u64::from(self.me), cx.now.as_nanos());
        self.rng = NodeRng::new(fold(Purpose::Deeds.seed(self.scene.seed), life));
        let group = group(&self.scene, self.group);
        if let (Some(at), Some(visits)) = (group.spec.connects_at(), group.visits.get(self.place))
            && !visits.is_empty()
        {
            cx.set_timer(at.after_start().since(cx.now), HostileTimer::Connect);
        }
        for (number, deed) in group.spec.does.iter().enumerate() {
            if let DeedSpec::Forge { .. } = deed {
                cx.set_timer(group.start.since(cx.now), HostileTimer::Forge(number));
            }
        }
    }

    /// Whether it takes any number of links.
    pub(super) fn is_unbounded(&self) -> bool {
        group(&self.scene, self.group).spec.connect.is_some()
    }

    /// Asks whom it connects to and does not hold.
    fn connect<P, E>(&self, neighbors: &[u32], cx: &mut Context<'_, Hostile<P>, E>)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let group = group(&self.scene, self.group);
        let Some(connect) = group.spec.connect.filter(|_| cx.now < group.stop) else { return };
        for slot in due(&group.visits[self.place], cx.now).filter(|slot| !neighbors.contains(slot)) {
            let pretense = Pretense { sender: self.me, receiver: slot, named: self.me };
            if let Some(message) = P::forge(&cx.config.honest, MessageClass::Join, &pretense) {
                cx.send(slot, message);
            }
        }
        cx.set_timer(connect.every.into(), HostileTimer::Connect);
    }

    /// Sends what the deed number `number` invents.
    fn forge<P, E>(&mut self, number: usize, neighbors: &[u32], cx: &mut Context<'_, Hostile<P>, E>)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let group = group(&self.scene, self.group);
        let Some(&DeedSpec::Forge { what, every, .. }) = group.spec.does.get(number) else { return };
        if cx.now >= group.stop {
            return;
        }
        let mut receivers: Vec<u32> =
            group.visits.get(self.place).map(|visits| due(visits, cx.now).collect()).unwrap_or_default();
        if group.spec.connect.is_none() {
            receivers.extend(self.rng.pick(neighbors));
        }
        for receiver in receivers {
            let named = match self.named.checked_rem(group.names.end - group.names.start) {
                Some(turn) => {
                    self.named = self.named.wrapping_add(1);
                    group.names.start + turn
                }
                // Where none are made up.
                None => accomplice(group, self.place, &mut self.rng),
            };
            let pretense = Pretense { sender: self.me, receiver, named };
            if let Some(message) = P::forge(&cx.config.honest, what, &pretense) {
                cx.send(receiver, message);
                cx.emit(HostileEvent::Deed(Deed::Forged));
            }
        }
        cx.set_timer(every.into(), HostileTimer::Forge(number));
    }

    /// Whether the node may take a packet in; says what it does with it.
    fn takes_in<P, E>(&self, from: u32, message: &M, cx: &mut Context<'_, Hostile<P>, E>) -> bool
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let group = group(&self.scene, self.group);
        if !breaks_rules(group, cx.now) {
            return true;
        }
        let class = P::class(message);
        for deed in &group.spec.does {
            match deed {
                DeedSpec::Ignore(ignored) if *ignored == class => {
                    cx.emit(HostileEvent::Deed(Deed::Ignored));
                    return false;
                }
                DeedSpec::Collude(_) => {
                    if let Some(carried) = P::carried(message) {
                        cx.emit(HostileEvent::Deed(Deed::Heard { message: carried.message, from }));
                    }
                }
                _ => {}
            }
        }
        true
    }

    /// The node wants `message` sent: sends it, or something else, or later, or not.
    pub(super) fn send<P, E>(&mut self, now: Time, (to, mut message): (u32, M), effects: &mut E)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let Some(fate) = self.decide::<P, E>(now, &mut message, effects) else { return };
        // The copies first, while the message is here.
        let apart = (1..=fate.copies).map(|copy| fate.delay + fate.apart.times(copy.into()));
        for after in apart {
            if let Some(copy) = copy(&message) {
                effects.emit(HostileEvent::Deed(Deed::Repeated));
                self.send_after(after, to, copy, effects);
            }
        }
        if fate.delay > Duration::ZERO {
            effects.emit(HostileEvent::Deed(Deed::Delayed(fate.delay)));
        }
        self.send_after::<P, E>(fate.delay, to, message, effects);
    }

    /// What becomes of `message`, which may be altered; none if it is dropped.
    fn decide<P, E>(&mut self, now: Time, message: &mut M, effects: &mut E) -> Option<Fate>
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let mut fate = Fate { delay: Duration::ZERO, copies: 0, apart: Duration::ZERO };
        let group = group(&self.scene, self.group);
        if !breaks_rules(group, now) {
            return Some(fate);
        }
        let class = P::class(message);
        let carried = P::carried(message).map(|carried| carried.message);
        let is_from =
            |slot: u32| carried.is_some_and(|id| self.scene.origins.get(id as usize) == Some(&slot));
        for deed in &group.spec.does {
            match *deed {
                DeedSpec::Drop { share, of }
                    if of == class && happens(share_to_threshold(share), self.rng.bits()) =>
                {
                    effects.emit(HostileEvent::Deed(Deed::Dropped { payload: carried.is_some() }));
                    return None;
                }
                DeedSpec::Censor(Censor { from }) if is_from(from) => {
                    effects.emit(HostileEvent::Deed(Deed::Dropped { payload: true }));
                    return None;
                }
                DeedSpec::Delay { by, of } if of == class => fate.delay = fate.delay + by.into(),
                DeedSpec::Repeat { times, after, of } if of == class => {
                    (fate.copies, fate.apart) = (times, after.into());
                }
                DeedSpec::Lie(of) if of == class => {
                    let named = accomplice(group, self.place, &mut self.rng);
                    if P::lie(message, named) {
                        effects.emit(HostileEvent::Deed(Deed::Lied));
                    }
                }
                _ => {}
            }
        }
        Some(fate)
    }

    fn send_after<P, E>(&mut self, after: Duration, to: u32, message: M, effects: &mut E)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        if after == Duration::ZERO {
            return effects.send(to, message);
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.held.insert(number, (to, message));
        effects.set_timer(after, HostileTimer::Release(number));
    }
}

/// The group of this number, which is known to be there.
fn group(scene: &Scene, number: usize) -> &Group {
    &scene.adversaries.groups[number]
}

/// Whether a group breaks the rules at `now`.
fn breaks_rules(group: &Group, now: Time) -> bool {
    group.start <= now && now < group.stop
}

/// Another member than that at `place`, by chance; that one itself, if it is alone.
fn accomplice(group: &Group, place: usize, rng: &mut NodeRng) -> u32 {
    let drawn = rng.place(group.members.len() - 1);
    let other = if drawn >= place { drawn + 1 } else { drawn };
    group.members.get(other).copied().unwrap_or(group.members[place])
}

/// Those of `visits`, which are in order, whose time has come.
fn due(visits: &[Visit], now: Time) -> impl Iterator<Item = u32> + '_ {
    visits.iter().take_while(move |visit| visit.from <= now).map(|visit| visit.slot)
}

/// The same message once more. By way of its bytes, because not every message can be cloned.
fn copy<M: Wire>(message: &M) -> Option<M> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    M::decode(&mut &bytes[..]).ok()
}
