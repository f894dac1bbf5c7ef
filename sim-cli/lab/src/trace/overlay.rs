//! What happens to the overlay over a run, and how its messages spread: what a player of the run needs.
//!
//! A link is an edge of the measured graph, by the same rules as `floodnet_measure::graph`: both ends hold each other
//! (of directed views one end is enough), and no fault cuts between them. So whoever plays the changes before a time has the graph of the sample at that time.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Arrived, Observed};
use floodnet_sim::plan::{End, Plan, SlotSet};

use super::record::{Record, What};

/// What happened to the overlay over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverlayHistory {
    /// In order of time.
    pub events: Vec<OverlayEvent>,
    /// By message, in order of time.
    pub arrivals: Vec<Vec<OverlayArrival>>,
}

/// A change of the overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlayEvent {
    /// When.
    pub at: Time,
    /// What changed.
    pub change: OverlayChange,
}

/// What an event changes. Of a link the lower slot comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverlayChange {
    /// The slot came up.
    Up(u32),
    /// The slot held its first neighbor in this life.
    Joined(u32),
    /// The slot went down.
    Down(u32, End),
    /// Both ends hold each other from now on; of directed views one holds the other.
    Linked(u32, u32),
    /// That is no longer so.
    Unlinked(u32, u32),
    /// A fault begins to cut the link: already in a sample at this very time.
    Cut(u32, u32),
    /// No fault cuts the link any more: already in a sample at this very time.
    Mended(u32, u32),
}

/// A message reached a slot other than its origin, for the first time: a slot that left and came back may get it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlayArrival {
    /// When.
    pub at: Time,
    /// The slot.
    pub slot: u32,
    /// Slot that sent this copy.
    pub from: u32,
    /// Hops from the origin.
    pub hops: u16,
}

/// Whether this is about the overlay, or about who has a message.
pub(super) const fn concerns(what: Observed) -> bool {
    matches!(
        what,
        Observed::Up { .. }
            | Observed::Down(_)
            | Observed::Protocol(
                Observation::Delivered { .. } | Observation::NeighborUp(_) | Observation::NeighborDown(_)
            )
    )
}

/// Makes a history of the steps of a run.
pub(crate) struct Recorder {
    plan: Arc<Plan>,
    up: Vec<bool>,
    joined: Vec<bool>,
    /// Whom each slot holds.
    held: Vec<BTreeSet<u32>>,
    /// Whether a pair is linked when one of them holds the other, and both have joined.
    is_directed: bool,
    /// By whom each slot is held, where views are directed.
    holders: Vec<BTreeSet<u32>>,
    /// Linked pairs, and whether a fault cuts between them.
    links: BTreeMap<(u32, u32), bool>,
    /// Times at which what is cut changes, the earliest last.
    boundaries: Vec<Time>,
    /// The sender of what is delivered next.
    from: Option<u32>,
    /// Who has got each message.
    reached: Vec<SlotSet>,
    history: OverlayHistory,
}

impl Recorder {
    /// Of a run with this plan; in it views are directed or not.
    pub(crate) fn new(plan: Arc<Plan>, is_directed: bool) -> Self {
        let cuts = plan.disturbances.iter().filter(|fault| fault.kind.is_cut());
        let mut boundaries: Vec<Time> = cuts.flat_map(|fault| [fault.from, fault.until]).collect();
        boundaries.retain(|at| *at <= plan.duration);
        boundaries.sort_unstable_by(|a, b| b.cmp(a));
        boundaries.dedup();
        let slots = plan.lives.len();
        Self {
            up: vec![false; slots],
            joined: vec![false; slots],
            held: vec![BTreeSet::new(); slots],
            is_directed,
            holders: vec![BTreeSet::new(); slots],
            links: BTreeMap::new(),
            boundaries,
            from: None,
            reached: vec![SlotSet::default(); plan.publishes.len()],
            history: OverlayHistory { events: Vec::new(), arrivals: vec![Vec::new(); plan.publishes.len()] },
            plan,
        }
    }

    pub(crate) fn take(&mut self, record: &Record) {
        let &Record { at, slot, what, .. } = record;
        self.pass_boundaries(at);
        match what {
            What::Takes(Arrived::Packet { from, .. }) => self.from = Some(from),
            What::Takes(_) => self.from = None,
            What::Reports(what) => self.heard(at, slot, what),
            _ => {}
        }
    }

