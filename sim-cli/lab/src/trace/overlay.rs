//! What happens to the overlay over a run, and how its messages spread: what a player of the run needs.
//!
//! A link is an edge of the measured graph, by the same rules as `floodnet_measure::graph`: both ends hold each other,
//! and no fault cuts between them. So whoever plays the changes before a time has the graph of the sample at that time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Progress;
use floodnet_sim::observer::{Arrived, Observed};
use floodnet_sim::plan::{End, Plan, SlotSet};

use super::record::{Record, What};
use super::{Follow, Followed, Keep, follow};
use crate::Protocols;
use crate::run::prepare;
use floodnet_scenario::{Complaint, Scenario};

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
    /// Both ends hold each other from now on.
    Linked(u32, u32),
    /// One end no longer holds the other.
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

/// Runs `scenario` and keeps what happens to its overlay.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn history(
    scenario: &Scenario,
    protocols: &Protocols,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<(OverlayHistory, Followed), Complaint> {
    let setup = prepare(scenario, protocols)?;
    let mut recorder = Recorder::new(setup.plan);
    let how = Follow { keep: Keep::Overlay, ..Follow::default() };
    let mut sink = |_: Time, records: Vec<Record>| {
        records.iter().for_each(|record| recorder.take(record));
        true
    };
    let followed = follow(scenario, protocols, &how, &mut sink, watch)?;
    Ok((recorder.end(), followed))
}

/// Makes a history of the steps of a run.
pub(crate) struct Recorder {
    plan: Arc<Plan>,
    up: Vec<bool>,
    joined: Vec<bool>,
    /// Whom each slot holds.
    held: Vec<BTreeSet<u32>>,
    /// Pairs that hold each other, and whether a fault cuts between them.
    links: BTreeMap<(u32, u32), bool>,
    /// Times at which what is cut changes, the earliest last.
    boundaries: Vec<Time>,
    /// The packet that was taken last: its sender.
    from: Option<u32>,
    /// Who has got each message.
    reached: Vec<SlotSet>,
    history: OverlayHistory,
}

impl Recorder {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
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
        if !std::mem::replace(&mut self.joined[slot as usize], true) {
            self.event(at, OverlayChange::Joined(slot));
        }
        self.held[slot as usize].insert(peer);
        if self.held[peer as usize].contains(&slot) {
            let (low, high) = (slot.min(peer), slot.max(peer));
            if self.links.insert((low, high), false).is_none() {
                self.event(at, OverlayChange::Linked(low, high));
                self.mark(at, low, high, at);
            }
        }
    }

    fn release(&mut self, at: Time, slot: u32, peer: u32) {
        if self.held[slot as usize].remove(&peer) {
            let (low, high) = (slot.min(peer), slot.max(peer));
            if self.links.remove(&(low, high)).is_some() {
                self.event(at, OverlayChange::Unlinked(low, high));
            }
        }
    }

    fn release_all(&mut self, at: Time, slot: u32) {
        let held = std::mem::take(&mut self.held[slot as usize]);
        for peer in held {
            self.held[slot as usize].insert(peer);
            self.release(at, slot, peer);
        }
        self.joined[slot as usize] = false;
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
