//! Shapes and text on an opaque raster, and the finished picture.

mod svg;

use crate::Style;
use crate::color::{Palette, Rgb};
use crate::text::{Anchor, Face};
use floodnet_text::MADE_BY;
use svg::Svg;
use tiny_skia::Transform;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash,
};

/// A point in pixels, from the upper left corner.
pub(super) type Point = (f32, f32);

/// A finished picture: rows from the top, three bytes (red, green, blue; sRGB) per pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    svg: Option<String>,
}

impl core::fmt::Debug for Picture {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

impl Picture {
    /// Pixels per row, above zero.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Number of rows, more than zero.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// `width * height * 3` bytes.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The text of an SVG file with the same shapes, and text as text; none unless [`Style::vector`] asked for it.
    #[must_use]
    pub fn to_svg(&self) -> Option<&str> {
        self.svg.as_deref()
    }

    /// The bytes of a PNG file: the same for the same picture.
    ///
    /// # Panics
    /// Never: the size is above zero, and writing to memory does not fail.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        encoder
            .add_text_chunk("Software".to_owned(), MADE_BY.to_owned())
            .expect("the words are short and plain");
        let mut writer = encoder.write_header().expect("the size is above zero");
        writer.write_image_data(&self.rgb).expect("the buffer has the size of the picture");
        writer.finish().expect("memory takes every byte");
        bytes
    }
}

/// What a line looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    /// Color of the line.
    pub(super) color: Rgb,
    /// Opacity of the line, 0 to 1.
    pub(super) alpha: f32,
    /// Width of the line in pixels.
    pub(super) width: f32,
    /// Lengths of a dash and of the gap after it, in pixels.
    pub(super) dash: Option<(f32, f32)>,
    /// Whether the line ends where its last points are, and not half its width beyond.
    pub(super) blunt: bool,
}

impl Pen {
    /// A pen for an opaque, unbroken line.
    pub(super) const fn new(color: Rgb, width: f32) -> Self {
        Self { color, alpha: 1.0, width, dash: None, blunt: false }
    }

    /// The same line, with this opacity.
    pub(super) const fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// The same line, broken. Its dashes are blunt: round ends would fill the gaps.
    pub(super) const fn dashed(self, dash: f32, gap: f32) -> Self {
        Self { dash: Some((dash, gap)), ..self.blunt() }
    }

    /// The same line, cut at its ends.
    pub(super) const fn blunt(self) -> Self {
        Self { blunt: true, ..self }
    }
}

/// A raster to draw on. Coordinates that are not finite draw nothing.
pub(super) struct Canvas {
    pixmap: Pixmap,
    /// The shapes, where they are asked for.
    svg: Option<Svg>,
    /// Whether pixels were drawn since the last shape.
    has_pixels: bool,
    /// Whether the heading is left out.
    untitled: bool,
    /// Colors of the picture's theme.
    pub(super) palette: Palette,
}

impl Canvas {
    /// An empty picture in the background's color.
    ///
    /// # Panics
    /// If a size is 0.
    pub(super) fn new(width: u32, height: u32, palette: Palette) -> Self {
        let mut pixmap = Pixmap::new(width, height).expect("the size is above zero");
        let Rgb(red, green, blue) = palette.background;
        pixmap.fill(Color::from_rgba8(red, green, blue, 255));
        Self { pixmap, svg: None, has_pixels: false, untitled: false, palette }
    }

    /// An empty picture of this size for this style.
    ///
    /// # Panics
    /// If a size is 0.
    pub(super) fn of((width, height): (u32, u32), style: &Style) -> Self {
        let canvas = Self::new(width, height, style.theme.palette());
        Self { svg: style.vector.then(Svg::default), untitled: style.untitled, ..canvas }
    }

    /// Where the next shape is kept, if it is: behind the pixels drawn so far.
    fn shapes(&mut self) -> Option<&mut Svg> {
        if std::mem::take(&mut self.has_pixels) {
            let pixels = self.picture(0);
            if let Some(svg) = &mut self.svg {
                svg.begin_with(&pixels);
            }
        }
        self.svg.as_mut()
    }

    /// The rows from `top` on as they are now.
    fn picture(&self, top: u32) -> Picture {
        let (width, height) = self.size();
        let pixels = self.pixmap.pixels()[(top * width) as usize..].iter();
        let rgb = pixels.flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        Picture { width, height: height - top, rgb, svg: None }
    }

