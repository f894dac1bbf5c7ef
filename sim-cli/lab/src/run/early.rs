//! Ending a run as soon as one of its expectations cannot be met any more.

use std::cell::{Cell, OnceCell};
use std::fmt;

use floodnet_measure::expect::{Expectation, Op};
use floodnet_measure::latency::Ms;
use floodnet_measure::so_far::{Prospect, SoFar};
use floodnet_measure::{DIGITS, round_to, seconds};

/// Watches the expectations of a run.
#[derive(Debug)]
pub struct Early<'a> {
    expect: &'a [Expectation],
    lost: OnceCell<Lost>,
    is_over: Cell<bool>,
}

/// An expectation that cannot be met any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// What was expected.
    pub expectation: Expectation,
    /// What its metric can still become.
    pub prospect: Prospect,
    /// Simulated time at which that was known, in seconds.
    pub at_s: f64,
}

impl<'a> Early<'a> {
    /// Watches `expect`; nothing is ever lost of none.
    #[must_use]
    pub const fn new(expect: &'a [Expectation]) -> Self {
        Self { expect, lost: OnceCell::new(), is_over: Cell::new(false) }
    }

    /// Looks at the run at a sample.
    pub fn look(&self, run: &SoFar<'_>) {
        if self.expect.is_empty() || self.is_over.get() {
            return;
        }
        let prospects = run.prospects();
        let lost = self.expect.iter().find_map(|expectation| {
            let prospect = prospects.iter().find(|prospect| prospect.metric == expectation.metric)?;
            (!expectation.can_hold(prospect)).then(|| Lost {
                expectation: expectation.clone(),
                prospect: *prospect,
                at_s: seconds(run.at()),
            })
        });
        if let Some(lost) = lost {
            self.is_over.set(self.lost.set(lost).is_ok());
        }
    }

    /// Whether all can still be met.
    pub const fn goes_on(&self) -> bool {
        !self.is_over.get()
    }

    /// The expectation that was lost, if one was.
    pub fn lost(&self) -> Option<&Lost> {
        self.lost.get()
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expectation, prospect, at_s } = self;
        let shown = |value: f64| match Ms::from_value(round_to(value, DIGITS)) {
            Ms::After(value) => value.to_string(),
            Ms::Never => "never".to_owned(),
        };
        let can = match expectation.op {
            Op::Less | Op::AtMost => format!("at least {}", shown(prospect.low)),
            Op::More | Op::AtLeast => format!("at most {}", shown(prospect.high)),
            Op::Equal | Op::Different => format!("from {} to {}", shown(prospect.low), shown(prospect.high)),
        };
        write!(f, "{} can only be {can}, expected {expectation} (known at {at_s} s)", expectation.metric)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::path::Path;

    use super::*;
    use crate::Protocols;
    use crate::simulate::simulate_shown;
    use floodnet_measure::metrics::Numbers;
    use floodnet_scenario::Scenario;

    /// Churn, a partition and lost packets, with late and repeated messages.
    const RUNS: [&str; 3] = [
        "nodes.count = 40\nlink.loss = 0.2\nlink.transport = \"datagram\"\n",
        "nodes = { count = 30, arrive = \"2s\" }\nchurn.session.exponential.mean = \"6s\"\n\
         churn.downtime.exponential.mean = \"3s\"\n",
        "nodes = { count = 40, arrive = \"2s\" }\nfault = [{ at = \"8s\", partition = { groups = [0.5, 0.5], for = \
         \"6s\" } }, { at = \"3s\", crash = { fraction = 0.2 } }]\n",
    ];

    fn scenario(more: &str, seed: u64) -> Scenario {
        let text = format!(
            "name = \"a\"\nseed = {seed}\nduration = \"20s\"\noverlay.random_walk = {{}}\nbroadcast.gossip.fanout = \
             2\n{more}[[traffic]]\nfrom = \"random\"\nevery = \"300ms\"\nstart = \"2s\"\nstop = \"19s\"\n\
             [measure]\nstart = \"3s\"\nstop = \"18s\"\ndeadline = \"1s\"\n"
        );
        let tables = Protocols::builtin();
        Scenario::parse("a.toml", &text, Path::new("."), &[], tables.tables())
            .unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    #[test]
    fn what_a_metric_can_still_become_always_holds_its_last_value() {
        let protocols = Protocols::builtin();
        let mut narrowed = std::collections::BTreeSet::new();
        for (more, seed) in RUNS.into_iter().flat_map(|more| (1..4).map(move |seed| (more, seed))) {
            let mut all = Vec::new();
            let look = &mut |run: &SoFar<'_>| all.push((seconds(run.at()), run.prospects()));
            let jobs = NonZeroUsize::MIN;
            let ran = simulate_shown(&scenario(more, seed), &protocols, jobs, &mut |_| true, look).unwrap();
            let numbers = Numbers::of(&ran.finished.unwrap().results.summary);
            assert!(all.len() > 10);
            for (at, prospect) in all.iter().flat_map(|(at, all)| all.iter().map(move |one| (at, one))) {
                let Prospect { metric, low, high } = *prospect;
                let Some(last) = numbers.get(metric).unwrap() else { continue };
                assert!(
                    low <= last && last <= high,
                    "{more}seed {seed} at {at} s: {last} is not in {prospect:?}"
                );
                if low > 0.0 || high < 1.0 {
                    narrowed.insert(metric);
                }
            }
            // Of a share all is known at the end.
            let (_, end) = all.last().unwrap();
            for metric in ["delivery_ratio", "partition_rate", "split_rate"] {
                let prospect = end.iter().find(|prospect| prospect.metric == metric).unwrap();
                assert_eq!((Some(prospect.low), prospect.low), (numbers.get(metric).unwrap(), prospect.high));
            }
        }
        for metric in ["delivery_ratio", "delivery_worst", "partition_rate", "crashes", "lost.packets"] {
            assert!(narrowed.contains(metric), "{metric} is never known before the end: {narrowed:?}");
        }
    }

    #[test]
    fn a_run_ends_when_an_expectation_is_lost_and_not_before() {
        let protocols = Protocols::builtin();
        let scenario = scenario(RUNS[0], 1);
        for (metric, bound, is_lost) in [
            ("delivery_ratio", ">= 0.9999", true),
            ("delivery_ratio", ">= 0.01", false),
            ("packets_sent", "< 100", true),
            ("latency_ms.p50", "< 0", false),
        ] {
            let expect = [Expectation::parse(metric, bound).unwrap()];
            let early = Early::new(&expect);
            let watch = &mut |_| early.goes_on();
            let look = &mut |run: &SoFar<'_>| early.look(run);
            let ran = simulate_shown(&scenario, &protocols, NonZeroUsize::MIN, watch, look).unwrap();
            let summary = ran.finished.unwrap().results.summary;
            assert_eq!(early.lost().is_some(), is_lost, "{metric} {bound}");
            assert_eq!(summary.complete, !is_lost);
            if let Some(lost) = early.lost() {
                assert!(lost.at_s < 19.0 && summary.duration_s < 20.0, "{lost}");
                assert!(lost.to_string().starts_with(&format!("{metric} can only be at ")), "{lost}");
                assert_eq!((summary.digest.as_str(), summary.expect.len()), ("", 0), "no promise of a part");
            }
        }
    }
}
