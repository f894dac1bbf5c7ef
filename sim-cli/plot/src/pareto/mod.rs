//! A metric against what it costs: a point for each contestant, and the front of those that are beaten in both by
//! nobody.

mod axes;

use crate::Style;
use crate::backend::{pixels, units};
use crate::canvas::{Canvas, MARGIN, Pen, Picture, Point};
use crate::chart::{
    Area, Chart, Drawn, LEFT, Marked, base, dashed, draw_on, fill, grid, nothing, plot, stroke, write,
};
use crate::color::Palette;
use crate::labels::{Frame, place};
use crate::sweep::SweepPoint;
use crate::text::{Anchor, Face};
pub use axes::Scale;
use axes::{Costs, Gains};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// Width and height of a panel, and pixels of the heading above all.
const PANEL: (u32, u32) = (800, 470);
const HEADING: u32 = 120;
/// Pixels above, right of and under the plot of a panel.
const AROUND: [f32; 3] = [52.0, 30.0, 76.0];
/// Size of names and of labels.
const NAME: f32 = 18.0;

/// Cost across, the metric up.
type Plot<'c, 'a> = Chart<'c, 'a, Marked, Marked>;

/// What contestants cost and what they get for it, under each condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParetoView {
    /// Title, written above the picture.
    pub title: String,
    /// Along the picture; less is better.
    pub cost: Scale,
    /// Up the picture.
    pub gain: Scale,
    /// One for each condition.
    pub panels: Vec<ParetoPanel>,
}

/// The contestants under one condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParetoPanel {
    /// Name of the condition.
    pub name: String,
    /// The contestants that were measured.
    pub points: Vec<ParetoPoint>,
}

/// A contestant.
#[derive(Clone, Debug, PartialEq)]
pub struct ParetoPoint {
    /// Its name.
    pub name: String,
    /// Its number: it has the same color in all panels.
    pub rank: usize,
    /// What it costs.
    pub cost: SweepPoint,
    /// What it gets for that; a mean that is infinite is "never" and lies above all others.
    pub gain: SweepPoint,
}

impl ParetoView {
    /// The points of a panel that no other beats in one and equals in the other, the cheapest first. Those that are
    /// never are none.
    fn front<'p>(&self, panel: &'p ParetoPanel) -> Vec<&'p ParetoPoint> {
        let finite = || panel.points.iter().filter(|point| point.gain.mean.is_finite());
        let beats = |one: &ParetoPoint, other: &ParetoPoint| {
            let is_as_good =
                one.cost.mean <= other.cost.mean && self.gain.is_as_good(one.gain.mean, other.gain.mean);
            is_as_good && (one.cost.mean < other.cost.mean || one.gain.mean != other.gain.mean)
        };
        let mut front: Vec<&ParetoPoint> =
            finite().filter(|point| !finite().any(|other| beats(other, point))).collect();
        front.sort_by(|one, other| one.cost.mean.total_cmp(&other.cost.mean));
        front
    }
}

/// A name to write, with its point; both in pixels of the whole picture.
struct Named {
    name: String,
    at: Point,
}

/// What a panel leaves to write when all else is drawn.
struct Names {
    room: Frame,
    taken: Vec<Frame>,
    named: Vec<Named>,
}

/// Draws a panel for each condition, two in a row: each contestant as a point with the intervals of both means, its
/// name beside it. Filled points are on the front, a line. 1600 pixels wide, or 800 with one panel.
#[must_use]
pub fn pareto(view: &ParetoView, style: &Style) -> Picture {
    let columns = view.panels.len().clamp(1, 2);
    let rows = view.panels.len().div_ceil(columns).max(1);
    let size = (PANEL.0 * columns as u32, HEADING + PANEL.1 * rows as u32);
    let mut canvas = Canvas::of(size, style);
    let caption = "mean over runs with its interval of 95 %; filled and joined: nobody is better in both";
    canvas.heading(&view.title, caption);
    let palette = canvas.palette;
    let mut names = Vec::new();
    draw_on(&mut canvas, |area| {
        let (_, body) = area.split_vertically(units(HEADING as f32));
        let costs = Costs::of(view);
        for (panel, area) in view.panels.iter().zip(body.split_evenly((rows, columns))) {
            names.push(draw_panel(&area, &palette, view, panel, &costs)?);
        }
        Ok(())
    });
    names.iter().for_each(|names| write_names(&mut canvas, names));
    canvas.finish()
}

