//! Many translucent lines: drawn into sums, then toned, so that no number of them becomes a blob.
//!
//! Each pixel gathers how much line covers it and in which colors; opacity follows the root of that,
//! relative to what a busy pixel of the same picture holds. So ten links and ten million show their
//! structure alike (the idea of "datashading": aggregate first, choose colors last).

use super::canvas::{Canvas, Point};
use super::color::Rgb;
use super::text::blend;

/// What covers each pixel so far.
pub(super) struct Density {
    width: usize,
    height: usize,
    /// Covered amount, then the same weighted by red, green and blue.
    sums: Vec<[f32; 4]>,
}

impl Density {
    /// An empty grid.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, sums: vec![[0.0; 4]; width * height] }
    }

    fn add(&mut self, x: i32, y: i32, amount: f32, color: Rgb) {
        if x < 0 || y < 0 || x as usize >= self.width || y as usize >= self.height {
            return;
        }
        let sum = &mut self.sums[y as usize * self.width + x as usize];
        sum[0] += amount;
        sum[1] += amount * f32::from(color.0);
        sum[2] += amount * f32::from(color.1);
        sum[3] += amount * f32::from(color.2);
    }

    /// A line one pixel wide: a step along the longer axis, shared by the two pixels it passes between
    /// (Wu 1991). The color runs from that of one end to that of the other.
    pub(super) fn line(&mut self, (from, first): (Point, Rgb), (to, last): (Point, Rgb)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs());
        // Nothing is drawn on purpose over such a length: no picture is as wide.
        if !steps.is_finite() || steps > 100_000.0 || from.0.is_nan() {
            return;
        }
        if dx == 0.0 && dy == 0.0 {
            return;
        }
        let steps = steps.ceil().max(1.0);
        // A diagonal takes fewer steps per length.
        let amount = (dx.hypot(dy) / steps).min(1.5);
        for step in 0..steps as u32 {
            let share = (step as f32 + 0.5) / steps;
            let (x, y) = (from.0 + dx * share - 0.5, from.1 + dy * share - 0.5);
            let color = if first == last { first } else { first.mix(last, share) };
            if dx.abs() > dy.abs() {
                let part = y - y.floor();
                self.add(x.round() as i32, y.floor() as i32, amount * (1.0 - part), color);
                self.add(x.round() as i32, y.floor() as i32 + 1, amount * part, color);
            } else {
                let part = x - x.floor();
                self.add(x.floor() as i32, y.round() as i32, amount * (1.0 - part), color);
                self.add(x.floor() as i32 + 1, y.round() as i32, amount * part, color);
            }
        }
    }

    /// The amount that one in twenty of the covered pixels exceeds; at least 1, a single line.
    fn busy(&self) -> f32 {
        let mut amounts: Vec<f32> = self.sums.iter().map(|sum| sum[0]).filter(|&a| a > 0.05).collect();
        let place = amounts.len() * 19 / 20;
        if place >= amounts.len() {
            return 1.0;
        }
        amounts.select_nth_unstable_by(place, f32::total_cmp).1.max(1.0)
    }

    /// Lays the lines over a canvas of the same size; a busy pixel gets the opacity `strength`.
    pub(super) fn lay_over(&self, canvas: &mut Canvas, strength: f32) {
        let busy = self.busy();
        for (index, sum) in self.sums.iter().enumerate().filter(|(_, sum)| sum[0] > 0.0) {
            let color = |channel: usize| (sum[channel] / sum[0]).round().clamp(0.0, 255.0) as u8;
            let opacity = strength * (sum[0] / busy).sqrt().min(1.2);
            let (x, y) = (index % self.width, index / self.width);
            blend(canvas.pixmap(), x as i64, y as i64, Rgb(color(1), color(2), color(3)), opacity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Theme;

    const RED: Rgb = Rgb(200, 0, 0);

    #[test]
    fn a_line_covers_its_length() {
        for (dx, dy) in [(40.0, 0.0), (0.0, 40.0), (30.0, 30.0), (40.0, 13.0)] {
            let mut density = Density::new(64, 64);
            density.line(((5.0, 5.0), RED), ((5.0 + dx, 5.0 + dy), RED));
            let covered: f32 = density.sums.iter().map(|sum| sum[0]).sum();
            let length = f32::hypot(dx, dy);
            assert!((covered - length).abs() < 0.5, "{covered} for {length}");
        }
    }

    #[test]
    fn thousands_of_lines_leave_shades() {
        let mut density = Density::new(100, 100);
        for i in 0..5000u32 {
            let end = ((i * 37 % 100) as f32, (i * 61 % 97) as f32);
            density.line(((50.0, 50.0), RED), (end, RED));
        }
        let mut canvas = Canvas::new(100, 100, Theme::Light.palette());
        density.lay_over(&mut canvas, 0.5);
        let picture = canvas.finish();
        let mut greens: Vec<u8> = picture.rgb().chunks(3).map(|pixel| pixel[1]).collect();
        greens.sort_unstable();
        greens.dedup();
        assert!(greens.len() > 20, "only {} shades", greens.len());
        assert!(greens[0] > 60, "darker than the strength allows: {}", greens[0]);
    }

    #[test]
    fn lines_outside_or_nowhere_do_nothing() {
        let mut density = Density::new(10, 10);
        density.line(((-50.0, -9.0), RED), ((-20.0, 30.0), RED));
        density.line(((3.0, 12.0), RED), ((9.0, 40.0), RED));
        density.line(((f32::NAN, 0.0), RED), ((3.0, 3.0), RED));
        assert!(density.sums.iter().all(|sum| sum[0] == 0.0));
        assert_eq!(density.busy(), 1.0);
    }
}
