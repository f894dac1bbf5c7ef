//! The scenario's nodes, churn, traffic and faults as the plan takes them.

use std::fs;

use floodnet_sim::plan::{PlanSpec, Session, read_trace};

use crate::{Churn, Complaint, Lifetime, Nodes, Scenario, Trace};

/// The key of recorded sessions.
const TRACE: &str = "churn.session.trace.file";

pub(super) fn spec(scenario: &Scenario, slots: u32) -> Result<PlanSpec, Complaint> {
    Ok(PlanSpec {
        duration: scenario.duration.0,
        nodes: Nodes { count: Some(slots), ..scenario.nodes.clone() },
        churn: scenario.churn.clone(),
        trace: scenario.churn.as_ref().map_or(Ok(Vec::new()), recorded)?,
        traffic: scenario.traffic.clone(),
        faults: scenario.faults.clone(),
    })
}

/// The sessions that the churn's file holds; none when they are drawn.
fn recorded(churn: &Churn) -> Result<Vec<Session>, Complaint> {
    let Lifetime::Trace(Trace { file }) = &churn.session else { return Ok(Vec::new()) };
    let text = fs::read_to_string(file).map_err(|error| super::unreadable(TRACE, file, &error))?;
    let form = "a line holds slot, up_s, down_s in seconds, and a slot is up once at a time";
    read_trace(&text).map_err(|error| super::malformed(TRACE, file, &error, form))
}
