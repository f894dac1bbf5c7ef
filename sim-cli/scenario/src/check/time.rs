//! Whether churn, traffic, faults, adversaries, the window of measurement and pictures lie within the run.

use super::Checker;
use crate::{Adversary, Churn, Every, Lifetime, Scenario, TopologyTime, Traffic};
use floodnet_text::units::Duration;

/// Each sample is a row of the time series, and looks at every slot.
const MOST_SAMPLES: u64 = 1_000_000;

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    if let Some(churning) = &scenario.churn {
        churn(churning, scenario, checker);
    }
    for (index, stream) in scenario.traffic.iter().enumerate() {
        traffic(&format!("traffic.{index}"), stream, scenario.duration, checker);
    }
    for (index, fault) in scenario.faults.iter().enumerate() {
        checker.before_end(&format!("fault.{index}.at"), fault.at, scenario.duration);
    }
    for (index, adversary) in scenario.adversaries.iter().enumerate() {
        hostile(&format!("adversary.{index}"), adversary, scenario.duration, checker);
    }
    window(scenario, checker);
    for (index, time) in scenario.output.topology.iter().enumerate() {
        if let TopologyTime::At(at) = time
            && *at > scenario.duration
        {
            let label = format!(
                "the run ends at {}; \"end\" is the last moment",
                checker.spelled("duration", scenario.duration)
            );
            checker.wrong(&format!("output.topology.{index}"), "this picture comes after the end", label);
        }
    }
}

fn churn(churn: &Churn, scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    if let Lifetime::Trace(_) = churn.session {
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
}

fn traffic(path: &str, traffic: &Traffic, duration: Duration, checker: &mut Checker<'_, '_>) {
    if checker.before_end(&format!("{path}.start"), traffic.start, duration) {
        checker.in_order(path, traffic.start, traffic.stop);
    }
    checker.within(&format!("{path}.stop"), traffic.stop, duration);
}

fn hostile(path: &str, adversary: &Adversary, duration: Duration, checker: &mut Checker<'_, '_>) {
    let begins = checker.before_end(&format!("{path}.start"), adversary.start, duration);
    if let Some(arrive) = adversary.arrive {
        checker.before_end(&format!("{path}.arrive"), arrive, duration);
    }
    if let Some(at) = adversary.connect.and_then(|connect| connect.at) {
        checker.before_end(&format!("{path}.connect.at"), at, duration);
    }
    if let Some(stop) = adversary.stop {
        if begins {
            checker.in_order(path, adversary.start, stop);
        }
        checker.within(&format!("{path}.stop"), stop, duration);
    }
}

fn window(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let measure = &scenario.measure;
    if let Every::Interval(every) = measure.every {
        samples(every, scenario.duration, checker);
    }
    checker.found.positive("measure.deadline", measure.deadline);
    checker.within("measure.stop", measure.stop, scenario.duration);
    if checker.is_written("measure.start") {
        if checker.before_end("measure.start", measure.start, scenario.duration) {
            checker.in_order("measure", measure.start, measure.stop);
        }
    } else if measure.start >= measure.stop {
        let end = if checker.is_written("measure.stop") { "measure.stop" } else { "duration" };
        let title = format!("nothing is left to measure before {}", checker.spelled(end, measure.stop));
        let label = format!(
            "measurement starts at {}, 10 s after the last arrivals, unless measure.start says otherwise",
            measure.start
        );
        checker.wrong_together(["measure.stop", "duration"], title, label);
    }
}

fn samples(every: Duration, duration: Duration, checker: &mut Checker<'_, '_>) {
    let Some(samples) = duration.as_nanos().checked_div(every.as_nanos()) else {
        return checker.wrong(
            "measure.every",
            "this cannot be zero",
            "write a positive duration, or \"off\"",
        );
    };
    if samples > MOST_SAMPLES {
        let title = format!("{samples} samples are too many");
        let (every, end) = (checker.spelled("measure.every", every), checker.spelled("duration", duration));
        let label = format!("at most {MOST_SAMPLES}: one every {every} until {end} is more");
        checker.wrong_together(["measure.every", "duration"], title, label);
    }
}
