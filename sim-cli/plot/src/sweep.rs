//! A metric over a grid of values: lines with intervals, or a map of colors.

use super::backend::units;
use super::canvas::{Canvas, MARGIN, Picture};
use super::chart::{Area, CHART, Chart, Drawn, LABEL, LEFT, Marked, base, draw_on, fill, grid, stroke, text};
use super::color::{Palette, Rgb};
use super::text::{Anchor, Face};
use super::{Style, format};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Pixels of the upper and of the right edge of the plot.
const TOP: f32 = 180.0;
const RIGHT: f32 = 1270.0;

/// Places of the values across, the metric up.
type Plot<'c, 'a> = Chart<'c, 'a, Marked, Marked>;

/// The mean of a metric over the runs of a cell, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepPoint {
    /// The mean; infinite if it is never, which is written instead of drawn.
    pub mean: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// A metric over the grid of a sweep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepView {
    /// Title, written above the picture.
    pub title: String,
    /// The key along the picture.
    pub key: String,
    /// The values of that key, in order along the picture.
    pub labels: Vec<String>,
    /// The key whose values the series are, if it is one.
    pub other: String,
    /// Whether the metric is a share in [0, 1].
    pub is_share: bool,
    /// Whether it is in milliseconds.
    pub is_millis: bool,
    /// Name of each series, and a point for each value; none where nothing is known.
    pub series: Vec<(String, Vec<Option<SweepPoint>>)>,
}

impl SweepView {
    fn points(&self) -> impl Iterator<Item = &SweepPoint> {
        self.series.iter().flat_map(|(_, points)| points).flatten().filter(|point| point.mean.is_finite())
    }

    /// The range of all intervals, with room around it; a share stays within [0, 1].
    fn range(&self) -> (f64, f64) {
        let low = self.points().map(|point| point.low).filter(|low| low.is_finite()).fold(f64::MAX, f64::min);
        let high =
            self.points().map(|point| point.high).filter(|high| high.is_finite()).fold(f64::MIN, f64::max);
        if low > high {
            return (0.0, 1.0);
        }
        let room = ((high - low) * 0.08).max(high.abs() * 1e-4).max(1e-9);
        // From 0 where that costs less than half of the picture.
        let from_zero = low >= 0.0 && low - room < (high - low);
        let bottom = if from_zero { 0.0 } else { low - room };
        let top = high + room;
        if self.is_share { (bottom.max(0.0), top.min(1.0).max(bottom + room)) } else { (bottom, top) }
    }

    fn value(&self, value: f64, step: f64) -> String {
        let factor = if self.is_share { 100.0 } else { 1.0 };
        let decimals = (1.0 - (step * factor).abs().max(1e-9).log10()).clamp(0.0, 6.0) as usize;
        if value.is_infinite() {
            return "never".to_owned();
        }
        let number = format::number(value * factor, decimals);
        match (self.is_share, self.is_millis) {
            (true, _) => format!("{number} %"),
            (_, true) => format!("{number} ms"),
            _ => number,
        }
    }
}

/// Draws each series as a line through its means, with a bar for each interval: 1600 by 900 pixels. Values are
/// evenly apart.
#[must_use]
pub fn sweep_lines(view: &SweepView, style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    canvas.heading(&view.title, "mean over runs, with its interval of 95 %");
    let palette = canvas.palette;
    draw_on(&mut canvas, |area| draw_lines(area, &palette, view));
    if view.series.len() > 1 {
        canvas.write(canvas.quiet(LABEL), &short(&view.other), (RIGHT + 30.0, TOP + 8.0), Anchor::Left);
        for (rank, (name, _)) in view.series.iter().enumerate() {
            let y = TOP + 48.0 + rank as f32 * 36.0;
            canvas.rectangle((RIGHT + 30.0, y - 9.0), (RIGHT + 64.0, y - 5.0), palette.category(rank), 1.0);
            let face = canvas.face(LABEL);
            let name = face.shortened(name, CHART.0 as f32 - MARGIN - RIGHT - 76.0);
            canvas.write(face, &name, (RIGHT + 76.0, y), Anchor::Left);
        }
    }
    canvas.finish()
}

