//! The boundary: what goes into a node and what comes out.
//!
//! A [`Protocol`] is a state machine. A driver (the simulator, a tokio task, a test) hands it one
//! [`Input`] at a time and takes its effects. The rules on both sides:
//!
//! - `handle` never fails, blocks or panics on what a peer sends. Bad input is dropped and counted
//!   under a named reason, by an event.
//! - `now` never goes back.
//! - **There is no `connect`.** A `send` to a peer without a connection opens one. A dial that gets no
//!   answer, a broken connection and a peer's goodbye all come back as [`Input::LinkDown`]. On
//!   transports without connections (datagrams) `LinkDown` never comes: such protocols must probe.
//! - A timer that was set comes back exactly once while the node lives and cannot be cancelled; the
//!   node checks then whether it still matters, and keeps only a bounded number of them outstanding.
//! - Effects happen in the order in which they were pushed.
//! - The same inputs and the same seed give the same effects on every machine and in every build.

use alloc::vec::Vec;

use crate::rng::NodeRng;
use crate::time::{Duration, Time};

/// The vocabulary of a protocol, apart from its behavior, so that [`Context`] and [`Effects`] serve
/// overlays, broadcasts and whole protocols alike.
pub trait Types: Sized {
    /// Names another node: a slot number in the simulator, an identity on sockets.
    type Peer: Copy + Ord;
    /// What travels between nodes, as a value: it becomes bytes only by [`crate::wire`].
    type Message;
    /// What a timer brings back. The simulator keeps it in every event, so it should be small, or boxed.
    type Timer: Clone;
    /// What the application asks of the node.
    type Command;
    /// What the node tells the application.
    type Event;
    /// Settings, held by the driver and lent at each call, so that a million nodes share one.
    type Config;
}

/// A node: everything it will ever do follows from its inputs and its random stream.
pub trait Protocol: Types {
    /// Takes one input and pushes its effects.
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>);
}

/// What a driver can tell a node. Generic over plain types, so that derives work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<Peer, Message, Timer, Command> {
    /// The node is up: the first input of each life.
    Start,
    /// The application asks for something, such as to publish a message.
    Command(Command),
    /// A message arrived from another node.
    Message {
        /// The node at the other end of the link, not the origin of what is passed on.
        from: Peer,
        /// The message, decoded.
        message: Message,
    },
    /// A timer that this node set is due.
    Timer(Timer),
    /// The connection to this peer is gone, or could not be opened.
    LinkDown(Peer),
}

/// [`Input`] in the vocabulary of `T`.
pub type InputOf<T> =
    Input<<T as Types>::Peer, <T as Types>::Message, <T as Types>::Timer, <T as Types>::Command>;

/// An effect as data, for tests, traces and simple drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<Peer, Message, Timer, Event> {
    /// Send `message` to `to`, opening a connection if there is none.
    Send {
        /// The node that is to receive it; need not be a neighbor.
        to: Peer,
        /// The message, not yet encoded.
        message: Message,
    },
    /// Bring `timer` back after `after`.
    SetTimer {
        /// How long after this input.
        after: Duration,
        /// The value that [`Input::Timer`] will bring.
        timer: Timer,
    },
    /// Close the connection to this peer, behind what was already sent. No `LinkDown` follows here;
    /// the peer gets one.
    Disconnect(Peer),
    /// Tell the application and the measurements that this happened.
    Emit(Event),
}

/// [`Action`] in the vocabulary of `T`.
pub type ActionOf<T> =
    Action<<T as Types>::Peer, <T as Types>::Message, <T as Types>::Timer, <T as Types>::Event>;

/// Where a node pushes what it wants done. The simulator's writes straight into the event queue.
pub trait Effects<T: Types> {
    /// See [`Action::Send`].
    fn send(&mut self, to: T::Peer, message: T::Message);
    /// See [`Action::SetTimer`].
    fn set_timer(&mut self, after: Duration, timer: T::Timer);
    /// See [`Action::Disconnect`].
    fn disconnect(&mut self, peer: T::Peer);
    /// See [`Action::Emit`].
    fn emit(&mut self, event: T::Event);
}

impl<T: Types> Effects<T> for Vec<ActionOf<T>> {
    fn send(&mut self, to: T::Peer, message: T::Message) {
        self.push(Action::Send { to, message });
    }
    fn set_timer(&mut self, after: Duration, timer: T::Timer) {
        self.push(Action::SetTimer { after, timer });
    }
    fn disconnect(&mut self, peer: T::Peer) {
        self.push(Action::Disconnect(peer));
    }
    fn emit(&mut self, event: T::Event) {
        self.push(Action::Emit(event));
    }
}

/// What a node may use while it handles an input. All of it is borrowed from the driver.
#[derive(Debug)]
pub struct Context<'a, T: Types, E> {
    /// The time of this input.
    pub now: Time,
    /// The settings, which the driver lends to many nodes at once.
    pub config: &'a T::Config,
    /// The node's own random stream.
    pub rng: &'a mut NodeRng,
    /// Takes the effects of this input, in the order in which they are pushed.
    pub effects: &'a mut E,
}

impl<T: Types, E: Effects<T>> Context<'_, T, E> {
    /// Sends `message` to `to`; see [`Action::Send`].
    #[inline]
    pub fn send(&mut self, to: T::Peer, message: T::Message) {
        self.effects.send(to, message);
    }

    /// Asks for `timer` to come back after `after`; see [`Action::SetTimer`].
    #[inline]
    pub fn set_timer(&mut self, after: Duration, timer: T::Timer) {
        self.effects.set_timer(after, timer);
    }

    /// Sets a timer for half to one and a half pauses, so that nodes hit by one fault do not act in step. `pause_ms` is
    /// in milliseconds.
    pub fn set_timer_about(&mut self, pause_ms: u32, timer: T::Timer) {
        let after = u64::from(pause_ms / 2) + u64::from(self.below(pause_ms));
        self.set_timer(Duration::from_millis(after), timer);
    }

    /// A random part of `period`, so that nodes that came up together do not act in step.
    pub fn phase(&mut self, period: Duration) -> Duration {
        Duration::from_nanos(u64::from(self.rng.bits()).saturating_mul(period.as_nanos() >> 16) >> 16)
    }

    /// Sets the first of timers that come once in each `period`, at a random [`phase`](Self::phase) of it.
    pub fn set_first_timer(&mut self, period: Duration, timer: T::Timer) {
        let phase = self.phase(period);
        self.set_timer(phase, timer);
    }

    /// Closes the connection to `peer`; see [`Action::Disconnect`].
    #[inline]
    pub fn disconnect(&mut self, peer: T::Peer) {
        self.effects.disconnect(peer);
    }

    /// Tells the application; see [`Action::Emit`].
    #[inline]
    pub fn emit(&mut self, event: T::Event) {
        self.effects.emit(event);
    }

    /// A number below `bound` from the node's random stream; see [`NodeRng::below`].
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        self.rng.below(bound)
    }
}
