//! Text, from a font that is compiled in.

use super::color::Rgb;
use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};
use std::sync::LazyLock;
use tiny_skia::{Pixmap, PremultipliedColorU8};

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../assets/DejaVuSans-subset.ttf")));
static BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../assets/DejaVuSans-Bold-subset.ttf")));

fn parse(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font is compiled in and a test reads it")
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    /// Size in pixels per em.
    pub(super) size: f32,
    /// Whether the text is bold.
    pub(super) bold: bool,
    /// Color of the text.
    pub(super) color: Rgb,
}

/// Which point of a text is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The point is the left end of the text.
    Left,
    /// The point is the middle of the text.
    Center,
    /// The point is the right end of the text.
    Right,
}

impl Face {
    /// A face for regular text.
    pub(super) const fn regular(size: f32, color: Rgb) -> Self {
        Self { size, bold: false, color }
    }

    /// A face for bold text.
    pub(super) const fn bold(size: f32, color: Rgb) -> Self {
        Self { size, bold: true, color }
    }

    fn font(&self) -> &'static FontRef<'static> {
        if self.bold { &BOLD } else { &REGULAR }
    }

    /// The scale at which one em is `size` pixels (`ab_glyph` scales by ascent minus descent).
    fn scale(&self) -> PxScale {
        let font = self.font();
        PxScale::from(self.size * font.height_unscaled() / font.units_per_em().unwrap_or(2048.0))
    }

    /// Glyphs with their places along the line, and the length of the line in pixels.
    fn set(&self, text: &str) -> (Vec<(GlyphId, f32)>, f32) {
        let font = self.font().as_scaled(self.scale());
        let mut pen = 0.0;
        let mut last = None;
        let mut glyphs = Vec::with_capacity(text.len());
        for character in text.chars() {
            let glyph = font.glyph_id(character);
            if let Some(last) = last {
                pen += font.kern(last, glyph);
            }
            glyphs.push((glyph, pen));
            pen += font.h_advance(glyph);
            last = Some(glyph);
        }
        (glyphs, pen)
    }

    /// Length of `text` in pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.set(text).1
    }

    /// Height of its capitals and digits above the baseline, in pixels.
    pub(super) fn height(&self) -> f32 {
        // DejaVu Sans draws them 1493 units of 2048 high.
        self.size * 0.729
    }

    /// This face, made smaller until `text` is at most `room` pixels long (at least 12 pixels per em).
    pub(super) fn fitting(mut self, text: &str, room: f32) -> Self {
        let width = self.width(text);
        if width > room && width > 0.0 {
            self.size = (self.size * room / width).max(12.0);
        }
        self
    }

    /// `text`, cut with an ellipsis where it is longer than `room` pixels.
    pub(super) fn shortened(&self, text: &str, room: f32) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let mut kept: Vec<char> = text.chars().collect();
        while kept.pop().is_some() {
            let candidate: String = kept.iter().chain(&['…']).collect();
            if self.width(&candidate) <= room {
                return candidate;
            }
        }
        String::new()
    }

    /// Draws `text` with its baseline at `y` and the anchor at `x`.
    pub(super) fn draw(&self, pixmap: &mut Pixmap, text: &str, (x, y): (f32, f32), anchor: Anchor) {
        let (glyphs, width) = self.set(text);
        let left = match anchor {
            Anchor::Left => x,
            Anchor::Center => x - width / 2.0,
            Anchor::Right => x - width,
        };
        // Baselines at whole pixels keep horizontal strokes sharp; across, glyphs stand where they belong.
        let baseline = y.round();
        for (id, offset) in glyphs {
            let position = point(left + offset, baseline);
            let glyph = Glyph { id, scale: self.scale(), position };
            if let Some(outlined) = self.font().outline_glyph(glyph) {
                let bounds = outlined.px_bounds();
                let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
                outlined.draw(|column, row, coverage| {
                    blend(pixmap, left + i64::from(column), top + i64::from(row), self.color, coverage);
                });
            }
        }
    }
}

/// Lays `color` over one pixel of an opaque pixmap; outside of it nothing happens.
pub(super) fn blend(pixmap: &mut Pixmap, x: i64, y: i64, color: Rgb, coverage: f32) {
    let (width, height) = (i64::from(pixmap.width()), i64::from(pixmap.height()));
    if !(0..width).contains(&x) || !(0..height).contains(&y) || coverage <= 0.0 {
        return;
    }
    let pixel = &mut pixmap.pixels_mut()[(y * width + x) as usize];
    let mixed = Rgb(pixel.red(), pixel.green(), pixel.blue()).mix(color, coverage);
    if let Some(mixed) = PremultipliedColorU8::from_rgba(mixed.0, mixed.1, mixed.2, 255) {
        *pixel = mixed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Face = Face { size: 20.0, bold: false, color: Rgb(0, 0, 0) };

    #[test]
    fn both_fonts_have_every_character_we_use() {
        for bold in [false, true] {
            let face = Face { bold, ..FACE };
            for character in "AZaz09éßλµ–−…·×≤≥→∞%,.()+".chars() {
                assert_ne!(face.font().glyph_id(character).0, 0, "{character} is missing");
            }
        }
    }

    #[test]
    fn capitals_have_the_height_we_say() {
        for bold in [false, true] {
            let face = Face { bold, size: 100.0, ..FACE };
            let glyph =
                Glyph { id: face.font().glyph_id('H'), scale: face.scale(), position: point(0.0, 0.0) };
            let bounds = face.font().outline_glyph(glyph).expect("an outline").px_bounds();
            assert!((face.height() + bounds.min.y).abs() <= 1.0, "{} and {bounds:?}", face.height());
        }
    }

    #[test]
    fn text_fits_where_it_should() {
        assert!(FACE.width("wide text") > FACE.width("text"));
        assert_eq!(FACE.width(""), 0.0);
        let fitted = FACE.fitting("a rather long caption", 150.0);
        assert!(fitted.width("a rather long caption") <= 151.0);
        let cut = FACE.shortened("a rather long caption", 100.0);
        assert!(cut.ends_with('…') && FACE.width(&cut) <= 100.0, "{cut}");
        assert_eq!(FACE.shortened("x", 100.0), "x");
        assert_eq!(FACE.shortened("xxxx", 1.0), "");
    }

    #[test]
    fn drawing_marks_pixels_and_clips() {
        let mut pixmap = Pixmap::new(60, 30).expect("a size above zero");
        pixmap.fill(tiny_skia::Color::WHITE);
        FACE.draw(&mut pixmap, "Wide text that leaves the picture", (-5.0, 20.0), Anchor::Left);
        assert!(pixmap.pixels().iter().filter(|pixel| pixel.red() < 100).count() > 50);
    }
}
