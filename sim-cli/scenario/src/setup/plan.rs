//! The scenario's nodes, churn, traffic and faults as the plan takes them.

use std::fs;

use floodnet_core::distributions::{Distribution, session_preset};
use floodnet_sim::plan::{self, PlanError, PlanSpec, Problem, Sessions, Struck};

use crate::{
    Churn, Complaint, CrashKind, Fault, FaultKind, Lifetime, Nodes, Origin, Scenario, Spacing, Timing,
    Traffic, Victims,
};

/// The key of recorded sessions.
const TRACE: &str = "churn.session.trace.file";

/// What to change about a plan that cannot be drawn.
pub(super) fn complaint(error: PlanError) -> Complaint {
    let label = match error.problem {
        Problem::Zero => "write more than zero".to_owned(),
        Problem::NoSuchSlot { count, .. } => format!("name a slot below {count}"),
        Problem::TooManyEntries { count, .. } => format!("write {count} or less"),
        Problem::NotAShare(_) => "a share lies in [0, 1]".to_owned(),
        Problem::NotAFactor(_) => "write 1 or more".to_owned(),
        Problem::NotGroups => "write such as [0.5, 0.5]".to_owned(),
        Problem::Distribution(_) => "change the parameters of the distribution".to_owned(),
        Problem::Loop(_) => "name another slot".to_owned(),
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
    let traffic = scenario.traffic.iter().enumerate().map(|(index, traffic)| stream(index, traffic));
    let faults = scenario.faults.iter().enumerate().map(|(index, fault)| disturb(index, fault));
    Ok(PlanSpec {
        duration: scenario.duration.0,
        nodes: nodes(&scenario.nodes, slots),
        churn: scenario.churn.as_ref().map(coming_and_going).transpose()?,
        traffic: traffic.collect::<Result<_, _>>()?,
        faults: faults.collect::<Result<_, _>>()?,
    })
}

fn nodes(nodes: &Nodes, slots: u32) -> plan::Nodes {
    plan::Nodes {
        count: slots,
        arrive: nodes.arrive.0,
        spacing: match nodes.spacing {
            Spacing::Random => plan::Spacing::Random,
            Spacing::Even => plan::Spacing::Even,
        },
        entry: nodes.entry,
        entry_churns: nodes.entry_churns,
    }
}

fn coming_and_going(churn: &Churn) -> Result<plan::Churn, Complaint> {
    let sessions = if let Lifetime::Trace { file } = &churn.session {
        let text = fs::read_to_string(file).map_err(|error| super::unreadable(TRACE, file, &error))?;
        let form = "a line holds slot, up_s, down_s in seconds, and a slot is up once at a time";
        Sessions::Trace(plan::read_trace(&text).map_err(|error| super::malformed(TRACE, file, &error, form))?)
    } else {
        let downtime = churn.downtime.as_ref();
        Sessions::Drawn {
            start: churn.start.after_start(),
            stop: churn.stop.after_start(),
            session: distribution(&churn.session).ok_or_else(|| missing("churn.session"))?,
            downtime: downtime.and_then(distribution).ok_or_else(|| missing("churn.downtime"))?,
        }
    };
    Ok(plan::Churn { sessions, crash: churn.crash, crash_kind: crash_kind(churn.crash_kind) })
}

fn missing(key: &str) -> Complaint {
    Complaint::new(
        key,
        "a distribution is needed here",
        "write such as { exponential = { mean = \"5min\" } }",
    )
}

/// The distribution of a lifetime; none for a trace.
fn distribution(lifetime: &Lifetime) -> Option<Distribution> {
    Some(match *lifetime {
        Lifetime::Exponential { mean } => Distribution::Exponential { mean: mean.0 },
        Lifetime::Weibull { shape, scale } => Distribution::Weibull { shape, scale: scale.0 },
        Lifetime::Lognormal { median, sigma } => Distribution::Lognormal { median: median.0, sigma },
        Lifetime::Pareto { shape, least } => Distribution::Pareto { shape, least: least.0 },
        Lifetime::Preset(preset) => {
            return session_preset(preset.name());
        }
        Lifetime::Trace { .. } => return None,
    })
}

const fn crash_kind(kind: CrashKind) -> plan::CrashKind {
    match kind {
        CrashKind::Silent => plan::CrashKind::Silent,
        CrashKind::Reset => plan::CrashKind::Reset,
    }
}

fn stream(index: usize, traffic: &Traffic) -> Result<plan::Traffic, Complaint> {
    let pace = match traffic.timing() {
        Some(Timing::Every(gap)) => plan::Pace::Every(gap.0),
        Some(Timing::Poisson(mean)) => plan::Pace::Poisson { mean: mean.0 },
        None => {
            let title = "the traffic does not say how often";
            return Err(Complaint::new(
                format!("traffic.{index}"),
                title,
                "write either `every` or `poisson`",
            ));
        }
    };
    Ok(plan::Traffic {
        from: match traffic.from {
            Origin::Random => plan::Origin::Random,
            Origin::Slot(slot) => plan::Origin::Slot(slot),
        },
        pace,
        // The scenario was refused if it is larger.
        size: u32::try_from(traffic.size.bytes()).unwrap_or(u32::MAX),
        start: traffic.start.after_start(),
        stop: traffic.stop.after_start(),
    })
}

fn disturb(index: usize, fault: &Fault) -> Result<plan::Fault, Complaint> {
    let kind = match &fault.kind {
        FaultKind::Crash(crash) => {
            let who = crash.victims().ok_or_else(|| {
                let key = format!("fault.{index}.crash");
                Complaint::new(key, "the crash does not say who", "write either `fraction` or `slots`")
            })?;
            plan::FaultKind::Crash {
                who: match who {
                    Victims::Fraction(fraction) => Struck::Fraction(fraction),
                    Victims::Slots(slots) => Struck::Slots(slots.to_vec()),
                },
                kind: crash_kind(crash.kind),
                back: crash.back.map(|back| back.0),
            }
        }
        FaultKind::Partition(fault) => plan::FaultKind::Partition {
            groups: fault.groups.clone(),
            lasts: fault.lasts.0,
            one_way: fault.one_way,
        },
        FaultKind::Cut(fault) => plan::FaultKind::Cut {
            links: fault.links.iter().map(|ends| (ends.0, ends.1)).collect(),
            lasts: fault.lasts.0,
        },
        FaultKind::Loss(fault) => plan::FaultKind::Loss { share: fault.share, lasts: fault.lasts.0 },
        FaultKind::Slow(fault) => {
            plan::FaultKind::Slow { fraction: fault.fraction, factor: fault.factor, lasts: fault.lasts.0 }
        }
        FaultKind::Pause(fault) => plan::FaultKind::Pause { fraction: fault.fraction, lasts: fault.lasts.0 },
    };
    Ok(plan::Fault { at: fault.at.after_start(), kind })
}
