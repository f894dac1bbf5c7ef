//! A run over time: what was delivered, who was there, and whether the network held together.

use super::axis::{Scale, Tick, round_up, ticks, time_ticks};
use super::canvas::{Canvas, MARGIN, Pen, Picture, Point};
use super::chart::{CHART, Frame, LABEL, Mark, nothing};
use super::color::Rgb;
use super::text::Anchor;
use super::{Style, format};

/// One message of the application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MessagePoint {
    /// When it was published, in seconds.
    pub at_s: f64,
    /// Share of its receivers that got it, 0 to 1.
    pub ratio: f64,
}

/// The network at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When, in seconds.
    pub at_s: f64,
    /// Nodes up.
    pub up: u32,
    /// Nodes joined.
    pub joined: u32,
    /// Components of joined nodes, isolated ones included.
    pub components: u32,
    /// Nodes in the largest component.
    pub largest: u32,
}

/// A fault to mark.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultMark {
    /// Such as `partition`.
    pub name: String,
    /// Its begin, in seconds.
    pub from_s: f64,
    /// Its end, in seconds; the begin for one that happens at once.
    pub until_s: f64,
}

/// What a timeline shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineView {
    /// The picture's title.
    pub title: String,
    /// Length of the run, in seconds.
    pub duration_s: f64,
    /// Messages that had receivers, in any order.
    pub messages: Vec<MessagePoint>,
    /// Samples of the network, ascending in time.
    pub samples: Vec<Sample>,
    /// Faults.
    pub faults: Vec<FaultMark>,
    /// The time over which measures are taken: first and last second.
    pub measure_s: Option<(f64, f64)>,
}

/// Left and right edge of all panels.
const ACROSS: (f32, f32) = (150.0, CHART.0 as f32 - MARGIN);
/// Panels: height of each, from the top.
const HEIGHTS: [f32; 4] = [206.0, 97.0, 97.0, 97.0];
/// Where the first panel begins, and the space between two.
const FIRST: f32 = 188.0;
const BETWEEN: f32 = 44.0;

/// Draws delivery, nodes and components over time, faults shaded: 1600 by 900 pixels.
#[must_use]
pub fn timeline(view: &TimelineView, style: &Style) -> Picture {
    let mut canvas = Canvas::new(CHART.0, CHART.1, style.theme.palette());
    let duration = if view.duration_s.is_finite() { view.duration_s.max(0.0) } else { 0.0 };
    let view = TimelineView { duration_s: duration, ..view.clone() };
    canvas.heading(&view.title, &caption(&view));
    let (times, unit) = time_ticks(duration);
    let frames = panels(&view);
    draw_faults(&mut canvas, &frames, &view);
    for frame in &frames {
        frame.columns(&mut canvas, &times);
    }
    draw_delivery(&mut canvas, &frames[0], &view);
    draw_nodes(&mut canvas, &frames[1], &view.samples);
    draw_largest(&mut canvas, &frames[2], &view.samples);
    draw_components(&mut canvas, &frames[3], &view.samples);
    frames[3].base(&mut canvas, &times, &format!("simulated time ({unit})"));
    canvas.finish()
}

fn caption(view: &TimelineView) -> String {
    let ratios = || view.messages.iter().map(|message| message.ratio).filter(|ratio| ratio.is_finite());
    let mut parts = vec![format!("{} messages", format::count(view.messages.len() as u64))];
    if ratios().count() > 0 {
        let mean = ratios().sum::<f64>() / ratios().count() as f64;
        let worst = ratios().fold(f64::MAX, f64::min);
        parts.push(format!("delivery {} in the mean", format::percent(mean)));
        parts.push(format!("worst message {}", format::percent(worst)));
    }
    if let Some(most) = view.samples.iter().map(|sample| sample.up).max() {
        parts.push(format!("at most {} nodes up", format::count(u64::from(most))));
    }
    parts.join("  ·  ")
}

