//! Dissemination: how does a message spread over the neighbors?
//!
//! | module | broadcast |
//! |---|---|
//! | [`flood`] | to every neighbor, duplicates suppressed |
//! | [`flood::history`] | the same, with a memory that neighbors make equal |
//! | [`gossip`] | to a few random neighbors, once |
//! | [`plumtree`] | Plumtree: along a tree, and announced beside it |

pub mod flood;
pub mod gossip;
#[cfg(feature = "tables")]
mod named;
pub mod plumtree;

pub use flood::Flood;
pub use flood::history::FloodWithHistory;
pub use gossip::Gossip;
#[cfg(feature = "tables")]
pub use named::{BroadcastVisitor, NamedBroadcast, PortablePayload, visit};
pub use plumtree::Plumtree;

/// Hands the broadcasts that scenarios can name to a macro, a row for each: its number where several are one type, its type
/// without the arguments, and, unless it shares them with another, the word after `broadcast.` and its table.
#[cfg(feature = "tables")]
#[macro_export]
macro_rules! builtin_broadcasts {
    ($with:ident!) => {
        $with! {
            Flood = 0 [$crate::broadcast::Flood] "flood" [$crate::broadcast::flood::Table];
            FloodWithHistory = 3 [$crate::broadcast::FloodWithHistory];
            Gossip = 1 [$crate::broadcast::Gossip] "gossip" [$crate::broadcast::gossip::Config];
            Plumtree = 2 [$crate::broadcast::Plumtree] "plumtree" [$crate::broadcast::plumtree::Table];
        }
    };
}

use crate::hostile::{Classes, MessageClass};
use crate::inbox::Inbox;
use crate::measure::Measure;
use crate::observe::{Carried, Payload};
use crate::protocol::{Context, Effects, Types};

/// What a broadcast can be told. It has no `LinkDown`: the overlay decides who is a neighbor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastInput<Peer, Message, Timer, Command> {
    /// The node is up: the first input of each life.
    Start,
    /// The application asks for something.
    Command(Command),
    /// A message of this broadcast arrived.
    Message {
        /// The neighbor that passed it on, not its origin.
        from: Peer,
        /// The message, decoded.
        message: Message,
    },
    /// A timer that this broadcast set is due.
    Timer(Timer),
    /// The overlay took this peer as a neighbor.
    NeighborUp(Peer),
    /// The overlay lost this neighbor.
    NeighborDown(Peer),
}

/// [`BroadcastInput`] in the vocabulary of `T`.
pub type BroadcastInputOf<T> =
    BroadcastInput<<T as Types>::Peer, <T as Types>::Message, <T as Types>::Timer, <T as Types>::Command>;

/// What the application can ask of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastCommand<P> {
    /// Spread this message to all other nodes.
    Publish(P),
    /// The application cannot take deliveries now: keep them in a bounded queue.
    Hold,
    /// It can again: hand out what waits.
    Resume,
}

/// What a broadcast tells the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastEvent<P, Id> {
    /// The application's message is on its way.
    Published(Id),
    /// A message for the application, each at most once while it is remembered.
    Delivered {
        /// What the application of another node published.
        payload: P,
        /// Links that it crossed: 1 from a neighbor.
        hops: u16,
    },
    /// A further copy was suppressed.
    Duplicate(Id),
    /// An input was ignored, for the reason named.
    Dropped(&'static str),
    /// Adds to a counter of its own.
    Count(&'static Measure, u64),
    /// Adds a value to a distribution of its own; of times in nanoseconds.
    Record(&'static Measure, u64),
}

/// The event type of a broadcast of `P`.
pub type BroadcastEventOf<P> = BroadcastEvent<P, <P as Payload>::Id>;

/// Delivers a message with its hops, or lets it wait in `inbox` while the application is busy: up to `queue` of them.
#[inline(always)]
fn deliver<B: Broadcast, E: Effects<B>>(
    inbox: &mut Inbox<(B::Payload, u16)>,
    message: (B::Payload, u16),
    queue: u32,
    cx: &mut Context<'_, B, E>,
) {
    match inbox.offer(message, queue) {
        Ok(Some((payload, hops))) => cx.emit(BroadcastEvent::Delivered { payload, hops }),
        Ok(None) => {}
        Err(_) => cx.emit(BroadcastEvent::Dropped("inbox_full")),
    }
}

/// Spreads messages over the neighbors that an overlay keeps.
///
/// It is shown the overlay's view with each input and keeps none. The view is the one *after* the input;
/// changes are told one by one, in order.
pub trait Broadcast:
    Types<
        Command = BroadcastCommand<<Self as Broadcast>::Payload>,
        Event = BroadcastEventOf<<Self as Broadcast>::Payload>,
    >
{
    /// The content that the application publishes.
    type Payload: Payload;

    /// Takes one input and pushes its effects; the rules of [`crate::protocol`] apply.
    ///
    /// The neighbors are in `view`, which a slice is and a node hands out only when asked: a suppressed copy
    /// of a message, which is most of what comes, needs none of them and so does not touch their memory.
    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[Self::Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    );

    /// The application's message inside `message`, if any.
    fn carried(message: &Self::Message) -> Option<Carried<<Self::Payload as Payload>::Id>>;

    /// What `message` is for; see [`Observe::class`](crate::observe::Observe::class). Default: payload if it carries
    /// a message of the application, else an advert.
    #[must_use]
    fn class(message: &Self::Message) -> MessageClass {
        if Self::carried(message).is_some() { MessageClass::Payload } else { MessageClass::Advert }
    }

    /// The classes that [`class`](Self::class) tells apart. Default: payload alone, which a broadcast that sends
    /// anything else adds to.
    #[must_use]
    fn classes(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::of(&[MessageClass::Payload])
    }

    /// What `message` is, in a word: traffic is counted by it.
    #[inline]
    fn kind(message: &Self::Message) -> &'static str {
        let _ = message;
        "payload"
    }

    /// Gives `declare` each measure of its own.
    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        let _ = declare;
    }
}
