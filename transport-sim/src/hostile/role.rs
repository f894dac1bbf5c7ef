//! What one hostile node does.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodnet_core::distributions::{happens, share_to_threshold};
use floodnet_core::hostile::{Deed, MessageClass, Pretense};
use floodnet_core::protocol::{Context, Effects};
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
    pub(super) fn new(me: u32, scene: Arc<Scene>) -> Self {
        Self { me, scene, rng: NodeRng::new(0), held: BTreeMap::new(), next: 0, named: 0 }
    }

    /// A life begins: sets the first timers.
    pub(super) fn start<P, E>(&mut self, cx: &mut Context<'_, Hostile<P>, E>)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        // A name of this life that is known without its number, as on sockets.
        let life = fold(u64::from(self.me), cx.now.as_nanos());
        self.rng = NodeRng::new(fold(Purpose::Deeds.seed(self.scene.seed), life));
        let Some((group, place)) = self.scene.adversaries.group(self.me) else { return };
        if let (Some(at), Some(visits)) = (group.spec.connects_at(), group.visits.get(place))
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
        self.scene.adversaries.group(self.me).is_some_and(|(group, _)| group.spec.connect.is_some())
    }

    /// The group that it breaks the rules for at `now`; none while it keeps them.
    fn active(scene: &Scene, me: u32, now: Time) -> Option<&Group> {
        let (group, _) = scene.adversaries.group(me)?;
        (group.start <= now && now < group.stop).then_some(group)
    }

    /// Asks whom it connects to and does not hold.
    pub(super) fn connect<P, E>(&self, neighbors: &[u32], cx: &mut Context<'_, Hostile<P>, E>)
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let Some((group, place)) = self.scene.adversaries.group(self.me) else { return };
        let Some(connect) = group.spec.connect.filter(|_| cx.now < group.stop) else { return };
        for slot in due(&group.visits[place], cx.now).filter(|slot| !neighbors.contains(slot)) {
            let pretense = Pretense { sender: self.me, receiver: slot, named: self.me };
            if let Some(message) = P::forge(&cx.config.honest, MessageClass::Join, &pretense) {
                cx.send(slot, message);
            }
        }
        cx.set_timer(connect.every.into(), HostileTimer::Connect);
    }

    /// Sends what the deed number `number` invents.
    pub(super) fn forge<P, E>(
        &mut self,
        number: usize,
        neighbors: &[u32],
        cx: &mut Context<'_, Hostile<P>, E>,
    ) where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let scene = Arc::clone(&self.scene);
        let Some((group, place)) = scene.adversaries.group(self.me) else { return };
        let Some(&DeedSpec::Forge { what, every, .. }) = group.spec.does.get(number) else { return };
        if cx.now >= group.stop {
            return;
        }
        let mut receivers: Vec<u32> =
            group.visits.get(place).map(|visits| due(visits, cx.now).collect()).unwrap_or_default();
        if group.spec.connect.is_none() {
            receivers.extend(self.rng.pick(neighbors));
        }
        for receiver in receivers {
            let pretense = Pretense { sender: self.me, receiver, named: self.name(group) };
            if let Some(message) = P::forge(&cx.config.honest, what, &pretense) {
                cx.send(receiver, message);
                cx.emit(HostileEvent::Deed(Deed::Forged));
            }
        }
        cx.set_timer(every.into(), HostileTimer::Forge(number));
    }

    /// A made-up node in turn; or an accomplice, where none are made up.
    fn name(&mut self, group: &Group) -> u32 {
        let Some(turn) = self.named.checked_rem(group.names.end - group.names.start) else {
            return self.accomplice(group);
        };
        self.named = self.named.wrapping_add(1);
        group.names.start + turn
    }

    /// Another of its group by chance; itself, if it is alone.
    fn accomplice(&mut self, group: &Group) -> u32 {
        let others = u32::try_from(group.members.len()).unwrap_or(u32::MAX) - 1;
        let drawn = self.rng.below(others) as usize;
        let place = group.members.binary_search(&self.me).unwrap_or(0);
        let drawn = if drawn >= place { drawn + 1 } else { drawn };
        group.members.get(drawn).copied().unwrap_or(self.me)
    }

    /// Whether the node may take a packet in; says what it does with it.
    pub(super) fn takes_in<P, E>(&self, from: u32, message: &M, cx: &mut Context<'_, Hostile<P>, E>) -> bool
    where
        P: Tamperable<Message = M>,
        E: Effects<Hostile<P>>,
    {
        let Some(group) = Self::active(&self.scene, self.me, cx.now) else { return true };
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
        let scene = Arc::clone(&self.scene);
        let Some(group) = Self::active(&scene, self.me, now) else { return Some(fate) };
        let class = P::class(message);
        let carried = P::carried(message).map(|carried| carried.message);
        let is_from = |slot: u32| carried.is_some_and(|id| scene.origins.get(id as usize) == Some(&slot));
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
                    let named = self.accomplice(group);
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

    /// The packet that was held back under this number, and its receiver.
    pub(super) fn release(&mut self, number: u32) -> Option<(u32, M)> {
        self.held.remove(&number)
    }
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