    /// Pixels per row, and rows.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.pixmap.width(), self.pixmap.height())
    }

    /// The raster itself, for those who draw pixel by pixel.
    pub(super) const fn pixmap(&mut self) -> &mut Pixmap {
        self.has_pixels = self.svg.is_some();
        &mut self.pixmap
    }

    /// Ends drawing and returns the picture.
    pub(super) fn finish(mut self) -> Picture {
        self.shapes();
        let top = if self.untitled { HEADING.min(self.size().1 - 1) } else { 0 };
        let svg = self.svg.take().map(|svg| svg.finish(self.size(), top, self.palette.background));
        Picture { svg, ..self.picture(top) }
    }

    /// A filled rectangle between two corners.
    pub(super) fn rectangle(&mut self, (x0, y0): Point, (x1, y1): Point, color: Rgb, alpha: f32) {
        if let Some(svg) = self.shapes() {
            svg.rectangle((x0, y0), (x1, y1), color, alpha);
        }
        if let Some(rect) = Rect::from_ltrb(x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)) {
            self.pixmap.fill_rect(rect, &paint(color, alpha), Transform::identity(), None);
        }
    }

    /// Draws a straight line.
    pub(super) fn line(&mut self, from: Point, to: Point, pen: Pen) {
        self.polyline(&[from, to], pen);
    }

    /// Draws a line through `points`.
    pub(super) fn polyline(&mut self, points: &[Point], pen: Pen) {
        if let Some(svg) = self.shapes() {
            svg.polyline(points, pen);
        }
        let Some(path) = path_through(points, false) else { return };
        let dash = pen.dash.and_then(|(dash, gap)| StrokeDash::new(vec![dash, gap], 0.0));
        let line_cap = if pen.blunt { LineCap::Butt } else { LineCap::Round };
        let stroke =
            Stroke { width: pen.width, line_cap, line_join: LineJoin::Round, dash, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &paint(pen.color, pen.alpha), &stroke, Transform::identity(), None);
    }

    /// Fills the area inside `points`.
    pub(super) fn polygon(&mut self, points: &[Point], color: Rgb, alpha: f32) {
        if let Some(svg) = self.shapes() {
            svg.polygon(points, color, alpha);
        }
        if let Some(path) = path_through(points, true) {
            self.fill(&path, color, alpha);
        }
    }

    /// Fills a disc.
    pub(super) fn disc(&mut self, (x, y): Point, radius: f32, color: Rgb, alpha: f32) {
        if let Some(svg) = self.shapes() {
            svg.disc((x, y), radius, color, alpha);
        }
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.fill(&path, color, alpha);
        }
    }

    /// Draws the line of a circle.
    pub(super) fn ring(&mut self, (x, y): Point, radius: f32, pen: Pen) {
        if let Some(svg) = self.shapes() {
            svg.ring((x, y), radius, pen);
        }
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            let stroke = Stroke { width: pen.width, ..Stroke::default() };
            let paint = paint(pen.color, pen.alpha);
            self.pixmap.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    fn fill(&mut self, path: &Path, color: Rgb, alpha: f32) {
        self.pixmap.fill_path(path, &paint(color, alpha), FillRule::Winding, Transform::identity(), None);
    }

    /// A regular text in the ink's color.
    pub(super) const fn face(&self, size: f32) -> Face {
        Face::regular(size, self.palette.ink)
    }

    /// A bold text in the ink's color.
    pub(super) const fn bold(&self, size: f32) -> Face {
        Face::bold(size, self.palette.ink)
    }

    /// A regular text in the captions' color.
    pub(super) const fn quiet(&self, size: f32) -> Face {
        Face::regular(size, self.palette.muted)
    }

    /// Writes `text` with its baseline at the point's height.
    pub(super) fn write(&mut self, face: Face, text: &str, at: Point, anchor: Anchor) {
        if let Some(svg) = self.shapes() {
            svg.write(face, text, at, anchor);
        }
        face.draw(&mut self.pixmap, text, at, anchor);
    }

    /// The title and the line under it, made smaller or cut where they are too long.
    pub(super) fn heading(&mut self, title: &str, caption: &str) {
        if self.untitled {
            return;
        }
        let room = self.pixmap.width() as f32 - 2.0 * MARGIN;
        let face = self.bold(34.0).fitting(title, room * 1.3);
        let title = face.shortened(title, room);
        self.write(face, &title, (MARGIN, 62.0), Anchor::Left);
        let face = self.quiet(22.0).fitting(caption, room);
        let caption = face.shortened(caption, room);
        self.write(face, &caption, (MARGIN, 100.0), Anchor::Left);
    }
}

/// Rows of the heading, above everything else.
const HEADING: u32 = 112;

/// Free pixels at the left and right of a picture.
pub(super) const MARGIN: f32 = 48.0;

fn paint(color: Rgb, alpha: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(color.0, color.1, color.2, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

fn path_through(points: &[Point], close: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    builder.move_to(first.0, first.1);
    rest.iter().for_each(|point| builder.line_to(point.0, point.1));
    if close {
        builder.close();
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Theme;

    #[test]
    fn png_holds_the_pixels() {
        let mut canvas = Canvas::new(40, 30, Theme::Light.palette());
        canvas.disc((20.0, 15.0), 8.0, Rgb(200, 0, 0), 1.0);
        let picture = canvas.finish();
        let bytes = picture.to_png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let frame = reader.next_frame(&mut pixels).expect("one frame");
        assert_eq!((frame.width, frame.height), (40, 30));
        assert_eq!(&pixels[..frame.buffer_size()], picture.rgb());
        assert_eq!(picture.rgb()[(15 * 40 + 20) * 3..][..3], [200, 0, 0]);
    }

    #[test]
    fn what_is_not_finite_draws_nothing() {
        let mut canvas = Canvas::new(20, 20, Theme::Dark.palette());
        let nowhere = (f32::NAN, f32::INFINITY);
        let pen = Pen::new(Rgb(255, 0, 0), 3.0);
        canvas.line(nowhere, (3.0, 3.0), pen);
        canvas.disc(nowhere, 4.0, pen.color, 1.0);
        canvas.ring((4.0, 4.0), f32::NAN, pen);
        canvas.rectangle(nowhere, (2.0, 2.0), pen.color, 1.0);
        canvas.polygon(&[nowhere], pen.color, 1.0);
        canvas.polyline(&[], pen);
        let empty = Canvas::new(20, 20, Theme::Dark.palette()).finish();
        assert_eq!(canvas.finish(), empty);
    }
}
