//! Traffic, the window of measurement, pictures.

use super::Checker;
use crate::{Every, Origin, Scenario, TopologyTime, Traffic};
use floodnet_text::units::Duration;

/// What fits into a frame of 64 KiB beside the heads of the messages.
const MOST_BYTES: u64 = 65_000;
/// Each sample is a row of the time series, and looks at every slot.
const MOST_SAMPLES: u64 = 1_000_000;

pub(super) fn check(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    for (index, traffic) in scenario.traffic.iter().enumerate() {
        stream(&format!("traffic.{index}"), traffic, scenario, checker);
    }
    window(scenario, checker);
    for (index, time) in scenario.output.topology.iter().enumerate() {
        if let TopologyTime::At(at) = time
            && *at > scenario.duration
        {
            let label = format!("the run ends at {}; \"end\" is the last moment", scenario.duration);
            checker.wrong(&format!("output.topology.{index}"), "this picture comes after the end", label);
        }
    }
}

fn stream(path: &str, traffic: &Traffic, scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let key = |key: &str| format!("{path}.{key}");
    if let Origin::Slot(slot) = traffic.from {
        checker.wrongs.slot(&key("from"), slot, scenario.nodes.count);
    }
    match (traffic.every, traffic.poisson) {
        (Some(gap), None) => checker.wrongs.positive(&key("every"), gap),
        (None, Some(mean)) => checker.wrongs.positive(&key("poisson"), mean),
        (None, None) => {
            let label = "write every = \"1s\", or poisson = \"1s\" for random gaps of that mean";
            checker.wrong(path, "this traffic does not say how often", label);
        }
        (Some(_), Some(_)) => {
            checker.wrong(&key("poisson"), "both every and poisson are given", "keep one of them");
        }
    }
    if traffic.size.bytes() > MOST_BYTES {
        let label = format!("at most {MOST_BYTES} B; larger content needs several messages");
        checker.wrong(&key("size"), "a message cannot be that large", label);
    }
    if checker.before_end(&key("start"), traffic.start, scenario.duration) {
        checker.in_order(path, traffic.start, traffic.stop);
    }
    checker.within(&key("stop"), traffic.stop, scenario.duration);
}

fn window(scenario: &Scenario, checker: &mut Checker<'_, '_>) {
    let measure = &scenario.measure;
    if let Every::Interval(every) = measure.every {
        samples(every, scenario.duration, checker);
    }
    checker.wrongs.positive("measure.deadline", measure.deadline);
    checker.within("measure.stop", measure.stop, scenario.duration);
    if checker.is_written("measure.start") {
        if checker.before_end("measure.start", measure.start, scenario.duration) {
            checker.in_order("measure", measure.start, measure.stop);
        }
    } else if measure.start >= measure.stop {
        let title = format!("nothing is left to measure before {}", measure.stop);
        let label = format!(
            "measurement starts at {}, 10 s after the last arrivals, unless measure.start says otherwise",
            measure.start
        );
        checker.wrong_at_first(&["measure.stop", "duration"], title, label);
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
        let label = format!("at most {MOST_SAMPLES}: one every {every} until {duration} is more");
        checker.wrong_at_first(&["measure.every", "duration"], title, label);
    }
}
