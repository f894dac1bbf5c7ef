//! The model of a stream against the kernel's TCP on a road that loses packets: the smallest case.
#![cfg(target_os = "linux")]

use std::time::Duration;

use sim_cli::testbed::kernel::{Bound, Case, KernelError, Row, run};

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
fn a_loss_costs_what_the_model_says() {
    let case = Case {
        latency: Duration::from_millis(20),
        loss: 0.05,
        both: false,
        rate: None,
        every: Duration::from_millis(20),
        poisson: false,
        size: 100,
        connections: 16,
        span: Duration::from_secs(3),
    };
    let (predicted, measured) = match run(&case, &[]) {
        Ok(both) => both,
        Err(KernelError::System(why)) => {
            eprintln!("SKIPPED: no network of our own here: {why}");
            return;
        }
        Err(KernelError::Settings(why)) => panic!("{why}"),
    };
    let row = Row { case, predicted, measured };
    assert_eq!((row.predicted.delays.len(), row.predicted.undelivered), (2_400, 0));
    assert_eq!((row.measured.delays.len(), row.measured.undelivered), (2_400, 0));
    assert!(row.measured.counters["RetransSegs"] > 40, "{:?}", row.measured.counters);
    // About 30 ms: 20, and what losses cost. With a pause of 200 ms for each loss it would be 90. A busy machine
    // is later than that, and never sooner.
    let bound = Bound { share: 0.5, ..Bound::default() };
    let (name, predicted, measured, _) = row.metrics(&bound)[0];
    assert_eq!(name, "mean");
    assert!(predicted.is_some_and(|ns| (24e6..36e6).contains(&ns)), "{predicted:?}");
    assert!(measured > predicted.map(|ns| 0.8 * ns), "{measured:?} {predicted:?}");
}
