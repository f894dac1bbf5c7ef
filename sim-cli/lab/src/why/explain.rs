//! The place at which a message stopped on its way to a slot.

use std::collections::VecDeque;

use floodnet_core::time::Time;
use floodnet_sim::plan::{Disturbance, DisturbanceKind, Life, Plan};

use super::Traced;
use super::copies::{Arrival, Copies, Copy, Fate, Hold, Spread};

/// Why a slot missed a message: where the message stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its origin did not publish it.
    NotPublished,
    /// This copy ended on its way.
    Copy(Copy, Option<Cause>),
    /// It came after the deadline, and waited longest between these two slots.
    Late(Hop),
    /// A slot that had it held a neighbor, and did not send it there.
    NotPassedOn {
        /// Who had it.
        from: u32,
        /// The neighbor.
        to: u32,
        /// Since when `from` had it.
        had: Time,
        /// Since when `from` held `to`.
        held: Time,
    },
    /// Nobody who had it held one of so many slots, which it would have had to pass through.
    CutOff {
        /// How many; 1: the slot itself.
        slots: u32,
        /// The fault that separated them, if it is one.
        cause: Option<Cause>,
    },
}

impl Place {
    /// The word for it in files.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotPublished => "not_published",
            Self::Copy(Copy { fate, .. }, _) => match fate {
                Fate::Lost(_) => "lost",
                Fate::Ignored(_) => "ignored",
                Fate::NotDelivered => "not_delivered",
                Fate::UnderWay => "under_way",
            },
            Self::Late(_) => "late",
            Self::NotPassedOn { .. } => "not_passed_on",
            Self::CutOff { .. } => "cut_off",
        }
    }
}

/// What is behind the end of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A fault, by its name in scenarios.
    Fault {
        /// Its name.
        name: &'static str,
        /// When it begins.
        from: Time,
        /// When it ends.
        until: Time,
    },
    /// A slot is down, since then.
    Down(u32, Time),
}

/// One step of a message on the way that brought it to a slot first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The sender.
    pub from: u32,
    /// When the sender had it.
    pub had: Time,
    /// The receiver.
    pub to: u32,
    /// When it came there.
    pub came: Time,
}

/// A slot that should have got a message by the deadline and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The slot.
    pub slot: u32,
    /// Its arrival after the deadline.
    pub late: Option<Arrival>,
    /// Where the message stopped.
    pub place: Place,
    /// Copies that were sent to it and did not bring it the message.
    pub copies: Vec<Copy>,
}

/// A message, and who missed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its number.
    pub message: u32,
    /// Slot that publishes it.
    pub origin: u32,
    /// When the plan has it published.
    pub at: Time,
    /// The deadline.
    pub due: Time,
    /// Whether the run is long enough for its deadline: else it does not count.
    pub is_counted: bool,
    /// Slots that should get it.
    pub receivers: u32,
    /// Those that did not by the deadline, by slot.
    pub missed: Vec<Missed>,
}

/// A slot at the time of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The life it was in, with its number; none when it was down.
    pub life: Option<(u32, Life)>,
    /// When it held its first neighbor in that life.
    pub joined: Option<Time>,
    /// Whom it held.
    pub holds: Vec<u32>,
    /// Who held it.
    pub held_by: Vec<u32>,
}

/// Explains the messages of a run.
#[derive(Debug)]
pub struct Explainer<'t> {
    copies: &'t Copies,
    traced: &'t Traced,
    /// By slot: who held it, and for how long; the peer is the holder.
    held_by: Vec<Vec<Hold>>,
}

impl<'t> Explainer<'t> {
    /// Of a run that was followed for its copies.
    #[must_use]
    pub fn new(traced: &'t Traced) -> Self {
        let copies = &traced.copies;
        let mut held_by: Vec<Vec<Hold>> = vec![Vec::new(); copies.holds.len()];
        for (holder, holds) in (0..).zip(&copies.holds) {
            for hold in holds {
                held_by[hold.peer as usize].push(Hold { peer: holder, ..*hold });
            }
        }
        Self { copies, traced, held_by }
    }

