//! How long messages take, over all pairs of message and receiver.

use crate::axis::{log_marks, log_range};
use crate::backend::{pixels, units};
use crate::canvas::{Canvas, MARGIN, Picture};
use crate::chart::{
    Area, CHART, Chart, Drawn, LABEL, LEFT, Marked, base, dashed, draw_on, fill, grid, name, nothing, plot,
    stroke, text, write,
};
use crate::color::{Palette, Rgb};
use crate::text::{Anchor, Face};
use crate::{Style, format};
use plotters::coord::combinators::WithKeyPoints;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// The quantiles that are marked.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")];
/// Most series whose values are listed.
const LISTED: usize = 5;
/// Pixels of the upper and of the right edge of the plot.
const TOP: f32 = 180.0;
const RIGHT: f32 = 1170.0;

/// Latency in milliseconds across, shares up.
type Plot<'c, 'a> = Chart<'c, 'a, WithKeyPoints<LogCoord<f64>>, Marked>;

/// The latencies of one run or of one kind of run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CdfSeries {
    /// Name of the series in the legend.
    pub name: String,
    /// Latencies in milliseconds with the number of pairs that had them, as of a histogram. Any order;
    /// what is negative or not a number is left out, 0 is drawn at the axis' left end.
    pub counts: Vec<(f64, u64)>,
    /// Pairs in which the receiver never got the message. They count: the curve ends below 100 %.
    pub undelivered: u64,
}

/// A series in ascending order, ready to be asked.
struct Curve {
    /// Milliseconds, and the share of all pairs that took no longer.
    steps: Vec<(f64, f64)>,
    pairs: u64,
}

impl Curve {
    fn new(series: &CdfSeries) -> Self {
        let valid = |&&(ms, count): &&(f64, u64)| ms.is_finite() && ms >= 0.0 && count > 0;
        let mut counts: Vec<(f64, u64)> = series.counts.iter().filter(valid).copied().collect();
        counts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let delivered: u64 = counts.iter().map(|(_, count)| count).sum();
        let pairs = delivered.saturating_add(series.undelivered);
        let mut sum = 0;
        let step = |&(ms, count): &(f64, u64)| {
            sum += count;
            (ms, sum as f64 / pairs as f64)
        };
        Self { steps: counts.iter().map(step).collect(), pairs }
    }

    /// The least latency that this share of all pairs does not exceed; none if that many never arrived.
    fn quantile(&self, share: f64) -> Option<f64> {
        self.steps.iter().find(|(_, reached)| *reached >= share - 1e-12).map(|(ms, _)| *ms)
    }

    fn delivered(&self) -> f64 {
        self.steps.last().map_or(0.0, |(_, share)| *share)
    }
}

/// Draws the cumulative distribution of latency, undelivered pairs at infinity: 1600 by 900 pixels.
#[must_use]
pub fn latency_cdf(title: &str, series: &[CdfSeries], style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    let curves: Vec<Curve> = series.iter().map(Curve::new).collect();
    canvas.heading(title, &caption(&curves));
    let palette = canvas.palette;
    draw_on(&mut canvas, |area| draw_curves(area, &palette, &curves));
    for (rank, (curve, series)) in curves.iter().zip(series).enumerate().take(LISTED) {
        list(&mut canvas, curve, &series.name, rank);
    }
    if curves.len() > LISTED {
        let text = format!("and {} more", curves.len() - LISTED);
        canvas.write(canvas.quiet(LABEL), &text, (1230.0, 860.0), Anchor::Left);
    }
    canvas.finish()
}

fn caption(curves: &[Curve]) -> String {
    let pairs: u64 = curves.iter().map(|curve| curve.pairs).fold(0, u64::saturating_add);
    let [curve] = curves else {
        return format!("{} series  ·  {} pairs of message and receiver", curves.len(), format::count(pairs));
    };
    let never = 1.0 - curve.delivered();
    let tail = if never > 0.0 && pairs > 0 {
        format!("  ·  {} not delivered in time", format::percent(never))
    } else {
        String::new()
    };
    format!("{} pairs of message and receiver{tail}", format::count(pairs))
}

