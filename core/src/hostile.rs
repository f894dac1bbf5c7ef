//! What an adversary may know of a protocol, and what a measurement learns of its deeds.
//!
//! An adversary is a wrapper around a node of any protocol. It tells messages apart by their [`MessageClass`], which
//! a protocol declares with its observations. To invent or alter messages it needs the protocol's help, which is
//! optional: see `forge` and `lie` of [`Observe`](crate::observe::Observe).

use core::fmt;

use crate::time::Duration;

/// What a message is for, whatever protocol it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "tables",
    derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema),
    serde(rename_all = "snake_case"),
    schemars(description = "What messages are for.")
)]
pub enum MessageClass {
    /// It carries a message of the application.
    Payload,
    /// It says which messages the sender has.
    Advert,
    /// It asks for a message of the application.
    Request,
    /// It asks for a neighbor.
    Join,
    /// It grants such a request.
    Accept,
    /// It tells of other nodes.
    Membership,
    /// It ends a link, or what travels over it.
    Prune,
    /// It finds out whether a peer is there.
    Ping,
}

impl MessageClass {
    /// All classes, in the order in which they are declared.
    pub const ALL: [Self; 8] = [
        Self::Payload,
        Self::Advert,
        Self::Request,
        Self::Join,
        Self::Accept,
        Self::Membership,
        Self::Prune,
        Self::Ping,
    ];

    /// Its name in a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Advert => "advert",
            Self::Request => "request",
            Self::Join => "join",
            Self::Accept => "accept",
            Self::Membership => "membership",
            Self::Prune => "prune",
            Self::Ping => "ping",
        }
    }
}

/// A set of classes of messages. Its text names them, such as `payload, join`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u8);

impl Classes {
    /// No class.
    pub const NONE: Self = Self(0);

    /// These classes.
    #[must_use]
    pub const fn of(classes: &[MessageClass]) -> Self {
        let (mut bits, mut place) = (0, 0);
        while place < classes.len() {
            bits |= 1 << classes[place] as u8;
            place += 1;
        }
        Self(bits)
    }

    /// The classes of either set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `class` is in the set.
    #[must_use]
    pub const fn contains(self, class: MessageClass) -> bool {
        self.0 >> class as u8 & 1 == 1
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known = MessageClass::ALL.into_iter().filter(|&class| self.contains(class));
        let Some(first) = known.next() else { return f.write_str("none") };
        f.write_str(first.name())?;
        known.try_for_each(|class| write!(f, ", {}", class.name()))
    }
}

/// What an invented message is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pretense<Peer> {
    /// Who sends it.
    pub sender: Peer,
    /// Who gets it.
    pub receiver: Peer,
    /// Whom it names as joiner or neighbor: the sender itself, an accomplice, or nobody who exists.
    pub named: Peer,
}

/// What an adversary did, as a measurement sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<Peer, Id> {
    /// It did not pass a packet on.
    Dropped {
        /// Whether the packet carried a message of the application.
        payload: bool,
    },
    /// It held a packet back for so long.
    Delayed(Duration),
    /// It did not take a packet in.
    Ignored,
    /// It sent a packet once more.
    Repeated,
    /// It sent a packet that it had invented.
    Forged,
    /// It altered a packet.
    Lied,
    /// It told its accomplices that a message reached it.
    Heard {
        /// Which message.
        message: Id,
        /// Who sent it the packet.
        from: Peer,
    },
}

impl<Peer, Id> Deed<Peer, Id> {
    /// What it did, in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Dropped { .. } => "dropped",
            Self::Delayed(_) => "delayed",
            Self::Ignored => "ignored",
            Self::Repeated => "repeated",
            Self::Forged => "forged",
            Self::Lied => "lied",
            Self::Heard { .. } => "heard",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_set_of_classes_names_what_it_holds() {
        let some = Classes::of(&[MessageClass::Prune, MessageClass::Payload]);
        assert_eq!(some.to_string(), "payload, prune");
        assert_eq!(some.and(Classes::of(&[MessageClass::Join])).to_string(), "payload, join, prune");
        assert_eq!(Classes::NONE.to_string(), "none");
        for class in MessageClass::ALL {
            assert!(Classes::of(&[class]).contains(class), "{class:?}");
            assert_eq!(some.contains(class), matches!(class, MessageClass::Payload | MessageClass::Prune));
        }
    }
}