    fn plan(&self) -> &'t Plan {
        &self.copies.plan
    }

    /// How many messages the plan has.
    #[must_use]
    pub fn messages(&self) -> u32 {
        u32::try_from(self.copies.messages.len()).unwrap_or(u32::MAX)
    }

    /// How many slots the run has.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.plan().slots()
    }

    /// The slots that should get `message`, ascending.
    #[must_use]
    pub fn receivers(&self, message: u32) -> Vec<u32> {
        let Some(window) = self.window(message) else { return Vec::new() };
        (0..self.slots()).filter(|&slot| self.receives(slot, &window)).collect()
    }

    fn window(&self, message: u32) -> Option<Window<'t>> {
        let publish = self.plan().publishes.get(message as usize)?;
        let spread = &self.copies.messages[message as usize];
        let until = publish.at + self.traced.deadline;
        Some(Window { message, origin: publish.slot, from: publish.at, until, spread })
    }

    /// What became of `message`; none if the plan has no such message.
    #[must_use]
    pub fn message(&self, message: u32) -> Option<Explained> {
        let window = self.window(message)?;
        let receivers = self.receivers(message);
        let missing = |slot: &&u32| !window.has(**slot);
        let missed: Vec<u32> = receivers.iter().filter(missing).copied().collect();
        let places = if missed.is_empty() { Vec::new() } else { self.places(&window) };
        let missed = missed.into_iter().map(|slot| Missed {
            slot,
            late: window.spread.arrival(slot).copied(),
            place: places[slot as usize].clone().unwrap_or_else(|| self.cut_off(slot, &window, &places)),
            copies: window.spread.failed_to(slot).to_vec(),
        });
        Some(Explained {
            message,
            origin: window.origin,
            at: window.from,
            due: window.until,
            is_counted: window.until <= self.plan().duration,
            receivers: u32::try_from(receivers.len()).unwrap_or(u32::MAX),
            missed: missed.collect(),
        })
    }

    /// Whether `slot` should get the message: it is up from the publication to the deadline.
    fn receives(&self, slot: u32, window: &Window<'_>) -> bool {
        let life = self.plan().life_at(slot, window.from);
        slot != window.origin && life.is_some_and(|(_, life)| life.stop >= window.until)
    }

    /// The first arrival of `message` at `slot`.
    #[must_use]
    pub fn arrival(&self, message: u32, slot: u32) -> Option<Arrival> {
        self.copies.messages.get(message as usize)?.arrival(slot).copied()
    }

    /// The way on which `message` came to `slot` first, from its origin on; empty when it did not.
    #[must_use]
    pub fn path(&self, message: u32, slot: u32) -> Vec<Hop> {
        let Some(spread) = self.copies.messages.get(message as usize) else { return Vec::new() };
        let Some(publish) = self.plan().publishes.get(message as usize) else { return Vec::new() };
        let mut hops = Vec::new();
        let mut to = slot;
        // A sender had it before its receiver, so this ends.
        while let Some(arrival) = spread.arrival(to) {
            let had = spread.arrival(arrival.from).map_or(publish.at, |before| before.at);
            hops.push(Hop { from: arrival.from, had, to, came: arrival.at });
            if had >= arrival.at {
                break;
            }
            to = arrival.from;
        }
        hops.reverse();
        hops
    }

    /// `slot` at `time`: its life and its neighbors.
    #[must_use]
    pub fn around(&self, slot: u32, time: Time) -> Around {
        let then = |holds: &[Hold]| {
            let mut peers: Vec<u32> = holds
                .iter()
                .filter(|hold| hold.from <= time && time < hold.until)
                .map(|hold| hold.peer)
                .collect();
            peers.sort_unstable();
            peers.dedup();
            peers
        };
        let life = self.plan().life_at(slot, time);
        let holds = &self.copies.holds[slot as usize];
        let first = |(_, life): (u32, Life)| {
            holds.iter().map(|hold| hold.from).find(|from| life.start <= *from && *from < life.stop)
        };
        Around {
            life,
            joined: life.and_then(first),
            holds: then(holds),
            held_by: then(&self.held_by[slot as usize]),
        }
    }

    /// For each slot that missed the message the place where it stopped, its own or one behind its neighbors.
    fn places(&self, window: &Window<'_>) -> Vec<Option<Place>> {
        let slots = self.plan().slots();
        if window.spread.published.is_none() {
            return vec![Some(Place::NotPublished); slots as usize];
        }
        let own = |slot| if window.has(slot) { None } else { self.own_place(slot, window) };
        let mut places: Vec<Option<Place>> = (0..slots).map(own).collect();
        // From the slots with a place of their own to those that would have got the message from them, the nearest first.
        let mut queue: VecDeque<u32> = (0..slots).filter(|slot| places[*slot as usize].is_some()).collect();
        while let Some(slot) = queue.pop_front() {
            for hold in self.copies.holds[slot as usize].iter().filter(|hold| window.meets(hold)) {
                if !window.has(hold.peer) && places[hold.peer as usize].is_none() {
                    let place = places[slot as usize].clone();
                    places[hold.peer as usize] = place;
                    queue.push_back(hold.peer);
                }
            }
        }
        places
    }

    /// The place next to `slot`: a copy that was sent to it, or a neighbor that had the message.
    fn own_place(&self, slot: u32, window: &Window<'_>) -> Option<Place> {
        let sent = window.spread.failed_to(slot).iter().find(|copy| copy.sent < window.until);
        if let Some(copy) = sent {
            return Some(Place::Copy(*copy, cause(self.plan(), copy)));
        }
        if window.spread.arrival(slot).is_some() {
            let slowest = |hop: &Hop| hop.came.since(hop.had);
            return self.path(window.message, slot).into_iter().max_by_key(slowest).map(Place::Late);
        }
        // The neighbor that could have passed it on first.
        let could = self.held_by[slot as usize].iter().filter(|hold| window.meets(hold)).filter_map(|hold| {
            let had = window.since(hold.peer)?;
            (had < hold.until).then_some((had.max(hold.from), hold.peer, had, hold.from))
        });
        could.min().map(|(_, from, had, held)| Place::NotPassedOn { from, to: slot, had, held })
    }

    /// Nothing led to `slot`: how many slots it is cut off with, and by what.
    fn cut_off(&self, slot: u32, window: &Window<'_>, places: &[Option<Place>]) -> Place {
        let mut island = vec![slot];
        let mut known = vec![false; places.len()];
        known[slot as usize] = true;
        let mut next = 0;
        while let Some(&slot) = island.get(next) {
            next += 1;
            let (holds, held_by) = (&self.copies.holds[slot as usize], &self.held_by[slot as usize]);
            for hold in holds.iter().chain(held_by).filter(|hold| window.meets(hold)) {
                let peer = hold.peer as usize;
                if !known[peer] && !window.has(hold.peer) && places[peer].is_none() {
                    known[peer] = true;
                    island.push(hold.peer);
                }
            }
        }
        let cuts = |fault: &&Disturbance| {
            fault.from < window.until && window.from < fault.until && fault.kind.cuts(window.origin, slot)
        };
        let cause = self.plan().disturbances.iter().find(cuts).map(fault);
        Place::CutOff { slots: u32::try_from(island.len()).unwrap_or(u32::MAX), cause }
    }
}

