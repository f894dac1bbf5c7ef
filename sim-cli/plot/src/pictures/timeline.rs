//! A run over time: what was delivered, who was there, and whether the network held together.

use crate::axis::{round_up, time_unit};
use crate::backend::{pixels, units};
use crate::canvas::{Canvas, MARGIN, Picture};
use crate::chart::{
    Area, CHART, Chart, Drawn, LABEL, LEFT, Mark, Marked, base, draw_on, fill, grid, legend, name, nothing,
    plot, stroke, write,
};
use crate::color::{Palette, Rgb};
use crate::text::Face;
use crate::{Style, format};
use core::convert::Infallible;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// One message of the application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MessagePoint {
    /// When it was published, in seconds.
    pub at_s: f64,
    /// How many slots should have got it.
    pub receivers: u32,
    /// How many of them got it in time.
    pub delivered: u32,
}

impl MessagePoint {
    /// Share of its receivers that got it; no number where it had none.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        f64::from(self.delivered) / f64::from(self.receivers)
    }
}

/// The network at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Time of the sample in seconds.
    pub at_s: f64,
    /// Number of nodes that are up.
    pub up: u32,
    /// Number of nodes that have joined.
    pub joined: u32,
    /// Components of joined nodes, isolated ones included.
    pub components: u32,
    /// Nodes in the largest component.
    pub largest: u32,
}

/// A fault that is marked in every panel.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultMark {
    /// Kind of fault, e.g. `partition`.
    pub name: String,
    /// Begin of the fault in seconds.
    pub from_s: f64,
    /// End of the fault in seconds; equal to its begin for one that happens at once.
    pub until_s: f64,
}

/// The messages, samples and faults that a timeline shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineView {
    /// Title, written above the picture.
    pub title: String,
    /// Length of the run, in seconds.
    pub duration_s: f64,
    /// Messages that had receivers, in any order.
    pub messages: Vec<MessagePoint>,
    /// Samples of the network, ascending in time.
    pub samples: Vec<Sample>,
    /// Faults of the run.
    pub faults: Vec<FaultMark>,
    /// The time over which measures are taken: first and last second.
    pub measure_s: Option<(f64, f64)>,
}

/// Panels: height of each, from the top.
const HEIGHTS: [f32; 4] = [206.0, 97.0, 97.0, 97.0];
/// Where the first panel begins, and the space above each for its name.
const FIRST: f32 = 188.0;
const ABOVE: f32 = 44.0;

/// A chart with time in seconds along the x axis.
type Plot<'c, 'a> = Chart<'c, 'a, Marked, Marked>;
/// How a panel's values are written.
type Label = fn(&f64) -> String;

/// Draws delivery, nodes and components over time, faults shaded: 1600 by 900 pixels.
#[must_use]
pub fn timeline(view: &TimelineView, style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    let duration = if view.duration_s.is_finite() { view.duration_s.max(0.0) } else { 0.0 };
    let view = TimelineView { duration_s: duration, ..view.clone() };
    canvas.heading(&view.title, &caption(&view));
    let palette = canvas.palette;
    draw_on(&mut canvas, |area| draw_panels(area, &palette, &view));
    canvas.finish()
}

fn caption(view: &TimelineView) -> String {
    let ratios = || view.messages.iter().map(MessagePoint::ratio).filter(|ratio| ratio.is_finite());
    let mut parts = vec![format!("{} messages", format::count(view.messages.len() as u64))];
    if ratios().count() > 0 {
        // As the summary has it: over all pairs of message and receiver.
        let sum = |of: fn(&MessagePoint) -> u32| view.messages.iter().map(|m| f64::from(of(m))).sum::<f64>();
        let ratio = sum(|message| message.delivered) / sum(|message| message.receivers);
        let worst = ratios().fold(f64::MAX, f64::min);
        parts.push(format!("delivery ratio {}", format::percent(ratio)));
        parts.push(format!("worst message {}", format::percent(worst)));
    }
    if let Some(most) = view.samples.iter().map(|sample| sample.up).max() {
        parts.push(format!("at most {} nodes up", format::count(u64::from(most))));
    }
    parts.join("  ·  ")
}

