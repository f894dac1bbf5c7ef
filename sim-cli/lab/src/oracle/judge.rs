//! From runs to verdicts.
//!
//! The run is the unit. A mean has Student's interval over runs, a share of runs Wilson's, both of
//! [`CONFIDENCE`]: with the 95 % of other places one in twenty true laws would fail by chance. A mean **holds**
//! when the interval of the difference between measured and expected, made wider by the law's own tolerance,
//! has 0 in it, and when it is no wider than the law asks for; so a law does not hold because little is known.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::expression::{Expression, Measured};
use super::suite::{Arm, Bound, Law, Mean, Near, Suite};
use crate::Protocols;
use crate::ensemble::{Control, run_each, seeds};
use crate::run::Ran;
use floodnet_measure::metrics::Numbers;
use floodnet_measure::stats::interval::student_half;
use floodnet_measure::stats::wilson::wilson_at;
use floodnet_scenario::Scenario;

/// The confidence of the intervals: 99.9 %.
pub const CONFIDENCE: f64 = 0.999;

/// Whether a law is found to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The runs agree with the law.
    Holds,
    /// The runs contradict the law.
    Fails,
    /// The runs know too little.
    Undecided,
}

/// What came of one check of a law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Name of the law.
    pub law: String,
    /// What the law says, in a sentence.
    pub about: String,
    /// Where the answer comes from.
    pub source: String,
    /// The expression that was measured.
    pub measured: String,
    /// How it must compare: `=`, `<=` or `>=`; in a control arm the contrary.
    pub relation: &'static str,
    /// Whether this is the control arm of the law, in which a check of it must fail.
    #[serde(rename = "control")]
    pub is_control: bool,
    /// What is expected: the formula.
    pub formula: String,
    /// The value of the formula; of several runs the mean. None if it was not measured.
    pub expected: Option<f64>,
    /// The value measured; of several runs the mean. None if it was not measured.
    pub value: Option<f64>,
    /// Ends of the interval of that mean; none where each run must be exact.
    pub interval: Option<(f64, f64)>,
    /// How far the expected value itself may be off.
    pub tolerance: f64,
    /// Why the expected value may be off.
    pub because: String,
    /// How many runs there were.
    pub runs: u32,
    /// Whether the law holds.
    pub verdict: Verdict,
}

/// Runs the scenario of a law as often as it says, up to `jobs` at a time. None if `control` stopped it.
///
/// # Errors
/// The scenario cannot be read or set up; says why.
pub fn consult(
    suite: &Suite,
    law: &Law,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    control: &impl Control,
) -> Result<Option<Vec<Finding>>, String> {
    let run = |scenario: &Scenario| run_all(law, scenario, protocols, jobs, control);
    let beside = match suite.beside(law, protocols)? {
        Some(scenario) => {
            let Some(beside) = run(&scenario)? else { return Ok(None) };
            beside.into_iter().map(Some).collect()
        }
        None => vec![None; law.runs as usize],
    };
    let Some(runs) = run(&suite.scenario(law, protocols)?)? else { return Ok(None) };
    let mut found = check(law, runs, &beside)?;
    if let (Some(arm), Some(scenario)) = (&law.control, suite.control(law, protocols)?) {
        let Some(runs) = run(&scenario)? else { return Ok(None) };
        found.extend(must_fail(arm, check(law, runs, &beside)?));
    }
    Ok(Some(found))
}

/// The numbers of the runs of `scenario` that a law asks for.
fn run_all(
    law: &Law,
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    control: &impl Control,
) -> Result<Option<Vec<Numbers>>, String> {
    let seeds = seeds(scenario.seed, law.runs);
    let keep = |_, _: &_, ran: Ran| ran.finished.map(|finished| Numbers::of(&finished.results.summary));
    let runs = run_each(scenario, protocols, &seeds, jobs, control, &keep);
    let runs = runs.map_err(|failed| format!("law `{}`: {failed}", law.name))?;
    Ok(runs.into_iter().map(Option::flatten).collect())
}

/// What the checks of a law find in `runs`, each held against the one `beside` it.
fn check(law: &Law, runs: Vec<Numbers>, beside: &[Option<Numbers>]) -> Result<Vec<Finding>, String> {
    let both = runs.into_iter().zip(beside);
    let runs: Vec<Measured> = both.map(|(run, beside)| Measured { run, beside: beside.clone() }).collect();
    let found: Result<Vec<Finding>, String> =
        law.checks.iter().map(|check| judge(law, &check.measured, &check.bound, &runs)).collect();
    found.map_err(|error| format!("law `{}`: {error}", law.name))
}

