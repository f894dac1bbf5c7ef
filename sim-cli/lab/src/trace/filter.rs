//! Which steps of a run are asked for.

use floodnet_core::observe::Observation;
use floodnet_core::time::Time;
use floodnet_sim::observer::{Arrived, Observed};

use super::jsonl::kind;
use super::record::{Record, What};

/// Which steps are asked for: those that meet all of these.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not before this time.
    pub from: Time,
    /// About this message of the application. None: about anything.
    pub message: Option<u32>,
    /// Of these kinds, as [`kind`] names them. Empty: of all.
    pub kinds: Vec<String>,
}

impl Filter {
    /// Whether `record` is asked for.
    #[must_use]
    pub fn wants(&self, record: &Record) -> bool {
        record.at >= self.from
            && self.message.is_none_or(|message| message_of(&record.what) == Some(message))
            && (self.kinds.is_empty() || self.kinds.iter().any(|wanted| wanted == kind(record)))
    }

    /// Whether `record` is the beginning or the end of a life, which a picture of a part of a run needs as well.
    #[must_use]
    pub const fn is_life(record: &Record) -> bool {
        matches!(record.what, What::Reports(Observed::Up { .. } | Observed::Down(_)))
    }
}

/// The message of the application that a step is about.
#[must_use]
pub const fn message_of(what: &What) -> Option<u32> {
    match *what {
        What::Takes(Arrived::Publish(message)) => Some(message),
        What::Takes(Arrived::Packet { payload, .. })
        | What::Sends { payload, .. }
        | What::Loses { payload, .. } => payload,
        What::Reports(what) => match what {
            Observed::Sent { payload, .. }
            | Observed::Received { payload, .. }
            | Observed::Lost { payload, .. } => payload,
            Observed::Protocol(
                Observation::Published(message)
                | Observation::Delivered { message, .. }
                | Observation::Duplicate(message),
            ) => Some(message),
            _ => None,
        },
        What::Takes(_) | What::SetsTimer(_) | What::Disconnects(_) => None,
    }
}
