//! Measures of a detector of failures. A node cannot take them, for it does not know who is down: it says that it holds
//! a peer for failed ([`Observation::Failed`](crate::observe::Observation::Failed)), and whoever measures the run compares
//! that with the plan. A protocol that says so declares these measures with its own.
//!
//! A *failure* is the end of a life, or a pause: while a node stands still it cannot be told from one that is gone.

use crate::measure::{Measure, Worse};

/// From a failure to the first node that tells it.
pub static FIRST: Measure = Measure::times(
    "first_detection_ms",
    "From a failure or the begin of a pause to the first node that holds the node for failed.",
    Worse::Higher,
);

/// From a failure to the last node that tells it.
pub static EVERYBODY: Measure = Measure::times(
    "everybody_knows_ms",
    "The same to the last node, of those that were up and well all the time; only where all of them told it.",
    Worse::Higher,
);

/// Nodes held for failed that are well.
pub static FALSE_ALARMS: Measure = Measure::counter(
    "false_alarms",
    "How often a node held another for failed that was up, and that no pause had hit in its life.",
    Worse::Higher,
);

/// The same at nodes that are well.
pub static FALSE_ALARMS_BY_WELL: Measure = Measure::counter(
    "false_alarms_by_well",
    "Those of them at nodes that no pause had hit either.",
    Worse::Higher,
);
