//! Predicted and measured delays, next to each other.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::case::{Case, Measured, Predicted};

/// The shares of messages at which delays are compared.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// How far apart a prediction and a measurement may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// As a share of what was measured.
    pub share: f64,
    /// In nanoseconds: what is closer holds whatever its share.
    pub least: u64,
    /// A quantile also holds if it is between those that were measured for so many times more and fewer messages
    /// in the tail: a curve with a cliff is not judged by where exactly the cliff is.
    pub tail: f64,
}

impl Default for Bound {
    fn default() -> Self {
        Self { share: 0.15, least: 3_000_000, tail: 1.5 }
    }
}

impl Bound {
    fn is_close(&self, predicted: f64, measured: f64) -> bool {
        (predicted - measured).abs() <= (self.share * measured).max(self.least as f64)
    }
}

/// One case with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was done.
    pub case: Case,
    /// By the simulator.
    pub predicted: Predicted,
    /// By the kernel.
    pub measured: Measured,
}

/// Name, nanoseconds predicted and measured (none where that many never arrived), and whether these are within
/// bounds (none where there are too few messages to say).
pub type Metric = (&'static str, Option<f64>, Option<f64>, Option<bool>);

/// The delay that this share of all messages does not exceed: none if that many never arrived.
fn quantile(delays: &[u64], undelivered: u64, share: f64) -> Option<u64> {
    let all = delays.len() as u64 + undelivered;
    let rank = (share * all as f64).ceil().max(1.0) as u64;
    delays.get(usize::try_from(rank - 1).unwrap_or(usize::MAX)).copied()
}

fn mean(delays: &[u64]) -> f64 {
    delays.iter().map(|&delay| delay as f64).sum::<f64>() / delays.len().max(1) as f64
}

impl Row {
    fn predicted_at(&self, share: f64) -> Option<u64> {
        quantile(&self.predicted.delays, self.predicted.undelivered, share)
    }

    fn measured_at(&self, share: f64) -> Option<u64> {
        quantile(&self.measured.delays, self.measured.undelivered, share)
    }

    /// What is compared, within `bound`: the mean of what arrived, and each quantile that leaves at least 20 messages above it.
    #[must_use]
    pub fn metrics(&self, bound: &Bound) -> Vec<Metric> {
        let means = (mean(&self.predicted.delays), mean(&self.measured.delays));
        let mut all = vec![("mean", Some(means.0), Some(means.1), Some(bound.is_close(means.0, means.1)))];
        for (name, share) in QUANTILES {
            let (predicted, measured) = (self.predicted_at(share), self.measured_at(share));
            let enough = (1.0 - share) * self.measured.delays.len() as f64 >= 20.0;
            let holds = enough.then(|| self.holds(share, bound));
            all.push((name, predicted.map(|ns| ns as f64), measured.map(|ns| ns as f64), holds));
        }
        all
    }

    fn holds(&self, share: f64, bound: &Bound) -> bool {
        let Some(predicted) = self.predicted_at(share).map(|ns| ns as f64) else {
            return self.measured_at(share).is_none();
        };
        let wider = self.measured_at(1.0 - ((1.0 - share) * bound.tail).min(1.0));
        let narrower = self.measured_at(1.0 - (1.0 - share) / bound.tail);
        let least = wider.map_or(f64::MAX, |ns| ns as f64);
        let most = narrower.map_or(f64::MAX, |ns| ns as f64);
        bound.is_close(predicted, predicted.clamp(least.min(most), most))
    }

    /// Whether all that could be judged is within `bound`, and nothing was lost for good.
    #[must_use]
    pub fn is_within(&self, bound: &Bound) -> bool {
        let undelivered = self.measured.undelivered + self.predicted.undelivered;
        undelivered == 0 && self.metrics(bound).iter().all(|(.., holds)| holds.unwrap_or(true))
    }

    /// The link and the traffic, short.
    #[must_use]
    pub fn name(&self) -> String {
        let Case { loss, rate, every, both, .. } = &self.case;
        let rate = rate.map_or(String::new(), |rate| format!(" {} kbit/s", rate as f64 / 1e3));
        let ways = if *both { " both ways" } else { "" };
        let every = (every.as_secs_f64() * 1e5).round() / 1e2;
        format!("{} %{ways}{rate} every {every} ms", loss * 100.0)
    }
}

fn ms(ns: Option<f64>) -> String {
    ns.map_or("never".to_owned(), |ns| {
        let ms = ns / 1e6;
        if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
    })
}

/// Predicted and measured milliseconds of each row, those out of `bound` with a `!`.
#[must_use]
pub fn table(rows: &[Row], bound: &Bound) -> String {
    let names = ["mean"].into_iter().chain(QUANTILES.map(|(name, _)| name));
    let mut text = format!("{:<32}", "predicted/measured, ms");
    names.for_each(|name| {
        let _ = write!(text, "{name:>17}");
    });
    text.push('\n');
    for row in rows {
        let _ = write!(text, "{:<32}", row.name());
        for (_, predicted, measured, holds) in row.metrics(bound) {
            let mark = match holds {
                Some(true) => ' ',
                Some(false) => '!',
                None => '?',
            };
            let cell = format!("{}/{}{mark}", ms(predicted), ms(measured));
            let _ = write!(text, "{cell:>17}");
        }
        text.push('\n');
    }
    text
}

/// A line for each metric of each row.
#[must_use]
pub fn csv(rows: &[Row], bound: &Bound) -> String {
    let mut text =
        "loss,both,rate_bit_s,every_ms,size,connections,messages,metric,predicted_ms,measured_ms,within\n"
            .to_owned();
    for row in rows {
        let Case { loss, both, rate, every, size, connections, .. } = &row.case;
        let rate = rate.map_or(String::new(), |rate| rate.to_string());
        let (every, messages) = (every.as_secs_f64() * 1e3, row.measured.delays.len());
        for (metric, predicted, measured, holds) in row.metrics(bound) {
            let number = |ns: Option<f64>| ns.map_or(String::new(), |ns| format!("{:.3}", ns / 1e6));
            let holds = holds.map_or(String::new(), |holds| holds.to_string());
            let _ = writeln!(
                text,
                "{loss},{both},{rate},{every},{size},{connections},{messages},{metric},{},{},{holds}",
                number(predicted),
                number(measured)
            );
        }
    }
    text
}

/// All of it, with what the kernel counted.
#[must_use]
pub fn json(rows: &[Row], bound: &Bound) -> Value {
    let one = |row: &Row| {
        let Case { latency, loss, both, rate, every, size, connections, span, poisson } = &row.case;
        let metrics = row.metrics(bound);
        let all = metrics.into_iter().map(|(metric, predicted, measured, within)| {
            let ms = |ns: Option<f64>| ns.map(|ns| ns / 1e6);
            json!({ "metric": metric, "predicted_ms": ms(predicted), "measured_ms": ms(measured), "within": within })
        });
        json!({
            "latency_ms": latency.as_secs_f64() * 1e3, "loss": loss, "both": both, "rate_bit_s": rate,
            "every_ms": every.as_secs_f64() * 1e3, "poisson": poisson, "size": size, "bytes": row.predicted.bytes,
            "connections": connections, "span_s": span.as_secs_f64(), "messages": row.measured.delays.len(),
            "undelivered": row.measured.undelivered, "counters": row.measured.counters,
            "metrics": all.collect::<Vec<_>>(),
        })
    };
    let bounds = json!({ "share": bound.share, "least_ms": bound.least as f64 / 1e6, "tail": bound.tail });
    json!({ "bound": bounds, "cases": rows.iter().map(one).collect::<Vec<_>>() })
}
