//! The same measure of several groups of runs: a thin line for each run, a thick one for their mean.

use super::axis::{log_marks, log_range};
use super::canvas::{Canvas, MARGIN, Picture};
use super::chart::{
    Area, CHART, Chart, Drawn, Mark, Marked, base, draw_on, grid, legend, name, nothing, plot, stroke,
};
use super::color::{Palette, Rgb};
use super::{Style, format};
use plotters::prelude::*;

/// Pixels of the upper edge of the plot.
const TOP: f32 = 180.0;

/// More runs than this are drawn fainter.
const MANY: usize = 50;

/// One group of runs, e.g. those of one backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunGroup {
    /// Name of the group in the legend.
    pub name: String,
    /// Points of each run, from left to right.
    pub runs: Vec<Vec<(f64, f64)>>,
    /// Points of the mean over all runs.
    pub mean: Vec<(f64, f64)>,
}

impl RunGroup {
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.runs.iter().flatten().chain(&self.mean).copied().filter(|(x, y)| x.is_finite() && y.is_finite())
    }
}

/// Draws delivery ratio over seconds: 1600 by 900 pixels.
#[must_use]
pub fn overlaid_delivery(title: &str, groups: &[RunGroup], style: &Style) -> Picture {
    picture(title, groups, style, &|area, palette| {
        let points = || groups.iter().flat_map(RunGroup::points);
        let end = points().map(|point| point.0).fold(1.0, f64::max);
        // From a round time before the first message: nothing is published while nodes arrive.
        let first = points().map(|point| point.0).fold(end, f64::min);
        let round = (first / 10.0).floor().max(0.0) * 10.0;
        let start = if end - round < 1.0 { 0.0 } else { round };
        let least = points().map(|point| point.1).fold(1.0, f64::min);
        let low = if least >= 0.99 { 0.98 } else { (least * 20.0).floor() / 20.0 };
        let times = Marked::new(start..end + (end - start) * 0.02, end, 1.0, 13);
        let shares = Marked::new(low..1.0 + (1.0 - low) * 0.03, 1.0, 1.0, 6);
        let mut plot = plot(area, [TOP, MARGIN, 85.0], times, shares)?;
        grid(&mut plot, palette, true, &|share| format::percent(*share))?;
        name(area, palette, TOP, "Delivery ratio")?;
        draw(&mut plot, palette, groups)?;
        base(&mut plot, palette, "time of publishing", &|at| format::clock(*at))
    })
}

/// Draws the cumulative distribution of latency over milliseconds: 1600 by 900 pixels.
#[must_use]
pub fn overlaid_latency(title: &str, groups: &[RunGroup], style: &Style) -> Picture {
    picture(title, groups, style, &|area, palette| {
        let times = || groups.iter().flat_map(RunGroup::points).map(|point| point.0).filter(|ms| *ms > 0.0);
        let range = log_range(times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max) * 1.15);
        let (labeled, all) = log_marks(range);
        let latency = (range.0..range.1).log_scale().with_key_points(labeled).with_light_points(all);
        let shares = Marked::new(0.0..1.0, 1.0, 1.0, 6);
        let mut plot = plot(area, [TOP, MARGIN, 85.0], latency, shares)?;
        grid(&mut plot, palette, true, &|share| format::percent(*share))?;
        name(area, palette, TOP, "Share of pairs (message, receiver) delivered within")?;
        draw(&mut plot, palette, groups)?;
        let meaning = "latency from publish to delivery (logarithmic)";
        base(&mut plot, palette, meaning, &|ms| format::milliseconds(*ms))
    })
}

fn picture(
    title: &str,
    groups: &[RunGroup],
    style: &Style,
    inside: &dyn Fn(&Area<'_>, &Palette) -> Drawn,
) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    canvas.heading(title, "thin: each run, thick: their mean");
    let palette = canvas.palette;
    let entries: Vec<(Mark, Rgb, &str)> = groups
        .iter()
        .enumerate()
        .map(|(rank, group)| (Mark::Line, palette.category(rank), group.name.as_str()))
        .collect();
    draw_on(&mut canvas, |area| {
        inside(area, &palette)?;
        legend(area, &palette, TOP, &entries)
    });
    canvas.finish()
}

fn draw<X: Ranged<ValueType = f64>>(
    plot: &mut Chart<'_, '_, X, Marked>,
    palette: &Palette,
    groups: &[RunGroup],
) -> Drawn {
    let finite = |line: &[(f64, f64)]| -> Vec<(f64, f64)> {
        line.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    };
    for (rank, group) in groups.iter().enumerate() {
        // Hundreds of lines would be a wall.
        let (share, width) = if group.runs.len() > MANY { (0.75, 1.0) } else { (0.55, 1.5) };
        let pale = palette.category(rank).mix(palette.background, share);
        for run in &group.runs {
            plot.draw_series(LineSeries::new(finite(run), stroke(pale, width)))?;
        }
    }
    for (rank, group) in groups.iter().enumerate().rev() {
        plot.draw_series(LineSeries::new(finite(&group.mean), stroke(palette.category(rank), 4.0)))?;
    }
    if groups.iter().all(|group| group.mean.is_empty()) {
        nothing(plot, palette, "no message was delivered")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_gives_a_picture() {
        let group = |points: Vec<(f64, f64)>| RunGroup {
            name: "tcp".into(),
            runs: vec![points.clone()],
            mean: points,
        };
        let cases = [
            vec![],
            vec![RunGroup::default()],
            vec![group(vec![(5.0, 0.5)]), group(vec![(5.0, 1.0), (9.0, 1.0)])],
            vec![group(vec![(f64::NAN, 0.3), (0.0, 0.0), (1e9, 1.0)])],
        ];
        for case in cases {
            for draw in [overlaid_delivery, overlaid_latency] {
                let picture = draw("Both", &case, &Style::default());
                assert_eq!((picture.width(), picture.height()), (1600, 900));
            }
        }
    }
}
