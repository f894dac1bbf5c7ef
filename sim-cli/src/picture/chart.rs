//! What the charts share: a frame with axes, and legends.

use super::axis::{Scale, Tick};
use super::canvas::{Canvas, Pen, Point};
use super::color::Rgb;
use super::text::Anchor;

/// Width and height of every chart.
pub(super) const CHART: (u32, u32) = (1600, 900);

/// Size of labels, in pixels per em: readable where the picture is shown at half its size.
pub(super) const LABEL: f32 = 20.0;

/// The rectangle that holds the data, and its scales.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Pixels of the left and right edge.
    pub(super) across: (f32, f32),
    /// Pixels of the upper and lower edge.
    pub(super) down: (f32, f32),
    /// Values across.
    pub(super) x: Scale,
    /// Values up.
    pub(super) y: Scale,
}

impl Frame {
    /// The pixel of a pair of values.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.x.at(x), self.y.at(y))
    }

    /// Horizontal grid lines with labels left of the frame.
    pub(super) fn rows(&self, canvas: &mut Canvas, ticks: &[Tick]) {
        let (left, right) = self.across;
        for (value, label) in ticks {
            let y = self.y.at(*value).round() + 0.5;
            canvas.line((left, y), (right, y), Pen::new(canvas.palette.grid, 1.0));
            canvas.write(canvas.quiet(LABEL), label, (left - 12.0, y + 7.0), Anchor::Right);
        }
    }

    /// Vertical grid lines.
    pub(super) fn columns(&self, canvas: &mut Canvas, ticks: &[Tick]) {
        let (top, bottom) = self.down;
        for (value, label) in ticks {
            let x = self.x.at(*value).round() + 0.5;
            let alpha = if label.is_empty() { 0.6 } else { 1.0 };
            canvas.line((x, top), (x, bottom), Pen::new(canvas.palette.grid, 1.0).alpha(alpha));
        }
    }

    /// The lower edge, labels below it, and what they mean.
    pub(super) fn base(&self, canvas: &mut Canvas, ticks: &[Tick], meaning: &str) {
        let ((left, right), bottom) = (self.across, self.down.1.round() + 0.5);
        canvas.line((left, bottom), (right, bottom), Pen::new(canvas.palette.muted, 1.5));
        let mut free = f32::MIN;
        for (value, label) in ticks {
            let (x, half) = (self.x.at(*value), canvas.quiet(LABEL).width(label) / 2.0);
            if label.is_empty() || x - half < free {
                continue;
            }
            canvas.line((x, bottom), (x, bottom + 6.0), Pen::new(canvas.palette.muted, 1.5));
            canvas.write(canvas.quiet(LABEL), label, (x, bottom + 28.0), Anchor::Center);
            free = x + half + 14.0;
        }
        let middle = (left + right) / 2.0;
        canvas.write(canvas.face(LABEL), meaning, (middle, bottom + 60.0), Anchor::Center);
    }

    /// The name of the frame's values, above its left edge.
    pub(super) fn name(&self, canvas: &mut Canvas, name: &str) {
        let at = (self.across.0, self.down.0 - 12.0);
        canvas.write(canvas.bold(LABEL), name, at, Anchor::Left);
    }

    /// Entries of a legend, in one row above the right edge.
    pub(super) fn legend(&self, canvas: &mut Canvas, entries: &[(Mark, Rgb, &str)]) {
        let mut right = self.across.1;
        let y = self.down.0 - 12.0;
        for (mark, color, text) in entries.iter().rev() {
            let face = canvas.quiet(LABEL);
            canvas.write(face, text, (right, y), Anchor::Right);
            right -= face.width(text) + 10.0;
            mark.draw(canvas, (right, y - 7.0), *color);
            right -= mark.width() + 28.0;
        }
    }
}

/// What stands for a series in a legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// A stroke.
    Line,
    /// A dot.
    Dot,
    /// A patch of shade.
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
    fn draw(self, canvas: &mut Canvas, (x, y): Point, color: Rgb) {
        let left = (x - self.width(), y);
        match self {
            Self::Line => canvas.line(left, (x, y), Pen::new(color, 3.5)),
            Self::Dot => canvas.disc((x - 5.0, y), 5.0, color, 0.8),
            Self::Patch => canvas.rectangle((left.0, y - 8.0), (x, y + 8.0), color, 0.3),
        }
    }
}

/// A note in the middle of an empty chart.
pub(super) fn nothing(canvas: &mut Canvas, frame: &Frame, why: &str) {
    let at = ((frame.across.0 + frame.across.1) / 2.0, (frame.down.0 + frame.down.1) / 2.0);
    let (face, ground) = (canvas.quiet(24.0), canvas.palette.background);
    let half = face.width(why) / 2.0 + 16.0;
    canvas.rectangle((at.0 - half, at.1 - 20.0), (at.0 + half, at.1 + 22.0), ground, 1.0);
    canvas.write(face, why, (at.0, at.1 + 9.0), Anchor::Center);
}