    fn heard(&mut self, at: Time, slot: u32, what: Observed) {
        match what {
            Observed::Up { .. } => {
                self.release_all(at, slot);
                self.up[slot as usize] = true;
                self.event(at, OverlayChange::Up(slot));
            }
            Observed::Down(end) => {
                self.release_all(at, slot);
                self.up[slot as usize] = false;
                self.event(at, OverlayChange::Down(slot, end));
            }
            Observed::Protocol(Observation::NeighborUp(peer)) => self.hold(at, slot, peer),
            Observed::Protocol(Observation::NeighborDown(peer)) => self.release(at, slot, peer),
            Observed::Protocol(Observation::Delivered { message, hops }) => {
                self.delivered(at, slot, message, hops);
            }
            _ => {}
        }
    }

    fn delivered(&mut self, at: Time, slot: u32, message: u32, hops: u16) {
        let Some(publish) = self.plan.publishes.get(message as usize) else { return };
        let reached = &mut self.reached[message as usize];
        if publish.slot == slot || reached.contains(slot) {
            return;
        }
        reached.insert(slot);
        let from = self.from.unwrap_or(publish.slot);
        if let Some(arrivals) = self.history.arrivals.get_mut(message as usize) {
            arrivals.push(OverlayArrival { at, slot, from, hops });
        }
    }

    fn hold(&mut self, at: Time, slot: u32, peer: u32) {
        // Nobody holds itself, nor a slot that does not exist; who is down holds nobody.
        if slot == peer || self.plan.lives.len() <= peer as usize || !self.up[slot as usize] {
            return;
        }
        let is_new = !std::mem::replace(&mut self.joined[slot as usize], true);
        if is_new {
            self.event(at, OverlayChange::Joined(slot));
        }
        self.held[slot as usize].insert(peer);
        if self.is_directed {
            self.holders[peer as usize].insert(slot);
        }
        if is_new && self.is_directed {
            self.holders[slot as usize].clone().into_iter().for_each(|other| self.link(at, slot, other));
        }
        self.link(at, slot, peer);
    }

    fn release(&mut self, at: Time, slot: u32, peer: u32) {
        if self.held[slot as usize].remove(&peer) {
            if self.is_directed {
                self.holders[peer as usize].remove(&slot);
            }
            self.link(at, slot, peer);
        }
    }

    fn release_all(&mut self, at: Time, slot: u32) {
        self.joined[slot as usize] = false;
        let held = self.held[slot as usize].clone();
        held.into_iter().for_each(|peer| self.release(at, slot, peer));
        // Others may hold on to it, but it is no node of the graph any more.
        self.holders[slot as usize].clone().into_iter().for_each(|other| self.link(at, slot, other));
    }

    /// Opens or ends the link of this pair if it should be there and is not, or is there and should not.
    fn link(&mut self, at: Time, slot: u32, peer: u32) {
        let (low, high) = (slot.min(peer), slot.max(peer));
        let holds = |one: u32, other: u32| self.held[one as usize].contains(&other);
        let is_held = if self.is_directed {
            let are_joined = self.joined[low as usize] && self.joined[high as usize];
            are_joined && (holds(low, high) || holds(high, low))
        } else {
            holds(low, high) && holds(high, low)
        };
        if !is_held {
            if self.links.remove(&(low, high)).is_some() {
                self.event(at, OverlayChange::Unlinked(low, high));
            }
        } else if let Entry::Vacant(place) = self.links.entry((low, high)) {
            place.insert(false);
            self.event(at, OverlayChange::Linked(low, high));
            self.mark(at, low, high, at);
        }
    }

    /// Cuts or mends a link as the plan says for `when`.
    fn mark(&mut self, at: Time, low: u32, high: u32, when: Time) {
        let is_cut = self.plan.is_cut(low, high, when) || self.plan.is_cut(high, low, when);
        if self.links.insert((low, high), is_cut) != Some(is_cut) {
            let change = if is_cut { OverlayChange::Cut } else { OverlayChange::Mended };
            self.event(at, change(low, high));
        }
    }

    /// Cuts and mends links at the times up to `at` at which faults begin or end.
    fn pass_boundaries(&mut self, at: Time) {
        while let Some(boundary) = self.boundaries.pop_if(|boundary| *boundary <= at) {
            let links: Vec<(u32, u32)> = self.links.keys().copied().collect();
            for (low, high) in links {
                self.mark(boundary, low, high, boundary);
            }
        }
    }

    fn event(&mut self, at: Time, change: OverlayChange) {
        self.history.events.push(OverlayEvent { at, change });
    }

    pub(crate) fn end(mut self) -> OverlayHistory {
        self.pass_boundaries(self.plan.duration + Duration::from_nanos(1));
        self.history
    }
}
