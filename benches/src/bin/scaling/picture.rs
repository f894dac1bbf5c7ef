//! The picture: one panel for each of nodes, degree and messages, all of one height.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::table::{Row, Varied};

/// Width and height, in pixels.
const SIZE: (u32, u32) = (1600, 640);
/// Everything is drawn so many times as large and then made smaller, which smooths edges.
const SCALE: u32 = 3;
/// Height of letters, in pixels per em.
const LABEL: u32 = 20;
/// Pixels around everything.
const MARGIN: u32 = 48;

const BOLD: &[u8] = include_bytes!("../../../../sim-cli/plot/assets/DejaVuSans-Bold-subset.ttf");
const REGULAR: &[u8] = include_bytes!("../../../../sim-cli/plot/assets/DejaVuSans-subset.ttf");

const INK: RGBColor = RGBColor(28, 36, 46);
const MUTED: RGBColor = RGBColor(92, 104, 118);
const GRID: RGBColor = RGBColor(226, 230, 235);
/// Name and color of datagrams and streams.
const LINES: [(&str, RGBColor); 2] =
    [("datagrams", RGBColor(68, 119, 170)), ("streams", RGBColor(238, 119, 51))];

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Draws the rows and writes them as PNG.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn draw(rows: &[Row], file: &Path) -> Drawn {
    let large = (SIZE.0 * SCALE, SIZE.1 * SCALE);
    let mut pixels = vec![255; (large.0 * large.1 * 3) as usize];
    for (style, font) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)] {
        register_font("sans-serif", style, font).map_err(|_| "a font of the house cannot be read")?;
    }
    compose(rows, &BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area())?;
    let mut png = png::Encoder::new(BufWriter::new(File::create(file)?), SIZE.0, SIZE.1);
    png.set_color(png::ColorType::Rgb);
    png.set_depth(png::BitDepth::Eight);
    png.write_header()?.write_image_data(&smaller(&pixels))?;
    Ok(())
}

/// The mean of each square of pixels.
fn smaller(pixels: &[u8]) -> Vec<u8> {
    let (width, scale) = (SIZE.0 as usize, SCALE as usize);
    let mean = |index: usize| {
        let (pixel, channel) = (index / 3, index % 3);
        let (left, top) = (pixel % width * scale, pixel / width * scale);
        let row =
            |row: usize| (0..scale).map(move |column| ((top + row) * width * scale + left + column) * 3);
        let sum: u32 = (0..scale).flat_map(row).map(|start| u32::from(pixels[start + channel])).sum();
        (sum / (SCALE * SCALE)) as u8
    };
    (0..width * SIZE.1 as usize * 3).map(mean).collect()
}

fn compose(rows: &[Row], area: &Area<'_>) -> Drawn {
    let margin = scaled(MARGIN);
    area.draw(&Text::new("The cost of a packet", (margin, scaled(36)), font(30, INK, true)))?;
    let words = "nanoseconds per simulated packet, real node  ·  dots: quickest run, bars: up to the median  ·  \
                 flood over a random graph";
    area.draw(&Text::new(words, (margin, scaled(80)), font(LABEL, MUTED, false)))?;
    legend(area)?;
    let highest = rows.iter().map(|row| row.median_ns).fold(1.0, f64::max);
    let panels = area.margin(scaled(162), scaled(24), margin - scaled(20), margin - scaled(20));
    for (varied, panel) in Varied::ALL.into_iter().zip(panels.split_evenly((1, 3))) {
        let rows: Vec<Row> = rows.iter().filter(|row| row.varied == varied).copied().collect();
        let across = || rows.iter().map(|row| f64::from(row.across()));
        let range = across().fold(f64::MAX, f64::min)..across().fold(1.0, f64::max);
        if range.start >= range.end {
            return Err(format!("fewer than two points for {}", varied.name()).into());
        }
        let up = 0.0..highest * 1.1;
        if varied == Varied::Degree {
            plot(&panel, &rows, range.start - 1.0..range.end + 1.0, up)?;
        } else {
            plot(&panel, &rows, (range.start / 1.4..range.end * 1.4).log_scale(), up)?;
        }
    }
    area.present()?;
    Ok(())
}