/// All curves with their axes.
fn draw_curves(area: &Area<'_>, palette: &Palette, curves: &[Curve]) -> Drawn {
    let above_zero =
        || curves.iter().flat_map(|curve| &curve.steps).map(|step| step.0).filter(|ms| *ms > 0.0);
    // Room at the right, so that the level at which a curve ends can be seen.
    let range = log_range(above_zero().fold(f64::MAX, f64::min), above_zero().fold(0.0, f64::max) * 1.15);
    let (labeled, all) = log_marks(range);
    let latency = (range.0..range.1).log_scale().with_key_points(labeled).with_light_points(all);
    let shares = Marked::new(0.0..1.0, 1.0, 1.0, 6);
    let margins = [TOP, CHART.0 as f32 - RIGHT, 85.0];
    let mut plot = plot(area, margins, latency, shares)?;
    grid(&mut plot, palette, true, &|share| format::percent(*share))?;
    name(area, palette, TOP, "Share of pairs (message, receiver) delivered within")?;
    for (rank, curve) in curves.iter().enumerate().rev().filter(|(_, curve)| !curve.steps.is_empty()) {
        draw_curve(&mut plot, curve, palette.category(rank))?;
    }
    if let [curve] = curves {
        draw_end(area, &plot, palette, curve)?;
        for (share, name) in QUANTILES {
            if let Some(ms) = curve.quantile(share) {
                let words = format!("{name}  {}", format::milliseconds(ms));
                draw_mark(&plot, palette, (ms, share), &words)?;
            }
        }
    }
    let meaning = "latency from publish to delivery (logarithmic)";
    base(&mut plot, palette, meaning, &|ms| format::milliseconds(*ms))?;
    if curves.iter().all(|curve| curve.steps.is_empty()) {
        nothing(&plot, palette, "no message was delivered")?;
    }
    Ok(())
}

/// The steps of one curve, and the level at which it stays.
fn draw_curve(plot: &mut Plot<'_, '_>, curve: &Curve, color: Rgb) -> Drawn {
    let range = plot.x_range();
    let mut points = vec![(range.start, 0.0)];
    let mut before = 0.0;
    for &(ms, share) in &curve.steps {
        points.extend([(ms, before), (ms, share)]);
        before = share;
    }
    let end = points[points.len() - 1];
    plot.draw_series(LineSeries::new(points, stroke(color, 4.0)))?;
    plot.plotting_area().draw(&dashed([end, (range.end, end.1)], (3.0, 6.0), stroke(color, 2.5)))
}

/// What is missing at the top: pairs that never arrived.
fn draw_end(area: &Area<'_>, plot: &Plot<'_, '_>, palette: &Palette, curve: &Curve) -> Drawn {
    let Some(&(last, delivered)) = curve.steps.last().filter(|(_, delivered)| *delivered < 1.0) else {
        return Ok(());
    };
    let missing = [(last, 1.0), (plot.x_range().end, delivered)];
    plot.plotting_area().draw(&Rectangle::new(missing, fill(palette.alarm, 0.15)))?;
    // The heading says it; here it has room only where the name of p99 is not.
    if delivered >= 0.99 {
        return Ok(());
    }
    let words = format!("{} not delivered in time", format::percent(1.0 - delivered));
    write(area, Face::bold(LABEL, palette.alarm), &words, (RIGHT, TOP - 12.0), HPos::Right)
}

