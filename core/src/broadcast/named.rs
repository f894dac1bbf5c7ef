//! How a scenario names a broadcast.

use core::fmt::Debug;

use super::Broadcast;
use crate::invariants::Invariants;
use crate::observe::Payload;
use crate::reconcile::Dated;
use crate::tables::CheckedTable;
use crate::wire::Wire;

/// Content that a broadcast can spread in a simulation and between processes.
pub trait PortablePayload:
    Payload<Id: Wire + Send, Seen: Send> + Dated + Wire + Send + Debug + 'static
{
}

impl<P: Payload<Id: Wire + Send, Seen: Send> + Dated + Wire + Send + Debug + 'static> PortablePayload for P {}

/// A broadcast that a scenario can name.
pub trait NamedBroadcast:
    Broadcast<
        Peer = u32,
        Message: Wire + Send + Debug + 'static,
        Timer: Send + Debug + 'static,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send + Sync + 'static,
    > + Invariants
    + Send
    + Debug
    + 'static
{
    /// The word after `broadcast.` in a scenario.
    const NAME: &'static str;

    /// A key of the table: where it is set, this broadcast runs in place of the one that has the same name and table.
    const FOR_KEY: Option<&'static str> = None;

    /// The table `[broadcast.NAME]`; often the settings themselves.
    type Table: CheckedTable + Into<Self::Config>;

    /// The broadcast side of a fresh node for `slot`.
    fn node(slot: u32, config: &Self::Config) -> Self;
}

/// Takes in broadcasts one by one.
pub trait BroadcastVisitor<P: PortablePayload> {
    /// Takes in the broadcast `B`.
    fn broadcast<B: NamedBroadcast<Payload = P>>(&mut self);
}

/// The broadcasts that scenarios can name, shown to a visitor.
macro_rules! visited {
    ($($variant:ident = $number:literal [$($broadcast:tt)*] $($word:literal [$($table:tt)*])?;)*) => {
        /// Shows `visitor` the broadcasts that scenarios can name.
        pub fn visit<P: PortablePayload>(visitor: &mut impl BroadcastVisitor<P>) {
            $(visitor.broadcast::<$($broadcast)*<u32, P>>();)*
        }
    };
}

crate::builtin_broadcasts!(visited!);
