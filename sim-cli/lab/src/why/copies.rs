//! What became of the copies of messages, and who held whom as a neighbor.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::Time;
use floodnet_sim::observer::{Arrived, Observed};
use floodnet_sim::plan::{Plan, SlotSet};

use crate::trace::record::{Record, What};

/// Copies under way: by message, sender and receiver, with the times at which they were sent.
type UnderWay = BTreeMap<(u32, u32, u32), VecDeque<Time>>;

/// What became of the copies of messages over a run, taken from its steps in order.
#[derive(Debug)]
pub struct Copies {
    pub(super) plan: Arc<Plan>,
    /// By message.
    pub(super) messages: Vec<Spread>,
    /// By slot: for how long it held whom.
    pub(super) holds: Vec<Vec<Hold>>,
    under_way: UnderWay,
    /// The copy that a slot has taken in, while it is not known what became of it.
    taken: Option<(u32, Copy)>,
    /// The packet that brought what is delivered next: its sender, and its message if it carries one alone.
    packet: Option<(u32, Option<u32>)>,
}

/// How far one message came.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    /// When its origin published it; none when it did not.
    pub(super) published: Option<Time>,
    /// First arrivals at other slots; by slot once the run is over.
    pub(super) arrivals: Vec<Arrival>,
    /// Copies to slots that did not have the message, and that did not bring it to them.
    pub(super) failed: Vec<Copy>,
    reached: SlotSet,
}

/// The first arrival of a message at a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The slot.
    pub slot: u32,
    /// When.
    pub at: Time,
    /// Slot that sent this copy.
    pub from: u32,
    /// Hops from the origin.
    pub hops: u16,
}

/// A copy of a message that did not bring it to its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The sender.
    pub from: u32,
    /// The receiver.
    pub to: u32,
    /// When it was handed to the network.
    pub sent: Time,
    /// When it ended, or when that was certain; when it was still under way, the end of the run.
    pub ended: Time,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was lost, for this reason: `loss`, `cut`, `broken`, `down`, `stale`, `queue_full`, ...
    Lost(&'static str),
    /// It came, and the receiver ignored it for this reason.
    Ignored(&'static str),
    /// It came, and the receiver did not deliver it.
    NotDelivered,
    /// It was on its way when the run ended.
    UnderWay,
}

/// For how long a slot held a peer as a neighbor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) peer: u32,
    pub(super) from: Time,
    /// [`Time::MAX`] while it goes on.
    pub(super) until: Time,
}

impl Hold {
    /// Whether it lasts at some time in `[from, until)`.
    pub(super) fn overlaps(&self, from: Time, until: Time) -> bool {
        self.from < until && from < self.until
    }
}

