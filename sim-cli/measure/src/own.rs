//! Measures of protocols' own: which there are, and their values in a run.
//!
//! A protocol declares its measures ([`floodnet_core::measure`]); whoever registers it tells them here, once in a
//! program. So they are known by their names wherever a metric is: `own.NAME` is a counter, `own.NAME.p99` a number of a
//! distribution.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use floodnet_core::measure::{Form, Measure, Unit as OwnUnit, Worse};
use floodnet_core::time::Duration;
use serde::{Deserialize, Serialize};

use super::latency::{Latencies, Spans};
use super::metric_row::{Meaning, Unit};
use super::number::{DIGITS, round_to};

/// The measures that the protocols of this program have declared, by name.
static DECLARED: RwLock<BTreeMap<&'static str, &'static Measure>> = RwLock::new(BTreeMap::new());

/// What a distribution has for numbers.
const NUMBERS: [&str; 5] = ["count", "mean", "p50", "p99", "max"];

/// A value of a plain measure is counted as so many nanoseconds, so that it is shown as itself, in milliseconds.
const PLAIN: u64 = 1_000_000;

/// Makes `measure` known.
///
/// # Panics
/// When another one of that name is known: two protocols of one program differ in what they call by it.
pub fn declare(measure: &'static Measure) {
    let mut declared = DECLARED.write().unwrap_or_else(PoisonError::into_inner);
    let known = *declared.entry(measure.name).or_insert(measure);
    assert_eq!(known, measure, "two protocols declare a measure called {}", measure.name);
}

/// The measure called `name`, if a protocol of this program has declared it.
pub fn declared(name: &str) -> Option<&'static Measure> {
    DECLARED.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
}

/// The names of all metrics of declared measures, such as `own.grafts`.
pub fn names() -> Vec<String> {
    let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
    let of = |measure: &&'static Measure| match measure.form {
        Form::Counter => vec![format!("own.{}", measure.name)],
        Form::Histogram => NUMBERS.map(|number| format!("own.{}.{number}", measure.name)).to_vec(),
    };
    declared.values().flat_map(of).collect()
}

/// The declared measure that the metric `name` is of, and which of its numbers.
pub(super) fn find(name: &str) -> Option<(&'static Measure, Option<&str>)> {
    let (measure, number) = match name.strip_prefix("own.")?.split_once('.') {
        Some((measure, number)) => (measure, Some(number)),
        None => (name.strip_prefix("own.")?, None),
    };
    let found = declared(measure)?;
    let fits = match found.form {
        Form::Counter => number.is_none(),
        Form::Histogram => number.is_some_and(|number| NUMBERS.contains(&number)),
    };
    fits.then_some((found, number))
}

/// What the metric of that number of `measure` means.
pub(super) fn meaning(measure: &Measure, number: Option<&str>) -> Meaning {
    let worse = match measure.worse {
        // How often there was a value is another matter than how great it was.
        _ if number == Some("count") => Worse::Neither,
        worse => worse,
    };
    let unit = match (measure.unit, number) {
        (OwnUnit::Time, number) if number != Some("count") => Unit::Millis,
        _ => Unit::Plain,
    };
    Meaning { worse, unit, family: None }
}

/// What came of a measure in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Own {
    /// The sum of a counter.
    Counter(u64),
    /// The numbers of a distribution.
    Histogram(Spread),
}

/// The numbers of a distribution; times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many values there were.
    pub count: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// Half of them were no greater.
    pub p50: Option<f64>,
    /// 99 of 100 were no greater.
    pub p99: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

impl Own {
    /// Its number of that name.
    pub(super) fn number(&self, name: Option<&str>) -> Option<f64> {
        match (self, name) {
            (Self::Counter(count), _) => Some(*count as f64),
            (Self::Histogram(spread), Some("count")) => Some(spread.count as f64),
            (Self::Histogram(spread), Some("mean")) => spread.mean,
            (Self::Histogram(spread), Some("p50")) => spread.p50,
            (Self::Histogram(spread), Some("p99")) => spread.p99,
            (Self::Histogram(spread), _) => spread.max,
        }
    }

    /// Its numbers with their names behind `own.`.
    pub(super) fn all(&self, measure: &str) -> Vec<(String, Option<f64>)> {
        match self {
            Self::Counter(_) => vec![(format!("own.{measure}"), self.number(None))],
            Self::Histogram(_) => {
                NUMBERS.map(|name| (format!("own.{measure}.{name}"), self.number(Some(name)))).to_vec()
            }
        }
    }
}

