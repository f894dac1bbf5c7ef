//! The same scenario on two backends: does the simulator predict what sockets measure?
//!
//! No difference found is not the same as alike. So a metric is held against a bound within which both count as
//! equal: it **holds** if the whole interval of the difference lies within the bound, is **broken** if none of
//! it does, and else nobody **can tell**. (Two one-sided tests at 2.5 % each; Schuirmann 1987, "A Comparison of
//! the Two One-Sided Tests Procedure and the Power Approach", Journal of Pharmacokinetics and
//! Biopharmaceutics 15.)
//!
//! Runs are independent, whatever their seeds: one seed gives both backends the same plan, but a millisecond decides
//! who is accepted by whom, and another overlay comes out. So either side may have as many runs as it likes, and a
//! simulator with many leaves only the spread of the other side.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::spread;
use crate::ensemble::figure::Figure;
use crate::ensemble::report::shown;
use crate::ensemble::side::Side;
use crate::ensemble::text::align;
use floodnet_measure::metrics::{Unit, find};
use floodnet_measure::stats::arrange::Design;
use floodnet_measure::stats::compare::{Difference, against_model};
use floodnet_measure::stats::enough::runs_to_narrow;
use floodnet_measure::stats::interval::Estimate;
use floodnet_measure::stats::joint::{can_tell, fewest};
use floodnet_text::format;

/// How far two backends may be apart in a metric and still count as equal: by the larger of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// Dotted path of the metric.
    pub metric: String,
    /// As a share of what sockets measured.
    pub share: f64,
    /// In the metric's own unit; shares are from 0 to 1.
    pub fixed: f64,
}

impl Bound {
    /// What is judged when nobody says otherwise.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let bound = |metric: &str, share, fixed| Self { metric: metric.to_owned(), share, fixed };
        vec![
            bound("delivery_ratio", 0.0, 0.01),
            bound("latency_ms.p50", 0.05, 5.0),
            bound("latency_ms.p99", 0.15, 0.0),
            bound("partition_rate", 0.0, 0.02),
        ]
    }

    /// Reads `METRIC=BOUND`: a share of what was measured (`5%`), points of a share (`1pt`), milliseconds
    /// (`5ms`), a plain number, or two of them with a comma between.
    ///
    /// # Errors
    /// It is no bound, or there is no such metric; says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("invalid bound `{text}` (example: latency_ms.p50=5%,5ms or delivery_ratio=1pt)");
        let (metric, bounds) = text.split_once('=').ok_or_else(wrong)?;
        find(metric).map_err(|unknown| unknown.to_string())?;
        let mut bound = Self { metric: metric.to_owned(), share: 0.0, fixed: 0.0 };
        for part in bounds.split(',').map(str::trim) {
            let number = |text: &str| {
                text.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
            };
            let endings = [("%", 0.01, true), ("pt", 0.01, false), ("ms", 1.0, false), ("", 1.0, false)];
            let found = endings
                .into_iter()
                .find_map(|(ending, unit, is_share)| Some((part.strip_suffix(ending)?, unit, is_share)));
            let (value, unit, is_share) = found.ok_or_else(wrong)?;
            let value = number(value).ok_or_else(wrong)? * unit;
            if is_share {
                bound.share = value;
            } else {
                bound.fixed = value;
            }
        }
        Ok(bound)
    }

    /// The bound for a metric of which sockets measured `value`.
    fn at(&self, value: f64) -> f64 {
        (self.share * value.abs()).max(self.fixed)
    }

    fn text(&self) -> String {
        let unit = find(&self.metric).map_or(Unit::Plain, |metric| metric.unit);
        let fixed = match unit {
            Unit::Share => points(&format::number(self.fixed * 100.0, 3)),
            Unit::Millis => format!("{} ms", format::number(self.fixed, 3)),
            Unit::Plain => format::number(self.fixed, 3),
        };
        let share = format!("{} %", format::number(self.share * 100.0, 3));
        match (self.share > 0.0, self.fixed > 0.0) {
            (true, true) => format!("{share} or {fixed}"),
            (true, false) => share,
            _ => fixed,
        }
    }
}

