//! What a node does about lost neighbors: it asks for others in their place, and tries them again, since they may still
//! be alive behind a network partition.

use alloc::boxed::Box;

use arrayvec::ArrayVec;

use super::{Island, RandomWalk, Sourced, Timer};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

/// How many are remembered. A guess: one node in a hundred that finds a peer again is enough to join two halves.
pub(super) const CAPACITY: usize = 4;
/// How often one is tried, with pauses that double: over 17 minutes in all.
const TRIES: u8 = 8;
/// How long after its loss a peer is tried for the first time.
const PAUSE_MS: u32 = 4_000;

/// A lost neighbor and how often it was tried in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Try<Peer> {
    peer: Peer,
    tries: u8,
}

/// Remembers lost neighbors, tries them one by one, and forgets those that it tried too often.
///
/// When the network is partitioned, each side replaces its lost links by itself. Without this memory the two
/// sides would stay apart after the partition ends.
///
/// Takes one word while no peer is remembered, which is the case at nearly every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost<Peer>(Option<Box<Missed<Peer>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Missed<Peer> {
    waiting: ArrayVec<Try<Peer>, CAPACITY>,
    trying: Option<Try<Peer>>,
}

impl<Peer: Copy + Eq> Lost<Peer> {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// How many lost peers are still remembered.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |missed| missed.waiting.len() + usize::from(missed.trying.is_some()))
    }

    /// This neighbor was lost just now. The one that was lost first makes room.
    pub(super) fn add(&mut self, peer: Peer) {
        self.forget(peer);
        let missed =
            self.0.get_or_insert_with(|| Box::new(Missed { waiting: ArrayVec::new(), trying: None }));
        if missed.waiting.is_full() {
            missed.waiting.remove(0);
        }
        missed.waiting.push(Try { peer, tries: 0 });
    }

    /// Whether no lost peer is remembered.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// This peer is no longer lost.
    pub(super) fn forget(&mut self, peer: Peer) {
        self.change(|missed| {
            missed.waiting.retain(|lost| lost.peer != peer);
            missed.trying = missed.trying.filter(|lost| lost.peer != peer);
        });
    }

    /// The pause before the next try, in milliseconds, if there is one.
    pub(super) fn pause_ms(&self) -> Option<u32> {
        self.0.as_ref()?.waiting.first().map(|lost| PAUSE_MS << lost.tries)
    }

    /// The peer to try now. It counts as reached unless [`failed`](Self::failed) is called.
    pub(super) fn next(&mut self) -> Option<Peer> {
        self.change(|missed| missed.trying = missed.waiting.pop_at(0));
        self.0.as_ref()?.trying.map(|lost| lost.peer)
    }

    /// This peer could not be reached.
    pub(super) fn failed(&mut self, peer: Peer) {
        self.change(|missed| {
            if let Some(lost) = missed.trying.filter(|lost| lost.peer == peer) {
                missed.trying = None;
                if lost.tries + 1 < TRIES && !missed.waiting.is_full() {
                    missed.waiting.push(Try { tries: lost.tries + 1, ..lost });
                }
            }
        });
    }

    /// Changes the memory, if there is one, and frees it when it becomes empty.
    fn change(&mut self, change: impl FnOnce(&mut Missed<Peer>)) {
        if let Some(missed) = &mut self.0 {
            change(missed);
            if missed.waiting.is_empty() && missed.trying.is_none() {
                self.0 = None;
            }
        }
    }
}

impl<Peer: Sourced> RandomWalk<Peer> {
    /// A neighbor was lost, or a dial failed.
    pub(super) fn on_link_down<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if self.remove(peer, cx) {
            self.island = Island::Possible;
            if cx.config.repair {
                self.miss(peer, cx);
            }
            self.replace(cx);
        } else {
            self.lost.failed(peer);
            self.forget_contact(peer, cx);
        }
        self.watch_lost(cx);
    }

    /// A dial failed, or a contact hung up. The timers see to it, and ask another; but who has nobody left and finds
    /// that a peer it remembers is gone asks the next at once. That ends with the last of them.
    fn forget_contact<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        let known = self.remembered.len();
        if known > 1 {
            self.remembered.retain(|known| *known != peer);
        }
        let is_lone = self.was_joined && self.neighbors.is_empty() && cx.config.repair;
        if is_lone && self.remembered.len() < known {
            self.ask_contact(cx);
        }
    }

    /// Will try `peer` again: it may only be cut off. With the first of several, an entry node as well: who
    /// came up on the far side of a cut never had a neighbor on the near side.
    fn miss<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if self.lost.is_empty()
            && let Some(&entry) = cx.rng.pick(&cx.config.entry)
            && entry != self.me
            && !self.is_neighbor(entry)
        {
            self.lost.add(entry);
        }
        self.lost.add(peer);
    }

    /// Asks for a link in place of one that was lost.
    pub(super) fn replace<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        // The tutorial replaces each lost link; who retries asks for what it lacks, and for no more.
        if !self.neighbors.is_empty() {
            if self.misses(cx.config) > 0 || !cx.config.retry {
                cx.emit(OverlayEvent::Repair);
                self.ask_neighbor(cx);
            }
        } else if cx.config.repair {
            self.ask_contact(cx);
        }
        self.watch(cx);
    }

    pub(super) fn on_revisit<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.revisit_pending = false;
        if let Some(peer) = self.lost.next().filter(|&peer| !self.is_neighbor(peer)) {
            cx.emit(OverlayEvent::Repair);
            let back = self.asks_back(None, cx);
            self.ask(peer, back, cx);
        }
        self.watch_lost(cx);
    }

    /// Sees to it that a timer runs while there is a lost neighbor to try.
    pub(super) fn watch_lost<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.revisit_pending {
            return;
        }
        if let Some(pause) = self.lost.pause_ms() {
            self.revisit_pending = true;
            cx.set_timer_about(pause, Timer::Revisit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_tried_in_turn_with_growing_pauses_and_then_forgotten() {
        let mut lost = Lost::new();
        lost.add(1);
        lost.add(2);
        assert_eq!((lost.pause_ms(), lost.next()), (Some(4_000), Some(1)));
        lost.failed(1);
        assert_eq!(lost.next(), Some(2));
        assert_eq!((lost.pause_ms(), lost.next()), (Some(8_000), Some(1)), "2 was reached: not tried again");
        for _ in 0..6 {
            lost.failed(1);
            assert_eq!(lost.next(), Some(1));
        }
        lost.failed(1);
        assert_eq!((lost.pause_ms(), lost.next()), (None, None));
    }

    #[test]
    fn the_first_lost_makes_room_and_the_found_are_forgotten() {
        let mut lost = Lost::new();
        (1..=5).for_each(|peer| lost.add(peer));
        lost.forget(3);
        assert_eq!([lost.next(), lost.next(), lost.next(), lost.next()], [Some(2), Some(4), Some(5), None]);
        lost.failed(7);
        assert_eq!(lost.next(), None, "7 was never lost");
    }
}
