//! A finished sweep as pictures, one for each metric.

use floodnet_lab::ensemble::unit;
use floodnet_lab::sweep::output::Outcome;
use floodnet_measure::metrics::{Unit, find, label};
use floodnet_plot::{Picture, Style, SweepPoint, SweepView, sweep_lines, sweep_map};

/// Most lines in one picture.
const LINES: usize = 7;

/// A picture for each metric that the plan names, with the name of its file.
#[must_use]
pub fn draw(outcome: &Outcome<'_>, style: &Style) -> Vec<(String, Picture)> {
    let metrics = outcome.index.metrics.iter();
    metrics.filter_map(|metric| Some((format!("{metric}.png"), picture(outcome, metric, style)?))).collect()
}

/// `metric` over the grid: lines with intervals, or colors where there would be too many. None where
/// there is no picture of so many keys, or nothing was measured.
fn picture(outcome: &Outcome<'_>, metric: &str, style: &Style) -> Option<Picture> {
    let axes: Vec<usize> =
        (0..outcome.index.axes.len()).filter(|&axis| outcome.index.axes[axis].values.len() > 1).collect();
    let lines = |axis: usize| outcome.tables.len() / outcome.index.axes[axis].values.len() <= LINES;
    match axes.as_slice() {
        [] => None,
        [axis] => Some(sweep_lines(&view(outcome, metric, *axis)?, style)),
        // The first key lies along the picture if what is left makes few lines.
        axes if axes.iter().any(|&axis| lines(axis)) => {
            let axis = axes.iter().copied().find(|&axis| lines(axis))?;
            Some(sweep_lines(&view(outcome, metric, axis)?, style))
        }
        [first, _] => Some(sweep_map(&view(outcome, metric, *first)?, style)),
        _ => None,
    }
}

/// `metric` along the key `axis`, a series for each combination of the others.
fn view(outcome: &Outcome<'_>, metric: &str, axis: usize) -> Option<SweepView> {
    let along = &outcome.index.axes[axis];
    let unit = unit(metric);
    let mut view = SweepView {
        title: format!("{}: {}", outcome.index.name, label(metric)),
        key: along.key.clone(),
        labels: along.values.iter().map(|value| value.trim_matches(['"', '\'']).to_owned()).collect(),
        other: String::new(),
        is_share: unit == Unit::Share,
        is_millis: find(metric).is_ok_and(|metric| metric.unit == Unit::Millis),
        series: Vec::new(),
    };
    for (cell, table) in outcome.each() {
        let others = (0..cell.values.len())
            .filter(|&other| other != axis && outcome.index.axes[other].values.len() > 1);
        let others: Vec<usize> = others.collect();
        // With one other key its value is enough as a name; with several each value needs its key.
        let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
        let name: Vec<String> = match others.as_slice() {
            [only] => vec![cell.values[*only].clone()],
            many => many
                .iter()
                .map(|&other| format!("{} {}", last(&outcome.index.axes[other].key), cell.values[other]))
                .collect(),
        };
        if let [only] = others.as_slice() {
            view.other.clone_from(&outcome.index.axes[*only].key);
        }
        let name = name.join(", ");
        let place = along.values.iter().position(|value| *value == cell.values[axis])?;
        let point = table.estimate(metric).map(|of| {
            let (low, high) = of.interval.unwrap_or((of.mean, of.mean));
            SweepPoint { mean: of.mean, low, high }
        });
        let line = match view.series.iter().position(|(known, _)| *known == name) {
            Some(line) => line,
            None => {
                view.series.push((name, vec![None; along.values.len()]));
                view.series.len() - 1
            }
        };
        view.series[line].1[place] = point;
    }
    let any = view.series.iter().flat_map(|(_, points)| points).any(Option::is_some);
    any.then_some(view)
}
