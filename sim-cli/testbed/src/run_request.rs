//! The request for a run, and the error if there was none.

use std::fmt;

use floodnet_scenario::{Complaint, Scenario};
use floodnet_sim::Progress;

use crate::settings::Settings;

/// A scenario to run, and whom to tell how far it is.
pub(crate) struct RunRequest<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) settings: Settings,
    /// Asked some times a second whether to go on.
    pub(crate) watch: &'a mut dyn FnMut(Progress) -> bool,
}

/// Why there was no run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// The scenario cannot be set up, or not on sockets.
    Scenario(Complaint),
    /// The machine did not do what was needed.
    Failed(String),
    /// The user stopped it before it began.
    Interrupted,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(complaint) => complaint.fmt(f),
            Self::Failed(why) => f.write_str(why),
            Self::Interrupted => f.write_str("interrupted before the run began"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<Complaint> for RunError {
    fn from(complaint: Complaint) -> Self {
        Self::Scenario(complaint)
    }
}
