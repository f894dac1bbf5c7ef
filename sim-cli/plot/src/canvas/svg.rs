//! A picture as SVG: the same shapes as on the raster, and text as text.

use core::fmt::{self, Display, Write as _};

use super::{Pen, Picture, Point};
use crate::color::Rgb;
use crate::text::{Anchor, Face};
use data_encoding::BASE64;
use floodnet_text::MADE_BY;
use floodnet_text::markup::Escaped;

/// The fonts to set text in: the one that the raster has, and what is nearest to it.
const FONTS: &str = "DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif";

/// The shapes that were drawn, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Svg(String);

/// A length with at most two digits after the point.
struct Short(f32);

impl Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

impl Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// An attribute for what is not opaque.
struct Opacity(&'static str, f32);

impl Display for Opacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 >= 1.0 { Ok(()) } else { write!(f, " {}=\"{}\"", self.0, Short(self.1)) }
    }
}

fn is_finite(points: &[Point]) -> bool {
    points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
}

impl Svg {
    fn put(&mut self, shape: fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.0.write_fmt(shape);
        self.0.push('\n');
    }

    /// Forgets all shapes and begins anew with this picture, which holds them as pixels.
    pub(super) fn begin_with(&mut self, picture: &Picture) {
        self.0.clear();
        let (width, height, png) = (picture.width(), picture.height(), BASE64.encode(&picture.to_png()));
        self.put(format_args!(
            r#"<image width="{width}" height="{height}" href="data:image/png;base64,{png}"/>"#
        ));
    }

    pub(super) fn rectangle(&mut self, (x0, y0): Point, (x1, y1): Point, color: Rgb, alpha: f32) {
        if !is_finite(&[(x0, y0), (x1, y1)]) || x0 == x1 || y0 == y1 {
            return;
        }
        self.put(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{color}"{}/>"#,
            Short(x0.min(x1)),
            Short(y0.min(y1)),
            Short((x1 - x0).abs()),
            Short((y1 - y0).abs()),
            Opacity("fill-opacity", alpha)
        ));
    }

    pub(super) fn polyline(&mut self, points: &[Point], pen: Pen) {
        if points.len() < 2 || !is_finite(points) {
            return;
        }
        let dash =
            pen.dash.map(|(dash, gap)| format!(r#" stroke-dasharray="{} {}""#, Short(dash), Short(gap)));
        let round = if pen.blunt { "" } else { r#" stroke-linecap="round""# };
        self.put(format_args!(
            r#"<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"{round}{}{}/>"#,
            path(points),
            pen.color,
            Short(pen.width),
            dash.unwrap_or_default(),
            Opacity("stroke-opacity", pen.alpha)
        ));
    }

    pub(super) fn polygon(&mut self, points: &[Point], color: Rgb, alpha: f32) {
        if points.len() < 2 || !is_finite(points) {
            return;
        }
        self.put(format_args!(
            r#"<path d="{}Z" fill="{color}"{}/>"#,
            path(points),
            Opacity("fill-opacity", alpha)
        ));
    }

    pub(super) fn disc(&mut self, (x, y): Point, radius: f32, color: Rgb, alpha: f32) {
        if !is_finite(&[(x, y), (radius, 0.0)]) {
            return;
        }
        self.put(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{color}"{}/>"#,
            Short(x),
            Short(y),
            Short(radius),
            Opacity("fill-opacity", alpha)
        ));
    }

    pub(super) fn ring(&mut self, (x, y): Point, radius: f32, pen: Pen) {
        if !is_finite(&[(x, y), (radius, 0.0)]) {
            return;
        }
        self.put(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="none" stroke="{}" stroke-width="{}"{}/>"#,
            Short(x),
            Short(y),
            Short(radius),
            pen.color,
            Short(pen.width),
            Opacity("stroke-opacity", pen.alpha)
        ));
    }

    pub(super) fn write(&mut self, face: Face, text: &str, (x, y): Point, anchor: Anchor) {
        if text.is_empty() || !is_finite(&[(x, y)]) {
            return;
        }
        let anchor = match anchor {
            Anchor::Left => "",
            Anchor::Center => r#" text-anchor="middle""#,
            Anchor::Right => r#" text-anchor="end""#,
        };
        let weight = if face.bold { r#" font-weight="bold""# } else { "" };
        self.put(format_args!(
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{weight}{anchor}>{}</text>"#,
            Short(x),
            Short(y.round()),
            Short(face.size),
            face.color,
            Escaped(text)
        ));
    }

    /// The document: rows from `top` on of a picture of this size.
    pub(super) fn finish(self, (width, height): (u32, u32), top: u32, background: Rgb) -> String {
        let rows = height - top;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{rows}\" \
             viewBox=\"0 {top} {width} {rows}\" font-family=\"{FONTS}\">\n\
             <metadata>{MADE_BY}</metadata>\n\
             <rect y=\"{top}\" width=\"{width}\" height=\"{rows}\" fill=\"{background}\"/>\n{}</svg>\n",
            self.0
        )
    }
}