/// A row of the canvas for each panel, and what is common to all.
fn draw_panels(area: &Area<'_>, palette: &Palette, view: &TimelineView) -> Drawn {
    let mut under = FIRST - ABOVE;
    let breaks = [0, 1, 2, 3].map(|row| {
        let above = under;
        under += ABOVE + HEIGHTS[row];
        units(above)
    });
    // The row above the first panel is the heading's; the last panel's reaches to the canvas' end.
    let rows = area.split_by_breakpoints([0; 0], breaks);
    let nodes = view.samples.iter().map(|sample| sample.up.max(sample.joined)).max().unwrap_or(0);
    let components = view.samples.iter().map(|sample| sample.components).max().unwrap_or(0);
    let delivered = floor_of(view.messages.iter().map(MessagePoint::ratio));
    let largest = floor_of(view.samples.iter().filter_map(share));
    let percent: Label = |share| format::percent(*share);
    let count: Label = |count| format::count(*count as u64);

    let mut plot = panel(&rows[1], palette, view, (0, shares(delivered, 5, HEIGHTS[0]), percent))?;
    draw_notes(area, palette, &plot, view)?;
    draw_delivery(&rows[1], palette, &mut plot, view)?;
    let mut plot = panel(&rows[2], palette, view, (1, counts(nodes, HEIGHTS[1]), count))?;
    draw_nodes(&rows[2], palette, &mut plot, &view.samples)?;
    let mut plot = panel(&rows[3], palette, view, (2, shares(largest, 3, HEIGHTS[2]), percent))?;
    draw_largest(&rows[3], palette, &mut plot, &view.samples)?;
    let mut plot = panel(&rows[4], palette, view, (3, counts(components, HEIGHTS[3]), count))?;
    draw_components(&rows[4], palette, &mut plot, &view.samples)?;
    let (unit, name) = time_unit(view.duration_s);
    let meaning = format!("simulated time ({name})");
    base(&mut plot, palette, &meaning, &|at| format::number(*at / unit, 2))
}

/// An axis of shares up to 100 %, with room above, so that points and lines there are whole.
fn shares(low: f64, most: usize, height: f32) -> Marked {
    Marked::new(low..low + (1.0 - low) * room(height), 1.0, 1.0, most + 1)
}

/// An axis of counts, with room above.
fn counts(most: u32, height: f32) -> Marked {
    let last = round_up(f64::from(most.max(2)));
    Marked::whole(0.0..last * room(height), last, 4)
}

/// How much longer an axis is that has eight pixels above its last value.
fn room(height: f32) -> f64 {
    f64::from(height / (height - 8.0))
}

/// The panel of a row, with its faults and its grid.
fn panel<'c, 'a>(
    row: &Area<'a>,
    palette: &Palette,
    view: &TimelineView,
    (place, values, label): (usize, Marked, Label),
) -> Result<Plot<'c, 'a>, DrawingAreaErrorKind<Infallible>> {
    let under = pixels(row.dim_in_pixel().1 as i32) - ABOVE - HEIGHTS[place];
    let end = if view.duration_s > 0.0 { view.duration_s } else { 1.0 };
    let times = Marked::new(0.0..end, end, time_unit(end).0, 13);
    let mut plot = plot(row, [ABOVE, MARGIN, under], times, values)?;
    let (low, high) = (plot.y_range().start, plot.y_range().end);
    let faults = || faults(view).into_iter().map(|fault| (fault.from_s, fault.until_s));
    let shade = fill(palette.fault, 0.18);
    plot.draw_series(faults().map(|(from, until)| Rectangle::new([(from, high), (until, low)], shade)))?;
    let edge = stroke(palette.fault, 2.0);
    plot.draw_series(faults().map(|(from, _)| PathElement::new([(from, high), (from, low)], edge)))?;
    grid(&mut plot, palette, true, &label)?;
    Ok(plot)
}

