//! Delays of a kernel's TCP beside those of the model.

use floodnet_plot::{Picture, Style, Tail, tails as draw_tails};
use floodnet_testbed::kernel::Row;

/// Share of messages that took longer, over the delay: of each row the prediction and the measurement.
#[must_use]
pub fn tails(title: &str, rows: &[&Row], style: &Style) -> Picture {
    let curve = |delays: &[u64], undelivered: u64| {
        let all = (delays.len() as u64 + undelivered) as f64;
        let points =
            delays.iter().enumerate().map(|(rank, &ns)| (ns as f64 / 1e6, (all - rank as f64) / all));
        points.collect::<Vec<_>>()
    };
    let tails: Vec<Tail> =
        rows.iter()
            .map(|row| Tail {
                name: row.case.rate.map_or(format!("{} %", row.case.loss * 100.0), |rate| {
                    format!("{} kbit/s", rate / 1_000)
                }),
                predicted: curve(&row.predicted.delays, row.predicted.undelivered),
                measured: curve(&row.measured.delays, row.measured.undelivered),
            })
            .collect();
    draw_tails(title, &tails, style)
}