fn path(points: &[Point]) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for (place, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if place == 0 { 'M' } else { 'L' }, Short(*x), Short(*y));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Canvas;
    use crate::{Style, Theme};

    fn drawn(style: &Style, draw: impl FnOnce(&mut Canvas)) -> Picture {
        let mut canvas = Canvas::of((200, 150), style);
        draw(&mut canvas);
        canvas.finish()
    }

    #[test]
    fn every_shape_is_in_the_document() {
        let style = Style { vector: true, ..Style::default() };
        let red = Rgb(255, 0, 0);
        let picture = drawn(&style, |canvas| {
            canvas.rectangle((1.0, 2.0), (11.0, 7.5), red, 0.5);
            canvas.polyline(&[(0.0, 0.0), (3.0, 4.25)], Pen::new(red, 2.0).dashed(4.0, 3.0));
            canvas.polygon(&[(0.0, 0.0), (3.0, 4.0), (5.0, 1.0)], red, 1.0);
            canvas.disc((20.0, 15.0), 4.0, red, 1.0);
            canvas.ring((20.0, 15.0), 6.0, Pen::new(red, 1.5));
            canvas.write(canvas.bold(12.0), "a < b & c", (10.0, 20.4), Anchor::Right);
            canvas.disc((f32::NAN, 15.0), 4.0, red, 1.0);
        });
        let text = picture.to_svg().unwrap();
        for shape in [
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="150" viewBox="0 0 200 150""#,
            r##"<rect x="1" y="2" width="10" height="5.5" fill="#ff0000" fill-opacity="0.5"/>"##,
            r##"<path d="M0 0L3 4.25" fill="none" stroke="#ff0000" stroke-width="2""##,
            r#" stroke-dasharray="4 3""#,
            r##"<path d="M0 0L3 4L5 1Z" fill="#ff0000"/>"##,
            r##"<circle cx="20" cy="15" r="4" fill="#ff0000"/>"##,
            r##"<circle cx="20" cy="15" r="6" fill="none" stroke="#ff0000" stroke-width="1.5"/>"##,
            r#" font-weight="bold" text-anchor="end">a &lt; b &amp; c</text>"#,
        ] {
            assert!(text.contains(shape), "no {shape} in {text}");
        }
        assert!(!text.contains("NaN"));
        assert_eq!(drawn(&Style::default(), |_| {}).to_svg(), None, "only where it was asked for");
    }

    #[test]
    fn pixels_that_were_drawn_one_by_one_are_embedded_with_all_below_them() {
        let style = Style { vector: true, ..Style::default() };
        let picture = drawn(&style, |canvas| {
            canvas.disc((20.0, 15.0), 4.0, Rgb(255, 0, 0), 1.0);
            let _ = canvas.pixmap();
            canvas.disc((50.0, 15.0), 4.0, Rgb(0, 0, 255), 1.0);
        });
        let text = picture.to_svg().unwrap();
        assert_eq!(text.matches("<image ").count(), 1, "{text}");
        assert!(text.find("<image ") < text.find("<circle "), "{text}");
        assert_eq!(text.matches("<circle ").count(), 1, "{text}");
    }

    #[test]
    fn without_a_title_its_rows_go() {
        let style = Style { vector: true, untitled: true, theme: Theme::Dark };
        let picture = drawn(&style, |canvas| {
            canvas.heading("Title", "caption");
            canvas.disc((20.0, 130.0), 4.0, Rgb(255, 0, 0), 1.0);
        });
        let whole = drawn(&Style::default(), |canvas| canvas.heading("Title", "caption"));
        assert!(picture.height() < whole.height() && picture.width() == whole.width());
        assert_eq!(picture.rgb().len() as u32, 3 * picture.width() * picture.height());
        let text = picture.to_svg().unwrap();
        assert!(!text.contains("Title") && !text.contains("caption"), "{text}");
        let top = whole.height() - picture.height();
        assert!(text.contains(&format!("viewBox=\"0 {top} 200 {}\"", picture.height())), "{text}");
    }
}
