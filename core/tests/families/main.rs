//! HyParView, Cyclon, SWIM and Plumtree: dialogues with one node, what hostile peers can do to it, and the wire.

mod cyclon;
mod hostile;
mod hyparview;
#[path = "../common/note.rs"]
mod note;
mod plumtree;
mod swim;
mod wire;

use floodnet_core::broadcast::flood::Message;
use floodnet_core::overlay::{Overlay, OverlayEvent};
use floodnet_core::protocol::{Action, ActionOf, Context, InputOf};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};

/// An overlay's node, told one input at a time.
struct Dialogue<O: Overlay> {
    node: O,
    config: O::Config,
    rng: NodeRng,
    now: Time,
}

impl<O: Overlay<Peer = u32>> Dialogue<O> {
    fn new(node: O, config: O::Config, seed: u64) -> Self {
        Self { node, config, rng: NodeRng::new(seed), now: Time::ZERO }
    }

    fn tell(&mut self, input: InputOf<O>) -> Vec<ActionOf<O>> {
        let mut effects = Vec::new();
        let mut cx =
            Context { now: self.now, config: &self.config, rng: &mut self.rng, effects: &mut effects };
        self.node.handle(input, &mut cx);
        effects
    }

    /// Its neighbors, ascending.
    fn neighbors(&self) -> Vec<u32> {
        let mut neighbors = self.node.neighbors().to_vec();
        neighbors.sort_unstable();
        neighbors
    }
}

/// What was sent, and to whom.
fn sends<Peer: Copy, M: Clone, T, E>(actions: &[Action<Peer, M, T, E>]) -> Vec<(Peer, M)> {
    let sent = actions.iter().filter_map(|action| match action {
        Action::Send { to, message } => Some((*to, message.clone())),
        _ => None,
    });
    sent.collect()
}

/// What was reported of neighbors and dropped inputs.
fn told<M, T>(actions: &[Action<u32, M, T, OverlayEvent<u32>>]) -> Vec<OverlayEvent<u32>> {
    let told = actions.iter().filter_map(|action| match action {
        Action::Emit(event) => Some(*event),
        _ => None,
    });
    told.collect()
}

/// Only to name the type once.
type Flooded<P> = Message<P>;

fn ms(ms: u64) -> Time {
    Time::ZERO + Duration::from_millis(ms)
}