/// What a control arm shows: the check of the law that fails most clearly, which is the first that does. If none
/// fails, the law cannot tell the arm apart, and that is a failure of its own.
fn must_fail(arm: &Arm, found: Vec<Finding>) -> Option<Finding> {
    let failing = found.iter().position(|finding| finding.verdict == Verdict::Fails);
    let shown = found.into_iter().nth(failing.unwrap_or(0))?;
    Some(Finding {
        about: format!("control: {}", arm.about),
        relation: match shown.relation {
            "<=" => ">",
            ">=" => "<",
            _ => "≠",
        },
        is_control: true,
        verdict: if failing.is_some() { Verdict::Holds } else { Verdict::Fails },
        ..shown
    })
}

fn judge(law: &Law, measured: &Expression, bound: &Bound, runs: &[Measured]) -> Result<Finding, String> {
    let mut finding = Finding::unmeasured(law, measured, bound);
    let values = |of: &Expression| -> Result<Option<Vec<f64>>, String> {
        runs.iter().map(|run| of.value(run)).collect()
    };
    let (Some(found), Some(expected)) = (values(measured)?, values(formula(bound).1)?) else {
        return Ok(finding);
    };
    finding.value = Some(mean(&found));
    finding.expected = Some(mean(&expected));
    match bound {
        Bound::Exact(_) => finding.judge_each(&found, &expected, is_same),
        Bound::Each(Near { tolerance, .. }) => {
            let slack = tolerance * (1.0 + 1e-9);
            finding.judge_each(&found, &expected, |found, expected| (found - expected).abs() <= slack);
        }
        _ => finding.judge_mean(&found, &expected, measured.is_bit(), bound),
    }
    Ok(finding)
}

/// How measured and expected values must compare, and the formula of the expected ones.
const fn formula(bound: &Bound) -> (&'static str, &Expression) {
    match bound {
        Bound::Exact(of) | Bound::Each(Near { of, .. }) | Bound::Mean(Mean { of, .. }) => ("=", of),
        Bound::AtMost(of) => ("<=", of),
        Bound::AtLeast(of) => (">=", of),
    }
}

impl Finding {
    /// A finding without values: what was not measured fails.
    fn unmeasured(law: &Law, measured: &Expression, bound: &Bound) -> Self {
        let (relation, formula) = formula(bound);
        let (tolerance, because) = match bound {
            Bound::Mean(mean) => (mean.tolerance, mean.because.clone()),
            Bound::Each(near) => (near.tolerance, near.because.clone()),
            _ => (0.0, String::new()),
        };
        Self {
            law: law.name.clone(),
            about: law.about.clone(),
            source: law.source.clone(),
            measured: measured.to_string(),
            relation,
            is_control: false,
            formula: formula.to_string(),
            expected: None,
            value: None,
            interval: None,
            tolerance,
            because,
            runs: law.runs,
            verdict: Verdict::Fails,
        }
    }

    /// Holds every run against the formula.
    fn judge_each(&mut self, found: &[f64], expected: &[f64], fits: impl Fn(f64, f64) -> bool) {
        let wrong = found.iter().zip(expected).position(|(found, expected)| !fits(*found, *expected));
        self.verdict = if wrong.is_none() { Verdict::Holds } else { Verdict::Fails };
        // The run that is wrong says more than a mean.
        if let Some(run) = wrong {
            (self.value, self.expected) = (Some(found[run]), Some(expected[run]));
        }
    }

    /// Holds the mean over runs against the formula.
    fn judge_mean(&mut self, found: &[f64], expected: &[f64], is_bit: bool, bound: &Bound) {
        let interval = interval(found, is_bit);
        self.interval = Some(interval);
        // Expected and measured may go up and down together, so the interval is that of their difference.
        let (low, high) = if is_bit {
            let at = mean(expected);
            (interval.0 - at, interval.1 - at)
        } else {
            let off: Vec<f64> =
                found.iter().zip(expected).map(|(found, expected)| found - expected).collect();
            self::interval(&off, false)
        };
        self.verdict = match bound {
            // An interval that does not reach the value tells it, however wide it is.
            Bound::Mean(Mean { within, .. }) => {
                let reaches = low <= self.tolerance && high >= -self.tolerance;
                decide(reaches && (high - low) / 2.0 <= *within, !reaches)
            }
            Bound::AtMost(_) => decide(high <= 0.0, low > 0.0),
            Bound::AtLeast(_) | Bound::Exact(_) | Bound::Each(_) => decide(low >= 0.0, high < 0.0),
        };
    }
}