fn draw_panel(
    area: &Area<'_>,
    palette: &Palette,
    view: &ParetoView,
    panel: &ParetoPanel,
    costs: &Costs,
) -> Result<Names, DrawingAreaErrorKind<core::convert::Infallible>> {
    let gains = Gains::of(&view.gain, panel);
    let mut plot = plot(area, AROUND, costs.axis(), gains.axis(&view.gain))?;
    let step = (gains.last - gains.range.0) / 6.0;
    grid(&mut plot, palette, true, &|gain| view.gain.value(*gain, step))?;
    let bold = Face::bold(NAME + 2.0, palette.ink);
    write(area, bold, &panel.name, (LEFT, AROUND[0] - 14.0), HPos::Left)?;
    let right = PANEL.0 as f32 - AROUND[1];
    let quiet = Face::regular(NAME, palette.muted);
    write(area, quiet, &view.gain.title(), (right, AROUND[0] - 14.0), HPos::Right)?;
    if let Some(never) = gains.never {
        draw_never(&plot, palette, &gains, never)?;
    }
    let front = view.front(panel);
    let steps = steps(&front, view.gain.more_is_better, costs, &gains);
    let pale = stroke(palette.muted.mix(palette.background, 0.35), 2.5);
    plot.plotting_area().draw(&PathElement::new(steps.clone(), pale))?;
    for point in &panel.points {
        let is_front = front.iter().any(|of| of.rank == point.rank);
        draw_point(&plot, palette, point, is_front, costs, &gains)?;
    }
    if panel.points.is_empty() {
        nothing(&plot, palette, "nothing was measured")?;
    }
    base(&mut plot, palette, &view.cost.title(), &|cost| costs.label(&view.cost, *cost))?;
    Ok(names(&plot, panel, &steps, costs, &gains))
}

/// The band of those that never get there.
fn draw_never(plot: &Plot<'_, '_>, palette: &Palette, gains: &Gains, never: f64) -> Drawn {
    let area = plot.plotting_area();
    let across = plot.x_range();
    let band = [(across.start, gains.last), (across.end, gains.range.1)];
    area.draw(&Rectangle::new(band, fill(palette.alarm, 0.07)))?;
    let edge = [(across.start, gains.last), (across.end, gains.last)];
    area.draw(&dashed(edge, (5.0, 5.0), stroke(palette.alarm, 1.5)))?;
    let style = super::chart::text(
        Face::regular(NAME, palette.alarm),
        HPos::Right,
        plotters::style::text_anchor::VPos::Center,
    );
    let word = Text::new("never", (-units(14.0), 0), style);
    area.draw(&(EmptyElement::at((across.start, never)) + word))
}

/// The front as steps: what can be had for so much. They begin at the worst and end at the right edge of the plot.
fn steps(front: &[&ParetoPoint], more_is_better: bool, costs: &Costs, gains: &Gains) -> Vec<(f64, f64)> {
    let at = |point: &&ParetoPoint| (costs.place(point.cost.mean), gains.place(point.gain.mean));
    let (Some(first), Some(last)) = (front.first().map(at), front.last().map(at)) else { return Vec::new() };
    let mut steps = vec![(first.0, if more_is_better { gains.range.0 } else { gains.last }), first];
    for (before, next) in front.iter().map(at).zip(front.iter().skip(1).map(at)) {
        steps.extend([(next.0, before.1), next]);
    }
    steps.push((costs.range.1, last.1));
    steps
}

/// A contestant: a bar for each interval and a dot, which is hollow if somebody is better in both.
fn draw_point(
    plot: &Plot<'_, '_>,
    palette: &Palette,
    point: &ParetoPoint,
    is_front: bool,
    costs: &Costs,
    gains: &Gains,
) -> Drawn {
    let (area, color) = (plot.plotting_area(), palette.category(point.rank));
    let (cost, gain) = (costs.place(point.cost.mean), gains.place(point.gain.mean));
    let [left, right] = [point.cost.low, point.cost.high].map(|end| costs.place(end));
    let [low, high] = [point.gain.low, point.gain.high].map(|end| gains.place(end));
    let pen = stroke(color, 2.5);
    area.draw(&PathElement::new([(left, gain), (right, gain)], pen))?;
    area.draw(&PathElement::new([(cost, low), (cost, high)], pen))?;
    let inside = if is_front { color } else { palette.background };
    let dot = EmptyElement::at((cost, gain))
        + Circle::new((0, 0), units(8.0), fill(color, 1.0))
        + Circle::new((0, 0), units(5.5), fill(inside, 1.0));
    area.draw(&dot)
}

