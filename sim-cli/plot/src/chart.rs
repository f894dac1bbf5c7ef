//! What the charts share: plotters set up in our look, with legends of one row.

use super::backend::{Backend, units};
use super::canvas::{Canvas, MARGIN, Point};
use super::color::{Palette, Rgb};
use super::text::Face;
use core::convert::Infallible;
use core::ops::Range;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, DefaultFormatting, KeyPointHint, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width and height of every chart.
pub(super) const CHART: (u32, u32) = (1600, 900);

/// Size of labels, in pixels per em: readable where the picture is shown at half its size.
pub(super) const LABEL: f32 = 20.0;

/// Pixels of the left edge of all plots.
pub(super) const LEFT: f32 = 150.0;

/// Length of the marks on an axis, in pixels. Labels are twice as far from it.
const TICK: f32 = 7.0;

/// Pixels under a plot for labels and what they mean.
pub(super) const BASE: f32 = 60.0;

/// A part of a canvas, with places in plotters' units.
pub(super) type Area<'a> = DrawingArea<Backend<'a>, Shift>;

/// A plot with its axes.
pub(super) type Chart<'c, 'a, X, Y> = ChartContext<'c, Backend<'a>, Cartesian2d<X, Y>>;

/// Nothing fails: a canvas takes every shape. The type is what plotters asks for.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

/// Draws on the whole canvas.
///
/// # Panics
/// Never: see [`Drawn`].
pub(super) fn draw_on(canvas: &mut Canvas, draw: impl FnOnce(&Area<'_>) -> Drawn) {
    draw(&Backend(canvas).into_drawing_area()).expect("a canvas takes every shape");
}

/// A stroke, its width in pixels.
pub(super) fn stroke(color: Rgb, width: f32) -> ShapeStyle {
    ShapeStyle { stroke_width: units(width).unsigned_abs(), filled: false, ..fill(color, 1.0) }
}

/// A filled shape of this opacity.
pub(super) fn fill(color: Rgb, alpha: f64) -> ShapeStyle {
    ShapeStyle { color: RGBAColor(color.0, color.1, color.2, alpha), filled: true, stroke_width: 1 }
}

/// A text in this face, with what is placed of it: of its height, the baseline is the bottom.
pub(super) fn text(face: Face, across: HPos, down: VPos) -> TextStyle<'static> {
    let style = if face.bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::SansSerif, f64::from(units(face.size)), style);
    let Rgb(red, green, blue) = face.color;
    TextStyle { color: RGBColor(red, green, blue).to_backend_color(), ..font.into() }
        .pos(Pos::new(across, down))
}

/// A dashed line between two points of a plot or an area.
pub(super) fn dashed<P: Clone>(
    ends: [P; 2],
    (dash, gap): (f32, f32),
    style: ShapeStyle,
) -> plotters::element::DashedPathElement<core::array::IntoIter<P, 2>, i32> {
    plotters::element::DashedPathElement::new(ends, units(dash), units(gap), style)
}

/// A linear axis with marks of its own choice. (`WithKeyPoints`, which plotters has for this, knows no
/// labels for floating-point numbers.)
pub(super) struct Marked {
    line: RangedCoordf64,
    marks: Vec<f64>,
}

impl Marked {
    /// An axis of `range`, with at most `most` marks from its start to `last`: round multiples of `unit`.
    pub(super) fn new(range: Range<f64>, last: f64, unit: f64, most: usize) -> Self {
        let marks = RangedCoordf64::from(range.start / unit..last / unit).key_points(most);
        Self { line: range.into(), marks: marks.into_iter().map(|mark| mark * unit).collect() }
    }

    /// An axis of `range` with these marks.
    pub(super) fn at(range: Range<f64>, marks: Vec<f64>) -> Self {
        Self { line: range.into(), marks }
    }

    /// An axis of `range`, with at most `most` marks: whole numbers from 0 to `last`.
    pub(super) fn whole(range: Range<f64>, last: f64, most: usize) -> Self {
        // plotters would also mark halves where there is room, and may leave the last out, since it adds up fractions.
        let mut step = 1.0;
        for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
            if last / step + 1.0 <= most.max(2) as f64 {
                break;
            }
            step *= factor;
        }
        let count = (last / step + 1e-6).floor().max(0.0) as u32;
        Self { line: range.into(), marks: (0..=count).map(|mark| f64::from(mark) * step).collect() }
    }
}

impl Ranged for Marked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        // plotters would overflow far outside.
        let Range { start, end } = self.line.range();
        self.line.map(&value.clamp(start, end), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.marks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.line.range()
    }
}

/// A plot within an area; `margins` are the pixels above, right of and under it. A space at the left
/// holds the labels.
pub(super) fn plot<'c, 'a, X: AsRangedCoord, Y: AsRangedCoord>(
    area: &Area<'a>,
    [above, right, under]: [f32; 3],
    x: X,
    y: Y,
) -> Result<Chart<'c, 'a, X::CoordDescType, Y::CoordDescType>, DrawingAreaErrorKind<Infallible>> {
    let base = under.min(BASE);
    ChartBuilder::on(area)
        .margin_top(units(above))
        .margin_right(units(right))
        .margin_bottom(units(under - base))
        .x_label_area_size(units(base))
        .y_label_area_size(units(LEFT))
        .build_cartesian_2d(x, y)
}