/// What the slots of one part have reported: few measures, so that a search by address is faster than any map.
#[derive(Debug, Default)]
pub(super) struct Reported(Vec<(&'static Measure, Values)>);

/// The values of one measure.
#[derive(Debug, Default)]
struct Values {
    sum: u64,
    spans: Spans,
}

impl Reported {
    fn values(&mut self, measure: &'static Measure) -> &mut Values {
        let place = self.0.iter().position(|(known, _)| std::ptr::eq(*known, measure));
        let place = place.unwrap_or_else(|| {
            self.0.push((measure, Values::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }

    /// Adds to a counter.
    pub(super) fn count(&mut self, measure: &'static Measure, by: u64) {
        let values = self.values(measure);
        values.sum = values.sum.saturating_add(by);
    }

    /// Adds a value to a distribution.
    pub(super) fn record(&mut self, measure: &'static Measure, value: u64) {
        let nanos = match measure.unit {
            OwnUnit::Time => value,
            OwnUnit::Plain => value.saturating_mul(PLAIN),
        };
        let values = self.values(measure);
        values.sum = values.sum.saturating_add(nanos);
        values.spans.record(Duration::from_nanos(nanos));
    }

    /// What all `parts` together come to, by the name of the measure.
    pub(super) fn of<'a>(parts: impl Iterator<Item = &'a Self>) -> BTreeMap<String, Own> {
        let mut by_name: BTreeMap<&str, (&Measure, Vec<&Values>)> = BTreeMap::new();
        for (measure, values) in parts.flat_map(|part| &part.0) {
            by_name.entry(measure.name).or_insert((measure, Vec::new())).1.push(values);
        }
        let own = |(measure, values): &(&Measure, Vec<&Values>)| {
            let sum = values.iter().fold(0, |sum: u64, values| sum.saturating_add(values.sum));
            match measure.form {
                Form::Counter => Own::Counter(sum),
                Form::Histogram => {
                    Own::Histogram(spread(&Latencies::of(values.iter().map(|values| &values.spans)), sum))
                }
            }
        };
        by_name.iter().map(|(name, found)| ((*name).to_owned(), own(found))).collect()
    }
}

fn spread(all: &Latencies, sum: u64) -> Spread {
    let count = all.count();
    let percentile = |percent| all.percentile(percent, count).map(super::latency::Ms::value);
    let mean = (count > 0).then(|| round_to(sum as f64 / count as f64 / PLAIN as f64, DIGITS));
    Spread { count, mean, p50: percentile(50), p99: percentile(99), max: percentile(100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ASKED: Measure = Measure::counter("test_asked", "Questions.", Worse::Higher);
    static SIZE: Measure = Measure::histogram("test_size", "How large lists are.", Worse::Neither);
    static WAIT: Measure = Measure::times("test_wait", "How long it waits.", Worse::Higher);

    #[test]
    fn parts_add_up_whatever_they_reported() {
        let mut parts = [Reported::default(), Reported::default()];
        parts[0].count(&ASKED, 2);
        parts[1].count(&ASKED, 3);
        for value in 1..=100 {
            parts[(value % 2) as usize].record(&SIZE, value);
            parts[1].record(&WAIT, value * 1_000_000);
        }
        let own = Reported::of(parts.iter());
        assert_eq!(own["test_asked"], Own::Counter(5));
        let expected =
            Spread { count: 100, mean: Some(50.5), p50: Some(50.0), p99: Some(99.0), max: Some(100.0) };
        assert_eq!(
            (&own["test_size"], &own["test_wait"]),
            (&Own::Histogram(expected), &Own::Histogram(expected))
        );
    }

    #[test]
    fn declared_measures_are_metrics_by_their_names() {
        [&ASKED, &SIZE, &WAIT].into_iter().for_each(declare);
        declare(&ASKED);
        for (name, is_known) in [
            ("own.test_asked", true),
            ("own.test_asked.p99", false),
            ("own.test_size", false),
            ("own.test_size.mean", true),
            ("own.test_size.p98", false),
            ("own.test_nothing", false),
            ("test_asked", false),
        ] {
            assert_eq!(find(name).is_some(), is_known, "{name}");
        }
        let of = |name| find(name).map(|(measure, number)| meaning(measure, number)).unwrap();
        assert_eq!(
            (of("own.test_wait.p99").unit, of("own.test_wait.p99").worse),
            (Unit::Millis, Worse::Higher)
        );
        assert_eq!(
            (of("own.test_wait.count").unit, of("own.test_wait.count").worse),
            (Unit::Plain, Worse::Neither)
        );
        assert!(names().contains(&"own.test_wait.p50".to_owned()));
    }

    #[test]
    #[should_panic(expected = "two protocols declare a measure called test_twice")]
    fn one_name_has_one_meaning() {
        static ONE: Measure = Measure::counter("test_twice", "One.", Worse::Higher);
        static OTHER: Measure = Measure::counter("test_twice", "Other.", Worse::Higher);
        declare(&ONE);
        declare(&OTHER);
    }
}
