//! The times of a scenario, cut off or squeezed.

use floodnet_scenario::{Scenario, TopologyTime};
use floodnet_text::units::Duration;

/// The scenario, over at `end`.
pub(crate) fn cut_off(scenario: &Scenario, end: Duration) -> Scenario {
    let mut cut = scenario.clone();
    cut.duration = end;
    cut.nodes.arrive = cut.nodes.arrive.min(end);
    if let Some(churn) = &mut cut.churn {
        churn.stop = churn.stop.min(end);
    }
    cut.churn = cut.churn.filter(|churn| churn.start < churn.stop);
    cut.traffic.retain(|traffic| traffic.start < end);
    cut.traffic.iter_mut().for_each(|traffic| traffic.stop = traffic.stop.min(end));
    cut.faults.retain(|fault| fault.at < end);
    cut.measure.stop = cut.measure.stop.min(end);
    if cut.measure.start >= cut.measure.stop {
        cut.measure.start = Duration::from_nanos(cut.measure.stop.as_nanos() / 2);
    }
    cut.output.topology = vec![TopologyTime::End];
    cut
}

/// The scenario with each of its times changed by `change`; what protocols and links take stays.
pub(crate) fn changed(scenario: &Scenario, change: impl Fn(Duration) -> Duration) -> Scenario {
    let mut changed = scenario.clone();
    let each = |time: &mut Duration| *time = change(*time);
    each(&mut changed.duration);
    each(&mut changed.nodes.arrive);
    if let Some(churn) = &mut changed.churn {
        each(&mut churn.start);
        each(&mut churn.stop);
    }
    for traffic in &mut changed.traffic {
        each(&mut traffic.start);
        each(&mut traffic.stop);
    }
    for fault in &mut changed.faults {
        each(&mut fault.at);
        if let Some(lasts) = fault.kind.lasts_mut() {
            each(lasts);
        }
    }
    each(&mut changed.measure.start);
    each(&mut changed.measure.stop);
    changed.output.topology = vec![TopologyTime::End];
    changed
}

/// `numerator / denominator` of a time, in whole milliseconds.
pub(crate) const fn part(time: Duration, numerator: u64, denominator: u64) -> Duration {
    let millis = time.as_nanos() / 1_000_000;
    Duration::from_millis((millis as u128 * numerator as u128 / denominator as u128) as u64)
}

/// To the nearest second, but not to nothing.
pub(crate) fn to_seconds(time: Duration) -> Duration {
    let seconds = (time.as_nanos() + 500_000_000) / 1_000_000_000;
    if seconds == 0 && !time.is_zero() { time } else { Duration::from_secs(seconds) }
}