/// What is said of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The whole interval is within the bound.
    Holds,
    /// All of it is outside.
    Broken,
    /// It is too wide.
    CannotTell,
}

/// One metric on both backends.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Its dotted path. Where a quantile over all pairs is never in some run, that over delivered ones.
    pub metric: String,
    /// The mean over the runs of the simulator.
    pub sim: Option<Estimate>,
    /// On the other backend.
    pub real: Option<Estimate>,
    /// The simulator's less the other's.
    pub difference: Option<Difference>,
    /// What it is held against.
    pub bound: Bound,
    /// That bound in the metric's unit.
    pub allowed: f64,
    /// What is said of it.
    pub told: Agreement,
}

impl Prediction {
    /// The sentence of it, such as `the simulator predicts latency_ms.p50 within 3 %`.
    #[must_use]
    pub fn words(&self) -> String {
        let metric = &self.metric;
        let Some((low, high)) = self.difference.and_then(|difference| difference.interval) else {
            return format!("cannot tell {metric}: at least two runs with a value are needed on each side");
        };
        let (unit, bound) = (self.unit(), self.bound.text());
        let ends = (low.abs().min(high.abs()), low.abs().max(high.abs()));
        let real = self.real.map_or(0.0, |real| real.mean.abs());
        // How far the interval reaches, as the bound says it.
        let far = |end: f64| match unit {
            Unit::Share => points(&up(end * 100.0)),
            _ if self.bound.share > 0.0 && real > 0.0 => format!("{} %", up(end / real * 100.0)),
            Unit::Millis => format!("{} ms", up(end)),
            Unit::Plain => up(end),
        };
        match self.told {
            Agreement::Holds => {
                format!("the simulator predicts {metric} within {} (bound: {bound})", far(ends.1))
            }
            Agreement::Broken => {
                let way = if high < 0.0 { "low" } else { "high" };
                format!(
                    "the simulator's {metric} is too {way} by {} to {} (bound: {bound})",
                    far(ends.0),
                    far(ends.1)
                )
            }
            Agreement::CannotTell if low >= high => {
                let runs = fewest(Design::Independent);
                format!("cannot tell {metric}: all runs are equal, but few; {runs} on each side are needed")
            }
            Agreement::CannotTell => {
                let more = self.runs_needed().map_or_else(String::new, |runs| format!(", {runs} or so"));
                format!(
                    "cannot tell {metric}: off by up to {}, the bound is {bound}; add runs{more}",
                    far(ends.1)
                )
            }
        }
    }

    /// How many runs on sockets would do if means and spread stay what they are; none if no number will, or none
    /// that anybody would make.
    fn runs_needed(&self) -> Option<usize> {
        let (runs, difference) = (self.real?.runs, self.difference?);
        let (low, high) = difference.interval?;
        if low >= high {
            return Some(fewest(Design::Independent));
        }
        // What the simulator leaves is little.
        runs_to_narrow(runs, (high - low) / 2.0, self.allowed - difference.change.abs())
    }

    fn unit(&self) -> Unit {
        find(&self.metric).map_or(Unit::Plain, |metric| metric.unit)
    }

