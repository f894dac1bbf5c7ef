//! The passive view is renewed: lists of peers on random walks, and answers to them (4.4).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::message::{Peers, Shuffle};
use super::{HyParView, Message, Timer};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

impl<Peer: Copy + Ord> HyParView<Peer> {
    /// A period is over: a list goes on its way, and a node that lacks neighbors asks again.
    pub(super) fn on_shuffle_timer<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        cx.set_timer(cx.config.shuffle_every, Timer::Shuffle);
        if let Some(&to) = cx.rng.pick(&self.active) {
            let others: Vec<Peer> = self.active.iter().copied().filter(|&peer| peer != to).collect();
            let mut peers = sample(others, cx.config.shuffle_active, cx);
            peers.extend(sample(self.passive.as_slice().to_vec(), cx.config.shuffle_passive, cx));
            self.sent = Some(peers.clone().into_boxed_slice());
            let shuffle = Shuffle { origin: self.me, hop_limit: cx.config.shuffle_walk, peers };
            cx.send(to, Message::Shuffle(Box::new(shuffle)));
        }
        if self.lacks(cx.config) {
            self.passive.begin_round();
            self.promote(cx);
        }
    }

    pub(super) fn on_shuffle<E: Effects<Self>>(
        &mut self,
        from: Peer,
        mut shuffle: Box<Shuffle<Peer>>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let origin = shuffle.origin;
        if origin == self.me {
            return cx.emit(OverlayEvent::Dropped("own_shuffle"));
        }
        shuffle.hop_limit = shuffle.hop_limit.min(cx.config.shuffle_walk).saturating_sub(1);
        if shuffle.hop_limit > 0
            && self.active.len() > 1
            && let Some(next) = self.other(from, origin, cx)
        {
            return cx.send(next, Message::Shuffle(shuffle));
        }
        let count = u32::try_from(shuffle.peers.len()).unwrap_or(u32::MAX);
        let answer = sample(self.passive.as_slice().to_vec(), count, cx);
        cx.send(origin, Message::ShuffleReply(Box::new(Peers(answer.clone()))));
        if !self.active.contains(origin) && self.asked != Some(origin) {
            // Nothing else is to be said on this connection.
            cx.disconnect(origin);
        }
        shuffle.peers.push(origin);
        self.learn(&shuffle.peers, &answer, cx);
    }

    pub(super) fn on_shuffle_reply<E: Effects<Self>>(
        &mut self,
        peers: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        match self.sent.take() {
            Some(sent) => self.learn(peers, &sent, cx),
            None => cx.emit(OverlayEvent::Dropped("not_asked")),
        }
    }

    /// Notes `peers` in the passive view. Where there is no room, those go first that were `told` to the other node,
    /// which still knows them.
    fn learn<E: Effects<Self>>(&mut self, peers: &[Peer], told: &[Peer], cx: &mut Context<'_, Self, E>) {
        let mut told = told.iter();
        for &peer in peers {
            if peer == self.me || self.active.contains(peer) || self.passive.contains(peer) {
                continue;
            }
            if self.passive.len() >= cx.config.passive as usize {
                let _ = told.any(|&known| self.passive.remove(known));
            }
            self.passive.add(peer, cx.config.passive, cx.rng);
        }
    }
}

/// So many of `peers`, or all, in random order.
fn sample<Peer: Copy + Ord, E: Effects<HyParView<Peer>>>(
    mut peers: Vec<Peer>,
    count: u32,
    cx: &mut Context<'_, HyParView<Peer>, E>,
) -> Vec<Peer> {
    let count = peers.len().min(count as usize);
    for place in 0..count {
        let drawn = cx.rng.place(peers.len() - place);
        peers.swap(place, place + drawn);
    }
    peers.truncate(count);
    peers
}
