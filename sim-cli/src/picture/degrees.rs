//! How many neighbors nodes have.

use super::axis::{Scale, round_up, ticks};
use super::canvas::{Canvas, MARGIN, Pen, Picture};
use super::chart::{CHART, Frame, LABEL, nothing};
use super::color::Rgb;
use super::text::Anchor;
use super::{Style, format};

/// Most bars; beyond, neighboring degrees share one.
const BARS: usize = 120;

/// The degrees of a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DegreeView {
    /// The picture's title.
    pub title: String,
    /// For each degree, from 0, the number of nodes that have it.
    pub counts: Vec<u64>,
    /// The degree that the overlay aims at, if it has one.
    pub target: Option<u32>,
}

/// Draws how often each degree occurs, with the mean and the target: 1600 by 900 pixels.
#[must_use]
pub fn degree_histogram(view: &DegreeView, style: &Style) -> Picture {
    let mut canvas = Canvas::new(CHART.0, CHART.1, style.theme.palette());
    let nodes: u64 = view.counts.iter().sum();
    let ends: u64 = view.counts.iter().zip(0u64..).map(|(count, degree)| count * degree).sum();
    let mean = ends as f64 / nodes.max(1) as f64;
    canvas.heading(&view.title, &caption(view, nodes, mean));

    let greatest = view.counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let last = greatest.max(view.target.unwrap_or(0) as usize).max(4);
    let width = last / BARS + 1;
    let bars: Vec<u64> = view.counts.chunks(width).map(|counts| counts.iter().sum()).collect();
    let most = bars.iter().copied().max().unwrap_or(0);
    let (across, down) = ((150.0, CHART.0 as f32 - MARGIN), (210.0, 815.0));
    let frame = Frame {
        across,
        down,
        x: Scale::linear((-0.7, last as f64 + 0.7), across),
        y: Scale::linear((0.0, round_up(most as f64)), (down.1, down.0)),
    };
    let rows = ticks(frame.y.range(), 6, 1.0);
    let rows: Vec<_> = rows.into_iter().map(|v| (v, format::count(v as u64))).collect();
    frame.rows(&mut canvas, &rows);
    frame.name(&mut canvas, "Nodes");
    let columns = ticks((0.0, last as f64), 16, 1.0);
    let columns: Vec<_> = columns.into_iter().map(|v| (v, format::count(v as u64))).collect();
    if nodes == 0 {
        nothing(&mut canvas, &frame, "no node is up");
    } else {
        let (ink, target) = (canvas.palette.ink, canvas.palette.others[0]);
        let mut marks = vec![(mean, format!("mean {}", format::number(mean, 2)), ink)];
        let aim = view.target.map(|degree| (f64::from(degree), format!("target {degree}"), target));
        marks.extend(aim);
        draw_marks(&mut canvas, &frame, marks);
    }
    draw_bars(&mut canvas, &frame, &bars, width);
    frame.base(&mut canvas, &columns, "degree (neighbors per node)");
    canvas.finish()
}

fn caption(view: &DegreeView, nodes: u64, mean: f64) -> String {
    let greatest = view.counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let least = view.counts.iter().position(|&count| count > 0).unwrap_or(0);
    let mut parts = vec![format!("{} nodes", format::count(nodes))];
    if nodes > 0 {
        parts.push(format!("mean {}", format::number(mean, 2)));
        parts.push(format!("from {least} to {}", format::count(greatest as u64)));
    }
    if let Some(&alone) = view.counts.first().filter(|&&alone| alone > 0) {
        parts.push(format!("{} without a neighbor", format::count(alone)));
    }
    parts.join("  ·  ")
}

/// Bars of `width` degrees each; nodes without a neighbor in the color of what is wrong.
fn draw_bars(canvas: &mut Canvas, frame: &Frame, bars: &[u64], width: usize) {
    let base = frame.down.1;
    let step = frame.x.at(1.0) - frame.x.at(0.0);
    let labels = bars.len() <= 24;
    for (index, &count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let first = (index * width) as f64;
        let left = frame.x.at(first - 0.5) + 0.08 * step;
        let right = frame.x.at(first + width as f64 - 0.5) - 0.08 * step;
        // A single node among many still leaves a line.
        let top = frame.y.at(count as f64).min(base - 2.0);
        let color = if index == 0 && width == 1 { canvas.palette.alarm } else { canvas.palette.main };
        canvas.rectangle((left, base), (right, top), color, 1.0);
        if labels {
            number(canvas, (f32::midpoint(left, right), top), base, &format::count(count));
        }
    }
}

/// A bar's value: inside of it where it is tall enough, else above it, free of the lines behind.
fn number(canvas: &mut Canvas, (x, top): (f32, f32), base: f32, text: &str) {
    let (mut face, ground) = (canvas.quiet(LABEL - 2.0), canvas.palette.background);
    if base - top > 60.0 {
        face.color = ground;
        canvas.write(face, text, (x, top + 24.0), Anchor::Center);
    } else {
        let half = face.width(text) / 2.0 + 4.0;
        canvas.rectangle((x - half, top - 26.0), (x + half, top - 3.0), ground, 1.0);
        canvas.write(face, text, (x, top - 8.0), Anchor::Center);
    }
}

/// Vertical lines with their names above the frame, apart from each other.
fn draw_marks(canvas: &mut Canvas, frame: &Frame, mut marks: Vec<(f64, String, Rgb)>) {
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (top, bottom) = frame.down;
    let right_most = marks.len() - 1;
    for (index, (value, text, color)) in marks.iter().enumerate() {
        let x = frame.x.at(*value);
        let y = top - 34.0;
        canvas.line((x, y + 8.0), (x, bottom), Pen::new(*color, 2.5).dashed(9.0, 6.0));
        let mut face = canvas.bold(LABEL);
        face.color = *color;
        // Two lines close together: one name to the left, one to the right.
        let room = face.width(text);
        let anchor = if right_most == 0 || index == right_most { Anchor::Left } else { Anchor::Right };
        let x =
            if anchor == Anchor::Left { x.min(frame.across.1 - room) } else { x.max(frame.across.0 + room) };
        canvas.write(face, text, (x, y), anchor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(counts: Vec<u64>, target: Option<u32>) -> Picture {
        degree_histogram(&DegreeView { title: "Degrees".into(), counts, target }, &Style::default())
    }

    #[test]
    fn every_input_gives_a_picture() {
        for counts in [vec![], vec![0], vec![7], vec![0, 0, 1], vec![1; 5000], vec![u64::MAX / 1_000_000; 3]]
        {
            for target in [None, Some(0), Some(5), Some(9000)] {
                let picture = draw(counts.clone(), target);
                assert_eq!((picture.width(), picture.height()), (1600, 900));
                assert_eq!(picture, draw(counts.clone(), target));
            }
        }
    }

    #[test]
    fn nodes_without_a_neighbor_are_red() {
        let red = |picture: &Picture| picture.rgb().chunks(3).filter(|p| *p == [208, 28, 28]).count();
        assert_eq!(red(&draw(vec![0, 4, 9, 4], None)), 0);
        assert!(red(&draw(vec![3, 4, 9, 4], None)) > 1000);
    }
}