/// The four frames, with the ranges of their values.
fn panels(view: &TimelineView) -> [Frame; 4] {
    let nodes = view.samples.iter().map(|sample| sample.up.max(sample.joined)).max().unwrap_or(0);
    let components = view.samples.iter().map(|sample| sample.components).max().unwrap_or(0);
    let shares = view.samples.iter().filter_map(share);
    let ratios = view.messages.iter().map(|message| message.ratio);
    let ranges = [
        (floor_of(ratios), 1.0),
        (0.0, round_up(f64::from(nodes))),
        (floor_of(shares), 1.0),
        (0.0, round_up(f64::from(components.max(2)))),
    ];
    let mut top = FIRST;
    let mut place = 0;
    ranges.map(|range| {
        let down = (top, top + HEIGHTS[place]);
        top = down.1 + BETWEEN;
        place += 1;
        Frame {
            across: ACROSS,
            down,
            x: Scale::linear((0.0, view.duration_s), ACROSS),
            // Room above 100 %, so that points and lines there are whole.
            y: Scale::linear(range, (down.1, down.0 + 8.0)),
        }
    })
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

fn percent_ticks(frame: &Frame, most: usize) -> Vec<Tick> {
    let values = ticks(frame.y.range(), most, 0.0);
    values.into_iter().map(|value| (value, format::percent(value))).collect()
}

fn count_ticks(frame: &Frame) -> Vec<Tick> {
    let values = ticks(frame.y.range(), 3, 1.0);
    values.into_iter().map(|value| (value, format::count(value as u64))).collect()
}

/// Shades behind all panels with names above them, and the measured time as a bar.
fn draw_faults(canvas: &mut Canvas, frames: &[Frame; 4], view: &TimelineView) {
    let (scale, color) = (frames[0].x, canvas.palette.fault);
    let mut marks: Vec<&FaultMark> =
        view.faults.iter().filter(|fault| fault.from_s.is_finite() && fault.until_s.is_finite()).collect();
    marks.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    let mut free = f32::MIN;
    for fault in marks {
        let (left, right) = (scale.at(fault.from_s), scale.at(fault.until_s));
        for frame in frames {
            canvas.rectangle((left, frame.down.0), (right, frame.down.1), color, 0.18);
            canvas.line((left, frame.down.0), (left, frame.down.1), Pen::new(color, 2.0));
        }
        let mut face = canvas.bold(LABEL - 2.0);
        face.color = color.mix(canvas.palette.ink, 0.35);
        let half = face.width(&fault.name) / 2.0;
        let middle = f32::midpoint(left, right).clamp(ACROSS.0 + half, ACROSS.1 - half);
        // Where names would overlap, the shade stays and the later name goes.
        if middle - half > free {
            canvas.write(face, &fault.name, (middle, FIRST - 44.0), Anchor::Center);
            free = middle + half + 16.0;
        }
    }
    if let Some((from, until)) = view.measure_s.filter(|(from, until)| from < until) {
        let (left, right) = (scale.at(from), scale.at(until));
        let (y, pen) = (FIRST - 2.0, Pen::new(canvas.palette.muted, 2.0));
        canvas.line((left, y), (right, y), pen);
        for end in [left, right] {
            canvas.line((end, y - 5.0), (end, y + 5.0), pen);
        }
    }
}

/// A point per message and their moving mean.
fn draw_delivery(canvas: &mut Canvas, frame: &Frame, view: &TimelineView) {
    frame.rows(canvas, &percent_ticks(frame, 5));
    frame.name(canvas, "Delivery ratio");
    let valid = |m: &&MessagePoint| m.at_s.is_finite() && m.ratio.is_finite();
    let mut points: Vec<(f64, f64)> = view.messages.iter().filter(valid).map(|m| (m.at_s, m.ratio)).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if points.is_empty() {
        return nothing(canvas, frame, "no message had receivers");
    }
    let (main, muted) = (canvas.palette.main, canvas.palette.muted);
    // Fainter the more there are.
    let alpha = (400.0 / points.len() as f32).clamp(0.06, 0.55);
    for &(at, ratio) in &points {
        canvas.disc(frame.at(at, ratio), 4.0, main, alpha);
    }
    let ink = main.mix(canvas.palette.ink, 0.35);
    for piece in moving_mean(&points, &edges(view), view.duration_s) {
        let line: Vec<Point> = piece.into_iter().map(|(at, ratio)| frame.at(at, ratio)).collect();
        canvas.polyline(&line, Pen::new(ink, 3.0));
    }
    let mut entries = vec![(Mark::Dot, main, "one message"), (Mark::Line, ink, "moving mean")];
    if !view.faults.is_empty() {
        entries.push((Mark::Patch, canvas.palette.fault, "fault"));
    }
    if view.measure_s.is_some() {
        entries.push((Mark::Line, muted, "measured"));
    }
    frame.legend(canvas, &entries);
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
fn draw_nodes(canvas: &mut Canvas, frame: &Frame, samples: &[Sample]) {
    frame.rows(canvas, &count_ticks(frame));
    frame.name(canvas, "Nodes");
    let (up, joined) = (canvas.palette.absent, canvas.palette.others[1]);
    let of = |value: fn(&Sample) -> u32| -> Vec<(f64, f64)> {
        samples.iter().map(|sample| (sample.at_s, f64::from(value(sample)))).collect()
    };
    steps(canvas, frame, &of(|sample| sample.up), up, 0.22);
    steps(canvas, frame, &of(|sample| sample.joined), joined, 0.0);
    frame.legend(canvas, &[(Mark::Line, up, "up"), (Mark::Line, joined, "joined")]);
}

fn draw_largest(canvas: &mut Canvas, frame: &Frame, samples: &[Sample]) {
    frame.rows(canvas, &percent_ticks(frame, 3));
    frame.name(canvas, "Largest component, share of joined nodes");
    let values: Vec<(f64, f64)> =
        samples.iter().filter_map(|sample| Some((sample.at_s, share(sample)?))).collect();
    steps(canvas, frame, &values, canvas.palette.main, 0.15);
}

fn draw_components(canvas: &mut Canvas, frame: &Frame, samples: &[Sample]) {
    frame.rows(canvas, &count_ticks(frame));
    frame.name(canvas, "Components, isolated nodes included");
    let values: Vec<(f64, f64)> =
        samples.iter().map(|sample| (sample.at_s, f64::from(sample.components))).collect();
    steps(canvas, frame, &values, canvas.palette.others[2], 0.15);
}

/// A line that holds each value until the next sample, and a shade of this opacity below it.
fn steps(canvas: &mut Canvas, frame: &Frame, values: &[(f64, f64)], color: Rgb, shade: f32) {
    let mut points: Vec<Point> = Vec::with_capacity(2 * values.len());
    for &(at, value) in values.iter().filter(|(at, value)| at.is_finite() && value.is_finite()) {
        let (x, y) = frame.at(at, value);
        if let Some(&(_, before)) = points.last() {
            points.push((x, before));
        }
        points.push((x, y));
    }
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
        return nothing(canvas, frame, "no samples");
    };
    if shade > 0.0 {
        let base = frame.down.1;
        let mut area = points.clone();
        area.extend([(last.0, base), (first.0, base)]);
        canvas.polygon(&area, color, shade);
    }
    if values.len() == 1 {
        canvas.disc(first, 4.0, color, 1.0);
    }
    canvas.polyline(&points, Pen::new(color, 2.5));
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
        let message = MessagePoint { at_s: 2.0, ratio: 0.5 };
        let broken = MessagePoint { at_s: f64::NAN, ratio: f64::NAN };
        let fault = FaultMark { name: "crash".into(), from_s: 3.0, until_s: 3.0 };
        let nowhere = FaultMark { name: "?".into(), from_s: f64::NAN, until_s: 2.0 };
        let base = TimelineView { title: "Run".into(), duration_s: 10.0, ..TimelineView::default() };
        let cases = [
            TimelineView::default(),
            base.clone(),
            TimelineView { duration_s: f64::NAN, ..base.clone() },
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
        let expected = 0.2 * (ACROSS.1 - ACROSS.0) * HEIGHTS.iter().sum::<f32>();
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