impl Copies {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            messages: vec![Spread::default(); plan.publishes.len()],
            holds: vec![Vec::new(); plan.lives.len()],
            under_way: UnderWay::new(),
            taken: None,
            packet: None,
            plan,
        }
    }

    /// Takes the next step of the run.
    pub(super) fn take(&mut self, record: &Record) {
        let &Record { at, slot, what, .. } = record;
        match what {
            What::Takes(arrived) => {
                self.packet = match arrived {
                    Arrived::Packet { from, payload, .. } => Some((from, payload)),
                    _ => None,
                }
            }
            What::Sends { to, payload: Some(message), .. } => {
                self.under_way.entry((message, slot, to)).or_default().push_back(at);
            }
            What::Loses { from, to, payload: Some(message), reason } => {
                let sent = self.leave(message, from, to).unwrap_or(at);
                self.fail(message, Copy { from, to, sent, ended: at, fate: Fate::Lost(reason) });
            }
            What::Reports(what) => self.hear(at, slot, what),
            _ => {}
        }
    }

    fn hear(&mut self, at: Time, slot: u32, what: Observed) {
        match what {
            Observed::Received { from, payload: Some(message) } => {
                self.give_up_taken(Fate::NotDelivered);
                let sent = self.leave(message, from, slot).unwrap_or(at);
                let copy = Copy { from, to: slot, sent, ended: at, fate: Fate::NotDelivered };
                self.taken = Some((message, copy));
            }
            Observed::Up { .. } | Observed::Down(_) => self.release_all(at, slot),
            Observed::Protocol(said) => self.protocol_said(at, slot, said),
            _ => {}
        }
    }

    fn protocol_said(&mut self, at: Time, slot: u32, said: Observation<u32, u32>) {
        match said {
            Observation::Published(message) => {
                if let Some(spread) = self.messages.get_mut(message as usize) {
                    spread.published.get_or_insert(at);
                }
            }
            Observation::Delivered { message, hops } => {
                let taken = self.taken.take_if(|(number, copy)| *number == message && copy.to == slot);
                if taken.is_none() && self.packet.is_some_and(|(_, carried)| carried == Some(message)) {
                    self.has_not_failed(message, slot);
                }
                let from = taken.map(|(_, copy)| copy.from).or(self.packet.map(|(from, _)| from));
                self.deliver(message, Arrival { slot, at, from: from.unwrap_or(slot), hops });
            }
            // A copy of what it has.
            Observation::Duplicate(_) => self.taken = None,
            Observation::Dropped(reason) => self.give_up_taken(Fate::Ignored(reason)),
            Observation::NeighborUp(peer) => self.hold(at, slot, peer),
            Observation::NeighborDown(peer) => self.release(at, slot, peer),
            Observation::Repair
            | Observation::Failed(_)
            | Observation::Deed(_)
            | Observation::Count(..)
            | Observation::Record(..)
            | Observation::Other => {}
        }
    }

    fn deliver(&mut self, message: u32, arrival: Arrival) {
        let (Some(spread), Some(publish)) =
            (self.messages.get_mut(message as usize), self.plan.publishes.get(message as usize))
        else {
            return;
        };
        if publish.slot != arrival.slot && !spread.reached.contains(arrival.slot) {
            spread.reached.insert(arrival.slot);
            spread.arrivals.push(arrival);
        }
    }

    /// The node in `slot` had kept a copy until its application was free.
    fn has_not_failed(&mut self, message: u32, slot: u32) {
        let Some(spread) = self.messages.get_mut(message as usize) else { return };
        let is_kept = |copy: &Copy| copy.to == slot && copy.fate == Fate::NotDelivered;
        if let Some(place) = spread.failed.iter().position(is_kept) {
            spread.failed.remove(place);
        }
    }

    /// Takes a copy off its way; when it was sent, if it was.
    fn leave(&mut self, message: u32, from: u32, to: u32) -> Option<Time> {
        let times = self.under_way.get_mut(&(message, from, to))?;
        let sent = times.pop_front();
        if times.is_empty() {
            self.under_way.remove(&(message, from, to));
        }
        sent
    }

    /// Keeps a copy that did not bring the message, unless its receiver has it.
    fn fail(&mut self, message: u32, copy: Copy) {
        let is_origin = self.plan.publishes.get(message as usize).is_some_and(|it| it.slot == copy.to);
        if let Some(spread) = self.messages.get_mut(message as usize)
            && !is_origin
            && !spread.reached.contains(copy.to)
        {
            spread.failed.push(copy);
        }
    }

    fn give_up_taken(&mut self, fate: Fate) {
        if let Some((message, copy)) = self.taken.take() {
            self.fail(message, Copy { fate, ..copy });
        }
    }

    fn hold(&mut self, at: Time, slot: u32, peer: u32) {
        if slot != peer && (peer as usize) < self.holds.len() {
            self.holds[slot as usize].push(Hold { peer, from: at, until: Time::MAX });
        }
    }

    fn release(&mut self, at: Time, slot: u32, peer: u32) {
        let open = |hold: &&mut Hold| hold.peer == peer && hold.until == Time::MAX;
        self.holds[slot as usize].iter_mut().rev().filter(open).for_each(|hold| hold.until = at);
    }

    fn release_all(&mut self, at: Time, slot: u32) {
        let open = |hold: &&mut Hold| hold.until == Time::MAX;
        self.holds[slot as usize].iter_mut().filter(open).for_each(|hold| hold.until = at);
    }

    /// The run is over.
    pub(super) fn end(&mut self) {
        self.give_up_taken(Fate::NotDelivered);
        let ended = self.plan.duration;
        for ((message, from, to), times) in std::mem::take(&mut self.under_way) {
            for sent in times {
                self.fail(message, Copy { from, to, sent, ended, fate: Fate::UnderWay });
            }
        }
        for spread in &mut self.messages {
            spread.arrivals.sort_by_key(|arrival| arrival.slot);
            spread.failed.sort_by_key(|copy| (copy.to, copy.sent, copy.from));
        }
    }
}

impl Spread {
    /// The first arrival at `slot`.
    pub(super) fn arrival(&self, slot: u32) -> Option<&Arrival> {
        let place = self.arrivals.binary_search_by_key(&slot, |arrival| arrival.slot).ok()?;
        self.arrivals.get(place)
    }

    /// Copies to `slot` that did not bring the message, in the order in which they were sent.
    pub(super) fn failed_to(&self, slot: u32) -> &[Copy] {
        let from = self.failed.partition_point(|copy| copy.to < slot);
        let until = self.failed.partition_point(|copy| copy.to <= slot);
        &self.failed[from..until]
    }
}
