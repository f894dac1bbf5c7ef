//! A protocol that does what a script says and reacts to nothing: it only tells what it sees.

use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::time::Duration;
use floodnet_sim::payload::SimPayload;

/// One thing that a scripted node does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Send the published message to this slot.
    Say(u32),
    /// Send it a packet that carries no message of the application.
    Control(u32),
    /// Close the connections with it.
    Disconnect(u32),
    /// Hold it as a neighbor.
    Keep(u32),
    /// Set a timer.
    Ring(Duration),
}

/// What travels: a message, or only the weight of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    content: SimPayload,
    is_message: bool,
}

/// What a scripted node tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// A message arrived.
    Got(u32),
    /// A connection is gone: observed as `NeighborDown`.
    Down(u32),
    /// A timer came back: observed as `Repair`.
    Rang,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Script {
    kept: Vec<u32>,
}

impl Types for Script {
    type Peer = u32;
    type Message = Packet;
    type Timer = ();
    type Command = SimPayload;
    type Event = Told;
    /// The steps of each publication, by its index.
    type Config = Vec<Vec<Step>>;
}

impl Protocol for Script {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {}
            Input::Command(content) => {
                for &step in &cx.config[content.index() as usize] {
                    self.act(step, content, cx);
                }
            }
            Input::Message { message, .. } if message.is_message => {
                cx.emit(Told::Got(message.content.index()))
            }
            Input::Message { .. } => {}
            Input::Timer(()) => cx.emit(Told::Rang),
            Input::LinkDown(peer) => cx.emit(Told::Down(peer)),
        }
    }
}

impl Script {
    fn act<E: Effects<Self>>(&mut self, step: Step, content: SimPayload, cx: &mut Context<'_, Self, E>) {
        match step {
            Step::Say(to) => cx.send(to, Packet { content, is_message: true }),
            Step::Control(to) => cx.send(to, Packet { content, is_message: false }),
            Step::Disconnect(peer) => cx.disconnect(peer),
            Step::Keep(peer) => self.kept.push(peer),
            Step::Ring(after) => cx.set_timer(after, ()),
        }
    }
}

impl Observe for Script {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> SimPayload {
        payload
    }

    fn observe(event: &Told) -> Observation<u32, u32> {
        match *event {
            Told::Got(message) => Observation::Delivered { message, hops: 1 },
            Told::Down(peer) => Observation::NeighborDown(peer),
            Told::Rang => Observation::Repair,
        }
    }

    fn carried(message: &Packet) -> Option<Carried<u32>> {
        message.is_message.then_some(Carried { message: message.content.index(), hops: 1 })
    }

    /// Exactly the size that the plan names.
    fn wire_size(message: &Packet) -> u32 {
        message.content.bytes()
    }

    fn neighbors(&self) -> &[u32] {
        &self.kept
    }
}