/// Faults that have a place in time, in order.
fn faults(view: &TimelineView) -> Vec<&FaultMark> {
    let valid = |fault: &&FaultMark| fault.from_s.is_finite() && fault.until_s.is_finite();
    let mut faults: Vec<&FaultMark> = view.faults.iter().filter(valid).collect();
    faults.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    faults
}

/// Where an axis of shares begins: at 0, unless all are so high that nothing could be seen.
fn floor_of(shares: impl Iterator<Item = f64>) -> f64 {
    match shares.filter(|share| share.is_finite()).reduce(f64::min).unwrap_or(0.0) {
        low if low >= 0.99 => 0.98,
        low if low >= 0.95 => 0.9,
        low if low >= 0.8 => 0.75,
        _ => 0.0,
    }
}

/// Share of joined nodes in the largest component; none while nobody is joined.
fn share(sample: &Sample) -> Option<f64> {
    (sample.joined > 0).then(|| f64::from(sample.largest) / f64::from(sample.joined))
}

/// Names of the faults above all panels, and the measured time as a bar.
fn draw_notes(area: &Area<'_>, palette: &Palette, plot: &Plot<'_, '_>, view: &TimelineView) -> Drawn {
    let place = |at: f64| pixels(plot.backend_coord(&(at.clamp(0.0, plot.x_range().end), 0.0)).0);
    let face = Face::bold(LABEL - 2.0, palette.fault.mix(palette.ink, 0.35));
    let mut free = f32::MIN;
    for fault in faults(view) {
        let half = face.width(&fault.name) / 2.0;
        let middle = f32::midpoint(place(fault.from_s), place(fault.until_s));
        let middle = middle.min(CHART.0 as f32 - MARGIN - half).max(LEFT + half);
        // Where names would overlap, the shade stays and the later name goes.
        if middle - half > free {
            write(area, face, &fault.name, (middle, FIRST - ABOVE), HPos::Center)?;
            free = middle + half + 16.0;
        }
    }
    let Some((from, until)) = view.measure_s.filter(|(from, until)| from < until) else { return Ok(()) };
    let (left, right, y) = (units(place(from)), units(place(until)), units(FIRST - 2.0));
    let tip = units(5.0);
    for line in
        [[(left, y), (right, y)], [(left, y - tip), (left, y + tip)], [(right, y - tip), (right, y + tip)]]
    {
        area.draw(&PathElement::new(line, stroke(palette.muted, 2.0)))?;
    }
    Ok(())
}

/// A point per message and their moving mean.
fn draw_delivery(row: &Area<'_>, palette: &Palette, plot: &mut Plot<'_, '_>, view: &TimelineView) -> Drawn {
    name(row, palette, ABOVE, "Delivery ratio")?;
    let valid = |m: &&MessagePoint| m.at_s.is_finite() && m.ratio().is_finite();
    let mut points: Vec<(f64, f64)> =
        view.messages.iter().filter(valid).map(|m| (m.at_s, m.ratio())).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if points.is_empty() {
        return nothing(plot, palette, "no message had receivers");
    }
    // Fainter the more there are.
    let faint = fill(palette.main, (400.0 / points.len() as f64).clamp(0.06, 0.55));
    plot.draw_series(points.iter().map(|&point| Circle::new(point, units(4.0), faint)))?;
    let ink = palette.main.mix(palette.ink, 0.35);
    for piece in moving_mean(&points, &edges(view), view.duration_s) {
        plot.draw_series(LineSeries::new(piece, stroke(ink, 3.0)))?;
    }
    let mut entries = vec![(Mark::Dot, palette.main, "one message"), (Mark::Line, ink, "moving mean")];
    if !view.faults.is_empty() {
        entries.push((Mark::Patch, palette.fault, "fault"));
    }
    if view.measure_s.is_some() {
        entries.push((Mark::Line, palette.muted, "measured"));
    }
    legend(row, palette, ABOVE, &entries)
}

