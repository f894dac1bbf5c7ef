//! What this overlay measures of itself, besides the [measures of detection](crate::detection).

use crate::detection;
use crate::measure::{Measure, Worse};

/// Messages of a node in a period.
pub static PACKETS: Measure =
    Measure::histogram("packets_per_period", "Messages that a member sends in a period.", Worse::Higher);

/// Probes without an answer.
pub static UNANSWERED: Measure = Measure::counter(
    "unanswered_probes",
    "Probes that had no answer until the period was over, of this way or another.",
    Worse::Neither,
);

/// Objections of members.
pub static OBJECTIONS: Measure = Measure::counter(
    "objections",
    "How often a member heard that it is suspected or held for failed, and objected.",
    Worse::Neither,
);

/// All of them.
pub(super) static ALL: [&Measure; 7] = [
    &PACKETS,
    &UNANSWERED,
    &OBJECTIONS,
    &detection::FIRST,
    &detection::EVERYBODY,
    &detection::FALSE_ALARMS,
    &detection::FALSE_ALARMS_BY_WELL,
];
