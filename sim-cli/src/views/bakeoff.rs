//! A finished bake-off as pictures: what contestants cost, and what they get for it.

use floodnet_lab::bakeoff::result::Bakeoff;
use floodnet_lab::ensemble::{Table, unit};
use floodnet_measure::metrics::{Unit, Worse, find, label, worse};
use floodnet_plot::{ParetoPanel, ParetoPoint, ParetoView, Picture, Scale, Style, SweepPoint, pareto};

/// What is set against the cost: the metric, and the name of the picture's file.
pub const GAINS: [(&str, &str); 2] =
    [("delivery_ratio", "cost-delivery.png"), ("latency_ms.p99", "cost-latency.png")];

/// A picture for each of [`GAINS`], with the name of its file.
#[must_use]
pub fn draw(bakeoff: &Bakeoff<'_>, style: &Style) -> Vec<(String, Picture)> {
    let picture = |(metric, file): (&str, &str)| Some((file.to_owned(), picture(bakeoff, metric, style)?));
    GAINS.into_iter().filter_map(picture).collect()
}

/// `metric` against the cost; none if no contestant has both.
fn picture(bakeoff: &Bakeoff<'_>, metric: &str, style: &Style) -> Option<Picture> {
    let panel = |(at, name): (usize, &String)| ParetoPanel {
        name: name.clone(),
        points: bakeoff
            .contestants
            .iter()
            .enumerate()
            .filter_map(|(rank, name)| {
                let table = bakeoff.table(rank, at);
                let (cost, gain) = (point(table, bakeoff.cost)?, point(table, metric)?);
                Some(ParetoPoint { name: name.clone(), rank, cost, gain })
            })
            .collect(),
    };
    let names = bakeoff.conditions.iter().map(|condition| &condition.name);
    let view = ParetoView {
        title: format!("{}: {} against cost", bakeoff.outcome.index.name, label(metric)),
        cost: scale(bakeoff.cost),
        gain: scale(metric),
        panels: names.enumerate().map(panel).collect(),
    };
    let any = view.panels.iter().any(|panel| !panel.points.is_empty());
    any.then(|| pareto(&view, style))
}

/// The mean of `metric` with its interval. A cost of "never" has no place.
fn point(table: &Table, metric: &str) -> Option<SweepPoint> {
    let of = table.estimate(metric)?;
    let (low, high) = of.interval.unwrap_or((of.mean, of.mean));
    Some(SweepPoint { mean: of.mean, low, high })
}

fn scale(metric: &str) -> Scale {
    let unit = unit(metric);
    Scale {
        name: label(metric).to_owned(),
        is_share: unit == Unit::Share,
        is_millis: find(metric).is_ok_and(|metric| metric.unit == Unit::Millis),
        more_is_better: worse(metric) == Ok(Worse::Lower),
    }
}