    /// Metric, both means, their difference, its interval, what is told.
    fn cells(&self) -> [String; 6] {
        let mean = |estimate: Option<Estimate>| {
            estimate.map_or_else(
                || "-".to_owned(),
                |of| {
                    let figure = Figure::of(self.unit(), &of);
                    match figure.interval(&of) {
                        even if even.starts_with("± ") && even != "± 0" => {
                            format!("{} {even}", figure.value(of.mean))
                        }
                        _ => figure.value(of.mean),
                    }
                },
            )
        };
        let interval = self.difference.and_then(|difference| difference.interval);
        let around = self.real.map_or(0.0, |real| if real.mean.is_finite() { real.mean } else { real.min });
        let figure = Figure::new(self.unit(), around, interval.map(|(low, high)| (high - low) / 2.0));
        // A difference of shares is one of points: per cent could be meant of either.
        let told_apart = |text: String| match self.unit() {
            Unit::Share => text.replace('%', "points"),
            _ => text,
        };
        let change =
            self.difference.map_or_else(|| "-".to_owned(), |of| told_apart(figure.change(of.change)));
        let ends = interval
            .filter(|(low, high)| low < high)
            .map_or_else(|| "-".to_owned(), |ends| told_apart(figure.range(ends)));
        let told = match self.told {
            Agreement::Holds => format!("holds ({})", self.bound.text()),
            Agreement::Broken => format!("BROKEN ({})", self.bound.text()),
            Agreement::CannotTell => format!("cannot tell ({})", self.bound.text()),
        };
        [self.metric.clone(), mean(self.sim), mean(self.real), change, ends, told]
    }
}

/// So many points of a share.
fn points(count: &str) -> String {
    format!("{count} {}", if count == "1" { "point" } else { "points" })
}

/// Rounded up to two digits: who promises a bound may not promise less.
fn up(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let step = 10_f64.powf(value.log10().floor() - 1.0);
    let rounded = (value / step - 1e-9).ceil() * step;
    format::number(rounded, (-step.log10()).round().clamp(0.0, 9.0) as usize)
}

/// A scenario in the simulator and on another backend.
#[derive(Clone, Debug)]
pub struct Backends {
    /// Name of the simulator's results.
    pub sim: String,
    /// Name of the others.
    pub real: String,
    /// The backend of the others.
    pub backend: String,
    /// How many runs there are on each side.
    pub runs: (usize, usize),
    /// The metrics that are judged.
    pub rows: Vec<Prediction>,
}

impl Backends {
    /// Holds the simulator's runs against those of another backend. The sides may come in either order.
    ///
    /// # Errors
    /// Not exactly one of them is the simulator's.
    pub fn of(one: &Side, other: &Side, bounds: &[Bound]) -> Result<Self, String> {
        let (sim, real) = match (one.backend.as_deref(), other.backend.as_deref()) {
            (None | Some("sim"), Some(backend)) if backend != "sim" => (one, other),
            (Some(backend), None | Some("sim")) if backend != "sim" => (other, one),
            _ => return Err("one side must come from the simulator and one from another backend".to_owned()),
        };
        let rows = bounds.iter().map(|bound| predict(sim, real, bound)).collect();
        Ok(Self {
            sim: sim.name.clone(),
            real: real.name.clone(),
            backend: real.backend.clone().unwrap_or_default(),
            runs: (sim.table.runs(), real.table.runs()),
            rows,
        })
    }

    /// Metrics that are not shown to be within their bound.
    pub fn open(&self) -> impl Iterator<Item = &Prediction> {
        self.rows.iter().filter(|row| row.told != Agreement::Holds)
    }

    /// The result in a sentence.
    #[must_use]
    pub fn conclusion(&self) -> String {
        let count = |told| self.rows.iter().filter(|row| row.told == told).count();
        let mut parts = vec![format!(
            "{} of {} within bounds",
            count(Agreement::Holds),
            format::plural(self.rows.len(), "metric")
        )];
        for (told, words) in [(Agreement::Broken, "outside"), (Agreement::CannotTell, "undecided")] {
            if count(told) > 0 {
                parts.push(format!("{} {words}", count(told)));
            }
        }
        parts.join(", ")
    }

