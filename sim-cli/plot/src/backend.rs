//! Where plotters draws: our canvas, with its smooth edges and its well-set text.
//!
//! plotters knows whole coordinates only, which would make curves and dots jump from pixel to pixel. So it
//! is shown a picture ten times as wide and as high: what it takes for a pixel is a tenth of one. All
//! sizes given to it, of strokes, margins and letters, pass through [`units`].

use super::canvas::{Canvas, Pen, Point};
use super::color::Rgb;
use super::text::{Anchor, Face};
use core::convert::Infallible;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};

/// Units of plotters per pixel.
const UNITS: f32 = 10.0;

/// So many pixels in the units of plotters.
pub(super) fn units(pixels: f32) -> i32 {
    (pixels * UNITS).round() as i32
}

/// So many units of plotters in pixels.
pub(super) fn pixels(units: i32) -> f32 {
    units as f32 / UNITS
}

/// A canvas that plotters can draw on.
pub(super) struct Backend<'a>(pub(super) &'a mut Canvas);

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

fn point((x, y): BackendCoord) -> Point {
    (pixels(x), pixels(y))
}

fn ink(color: BackendColor) -> (Rgb, f32) {
    (Rgb(color.rgb.0, color.rgb.1, color.rgb.2), color.alpha as f32)
}

fn pen(style: &impl BackendStyle) -> Pen {
    let (color, alpha) = ink(style.color());
    Pen::new(color, style.stroke_width() as f32 / UNITS).alpha(alpha)
}

fn face(style: &impl BackendTextStyle) -> Face {
    let bold = matches!(style.style(), FontStyle::Bold);
    Face { size: style.size() as f32 / UNITS, bold, color: ink(style.color()).0 }
}

/// Moves thin lines along an axis to the middle of a pixel: grids are sharp, and even in their shade.
fn sharp(line: &mut [Point], width: f32) {
    let [from, to] = line else { return };
    if width >= 2.0 {
        return;
    }
    // The far ends of plotters' axes are one unit short of the pixel they are meant to be on.
    let middle = |value: f32| (value + 2.0 / UNITS).floor() + 0.5;
    if from.0 == to.0 {
        (from.0, to.0) = (middle(from.0), middle(to.0));
    } else if from.1 == to.1 {
        (from.1, to.1) = (middle(from.1), middle(to.1));
    }
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.0.size();
        (width * UNITS as u32, height * UNITS as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if !fill {
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
            return self.draw_path(corners, style);
        }
        let (color, alpha) = ink(style.color());
        self.0.rectangle(point((left, top)), point((right, bottom)), color, alpha);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let pen = pen(style);
        let mut points: Vec<Point> = path.into_iter().map(point).collect();
        sharp(&mut points, pen.width);
        // Round ends would lengthen dashes, which come one by one, and marks on axes.
        self.0.polyline(&points, if points.len() == 2 { pen.blunt() } else { pen });
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (pen, radius) = (pen(style), radius as f32 / UNITS);
        if fill {
            self.0.disc(point(center), radius, pen.color, pen.alpha);
        } else {
            self.0.ring(point(center), radius, pen);
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let (color, alpha) = ink(style.color());
        let corners: Vec<Point> = corners.into_iter().map(point).collect();
        self.0.polygon(&corners, color, alpha);
        Ok(())
    }

    /// Text is upright and opaque: no chart here turns it or lets anything shine through.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let face = face(style);
        let (x, y) = point(at);
        let anchor = match style.anchor().h_pos {
            HPos::Left => Anchor::Left,
            HPos::Center => Anchor::Center,
            HPos::Right => Anchor::Right,
        };
        let baseline = match style.anchor().v_pos {
            VPos::Top => y + face.height(),
            VPos::Center => y + face.height() / 2.0,
            VPos::Bottom => y,
        };
        self.0.write(face, text, (x, baseline), anchor);
        Ok(())
    }

    /// Width, and height of capitals: what stands under the baseline does not count.
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let face = face(style);
        Ok((units(face.width(text)).unsigned_abs(), units(face.height()).unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Theme;
    use plotters::prelude::*;

    const RED: RGBColor = RGBColor(255, 0, 0);

    /// Where a drawing leaves pure red on a canvas of 40 by 30 pixels: least and greatest column and row.
    fn red(draw: impl FnOnce(&DrawingArea<Backend<'_>, plotters::coord::Shift>)) -> [usize; 4] {
        let mut canvas = Canvas::new(40, 30, Theme::Light.palette());
        draw(&Backend(&mut canvas).into_drawing_area());
        let picture = canvas.finish();
        let inked = |index: &usize| picture.rgb()[3 * index..][..3] == [255, 0, 0];
        let places = || (0..40 * 30).filter(inked).map(|index| (index % 40, index / 40));
        let (columns, rows) = (|| places().map(|place| place.0), || places().map(|place| place.1));
        [columns().min(), columns().max(), rows().min(), rows().max()].map(|end| end.expect("some red"))
    }

    #[test]
    fn sizes_are_in_tenths_of_pixels() {
        let corners = [(units(5.0), units(6.0)), (units(11.0), units(9.0))];
        let filled = red(|area| area.draw(&Rectangle::new(corners, RED.filled())).expect("drawn"));
        assert_eq!(filled, [5, 10, 6, 8]);
        let disc = Circle::new((units(20.0), units(15.0)), units(4.0), RED.filled());
        let [left, right, top, bottom] = red(|area| area.draw(&disc).expect("drawn"));
        assert_eq!((left + right, top + bottom), (39, 29), "not even around the middle");
        assert!((5..=7).contains(&(right - left)));
    }

    #[test]
    fn thin_lines_between_pixels_are_sharp() {
        for tenths in 0..10 {
            let ends = [(units(5.0), 100 + tenths), (units(30.0), 100 + tenths)];
            let line = PathElement::new(ends, Color::stroke_width(&RED, 10));
            let [.., top, bottom] = red(|area| area.draw(&line).expect("drawn"));
            assert_eq!(top, bottom, "{tenths}");
        }
    }

    #[test]
    fn text_stands_where_its_anchor_is() {
        use plotters::style::text_anchor::{HPos, Pos, VPos};
        let font = FontDesc::new(FontFamily::SansSerif, f64::from(units(20.0)), FontStyle::Bold);
        let style = |across, down| TextStyle::from(font.clone()).color(&RED).pos(Pos::new(across, down));
        let at = (units(20.0), units(15.0));
        let cases = [(HPos::Left, VPos::Bottom), (HPos::Right, VPos::Top), (HPos::Center, VPos::Center)];
        let [low, high, middle] = cases
            .map(|(across, down)| red(|area| area.draw_text("H", &style(across, down), at).expect("drawn")));
        assert!(low[0] >= 20 && low[3] == 14, "{low:?}");
        assert!(high[1] < 20 && high[2] >= 14, "{high:?}");
        assert!(middle[0] < 20 && middle[1] >= 20 && middle[2] < 15 && middle[3] >= 15, "{middle:?}");
    }
}
