//! The scenario's nodes, churn, traffic and faults as the plan takes them.

use floodnet_sim::plan::{self, PlanError, PlanSpec, Problem, Sessions};
use floodnet_sim::read::open;

use crate::{Churn, Complaint, Lifetime, Nodes, Scenario};

/// The key of recorded sessions.
const TRACE: &str = "churn.session.trace.file";

/// What to change about a plan that cannot be drawn.
pub(super) fn complaint(error: PlanError) -> Complaint {
    let label = match error.problem {
        Problem::Zero => "write more than zero".to_owned(),
        Problem::NoSuchSlot { count, .. } => format!("name a slot below {count}"),
        Problem::TooManyEntries { count, .. } => format!("write {count} or less"),
        Problem::NotAShare(_) => "a share lies in [0, 1]".to_owned(),
        Problem::Value(ref wrong) => wrong.label.clone(),
        Problem::NoPace => "write either `every` or `poisson`".to_owned(),
        Problem::Distribution(_) => "change the parameters of the distribution".to_owned(),
        Problem::Backwards(_) | Problem::Overlap(_) => "correct the trace".to_owned(),
        Problem::Entry(_) => "write nodes.entry_churns = true, or take the slot out of the trace".to_owned(),
        Problem::TooManySlots => "simulate fewer".to_owned(),
        Problem::TooManyDeliveries { .. } => "publish less often, or to fewer slots".to_owned(),
        Problem::TooManyMessages => "publish less often, or for a shorter time".to_owned(),
        Problem::TooManyLives => "make sessions or downtimes longer, or churn shorter".to_owned(),
    };
    let of_trace = matches!(error.problem, Problem::Backwards(_) | Problem::Overlap(_) | Problem::Entry(_))
        || matches!(error.problem, Problem::NoSuchSlot { .. }) && error.key == "churn.session";
    let key = if of_trace { TRACE.to_owned() } else { error.key };
    Complaint::new(key, error.problem.to_string(), label)
}

pub(super) fn spec(scenario: &Scenario, slots: u32) -> Result<PlanSpec, Complaint> {
    Ok(PlanSpec {
        duration: scenario.duration.0,
        nodes: Nodes { count: Some(slots), ..scenario.nodes.clone() },
        churn: scenario.churn.as_ref().map(coming_and_going).transpose()?,
        traffic: scenario.traffic.clone(),
        faults: scenario.faults.clone(),
    })
}

fn coming_and_going(churn: &Churn) -> Result<plan::Churn, Complaint> {
    let sessions = if let Lifetime::Trace { file } = &churn.session {
        let opened = open(file).map_err(|error| super::unreadable(TRACE, &error))?;
        Sessions::Trace(plan::read_trace(opened).map_err(|error| super::malformed(TRACE, file, &error))?)
    } else {
        let downtime = churn.downtime.as_ref();
        Sessions::Drawn {
            start: churn.start.after_start(),
            stop: churn.stop.after_start(),
            session: churn.session.distribution().ok_or_else(|| missing("churn.session"))?,
            downtime: downtime.and_then(Lifetime::distribution).ok_or_else(|| missing("churn.downtime"))?,
        }
    };
    Ok(plan::Churn { sessions, crash: churn.crash, crash_kind: churn.crash_kind })
}

fn missing(key: &str) -> Complaint {
    Complaint::new(
        key,
        "a distribution is needed here",
        "write such as { exponential = { mean = \"5min\" } }",
    )
}