    /// The comparison for people. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let runs = |count| format::plural(count, "run");
        let mut text = format!(
            "sim  {} ({})\n{}  {} ({})   independent runs\n\n",
            self.sim,
            runs(self.runs.0),
            self.backend,
            self.real,
            runs(self.runs.1),
        );
        let mut cells = vec![self.head().to_vec()];
        cells.extend(self.rows.iter().map(|row| row.cells().to_vec()));
        text.push_str(&align(&cells));
        text.push('\n');
        for row in &self.rows {
            let _ = writeln!(text, "  {}", row.words());
        }
        let _ = writeln!(text, "\n  {}", self.conclusion());
        text
    }

    /// As GitHub-flavored Markdown. Ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mark = if self.open().next().is_none() { "✅" } else { "❌" };
        let mut text = format!("### {mark} simulator and {}: {}\n\n", self.backend, self.conclusion());
        let _ = writeln!(
            text,
            "`{}` ({}) against `{}` ({}), independent runs\n",
            self.sim,
            format::plural(self.runs.0, "run"),
            self.real,
            format::plural(self.runs.1, "run"),
        );
        let head = self.head();
        let _ = writeln!(text, "| {} |\n|---|--:|--:|--:|--:|---|", head.join(" | "));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.cells().map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
        text.push('\n');
        for row in &self.rows {
            let _ = writeln!(text, "- {}", row.words());
        }
        text
    }

    fn head(&self) -> [String; 6] {
        ["metric", "sim", &self.backend, "sim - other", "95 % interval", ""].map(str::to_owned)
    }

    /// As JSON, newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let row = |row: &Prediction| -> Value {
            let interval = row.difference.and_then(|difference| difference.interval);
            json!({
                "metric": row.metric,
                "sim": spread(row.sim.as_ref()),
                "real": spread(row.real.as_ref()),
                "change": row.difference.map(|of| of.change).filter(|change| change.is_finite()).map(shown),
                "ci95": interval.map(|(low, high)| [shown(low), shown(high)]),
                "test": row.difference.map(|_| "welch"),
                "bound": row.bound,
                "allowed": shown(row.allowed),
                "verdict": row.told,
                "words": row.words(),
            })
        };
        let all = json!({
            "conclusion": self.conclusion(),
            "sim": { "name": self.sim, "runs": self.runs.0 },
            "real": { "name": self.real, "runs": self.runs.1, "backend": self.backend },
            "metrics": self.rows.iter().map(row).collect::<Vec<_>>(),
        });
        format!("{all:#}\n")
    }
}

/// One metric; where a quantile over all pairs is never, that over the delivered ones.
fn predict(sim: &Side, real: &Side, bound: &Bound) -> Prediction {
    let values = |side: &Side, metric: &str| -> Vec<f64> {
        side.table.column(metric).into_iter().map(|(_, value)| value).collect()
    };
    let is_never = |metric: &str| {
        values(sim, metric).iter().chain(&values(real, metric)).any(|value| value.is_infinite())
    };
    let metric = match bound.metric.strip_prefix("latency_ms.") {
        Some(quantile) if is_never(&bound.metric) => format!("latency_delivered_ms.{quantile}"),
        _ => bound.metric.clone(),
    };
    let difference = against_model(&values(real, &metric), &values(sim, &metric));
    let (of_sim, of_real) = (sim.table.estimate(&metric), real.table.estimate(&metric));
    let allowed = bound.at(of_real.map_or(0.0, |real| real.mean));
    let runs = |estimate: Option<Estimate>| estimate.map_or(0, |of| of.runs);
    let told = match difference.and_then(|difference| difference.interval) {
        // Runs that are all equal have an interval of no width. A few of them prove nothing.
        Some((low, high)) if low >= high && !can_tell(Design::Independent, runs(of_sim), runs(of_real)) => {
            Agreement::CannotTell
        }
        Some((low, high)) if -allowed <= low && high <= allowed => Agreement::Holds,
        Some((low, high)) if high < -allowed || allowed < low => Agreement::Broken,
        _ => Agreement::CannotTell,
    };
    Prediction { metric, sim: of_sim, real: of_real, difference, bound: bound.clone(), allowed, told }
}

#[cfg(test)]
#[path = "backends_tests.rs"]
mod tests;
