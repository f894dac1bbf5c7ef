//! The broadcasts that scenarios can name.
//!
//! One more is a module beside this file and a line here. To be combined with every overlay, it also has its row and its
//! arms in `sim-cli/scenario/src/protocol/any.rs`, where the compiler leads from one to the next.

use super::{BroadcastVisitor, Flood, FloodWithHistory, Gossip, Plumtree, PortablePayload};

/// Shows `visitor` the broadcasts that scenarios can name.
pub fn visit<P: PortablePayload>(visitor: &mut impl BroadcastVisitor<P>) {
    visitor.broadcast::<Flood<u32, P>>();
    visitor.broadcast::<FloodWithHistory<u32, P>>();
    visitor.broadcast::<Gossip<u32, P>>();
    visitor.broadcast::<Plumtree<u32, P>>();
}
