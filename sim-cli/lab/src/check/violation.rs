//! The invariants, and a breach of one.

use std::fmt;

use floodnet_core::time::Time;

/// Makes the enum and its words from one list: `Name = code, sentence`.
macro_rules! invariants {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $says:literal;)*) => {
        /// What must hold. The codes are those of the catalogue of invariants in `docs/swarm.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Invariant {
            $($(#[$doc])* $name,)*
        }

        impl Invariant {
            /// All invariants, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Code of the invariant in the catalogue.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The invariant in a line.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)*
                }
            }
        }
    };
}

invariants! {
    /// A message is accepted at most once per life, while it is remembered.
    Once = "I1", "a message is accepted at most once while it is remembered";
    /// Nothing is delivered or sent that was not published before.
    Published = "I2", "nothing is delivered or sent that was not published";
    /// Every collection that a node keeps stays within its bound.
    Bounded = "I3", "every collection stays within its bound";
    /// A message is passed on at most once on each link, and not back unless echo is on.
    PassedOnce = "I4", "a message is passed on at most once per link, and not back to its sender";
    /// Each step of a walking request costs a hop; each step of a message is counted.
    Hops = "I5", "every hop is counted";
    /// No link to oneself, none twice; a node reports its neighbors correctly.
    Links = "I6", "no self-links, no double links, neighbors reported correctly";
    /// Timers come back once and on time; inputs come in the promised order.
    Order = "I7", "inputs and timers come in order and on time";
    /// No panic, no endless run.
    Ends = "I8", "no panic, no endless run";
    /// A link is held by both ends, or after a while by neither.
    Symmetric = "I6b", "a link is held by both ends, or soon by neither";
    /// After a quiet period, the nodes are one component.
    OnePiece = "I11", "after a quiet period all nodes are one component";
    /// After a quiet period, a message reaches everybody.
    Reaches = "I12", "after a quiet period a message reaches everybody";
    /// After a quiet period, queues are empty.
    Drains = "I13", "after a quiet period queues are empty";
    /// Packets sent = received + lost + in flight.
    Conserved = "I14", "packets sent = received + lost + in flight";
    /// Every engine gives the same digest.
    SameDigest = "D2", "every engine gives the same digest";
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code(), self.says())
    }
}

/// A breach of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant that is broken.
    pub invariant: Invariant,
    /// Simulated time of the breach.
    pub at: Time,
    /// The slot where it happened; none where it concerns all.
    pub slot: Option<u32>,
    /// What happened, in a sentence without its end.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, at, slot, what } = self;
        write!(f, "{} at {:.6} s", invariant.code(), floodnet_measure::seconds(*at))?;
        if let Some(slot) = slot {
            write!(f, ", slot {slot}")?;
        }
        write!(f, ": {what}")
    }
}

/// Ends the run at once: the violation unwinds to [`check_protocol`](super::check_protocol), past everything between.
/// Unlike a panic it prints nothing on its way.
pub(super) fn broken(invariant: Invariant, at: Time, slot: Option<u32>, what: String) -> ! {
    std::panic::resume_unwind(Box::new(Violation { invariant, at, slot, what }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_in_the_documentation_has_the_same_codes() {
        let catalogue = include_str!("../../../../docs/swarm.md");
        // A row of the catalogue begins with the code, alone in its cell: `| I6b | ..`.
        let cells = catalogue.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
        let is_code = |cell: &str| {
            cell.starts_with(['I', 'D']) && cell[1..].starts_with(|next: char| next.is_ascii_digit())
        };
        let documented: BTreeSet<&str> = cells.map(|(code, _)| code).filter(|code| is_code(code)).collect();
        let known: BTreeSet<&str> = Invariant::ALL.iter().map(|invariant| invariant.code()).collect();
        assert_eq!(documented, known);
        assert_eq!(known.len(), Invariant::ALL.len(), "no code stands for two invariants");
    }
}
