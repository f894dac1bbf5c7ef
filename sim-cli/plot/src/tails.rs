//! The tails of delays: how many messages take longer than so long, predicted and measured.

use super::axis::{log_marks, log_range};
use super::canvas::{Canvas, MARGIN, Picture};
use super::chart::{Area, CHART, Drawn, Mark, base, draw_on, grid, legend, name, nothing, plot, stroke};
use super::color::{Palette, Rgb};
use super::{Style, format};
use plotters::prelude::*;

/// Pixels of the upper edge of the plot.
const TOP: f32 = 180.0;
/// Points of a curve at most, evenly over its logarithmic axes.
const POINTS: f64 = 400.0;
/// The least share that is drawn.
const LEAST: f64 = 1e-4;

/// Two curves that should be one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tail {
    /// Name of the case in the legend.
    pub name: String,
    /// Milliseconds, ascending, and the share of messages that took as long or longer.
    pub predicted: Vec<(f64, f64)>,
    /// The same as the kernel measured it.
    pub measured: Vec<(f64, f64)>,
}

/// Draws the share of messages that took longer over the delay, both logarithmic: thick and pale what was
/// measured, a thin line what was predicted. 1600 by 900 pixels.
#[must_use]
pub fn tails(title: &str, tails: &[Tail], style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    canvas.heading(title, "pale and thick: measured, thin: predicted");
    let palette = canvas.palette;
    let entries: Vec<(Mark, Rgb, &str)> = tails
        .iter()
        .enumerate()
        .map(|(rank, tail)| (Mark::Line, palette.category(rank), tail.name.as_str()))
        .collect();
    draw_on(&mut canvas, |area| {
        draw(area, &palette, tails)?;
        legend(area, &palette, TOP, &entries)
    });
    canvas.finish()
}

fn draw(area: &Area<'_>, palette: &Palette, tails: &[Tail]) -> Drawn {
    let both = |tail: &Tail| [thinned(&tail.measured), thinned(&tail.predicted)];
    let curves: Vec<[Vec<(f64, f64)>; 2]> = tails.iter().map(both).collect();
    let times = || curves.iter().flatten().flatten().map(|point| point.0);
    let range = log_range(times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    let (labeled, all) = log_marks(range);
    let delays = (range.0..range.1).log_scale().with_key_points(labeled).with_light_points(all);
    let (labeled, all) = log_marks((LEAST, 1.0));
    let shares = (LEAST..1.2).log_scale().with_key_points(labeled).with_light_points(all);
    let mut plot = plot(area, [TOP, MARGIN, 85.0], delays, shares)?;
    grid(&mut plot, palette, true, &|share| format::percent(*share))?;
    name(area, palette, TOP, "Share of messages that take longer (logarithmic)")?;
    for (rank, [measured, _]) in curves.iter().enumerate() {
        let pale = palette.category(rank).mix(palette.background, 0.55);
        plot.draw_series(LineSeries::new(measured.iter().copied(), stroke(pale, 7.0)))?;
    }
    for (rank, [_, predicted]) in curves.iter().enumerate() {
        plot.draw_series(LineSeries::new(predicted.iter().copied(), stroke(palette.category(rank), 2.0)))?;
    }
    if times().next().is_none() {
        nothing(&plot, palette, "no message was delivered")?;
    }
    base(&mut plot, palette, "delay of a message (logarithmic)", &|ms| format::milliseconds(*ms))
}

/// A curve with few points, which looks the same: those that are a step away from the one before.
fn thinned(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let valid = |&&(ms, share): &&(f64, f64)| ms.is_finite() && ms > 0.0 && (LEAST..=1.0).contains(&share);
    for &(ms, share) in curve.iter().filter(valid) {
        if let Some(&(last_ms, last_share)) = kept.last() {
            let steps = ((ms / last_ms).log10().abs() + (last_share / share).log10().abs()) * POINTS / 4.0;
            if steps < 1.0 {
                continue;
            }
            // A step: down first where the next delay is far away.
            kept.push((ms, last_share.min(share)));
        }
        kept.push((ms, share));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_gives_a_picture() {
        let tail = |points: Vec<(f64, f64)>| Tail {
            name: "1 %".into(),
            measured: points.clone(),
            predicted: points,
        };
        let cases = [
            vec![],
            vec![Tail::default()],
            vec![tail(vec![(5.0, 1.0), (5.0, 0.5), (220.0, 0.01)]), tail(vec![(7.0, 1.0)])],
            vec![tail(vec![(f64::NAN, 0.3), (0.0, 0.0), (1e9, 1.0)])],
        ];
        for case in cases {
            let picture = tails("Both", &case, &Style::default());
            assert_eq!((picture.width(), picture.height()), (1600, 900));
        }
    }

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_steps() {
        let dense: Vec<(f64, f64)> =
            (0..10_000u32).map(|rank| (20.0 + f64::from(rank) / 1e4, 1.0 - f64::from(rank) / 1e4)).collect();
        let thin = thinned(&dense);
        assert!(thin.len() < 1_000, "{}", thin.len());
        assert_eq!(thin[0], dense[0]);
        assert!(thin.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{thin:?}");
    }
}