fn legend(area: &Area<'_>) -> Drawn {
    let mut left = scaled(MARGIN);
    for (name, color) in LINES {
        let middle = scaled(124);
        let line = [(left, middle), (left + scaled(36), middle)];
        area.draw(&PathElement::new(line, color.stroke_width(3 * SCALE)))?;
        area.draw(&Circle::new((left + scaled(18), middle), 6 * SCALE, color.filled()))?;
        let style = font(LABEL, INK, false).pos(Pos::new(HPos::Left, VPos::Center));
        // The middle of a line of text lies above that of its letters.
        area.draw(&Text::new(name, (left + scaled(46), middle + scaled(2)), style))?;
        left += scaled(190);
    }
    Ok(())
}

fn plot<X>(area: &Area<'_>, rows: &[Row], across: X, up: Range<f64>) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let Some(first) = rows.first() else { return Ok(()) };
    let mut chart = ChartBuilder::on(area)
        .margin(scaled(10))
        .margin_top(scaled(34))
        .x_label_area_size(scaled(40))
        .y_label_area_size(scaled(76))
        .build_cartesian_2d(across, up)?;
    area.draw(&Text::new(title(first), (scaled(86), 0), font(LABEL, INK, true)))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(SCALE))
        .axis_style(MUTED.stroke_width(SCALE))
        .label_style(font(LABEL, MUTED, false))
        .set_all_tick_mark_size(scaled(7))
        .x_labels(6)
        .y_labels(9)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| count(*value as u64))
        .draw()?;
    for (stream, (_, color)) in [false, true].into_iter().zip(LINES) {
        let points = || rows.iter().filter(|row| row.stream == stream);
        let at = |row: &Row| (f64::from(row.across()), row.least_ns);
        let bar = |row: &Row| {
            PathElement::new([at(row), (at(row).0, row.median_ns)], color.mix(0.6).stroke_width(2 * SCALE))
        };
        chart.draw_series(points().map(bar))?;
        let line = points().map(at);
        chart.draw_series(LineSeries::new(line.clone(), color.stroke_width(3 * SCALE)))?;
        chart.draw_series(line.map(|point| Circle::new(point, 6 * SCALE, color.filled())))?;
    }
    Ok(())
}

/// What is varied, and what is not.
fn title(row: &Row) -> String {
    let nodes = format!("{} nodes", count(u64::from(row.nodes)));
    let (degree, messages) = (format!("degree {}", row.degree), format!("{} messages", row.messages));
    match row.varied {
        Varied::Nodes => format!("by nodes  ({degree}, {messages})"),
        Varied::Degree => format!("by degree  ({nodes}, {messages})"),
        Varied::Messages => format!("by messages  ({nodes}, {degree})"),
    }
}

/// A whole number with a comma between thousands.
fn count(value: u64) -> String {
    if value < 1_000 { value.to_string() } else { format!("{},{:03}", count(value / 1_000), value % 1_000) }
}

/// A number for an axis of many magnitudes.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{value:.0}"),
    }
}

/// Letters of so many pixels.
fn font(size: u32, color: RGBColor, bold: bool) -> TextStyle<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::SansSerif, f64::from(size * SCALE), style).color(&color)
}

/// Pixels of the picture in pixels as they are drawn.
fn scaled(pixels: u32) -> i32 {
    (pixels * SCALE).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        assert_eq!([0.0, 20.0, 1e3, 3e5, 1e6].map(short), ["0", "20", "1 k", "300 k", "1 M"]);
        assert_eq!([0, 999, 1_000, 1_020_003].map(count), ["0", "999", "1,000", "1,020,003"]);
    }

    #[test]
    fn a_square_becomes_its_mean() {
        let mut pixels = vec![0; (SIZE.0 * SIZE.1 * SCALE * SCALE * 3) as usize];
        // The first row of the first square: a third of it is white.
        pixels[..(SCALE * 3) as usize].fill(255);
        let small = smaller(&pixels);
        assert_eq!(small.len(), (SIZE.0 * SIZE.1 * 3) as usize);
        assert_eq!(small[..6], [85, 85, 85, 0, 0, 0]);
    }
}