/// The last two words of a key.
fn short(key: &str) -> String {
    let words: Vec<&str> = key.split('.').collect();
    words[words.len().saturating_sub(2)..].join(".")
}

fn draw_lines(area: &Area<'_>, palette: &Palette, view: &SweepView) -> Drawn {
    let (low, high) = view.range();
    let last = view.labels.len().max(2) as f64 - 1.0;
    let right = if view.series.len() > 1 { CHART.0 as f32 - RIGHT } else { MARGIN };
    let places = Marked::whole(-0.3..last + 0.3, last, 24);
    let mut plot =
        super::chart::plot(area, [TOP, right, 85.0], places, Marked::new(low..high, high, 1.0, 8))?;
    let step = (high - low) / 8.0;
    grid(&mut plot, palette, false, &|value| view.value(*value, step))?;
    for (rank, (_, points)) in view.series.iter().enumerate().rev() {
        draw_series(&plot, points, palette, rank, view.series.len())?;
    }
    let label = |place: &f64| view.labels.get(place.round() as usize).cloned().unwrap_or_default();
    base(&mut plot, palette, &view.key, &label)
}

/// One series: a line, and on it a dot and a bar for each point. Series stand a little apart, so that their
/// bars do not cover each other.
fn draw_series(
    plot: &Plot<'_, '_>,
    points: &[Option<SweepPoint>],
    palette: &Palette,
    rank: usize,
    series: usize,
) -> Drawn {
    let color = palette.category(rank);
    let aside = (rank as f64 - (series as f64 - 1.0) / 2.0) * 0.05;
    let places: Vec<(f64, SweepPoint)> = points
        .iter()
        .enumerate()
        .filter_map(|(place, point)| Some((place as f64 + aside, (*point)?)))
        .collect();
    // A mean that is never reached has no place on the axis: the word stands at the top instead.
    let area = plot.plotting_area();
    let (never, places): (Vec<_>, Vec<_>) =
        places.into_iter().partition(|(_, point)| point.mean.is_infinite());
    for (x, _) in never {
        let style = text(Face::regular(LABEL - 2.0, color), HPos::Center, VPos::Top);
        let word = Text::new("never", (0, units(rank as f32 * 24.0)), style);
        area.draw(&(EmptyElement::at((x - aside, plot.y_range().end)) + word))?;
    }
    area.draw(&PathElement::new(
        places.iter().map(|(x, point)| (*x, point.mean)).collect::<Vec<_>>(),
        stroke(color, 3.0),
    ))?;
    for (x, point) in places {
        area.draw(&PathElement::new([(x, point.low), (x, point.high)], stroke(color, 2.5)))?;
        for end in [point.low, point.high] {
            let cap = PathElement::new([(-units(9.0), 0), (units(9.0), 0)], stroke(color, 2.5));
            area.draw(&(EmptyElement::at((x, end)) + cap))?;
        }
        area.draw(&(EmptyElement::at((x, point.mean)) + Circle::new((0, 0), units(6.5), fill(color, 1.0))))?;
    }
    Ok(())
}

/// The place of `mean` between `least` and `most`, as a share.
fn place_between(mean: f64, least: f64, most: f64) -> f64 {
    if mean.is_infinite() {
        1.0
    } else if most > least {
        (mean - least) / (most - least)
    } else {
        0.5
    }
}