/// Grid lines, and labels of the vertical axis: behind the data.
pub(super) fn grid<X, Y>(
    chart: &mut Chart<'_, '_, X, Y>,
    palette: &Palette,
    columns: bool,
    label: &dyn Fn(&Y::ValueType) -> String,
) -> Drawn
where
    X: Ranged + ValueFormatter<X::ValueType>,
    Y: Ranged + ValueFormatter<Y::ValueType>,
{
    let mut mesh = chart.configure_mesh();
    mesh.bold_line_style(stroke(palette.grid, 1.0))
        .light_line_style(stroke(palette.grid.mix(palette.background, 0.4), 1.0))
        .axis_style(TRANSPARENT)
        .set_all_tick_mark_size(units(TICK))
        .y_label_style(text(Face::regular(LABEL, palette.muted), HPos::Right, VPos::Center))
        .y_label_formatter(label)
        .disable_x_axis();
    if !columns {
        mesh.disable_x_mesh();
    }
    mesh.draw()
}

/// The horizontal axis with its labels and what they mean: over the data.
pub(super) fn base<X, Y>(
    chart: &mut Chart<'_, '_, X, Y>,
    palette: &Palette,
    meaning: &str,
    label: &dyn Fn(&X::ValueType) -> String,
) -> Drawn
where
    X: Ranged + ValueFormatter<X::ValueType>,
    Y: Ranged + ValueFormatter<Y::ValueType>,
{
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_y_axis()
        .axis_style(stroke(palette.muted, 1.5))
        .set_all_tick_mark_size(units(TICK))
        .x_label_style(text(Face::regular(LABEL, palette.muted), HPos::Center, VPos::Top))
        .x_label_formatter(label)
        .x_desc(meaning)
        .axis_desc_style(text(Face::regular(LABEL, palette.ink), HPos::Center, VPos::Bottom))
        .draw()
}

/// Writes at a place of an area, given in pixels: on the baseline there.
pub(super) fn write(area: &Area<'_>, face: Face, words: &str, (x, y): Point, across: HPos) -> Drawn {
    area.draw_text(words, &text(face, across, VPos::Bottom), (units(x), units(y)))
}

/// The name of a plot, above its left end; `top` is its upper edge within the area.
pub(super) fn name(area: &Area<'_>, palette: &Palette, top: f32, name: &str) -> Drawn {
    write(area, Face::bold(LABEL, palette.ink), name, (LEFT, top - 12.0), HPos::Left)
}

/// What stands for a series in a legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// A short stroke of the line.
    Line,
    /// A dot of the color.
    Dot,
    /// A rectangle with the shade.
    Patch,
}

impl Mark {
    const fn width(self) -> f32 {
        match self {
            Self::Line => 34.0,
            Self::Dot => 10.0,
            Self::Patch => 26.0,
        }
    }

    /// Draws the mark with its right end at the point.
    fn draw(self, area: &Area<'_>, (x, y): Point, color: Rgb) -> Drawn {
        let at = |dx: f32, dy: f32| (units(x + dx), units(y + dy));
        match self {
            Self::Line => area.draw(&PathElement::new([at(-34.0, 0.0), at(0.0, 0.0)], stroke(color, 3.5))),
            Self::Dot => area.draw(&Circle::new(at(-5.0, 0.0), units(5.0), fill(color, 0.8))),
            Self::Patch => area.draw(&Rectangle::new([at(-26.0, -8.0), at(0.0, 8.0)], fill(color, 0.3))),
        }
    }
}

/// Entries of a legend, in one row above the right end of a plot whose upper edge is at `top`. (The
/// legends of plotters are columns inside the plot, where our curves are.)
pub(super) fn legend(area: &Area<'_>, palette: &Palette, top: f32, entries: &[(Mark, Rgb, &str)]) -> Drawn {
    let face = Face::regular(LABEL, palette.muted);
    let (mut right, y) = (CHART.0 as f32 - MARGIN, top - 12.0);
    for (mark, color, words) in entries.iter().rev() {
        write(area, face, words, (right, y), HPos::Right)?;
        right -= face.width(words) + 10.0;
        mark.draw(area, (right, y - 7.0), *color)?;
        right -= mark.width() + 28.0;
    }
    Ok(())
}

/// A note in the middle of an empty plot.
pub(super) fn nothing<X: Ranged, Y: Ranged>(
    chart: &Chart<'_, '_, X, Y>,
    palette: &Palette,
    why: &str,
) -> Drawn {
    let face = Face::regular(24.0, palette.muted);
    let plot = chart.plotting_area().strip_coord_spec();
    let (width, height) = plot.dim_in_pixel();
    let (x, y) = (width as i32 / 2, height as i32 / 2);
    let (half, above) = (units(face.width(why) / 2.0 + 16.0), units(21.0));
    plot.draw(&Rectangle::new(
        [(x - half, y - above), (x + half, y + above)],
        fill(palette.background, 1.0),
    ))?;
    plot.draw_text(why, &text(face, HPos::Center, VPos::Center), (x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_marks_are_whole_and_few() {
        for last in [1.0, 2.0, 3.0, 4.0, 7.0, 12.0, 50.0, 1200.0, 5e13] {
            let marks = Marked::whole(-0.7..last * 1.1, last, 6).marks;
            assert!((2..=6).contains(&marks.len()), "{last}: {marks:?}");
            assert!(marks.iter().all(|mark| mark.fract() == 0.0 && (0.0..=last).contains(mark)), "{marks:?}");
        }
        // Where there is room, each value has its mark, the last one too.
        for last in 1..=23_u32 {
            let marks = Marked::whole(-0.3..f64::from(last) + 0.3, last.into(), 24).marks;
            assert_eq!(marks, (0..=last).map(f64::from).collect::<Vec<_>>());
        }
    }
}
