//! Why a message did not reach a slot that should have got it in time.
//!
//! | module | subject |
//! |---|---|
//! | [`copies`] | what became of the copies of messages, and who held whom, from the steps of a run |
//! | [`explain`] | the place at which a message stopped on its way to a slot |
//! | [`receivers`] | a table of all receivers |
//! | [`text`] | an explanation for people, and for programs |
//!
//! A slot that missed a message is explained by a [`Place`](explain::Place): the copy that died on the way to it, or the
//! neighbor that had the message and did not pass it on. Where the slot's neighbors missed the message as well, the place
//! is looked for behind them, so that all slots behind one lost copy name that copy.

pub mod copies;
pub mod explain;
pub mod receivers;
pub mod text;

use std::sync::Arc;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::Progress;

use crate::Protocols;
use crate::simulate::{follow, prepare};
use crate::trace::overlay::{OverlayHistory, Recorder};
use crate::trace::record::Record;
use crate::trace::{Follow, Followed, Keep};
use copies::Copies;
use floodnet_scenario::{Complaint, Scenario};

/// A run that was followed for the copies of its messages.
#[derive(Debug)]
pub struct Traced {
    /// What became of the copies.
    pub copies: Copies,
    /// What happened to the overlay, and who got which message first from whom.
    pub history: OverlayHistory,
    /// How the run went.
    pub followed: Followed,
    /// A message is due so long after its publication.
    pub deadline: Duration,
}

/// Runs `scenario` and keeps what became of the copies of `messages`, ascending (none: of all messages), and what
/// happened to the overlay.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn trace_copies(
    scenario: &Scenario,
    protocols: &Protocols,
    messages: Option<&[u32]>,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Traced, Complaint> {
    let setup = prepare(scenario, protocols)?;
    let deadline = setup.measure.deadline;
    let mut overlay = Recorder::new(Arc::clone(&setup.plan), setup.measure.is_directed);
    let mut copies = Copies::new(setup.plan);
    let how = Follow { keep: Keep::Copies(messages.map(Arc::from)), ..Follow::default() };
    let mut sink = |_: Time, records: Vec<Record>| {
        for record in &records {
            overlay.take(record);
            copies.take(record);
        }
        true
    };
    let followed = follow(scenario, protocols, &how, &mut sink, watch)?;
    copies.end();
    Ok(Traced { copies, history: overlay.end(), followed, deadline })
}