/// Draws the means of a grid of two keys as colors with the number on each: 1600 by 900 pixels.
#[must_use]
pub fn sweep_map(view: &SweepView, style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    canvas.heading(&view.title, "mean over runs");
    let palette = canvas.palette;
    // The colors span the means of this picture, not all possible values.
    let means = || view.points().map(|point| point.mean);
    let (least, most) = (means().fold(f64::MAX, f64::min), means().fold(f64::MIN, f64::max));
    let (left, bottom) = (LEFT + 40.0, CHART.1 as f32 - 110.0);
    let width = (CHART.0 as f32 - MARGIN - left) / view.labels.len().max(1) as f32;
    let height = (bottom - TOP) / view.series.len().max(1) as f32;
    let size = LABEL.min(height * 0.5).max(9.0);
    for (row, (name, points)) in view.series.iter().enumerate() {
        let y = bottom - (row as f32 + 1.0) * height;
        let name = canvas.quiet(LABEL).shortened(name, LEFT);
        canvas.write(canvas.quiet(LABEL), &name, (left - 14.0, y + height / 2.0 + 7.0), Anchor::Right);
        for (column, point) in points.iter().enumerate() {
            let x = left + column as f32 * width;
            let Some(point) = point else { continue };
            let color = palette.sequential(place_between(point.mean, least, most) as f32);
            canvas.rectangle((x + 1.0, y + 1.0), (x + width - 1.0, y + height - 1.0), color, 1.0);
            let ink = if color.is_bright() { Rgb(20, 24, 30) } else { Rgb(250, 250, 250) };
            let words = view.value(point.mean, (most - least) / 20.0);
            let face = Face::regular(size, ink);
            if face.width(&words) < width - 8.0 {
                canvas.write(face, &words, (x + width / 2.0, y + height / 2.0 + size * 0.35), Anchor::Center);
            }
        }
    }
    for (column, label) in view.labels.iter().enumerate() {
        let x = left + (column as f32 + 0.5) * width;
        canvas.write(canvas.quiet(LABEL), label, (x, bottom + 32.0), Anchor::Center);
    }
    canvas.write(
        canvas.face(LABEL),
        &view.key,
        ((left + CHART.0 as f32 - MARGIN) / 2.0, bottom + 76.0),
        Anchor::Center,
    );
    canvas.write(canvas.bold(LABEL), &view.other, (left, TOP - 16.0), Anchor::Left);
    canvas.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(series: usize, values: usize, of: impl Fn(usize, usize) -> Option<f64>) -> SweepView {
        let point = |mean: f64| SweepPoint { mean, low: mean * 0.9, high: mean * 1.1 };
        let line = |line| (0..values).map(|value| of(line, value).map(point)).collect();
        SweepView {
            title: "a sweep".into(),
            key: "link.loss".into(),
            labels: (0..values).map(|value| value.to_string()).collect(),
            other: "overlay.random_walk.degree".into(),
            series: (0..series).map(|rank| (format!("series {rank}"), line(rank))).collect(),
            ..SweepView::default()
        }
    }

    #[test]
    fn every_input_gives_a_picture() {
        let none = view(0, 0, |_, _| None);
        let one = view(1, 1, |_, _| Some(0.0));
        let gaps = view(3, 5, |line, value| (line != value).then_some((line * value) as f64));
        let never = view(2, 3, |line, value| Some(if line == value { f64::INFINITY } else { 5.0 }));
        let huge = view(9, 30, |line, value| Some(1e12 * (line + value) as f64));
        for view in [none, one, gaps, never, huge] {
            for picture in [sweep_lines(&view, &Style::default()), sweep_map(&view, &Style::default())] {
                assert_eq!((picture.width(), picture.height()), (1600, 900));
            }
            assert_eq!(sweep_lines(&view, &Style::default()), sweep_lines(&view, &Style::default()));
        }
    }

    #[test]
    fn a_higher_mean_is_drawn_higher() {
        let picture = sweep_lines(&view(1, 2, |_, value| Some(1.0 + value as f64)), &Style::default());
        let palette = Style::default().theme.palette();
        let (width, main) = (picture.width() as usize, palette.main);
        let row = |from: usize, to: usize| {
            let pixels = picture.rgb().chunks(3).enumerate();
            let of_line = pixels.filter(|(place, pixel)| {
                (from..to).contains(&(place % width)) && **pixel == [main.0, main.1, main.2]
            });
            let rows: Vec<usize> = of_line.map(|(place, _)| place / width).collect();
            assert!(!rows.is_empty());
            rows.iter().sum::<usize>() / rows.len()
        };
        assert!(row(200, 700) > row(900, 1_500), "rows count from above");
    }
}
