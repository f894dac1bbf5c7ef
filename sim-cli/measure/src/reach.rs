//! What must happen in at least one of many runs: `[[reach]]`.
//!
//! An expectation says what each run must be like. A reach assertion says that the runs together come to where
//! something is tested at all: that some network did split, that some node did run out of neighbors.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::expect::Expectation;
use super::latency::Ms;
use super::metrics::{Numbers, Unit, find};

/// A metric within a bound, as some run must have it. Shows itself as it is written: `split_rate > 0`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach(Expectation);

impl Reach {
    /// Reads `METRIC OP VALUE`.
    ///
    /// # Errors
    /// As [`Expectation::parse_whole`].
    pub fn parse(text: &str) -> Result<Self, String> {
        Expectation::parse_whole(text).map(Self)
    }

    /// Dotted path of the metric.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.0.metric
    }

    /// How far `value` is on the wrong side; less is nearer.
    fn distance(&self, value: f64) -> f64 {
        if self.0.op.holds(value, self.0.value) { f64::NEG_INFINITY } else { (value - self.0.value).abs() }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.metric, self.0)
    }
}

/// As a scenario has it: a table with the key `when`.
impl Serialize for Reach {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serializer.serialize_struct("Reach", 1)?;
        table.serialize_field("when", &self.to_string())?;
        table.end()
    }
}

/// What runs say about a reach assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reached {
    /// What must happen.
    #[serde(flatten)]
    pub reach: Reach,
    /// In so many runs it did.
    pub reached: usize,
    /// Of so many.
    pub runs: usize,
    /// The first run in which it did; if there is none, the one that came nearest. None where no run has a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
}

/// A run and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    /// The run, in words.
    pub run: String,
    /// Value of the metric in it.
    pub value: Ms,
}

impl Reached {
    /// Before any run.
    #[must_use]
    pub const fn new(reach: Reach) -> Self {
        Self { reach, reached: 0, runs: 0, best: None }
    }

    /// Takes in a run; `name` is called for its words only if they are needed.
    pub fn add(&mut self, numbers: &Numbers, name: impl FnOnce() -> String) {
        let value = numbers.get(self.reach.metric()).ok().flatten();
        let distance = value.map_or(f64::INFINITY, |value| self.reach.distance(value));
        let best = value.filter(|_| self.is_nearer(distance));
        let best = best.map(|value| Best { run: name(), value: Ms::from_value(value) });
        let reached = usize::from(distance == f64::NEG_INFINITY);
        self.merge(Self { reach: self.reach.clone(), reached, runs: 1, best });
    }

    /// Takes in what other runs, later ones, say about the same.
    pub fn merge(&mut self, other: Self) {
        self.reached += other.reached;
        self.runs += other.runs;
        if let Some(best) = other.best.filter(|of| self.is_nearer(self.reach.distance(of.value.value()))) {
            self.best = Some(best);
        }
    }

    /// Whether a run at this distance is better than the best one: of equal ones the first counts.
    fn is_nearer(&self, distance: f64) -> bool {
        self.best.as_ref().is_none_or(|best| distance < self.reach.distance(best.value.value()))
    }

    /// Whether it happened in some run.
    #[must_use]
    pub const fn is_reached(&self) -> bool {
        self.reached > 0
    }

    /// In how many runs it happened, in words.
    #[must_use]
    pub fn to_text(&self) -> String {
        let best = self.best.as_ref().map(|best| {
            let is_millis = find(self.reach.metric()).is_ok_and(|metric| metric.unit == Unit::Millis);
            let value = match best.value {
                Ms::After(value) if !is_millis => value.to_string(),
                value => value.to_string(),
            };
            format!("{value} in {}", best.run)
        });
        let of = match (self.reached, self.runs) {
            (0, 1) => "not in the only run".to_owned(),
            (0, runs) => format!("in none of {runs} runs"),
            (reached, runs) => format!("in {reached} of {}", floodnet_text::format::plural(runs, "run")),
        };
        match (self.is_reached(), best) {
            (true, Some(best)) if self.runs == 1 => format!("{}: {best}", self.reach),
            (true, Some(best)) => format!("{}: {of}, first {best}", self.reach),
            (false, Some(best)) => format!("{}: {of}; the nearest was {best}", self.reach),
            (_, None) => format!("{}: {of}; no run has a value", self.reach),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::small_summary;

    /// A run whose only loss and delivery ratio are these.
    fn run(lost: u64, delivery: Option<f64>) -> Numbers {
        let mut summary = small_summary();
        summary.drops.insert("loss".to_owned(), lost);
        summary.delivery_ratio = delivery;
        Numbers::of(&summary)
    }

    fn told(when: &str, runs: &[Numbers]) -> (bool, String) {
        let mut reached = Reached::new(Reach::parse(when).unwrap());
        for (place, numbers) in runs.iter().enumerate() {
            reached.add(numbers, || format!("run {place}"));
        }
        (reached.is_reached(), reached.to_text())
    }

    #[test]
    fn one_run_is_enough_and_the_nearest_is_told() {
        let runs = [run(3, Some(0.5)), run(7, None), run(5, Some(0.25)), run(7, Some(0.5))];
        for (when, is_reached, text) in [
            ("drops.loss > 4", true, "drops.loss > 4: in 3 of 4 runs, first 7 in run 1"),
            ("drops.loss>9", false, "drops.loss > 9: in none of 4 runs; the nearest was 7 in run 1"),
            ("drops.loss == 5", true, "drops.loss == 5: in 1 of 4 runs, first 5 in run 2"),
            ("delivery_ratio < 30 %", true, "delivery_ratio < 0.3: in 1 of 4 runs, first 0.25 in run 2"),
            (
                "delivery_ratio < 0.1",
                false,
                "delivery_ratio < 0.1: in none of 4 runs; the nearest was 0.25 in run 2",
            ),
            ("phases.cut.slots > 0", false, "phases.cut.slots > 0: in none of 4 runs; no run has a value"),
        ] {
            assert_eq!(told(when, &runs), (is_reached, text.to_owned()));
        }
        assert_eq!(told("drops.loss > 2", &runs[..1]).1, "drops.loss > 2: 3 in run 0");
        let one = told("drops.loss > 9", &runs[..1]).1;
        assert_eq!(one, "drops.loss > 9: not in the only run; the nearest was 3 in run 0");
    }

    #[test]
    fn parts_come_to_the_whole() {
        let runs = [run(3, None), run(7, None), run(5, None)];
        for when in ["drops.loss > 4", "drops.loss > 9", "drops.loss <= 3"] {
            let of = |runs: &[Numbers], first: usize| {
                let mut reached = Reached::new(Reach::parse(when).unwrap());
                for (place, numbers) in runs.iter().enumerate() {
                    reached.add(numbers, || format!("run {}", first + place));
                }
                reached
            };
            for cut in 0..=runs.len() {
                let mut parts = of(&runs[..cut], 0);
                parts.merge(of(&runs[cut..], cut));
                assert_eq!(parts, of(&runs, 0), "{when} at {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_condition_is_told_what_to_write() {
        for (text, part) in [
            ("split_rate", "write a metric, a comparison and a value"),
            ("> 0", "write a metric, a comparison and a value"),
            ("split_rat > 0", "did you mean `split_rate`?"),
            ("split_rate > 2", "a share cannot be `2`"),
        ] {
            let why = Reach::parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
