//! How many neighbors nodes have.

use crate::axis::round_up;
use crate::backend::{pixels, units};
use crate::canvas::{Canvas, MARGIN, Picture};
use crate::chart::{
    Area, CHART, Chart, Drawn, LABEL, LEFT, Marked, base, dashed, draw_on, fill, grid, name, nothing, plot,
    stroke, text, write,
};
use crate::color::{Palette, Rgb};
use crate::text::Face;
use crate::{Style, format};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Most bars; beyond, neighboring degrees share one.
const BARS: usize = 120;
/// Pixels of the upper edge of the plot.
const TOP: f32 = 210.0;

/// A chart with degrees along the x axis and nodes along the y axis.
type Plot<'c, 'a> = Chart<'c, 'a, Marked, Marked>;

/// The degrees of a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DegreeView {
    /// Title, written above the picture.
    pub title: String,
    /// For each degree, from 0, the number of nodes that have it.
    pub counts: Vec<u64>,
    /// The degree that the overlay aims at, if it has one.
    pub target: Option<u32>,
}

/// Draws how often each degree occurs, with the mean and the target: 1600 by 900 pixels.
#[must_use]
pub fn degree_histogram(view: &DegreeView, style: &Style) -> Picture {
    let mut canvas = Canvas::of(CHART, style);
    let nodes: u64 = view.counts.iter().sum();
    let ends: u64 = view.counts.iter().zip(0u64..).map(|(count, degree)| count * degree).sum();
    let mean = ends as f64 / nodes.max(1) as f64;
    canvas.heading(&view.title, &caption(view, nodes, mean));

    let palette = canvas.palette;
    draw_on(&mut canvas, |area| draw_histogram(area, &palette, view, (nodes > 0).then_some(mean)));
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

/// The bars with their axes; there is no mean where there is no node.
fn draw_histogram(area: &Area<'_>, palette: &Palette, view: &DegreeView, mean: Option<f64>) -> Drawn {
    let greatest = view.counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let last = greatest.max(view.target.unwrap_or(0) as usize).max(4);
    let width = last / BARS + 1;
    let bars: Vec<u64> = view.counts.chunks(width).map(|counts| counts.iter().sum()).collect();
    let most = round_up(bars.iter().copied().max().unwrap_or(0) as f64);
    let degrees = Marked::whole(-0.7..last as f64 + 0.7, last as f64, 16);
    let mut plot = plot(area, [TOP, MARGIN, 85.0], degrees, Marked::whole(0.0..most, most, 6))?;
    grid(&mut plot, palette, false, &|count| format::count(*count as u64))?;
    name(area, palette, TOP, "Nodes")?;
    if let Some(mean) = mean {
        let mut marks = vec![(mean, format!("mean {}", format::number(mean, 2)), palette.ink)];
        let target = |degree| (f64::from(degree), format!("target {degree}"), palette.others[0]);
        marks.extend(view.target.map(target));
        draw_marks(area, &plot, marks)?;
    } else {
        nothing(&plot, palette, "no node is up")?;
    }
    draw_bars(&mut plot, palette, &bars, width)?;
    base(&mut plot, palette, "degree (neighbors per node)", &|degree| format::count(*degree as u64))
}

/// Bars of `width` degrees each; nodes without a neighbor in the color of what is wrong.
fn draw_bars(plot: &mut Plot<'_, '_>, palette: &Palette, bars: &[u64], width: usize) -> Drawn {
    // A single node among many still leaves a line.
    let least = 2.0 * plot.y_range().end / f64::from(pixels(plot.plotting_area().dim_in_pixel().1 as i32));
    let bar = |(index, &count): (usize, &u64)| {
        let first = (index * width) as f64;
        let color = if index == 0 && width == 1 { palette.alarm } else { palette.main };
        let corners = [(first - 0.42, 0.0), (first + width as f64 - 0.58, (count as f64).max(least))];
        Rectangle::new(corners, fill(color, 1.0))
    };
    plot.draw_series(bars.iter().enumerate().filter(|(_, count)| **count > 0).map(bar))?;
    if bars.len() <= 24 {
        for (degree, &count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
            let top = (degree as f64, (count as f64).max(least));
            draw_number(plot, palette, top, &format::count(count))?;
        }
    }
    Ok(())
}

/// A bar's value: inside of it where it is tall enough, else above it, free of the lines behind.
fn draw_number(plot: &Plot<'_, '_>, palette: &Palette, top: (f64, f64), words: &str) -> Drawn {
    let area = plot.plotting_area();
    let height = pixels(plot.backend_coord(&(0.0, 0.0)).1 - plot.backend_coord(&top).1);
    let number = |color: Rgb, y: f32| {
        let style = text(Face::regular(LABEL - 2.0, color), HPos::Center, VPos::Bottom);
        Text::new(words.to_owned(), (0, units(y)), style)
    };
    if height > 60.0 {
        return area.draw(&(EmptyElement::at(top) + number(palette.background, 24.0)));
    }
    let half = units(Face::regular(LABEL - 2.0, palette.muted).width(words) / 2.0 + 4.0);
    let free = Rectangle::new([(-half, units(-26.0)), (half, units(-3.0))], fill(palette.background, 1.0));
    area.draw(&(EmptyElement::at(top) + free + number(palette.muted, -8.0)))
}

/// Vertical lines with their names above the plot, apart from each other.
fn draw_marks(area: &Area<'_>, plot: &Plot<'_, '_>, mut marks: Vec<(f64, String, Rgb)>) -> Drawn {
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let y = TOP - 34.0;
    let right_most = marks.len() - 1;
    for (index, (value, words, color)) in marks.iter().enumerate() {
        let (x, bottom) = plot.backend_coord(&(*value, 0.0));
        area.draw(&dashed([(x, units(y + 8.0)), (x, bottom)], (9.0, 6.0), stroke(*color, 2.5)))?;
        let face = Face::bold(LABEL, *color);
        let (x, room) = (pixels(x), face.width(words));
        // Two lines close together: one name to the left, one to the right.
        if index == right_most {
            write(area, face, words, (x.min(CHART.0 as f32 - MARGIN - room), y), HPos::Left)?;
        } else {
            write(area, face, words, (x.max(LEFT + room), y), HPos::Right)?;
        }
    }
    Ok(())
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
