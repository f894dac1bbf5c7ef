//! A comparison for programs.

use serde_json::{Value, json};

use super::{Comparison, Pair, Row, spread};
use crate::ensemble::report::shown;
use floodnet_measure::metrics::find;
use floodnet_measure::{DIGITS, round_to};

impl Comparison {
    /// The comparison as JSON, newline at the end: the same bytes for the same results.
    #[must_use]
    pub fn to_json(&self) -> String {
        let pairs: Vec<Value> = self.pairs.iter().map(pair).collect();
        let regressions: Vec<Value> = self
            .regressions()
            .map(|(pair, row)| json!({ "cell": pair.cell, "metric": row.metric }))
            .collect();
        let all = json!({
            "conclusion": self.conclusion(),
            "threshold": self.threshold,
            "regressions": regressions,
            "pairs": pairs,
        });
        format!("{all:#}\n")
    }
}

fn pair(pair: &Pair) -> Value {
    let config = pair.config.iter().map(|(key, base, new)| json!({ "key": key, "base": base, "new": new }));
    json!({
        "cell": pair.cell,
        "base": pair.base,
        "new": pair.new,
        "paired": pair.is_paired,
        "identical": pair.is_identical,
        "config": config.collect::<Vec<_>>(),
        "metrics": pair.rows.iter().map(|of| row(pair, of)).collect::<Vec<_>>(),
    })
}

fn row(pair: &Pair, row: &Row) -> Value {
    let interval = row.difference.and_then(|difference| difference.interval);
    json!({
        "metric": row.metric,
        "base": spread(row.base.as_ref()),
        "new": spread(row.new.as_ref()),
        "change": row.change().filter(|change| change.is_finite()).map(shown),
        "ci95": interval.map(|(low, high)| [shown(low), shown(high)]),
        "family": find(&row.metric).ok().and_then(|meaning| meaning.family).map(|(_, family)| family),
        "test": row.tested.map(|_| pair.design()),
        "p": row.tested.map(|tested| round_to(tested.p, DIGITS)),
        "p_adjusted": row.tested.map(|tested| round_to(tested.adjusted, DIGITS)),
        "verdict": row.verdict,
        "runs_needed": row.runs_needed,
        "regression": row.is_regression,
    })
}