/// A dot on the curve with lines to both axes and its name.
fn draw_mark(plot: &Plot<'_, '_>, palette: &Palette, at: (f64, f64), words: &str) -> Drawn {
    let (area, style) = (plot.plotting_area(), stroke(palette.muted, 1.5));
    area.draw(&dashed([(plot.x_range().start, at.1), at], (5.0, 5.0), style))?;
    area.draw(&dashed([at, (at.0, 0.0)], (5.0, 5.0), style))?;
    let face = Face::bold(LABEL, palette.ink);
    // The curve rises: left of it and above is free, right of it and below as well. At its top, above is
    // the edge of the plot.
    let (x, room) = (pixels(plot.backend_coord(&at).0), face.width(words) + 26.0);
    let right = if at.1 > 0.95 { x + room < RIGHT } else { x - room < LEFT };
    let (offset, anchor) = if right { ((16.0, 26.0), HPos::Left) } else { ((-16.0, -9.0), HPos::Right) };
    let offset = (units(offset.0), units(offset.1));
    let dot = EmptyElement::at(at)
        + Circle::new((0, 0), units(9.0), fill(palette.background, 1.0))
        + Circle::new((0, 0), units(6.5), fill(palette.main, 1.0))
        + Text::new(words.to_owned(), offset, text(face, anchor, VPos::Bottom));
    area.draw(&dot)
}

/// Values of one series, right of the frame.
fn list(canvas: &mut Canvas, curve: &Curve, name: &str, rank: usize) {
    let (left, right) = (1230.0, CHART.0 as f32 - MARGIN);
    let mut y = 190.0 + rank as f32 * 134.0;
    let color = canvas.palette.category(rank);
    canvas.rectangle((left - 18.0, y - 16.0), (left - 11.0, y + 92.0), color, 1.0);
    let face = canvas.bold(LABEL);
    let name = face.shortened(name, right - left);
    canvas.write(face, &name, (left, y), Anchor::Left);
    let value = |share: f64| curve.quantile(share).map_or_else(|| "never".to_owned(), format::milliseconds);
    let [p50, p90, p99] = QUANTILES.map(|(share, name)| (name, value(share)));
    y += 30.0;
    for pair in [[p50, p90], [p99, ("delivered", format::percent(curve.delivered()))]] {
        for ((name, value), x) in pair.into_iter().zip([left, left + 140.0]) {
            canvas.write(canvas.quiet(LABEL), name, (x, y), Anchor::Left);
            let offset = canvas.quiet(LABEL).width(name) + 10.0;
            canvas.write(canvas.face(LABEL), &value, (x + offset, y), Anchor::Left);
        }
        y += 30.0;
    }
    let pairs = format!("{} pairs", format::count(curve.pairs));
    canvas.write(canvas.quiet(LABEL), &pairs, (left, y), Anchor::Left);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(counts: Vec<(f64, u64)>, undelivered: u64) -> CdfSeries {
        CdfSeries { name: "run".into(), counts, undelivered }
    }

    #[test]
    fn undelivered_pairs_are_at_infinity() {
        let curve = Curve::new(&series(vec![(30.0, 20), (10.0, 50), (20.0, 27)], 3));
        assert_eq!(curve.quantile(0.5), Some(10.0));
        assert_eq!(curve.quantile(0.9), Some(30.0));
        assert_eq!(curve.quantile(0.99), None);
        assert!((curve.delivered() - 0.97).abs() < 1e-12);
    }

    #[test]
    fn every_input_gives_a_picture() {
        let odd = vec![(f64::NAN, 3), (-1.0, 4), (f64::INFINITY, 5), (5.0, 0)];
        let cases = [
            vec![],
            vec![series(vec![], 0)],
            vec![series(vec![], 9)],
            vec![series(vec![(5.0, 1)], 0)],
            vec![series(vec![(0.0, 10)], 0)],
            vec![series(odd, 1)],
            vec![series(vec![(1e-6, 1), (1e9, 1)], u64::MAX)],
            (0..9).map(|i| series(vec![(f64::from(i + 1), 1)], 1)).collect(),
        ];
        for case in cases {
            let picture = latency_cdf("Latency", &case, &Style::default());
            assert_eq!((picture.width(), picture.height()), (1600, 900));
            assert_eq!(picture, latency_cdf("Latency", &case, &Style::default()));
        }
    }
}