/// The names of a panel, and what they must not cover.
fn names(
    plot: &Plot<'_, '_>,
    panel: &ParetoPanel,
    steps: &[(f64, f64)],
    costs: &Costs,
    gains: &Gains,
) -> Names {
    let pixel = |place: (f64, f64)| {
        let (x, y) = plot.backend_coord(&place);
        (pixels(x), pixels(y))
    };
    let at = |cost: f64, gain: f64| pixel((costs.place(cost), gains.place(gain)));
    let (across, up) = (plot.x_range(), plot.y_range());
    let room = Frame::around(pixel((across.start, up.start)), pixel((across.end, up.end)), -3.0);
    let mut taken: Vec<Frame> =
        steps.windows(2).map(|ends| Frame::around(pixel(ends[0]), pixel(ends[1]), 2.0)).collect();
    if gains.never.is_some() {
        let edge = [(across.start, gains.last), (across.end, gains.last)].map(pixel);
        taken.push(Frame::around(edge[0], edge[1], 2.0));
    }
    for point in &panel.points {
        let (cost, gain) = (&point.cost, &point.gain);
        let middle = at(cost.mean, gain.mean);
        taken.push(Frame::around(middle, middle, 9.0));
        taken.push(Frame::around(at(cost.low, gain.mean), at(cost.high, gain.mean), 2.0));
        taken.push(Frame::around(at(cost.mean, gain.low), at(cost.mean, gain.high), 2.0));
    }
    let named =
        |point: &ParetoPoint| Named { name: point.name.clone(), at: at(point.cost.mean, point.gain.mean) };
    Names { room, taken, named: panel.points.iter().map(named).collect() }
}

/// Writes the names where they cover nothing, with a line to those that stand away from their points.
fn write_names(canvas: &mut Canvas, names: &Names) {
    let face = canvas.face(NAME);
    let most = PANEL.0 as f32 / 2.0 - MARGIN;
    let words: Vec<String> = names.named.iter().map(|of| face.shortened(&of.name, most)).collect();
    let sizes = words.iter().map(|words| (face.width(words) + 4.0, face.height() + 8.0));
    let named: Vec<(Point, (f32, f32))> = names.named.iter().map(|of| of.at).zip(sizes).collect();
    let muted = canvas.palette.muted;
    for ((frame, words), (at, _)) in place(&named, &names.taken, names.room).iter().zip(&words).zip(&named) {
        let near = frame.nearest(*at);
        let (dx, dy) = (near.0 - at.0, near.1 - at.1);
        let far = (dx * dx + dy * dy).sqrt();
        if far > 20.0 {
            let from = (at.0 + dx / far * 10.0, at.1 + dy / far * 10.0);
            canvas.line(from, near, Pen::new(muted, 1.2));
        }
        canvas.write(face, words, (frame.left + 2.0, frame.bottom - 4.0), Anchor::Left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(mean: f64) -> SweepPoint {
        SweepPoint { mean, low: mean * 0.95, high: mean * 1.05 }
    }

    fn view(more_is_better: bool, points: &[(f64, f64)]) -> ParetoView {
        let point = |(rank, &(cost, gain)): (usize, &(f64, f64))| ParetoPoint {
            name: format!("contestant {rank}"),
            rank,
            cost: exact(cost),
            gain: exact(gain),
        };
        let points: Vec<ParetoPoint> = points.iter().enumerate().map(point).collect();
        ParetoView {
            title: "Cost".into(),
            gain: Scale { more_is_better, ..Scale::default() },
            panels: vec![ParetoPanel { name: "calm".into(), points }],
            ..ParetoView::default()
        }
    }

    #[test]
    fn the_front_is_those_that_nobody_beats() {
        let never = f64::INFINITY;
        for (more_is_better, points, expected) in [
            (true, &[(1.0, 0.5), (2.0, 0.9), (3.0, 0.8), (4.0, 0.9)][..], &[0, 1][..]),
            (false, &[(1.0, 90.0), (2.0, 50.0), (3.0, 70.0), (0.5, never)], &[0, 1]),
            (true, &[(2.0, 0.5), (1.0, 0.5)], &[1]),
            (true, &[(1.0, 0.5), (1.0, 0.5)], &[0, 1]),
            (false, &[(1.0, never)], &[]),
            (true, &[], &[]),
        ] {
            let view = view(more_is_better, points);
            let front: Vec<usize> = view.front(&view.panels[0]).iter().map(|point| point.rank).collect();
            assert_eq!(front, expected, "{points:?}");
        }
    }

    #[test]
    fn every_input_gives_a_picture() {
        let never = f64::INFINITY;
        let mut cases = vec![
            view(true, &[]),
            view(true, &[(0.0, 0.0)]),
            view(false, &[(1.0, never), (2.0, never)]),
            view(false, &[(1e-9, 5.0), (1e12, never), (3.0, 1e9)]),
            view(true, &[(5.0, 1.0); 9]),
        ];
        cases.push(ParetoView { panels: vec![cases[2].panels[0].clone(); 5], ..cases[2].clone() });
        cases.push(ParetoView::default());
        for case in cases {
            let picture = pareto(&case, &Style::default());
            let columns = case.panels.len().clamp(1, 2) as u32;
            assert_eq!(picture.width(), PANEL.0 * columns);
            assert_eq!(picture, pareto(&case, &Style::default()));
        }
    }
}
