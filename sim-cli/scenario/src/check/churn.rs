//! Churn.

use super::Checker;
use crate::{Lifetime, Scenario};

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let Some(churn) = &scenario.churn else { return };
    checker.wrongs.share("churn.crash", churn.crash);
    if let Lifetime::Trace { .. } = churn.session {
        // What stands in a resolved scenario changes nothing.
        let (arrive, end) = (scenario.nodes.arrive, scenario.duration);
        for (path, time, default) in [("churn.start", churn.start, arrive), ("churn.stop", churn.stop, end)] {
            if time != default {
                let title = "the trace of the session says when slots come and go";
                checker.wrong(path, title, "remove it, or the trace");
            }
        }
    } else if checker.before_end("churn.start", churn.start, scenario.duration) {
        checker.in_order("churn", churn.start, churn.stop);
    }
    checker.within("churn.stop", churn.stop, scenario.duration);
    distribution("churn.session", &churn.session, checker);
    match (&churn.session, &churn.downtime) {
        (Lifetime::Trace { .. }, Some(_)) => {
            let label = "remove it, or the trace";
            checker.wrong("churn.downtime", "the trace of the session says the downtime too", label);
        }
        (_, Some(Lifetime::Trace { .. })) => {
            let label = "write session = { trace = { file = ... } } and no downtime";
            checker.wrong("churn.downtime", "a trace says sessions and downtimes together", label);
        }
        (Lifetime::Trace { .. }, None) => {}
        (_, Some(downtime)) => distribution("churn.downtime", downtime, checker),
        (_, None) => {
            let label =
                "it has no default; it can be a distribution such as { exponential = { mean = \"5min\" } }";
            checker.wrong("churn", "missing key `downtime` in [churn]", label);
        }
    }
}

fn distribution(path: &str, distribution: &Lifetime, checker: &mut Checker<'_, '_>) {
    match distribution {
        Lifetime::Exponential { mean } => checker.wrongs.positive(&format!("{path}.exponential.mean"), *mean),
        Lifetime::Weibull { shape, scale } => {
            checker.wrongs.at_least(&format!("{path}.weibull.shape"), *shape, 0.0, true);
            checker.wrongs.positive(&format!("{path}.weibull.scale"), *scale);
        }
        Lifetime::Lognormal { median, sigma } => {
            checker.wrongs.positive(&format!("{path}.lognormal.median"), *median);
            checker.wrongs.at_least(&format!("{path}.lognormal.sigma"), *sigma, 0.0, false);
        }
        Lifetime::Pareto { shape, least } => {
            checker.wrongs.at_least(&format!("{path}.pareto.shape"), *shape, 0.0, true);
            checker.wrongs.positive(&format!("{path}.pareto.least"), *least);
        }
        Lifetime::Preset(_) | Lifetime::Trace { .. } => {}
    }
}
