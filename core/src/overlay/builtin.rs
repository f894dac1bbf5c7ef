//! The overlays that scenarios can name.
//!
//! One more is a folder beside this file and a line here. To be combined with every broadcast, it also has its row and its
//! arms in `sim-cli/scenario/src/protocol/any.rs`, where the compiler leads from one to the next.

use super::{Cyclon, EntryNodes, HyParView, OverlayVisitor, RandomWalk, Swim};

/// Shows `visitor` the overlays that scenarios can name. [`Fixed`](super::Fixed) is not among them: whoever names it must
/// have a graph.
pub fn visit<Setting: EntryNodes>(visitor: &mut impl OverlayVisitor<Setting>) {
    visitor.overlay::<RandomWalk<u32>>();
    visitor.overlay::<HyParView<u32>>();
    visitor.overlay::<Cyclon<u32>>();
    visitor.overlay::<Swim<u32>>();
}