/// Begin and end of the run and of all faults, in order.
fn edges(view: &TimelineView) -> Vec<f64> {
    let faults = view.faults.iter().flat_map(|fault| [fault.from_s, fault.until_s]);
    let mut edges: Vec<f64> = faults.filter(|at| at.is_finite()).collect();
    edges.extend([f64::NEG_INFINITY, f64::INFINITY]);
    edges.sort_by(f64::total_cmp);
    edges
}

/// Means over windows of a fiftieth of the run, ten per window. No window reaches over one of the
/// `edges`: what a fault does must not show before it. Broken at edges and where a window is empty.
fn moving_mean(points: &[(f64, f64)], edges: &[f64], duration: f64) -> Vec<Vec<(f64, f64)>> {
    let half = duration / 100.0;
    let mut pieces = Vec::new();
    for phase in edges.windows(2) {
        let inside = |at: f64| points.partition_point(|point| point.0 < at);
        let points = &points[inside(phase[0])..inside(phase[1])];
        let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
        let mut piece = Vec::new();
        let places = (0..=500).map(|step| duration * f64::from(step) / 500.0);
        let places = places.filter(|at| (first.0..last.0).contains(at)).chain([last.0]);
        for at in [first.0].into_iter().chain(places) {
            let from = points.partition_point(|point| point.0 < at - half);
            let to = points.partition_point(|point| point.0 <= at + half);
            let window = &points[from..to];
            if window.is_empty() {
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece.push((at, window.iter().map(|point| point.1).sum::<f64>() / window.len() as f64));
            }
        }
        pieces.push(piece);
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Nodes up, and those of them that joined.
fn draw_nodes(row: &Area<'_>, palette: &Palette, plot: &mut Plot<'_, '_>, samples: &[Sample]) -> Drawn {
    name(row, palette, ABOVE, "Nodes")?;
    let (up, joined) = (palette.absent, palette.others[1]);
    steps(plot, palette, samples, |sample| Some(f64::from(sample.up)), (up, 0.22))?;
    steps(plot, palette, samples, |sample| Some(f64::from(sample.joined)), (joined, 0.0))?;
    legend(row, palette, ABOVE, &[(Mark::Line, up, "up"), (Mark::Line, joined, "joined")])
}

fn draw_largest(row: &Area<'_>, palette: &Palette, plot: &mut Plot<'_, '_>, samples: &[Sample]) -> Drawn {
    name(row, palette, ABOVE, "Largest component, share of joined nodes")?;
    steps(plot, palette, samples, share, (palette.main, 0.15))
}

fn draw_components(row: &Area<'_>, palette: &Palette, plot: &mut Plot<'_, '_>, samples: &[Sample]) -> Drawn {
    name(row, palette, ABOVE, "Components, isolated nodes included")?;
    let components = |sample: &Sample| Some(f64::from(sample.components));
    steps(plot, palette, samples, components, (palette.others[2], 0.15))
}

/// A line that holds each value until the next sample, and a shade below it.
fn steps(
    plot: &mut Plot<'_, '_>,
    palette: &Palette,
    samples: &[Sample],
    value: impl Fn(&Sample) -> Option<f64>,
    (color, shade): (Rgb, f64),
) -> Drawn {
    let values = samples.iter().filter_map(|sample| Some((sample.at_s, value(sample)?)));
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * samples.len());
    for (at, value) in values.filter(|(at, _)| at.is_finite()) {
        if let Some(&(_, before)) = points.last() {
            points.push((at, before));
        }
        points.push((at, value));
    }
    match points[..] {
        [] => nothing(plot, palette, "no samples"),
        [alone] => plot.plotting_area().draw(&Circle::new(alone, units(4.0), fill(color, 1.0))),
        _ => {
            let low = plot.y_range().start;
            plot.draw_series(
                AreaSeries::new(points, low, fill(color, shade)).border_style(stroke(color, 2.5)),
            )?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(view: &TimelineView) -> Picture {
        timeline(view, &Style::default())
    }

    #[test]
    fn every_input_gives_a_picture() {
        let sample = Sample { at_s: 1.0, up: 5, joined: 0, components: 0, largest: 0 };
        let message = MessagePoint { at_s: 2.0, receivers: 4, delivered: 2 };
        let broken = MessagePoint { at_s: f64::NAN, receivers: 0, delivered: 0 };
        let far = MessagePoint { at_s: -1e300, receivers: 1, delivered: u32::MAX };
        let late = Sample { at_s: 1e300, up: u32::MAX, joined: 1, components: u32::MAX, largest: u32::MAX };
        let fault = FaultMark { name: "crash".into(), from_s: 3.0, until_s: 3.0 };
        let nowhere = FaultMark { name: "?".into(), from_s: f64::NAN, until_s: 2.0 };
        let base = TimelineView { title: "Run".into(), duration_s: 10.0, ..TimelineView::default() };
        let cases = [
            TimelineView::default(),
            base.clone(),
            TimelineView { duration_s: f64::NAN, ..base.clone() },
            TimelineView { duration_s: 1e300, samples: vec![sample; 2], ..base.clone() },
            TimelineView { duration_s: 1e-300, samples: vec![sample; 2], ..base.clone() },
            TimelineView { messages: vec![far, message], samples: vec![sample, late], ..base.clone() },
            TimelineView { samples: vec![sample], messages: vec![message], ..base.clone() },
            TimelineView { samples: vec![sample; 3], messages: vec![broken, message], ..base.clone() },
            TimelineView { faults: vec![fault; 40], measure_s: Some((1.0, 9.0)), ..base.clone() },
            TimelineView { faults: vec![nowhere], measure_s: Some((9.0, 1.0)), ..base },
        ];
        for case in cases {
            let picture = draw(&case);
            assert_eq!((picture.width(), picture.height()), (1600, 900));
            assert_eq!(picture, draw(&case));
        }
    }

    #[test]
    fn faults_shade_the_panels() {
        let mut view = TimelineView { duration_s: 100.0, ..TimelineView::default() };
        let before = draw(&view);
        view.faults.push(FaultMark { name: "partition".into(), from_s: 10.0, until_s: 30.0 });
        let after = draw(&view);
        let changed = before.rgb().chunks(3).zip(after.rgb().chunks(3)).filter(|(a, b)| a != b).count();
        // A fifth of the width, over the heights of all panels.
        let expected = 0.2 * (CHART.0 as f32 - MARGIN - LEFT) * HEIGHTS.iter().sum::<f32>();
        assert!(changed as f32 > 0.8 * expected, "{changed} of {expected}");
    }

    #[test]
    fn the_mean_breaks_where_nothing_was_sent() {
        let points: Vec<(f64, f64)> =
            (0..100).filter(|i| !(40..60).contains(i)).map(|i| (f64::from(i), 0.5)).collect();
        let pieces = moving_mean(&points, &[f64::NEG_INFINITY, f64::INFINITY], 100.0);
        assert_eq!(pieces.len(), 2);
        assert!(pieces.iter().flatten().all(|(_, mean)| (mean - 0.5).abs() < 1e-12));
    }

    #[test]
    fn the_mean_does_not_foresee_a_fault() {
        let ratio = |i: i32| if (50..60).contains(&i) { 0.0 } else { 1.0 };
        let points: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), ratio(i))).collect();
        let edges = [f64::NEG_INFINITY, 50.0, 60.0, f64::INFINITY];
        for (at, mean) in moving_mean(&points, &edges, 100.0).into_iter().flatten() {
            assert_eq!(mean, ratio(at as i32), "at {at}");
        }
    }
}
