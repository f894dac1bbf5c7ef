//! A protocol that holds whom it wrote to or heard of, until it is told that they are gone.

use std::collections::BTreeMap;

use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_sim::payload::SimPayload;

/// Writes to a peer, or breaks with it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Write(u32),
    Break(u32),
}

/// The connection with this peer has ended, by either end.
pub(crate) struct Gone(u32);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Holder {
    /// Ascending.
    pub(crate) held: Vec<u32>,
    /// Number of the last message that came from each peer in the present connection.
    latest: BTreeMap<u32, u32>,
}

impl Holder {
    fn hold(&mut self, peer: u32) {
        if let Err(place) = self.held.binary_search(&peer) {
            self.held.insert(place, peer);
        }
    }

    /// Also when it was not held: each end of a connection is told.
    fn let_go<E: Effects<Self>>(&mut self, peer: u32, cx: &mut Context<'_, Self, E>) {
        self.held.retain(|&held| held != peer);
        self.latest.remove(&peer);
        cx.emit(Gone(peer));
    }
}

impl Types for Holder {
    type Peer = u32;
    type Message = SimPayload;
    type Timer = ();
    type Command = SimPayload;
    type Event = Gone;
    /// What each publication makes its slot do, by its index.
    type Config = Vec<Vec<Move>>;
}

impl Protocol for Holder {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start | Input::Timer(()) => {}
            Input::Command(content) => {
                for &step in &cx.config[content.index() as usize] {
                    match step {
                        Move::Write(peer) => {
                            self.hold(peer);
                            cx.send(peer, content);
                        }
                        Move::Break(peer) => {
                            self.let_go(peer, cx);
                            cx.disconnect(peer);
                        }
                    }
                }
            }
            Input::Message { from, message } => {
                self.hold(from);
                let before = self.latest.insert(from, message.index());
                assert!(before.is_none_or(|before| before <= message.index()), "a message was overtaken");
            }
            Input::LinkDown(peer) => self.let_go(peer, cx),
        }
    }
}

impl Observe for Holder {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> SimPayload {
        payload
    }
    fn observe(event: &Gone) -> Observation<u32, u32> {
        Observation::NeighborDown(event.0)
    }
    fn carried(message: &SimPayload) -> Option<Carried<u32>> {
        Some(Carried { message: message.index(), hops: 1 })
    }
    fn wire_size(message: &SimPayload) -> u32 {
        message.bytes()
    }
    fn neighbors(&self) -> &[u32] {
        &self.held
    }
}