/// A message between its publication and its deadline.
struct Window<'s> {
    message: u32,
    origin: u32,
    from: Time,
    until: Time,
    spread: &'s Spread,
}

impl Window<'_> {
    /// Since when `slot` had the message, if it had it by the deadline.
    fn since(&self, slot: u32) -> Option<Time> {
        if slot == self.origin {
            return self.spread.published;
        }
        self.spread.arrival(slot).map(|arrival| arrival.at).filter(|at| *at < self.until)
    }

    fn has(&self, slot: u32) -> bool {
        self.since(slot).is_some()
    }

    fn meets(&self, hold: &Hold) -> bool {
        hold.overlaps(self.from, self.until)
    }
}

/// What a copy ended of, where it can be told: a fault on its way, or an end that was down.
fn cause(plan: &Plan, copy: &Copy) -> Option<Cause> {
    let Fate::Lost(_) = copy.fate else { return None };
    let lasts = |disturbance: &&Disturbance| {
        let meets = disturbance.from <= copy.ended && copy.sent < disturbance.until;
        meets && disturbance.kind.cuts(copy.from, copy.to)
    };
    if let Some(cut) = plan.disturbances.iter().find(lasts) {
        return Some(fault(cut));
    }
    for slot in [copy.to, copy.from] {
        if [copy.sent, copy.ended].into_iter().any(|time| plan.life_at(slot, time).is_none()) {
            let before = plan.lives.get(slot as usize)?.iter().rev().find(|life| life.stop <= copy.ended);
            return Some(Cause::Down(slot, before.map_or(Time::ZERO, |life| life.stop)));
        }
    }
    let loses = |it: &&Disturbance| {
        matches!(it.kind, DisturbanceKind::Loss(_)) && it.from <= copy.ended && copy.sent < it.until
    };
    plan.disturbances.iter().find(loses).map(fault)
}

const fn fault(disturbance: &Disturbance) -> Cause {
    Cause::Fault { name: disturbance.kind.key(), from: disturbance.from, until: disturbance.until }
}