const fn decide(holds: bool, fails: bool) -> Verdict {
    match (holds, fails) {
        (true, _) => Verdict::Holds,
        (false, true) => Verdict::Fails,
        (false, false) => Verdict::Undecided,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Whether two numbers are equal to the six digits of a summary, and whole numbers to all of theirs.
fn is_same(found: f64, expected: f64) -> bool {
    let off = (found - expected).abs();
    let whole = [found, expected].iter().all(|value| (value - value.round()).abs() <= value.abs() * 1e-14);
    if whole { off < 0.5 } else { off <= expected.abs() * 5e-6 + 1e-12 }
}

fn interval(values: &[f64], is_bit: bool) -> (f64, f64) {
    if is_bit {
        let hits = values.iter().filter(|value| **value > 0.5).count();
        return wilson_at(hits as u64, values.len() as u64, CONFIDENCE);
    }
    let (mean, half) = (mean(values), student_half(values, CONFIDENCE));
    (mean - half, mean + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::suite::Suite;

    /// Judges made-up values of `duration_s`, the only metric that is a number of any kind.
    fn verdict(check: &str, nodes: &[f64]) -> Verdict {
        let text = format!(
            "[[law]]\nname = \"a\"\nabout = \"\"\nsource = \"\"\nscenario = \"graph.toml\"\nruns = {}\n[[law.check]]\n{check}",
            nodes.len()
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("suite.toml");
        std::fs::write(&file, text).unwrap();
        let suite = Suite::load(&file).unwrap();
        let mut summary: serde_json::Value =
            serde_json::from_str(include_str!("../compare/fixtures/summary.json")).unwrap();
        summary["rmr"]["mean"] = serde_json::Value::Null;
        let runs: Vec<Measured> = nodes
            .iter()
            .map(|nodes| {
                summary["duration_s"] = (*nodes).into();
                Measured { run: Numbers::parse(&summary.to_string()).unwrap(), beside: None }
            })
            .collect();
        let check = &suite.laws[0].checks[0];
        judge(&suite.laws[0], &check.measured, &check.bound, &runs).unwrap().verdict
    }

    #[test]
    fn exact_means_every_run() {
        let check = "measured = \"duration_s\"\nexact = 3";
        assert_eq!(verdict(check, &[3.0, 3.0]), Verdict::Holds);
        assert_eq!(verdict(check, &[3.0, 4.0, 2.0]), Verdict::Fails);
        assert_eq!(verdict("measured = \"duration_s\"\nexact = 3.0005000500", &[3.0005]), Verdict::Holds);
        assert_eq!(verdict("measured = \"duration_s\"\nexact = 3.00054", &[3.0005]), Verdict::Fails);
        assert_eq!(verdict("measured = \"duration_s\"\nexact = 4000100", &[4_000_101.0]), Verdict::Fails);
        assert_eq!(verdict("measured = \"rmr.mean\"\nexact = 3", &[4.0]), Verdict::Fails, "not measured");
    }

    #[test]
    fn a_mean_holds_when_the_interval_reaches_it_and_is_narrow() {
        let mean = |of: &str| format!("measured = \"duration_s\"\nmean = {{ of = {of}, within = 2.5 }}");
        let close = [9.0, 10.0, 11.0, 10.0, 9.5, 10.5];
        assert_eq!(verdict(&mean("10.5"), &close), Verdict::Holds);
        assert_eq!(verdict(&mean("13"), &close), Verdict::Fails);
        assert_eq!(verdict(&mean("10"), &[0.0, 20.0, 10.0]), Verdict::Undecided);
        assert_eq!(verdict(&mean("1000"), &[0.0, 20.0, 10.0]), Verdict::Fails, "wide, and far away");
        let tolerant = "measured = \"duration_s\"\nmean = { of = 13, within = 2.5, tolerance = 2.5, because = \"small\" }";
        assert_eq!(verdict(tolerant, &close), Verdict::Holds);
        // What varies together with the measured value does not widen the interval.
        let own = "measured = \"duration_s + 1\"\nmean = { of = \"duration_s + 1\", within = 0.001 }";
        assert_eq!(verdict(own, &[0.0, 20.0, 10.0]), Verdict::Holds);
    }

    #[test]
    fn bounds_and_shares() {
        let close = [9.0, 10.0, 11.0, 10.0, 9.5, 10.5];
        assert_eq!(verdict("measured = \"duration_s\"\nat_most = 12", &close), Verdict::Holds);
        assert_eq!(verdict("measured = \"duration_s\"\nat_most = 10", &close), Verdict::Undecided);
        assert_eq!(verdict("measured = \"duration_s\"\nat_least = 12", &close), Verdict::Fails);
        let share = "measured = \"duration_s == 1\"\nmean = { of = 0.5, within = 0.2 }";
        let half: Vec<f64> = (0..100).map(|run| f64::from(run % 2)).collect();
        assert_eq!(verdict(share, &half), Verdict::Holds);
        assert_eq!(verdict(share, &half[..10]), Verdict::Undecided);
        assert_eq!(verdict(share, &[1.0; 100]), Verdict::Fails);
    }
}
