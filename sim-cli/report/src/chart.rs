//! Small charts as inline SVG. Colors come from classes of the page, so that they follow its theme.

use std::fmt::Write as _;

use floodnet_text::format::number;
use maud::{Markup, html};

/// Size of a chart in its own units.
const SIZE: (f64, f64) = (720.0, 220.0);
/// Room for axes: left, top, right, bottom.
const ROOM: (f64, f64, f64, f64) = (56.0, 12.0, 12.0, 38.0);
/// A line of more points than this shows the ends of stretches of it.
const MOST_POINTS: usize = 1200;

/// The frame of a chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub(super) about: &'a str,
    /// What stands below the axis from left to right.
    pub(super) x_label: &'a str,
    /// What stands above the axis upwards.
    pub(super) y_label: &'a str,
    /// Least and greatest value from left to right.
    pub(super) x: (f64, f64),
    /// Least and greatest value upwards.
    pub(super) y: (f64, f64),
    /// Powers of ten from left to right.
    pub(super) log_x: bool,
}

/// A line with its class and its words in the legend.
pub(super) struct Line<'a> {
    pub(super) class: &'a str,
    pub(super) name: &'a str,
    pub(super) points: Vec<(f64, f64)>,
    /// Keeps its value up to the next point.
    pub(super) steps: bool,
}

impl Chart<'_> {
    /// The place of a value from left to right.
    pub(super) fn across(&self, value: f64) -> f64 {
        let map = |value: f64| if self.log_x { value.max(1e-9).log10() } else { value };
        let (low, high) = (map(self.x.0), map(self.x.1));
        let share = if high > low { (map(value) - low) / (high - low) } else { 0.0 };
        ROOM.0 + share.clamp(0.0, 1.0) * (SIZE.0 - ROOM.0 - ROOM.2)
    }

    /// The place of a value upwards.
    pub(super) fn up(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        SIZE.1 - ROOM.3 - share.clamp(0.0, 1.0) * (SIZE.1 - ROOM.1 - ROOM.3)
    }

    /// A rectangle between two values from left to right, over the whole height.
    pub(super) fn span(&self, from: f64, until: f64, class: &str, title: &str) -> Markup {
        let (left, right) = (self.across(from), self.across(until));
        html! {
            rect class=(class) x=(place(left)) y=(place(ROOM.1)) width=(place((right - left).max(1.5)))
                height=(place(SIZE.1 - ROOM.1 - ROOM.3)) { title { (title) } }
        }
    }

    /// A bar from the axis up to `value`.
    pub(super) fn bar(&self, from: f64, until: f64, value: f64, title: &str) -> Markup {
        let (left, right, top) = (self.across(from), self.across(until), self.up(value));
        html! {
            rect class="fill-a" x=(place(left)) y=(place(top)) width=(place(right - left))
                height=(place(self.up(self.y.0) - top)) { title { (title) } }
        }
    }

    /// A line.
    pub(super) fn line(&self, line: &Line<'_>) -> Markup {
        let mut path = String::new();
        let mut last = None;
        for (x, y) in thinned(&line.points) {
            let (x, y) = (place(self.across(x)), place(self.up(y)));
            let _ = match &last {
                None => write!(path, "M{x} {y}"),
                Some(before) if before == &y => write!(path, "H{x}"),
                Some(_) if line.steps => write!(path, "H{x}V{y}"),
                Some(_) => write!(path, "L{x} {y}"),
            };
            last = Some(y);
        }
        html! { path class=(format!("line {}", line.class)) d=(path) { title { (line.name) } } }
    }

    /// The whole chart around `marks`; `names` are class and words of each line, for the legend.
    pub(super) fn draw(&self, marks: &Markup, names: &[(&str, &str)]) -> Markup {
        let (bottom, right) = (SIZE.1 - ROOM.3, SIZE.0 - ROOM.2);
        html! {
            figure class="chart" {
                figcaption {
                    span class="axis-name" { (self.y_label) }
                    @for (class, name) in names {
                        span class="key" {
                            svg viewBox="0 0 18 6" width="18" height="6" aria-hidden="true" {
                                path class=(format!("line {class}")) d="M0 3H18" {}
                            }
                            (name)
                        }
                    }
                }
                svg viewBox=(format!("0 0 {} {}", SIZE.0, SIZE.1)) role="img" aria-label=(self.about) {
                    @for value in ticks(self.y.0, self.y.1, 4) {
                        path class="grid" d=(format!("M{} {}H{right}", ROOM.0, place(self.up(value)))) {}
                        text class="tick" x=(ROOM.0 - 6.0) y=(place(self.up(value) + 4.0)) text-anchor="end" {
                            (short(value))
                        }
                    }
                    @for value in self.x_ticks() {
                        path class="grid" d=(format!("M{} {bottom}v4", place(self.across(value)))) {}
                        text class="tick" x=(place(self.across(value))) y=(bottom + 17.0) text-anchor="middle" {
                            (short(value))
                        }
                    }
                    text class="tick" x=(right) y=(SIZE.1 - 5.0) text-anchor="end" { (self.x_label) }
                                        // Over the grid, and under the axis.
                    (marks)
                    path class="axis" d=(format!("M{} {}V{bottom}H{right}", ROOM.0, ROOM.1)) {}
                }
            }
        }
    }

    fn x_ticks(&self) -> Vec<f64> {
        if !self.log_x {
            return ticks(self.x.0, self.x.1, 8);
        }
        let (low, high) = (self.x.0.max(1e-9).log10(), self.x.1.max(1e-9).log10());
        let steps: &[f64] = if high - low > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = (low.floor() as i32..=high.ceil() as i32)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
        all.filter(|value| (self.x.0..=self.x.1).contains(value)).collect()
    }
}

/// A coordinate: a tenth of a unit is less than a pixel.
fn place(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A value on an axis.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => format!("{} M", number(value / 1e6, 2)),
        size if size >= 1e4 => format!("{} k", number(value / 1e3, 1)),
        _ => number(value, 4),
    }
}

/// About `count` round values from `low` to `high`.
fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let raw = (high - low) / count as f64;
    if !(raw.is_finite() && raw > 0.0) {
        return vec![low];
    }
    let power = 10_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= raw * 0.999);
    let step = factor.unwrap_or(10.0) * power;
    let first = (low / step).ceil() as i64;
    (first..).map(|number| number as f64 * step).take_while(|value| *value <= high + step * 1e-6).collect()
}

/// The points, or least and greatest of each stretch where they are too many to see.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let ends = |points: &[(f64, f64)]| {
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut ends = [points.iter().min_by(by).copied(), points.iter().max_by(by).copied()];
        ends.sort_by(|a, b| a.unwrap_or_default().0.total_cmp(&b.unwrap_or_default().0));
        ends
    };
    let mut thin: Vec<(f64, f64)> = points.chunks(stretch).flat_map(ends).flatten().collect();
    thin.extend(points.last());
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        for (low, high, expected) in [
            (0.0, 1.0, vec![0.0, 0.5, 1.0]),
            (0.0, 300.0, vec![0.0, 100.0, 200.0, 300.0]),
            (7.0, 7.0, vec![7.0]),
            (0.0, f64::NAN, vec![0.0]),
        ] {
            let found = ticks(low, high, 4);
            let near = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9);
            assert!(near && found.len() == expected.len(), "{low} to {high}: {found:?}");
        }
    }

    #[test]
    fn a_long_line_keeps_its_peaks_and_its_end() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|x| (f64::from(x), 1.0)).collect();
        points[54_321].1 = 9.0;
        let thin = thinned(&points);
        assert!(thin.len() <= MOST_POINTS + 2);
        assert!(thin.contains(&(54_321.0, 9.0)));
        assert_eq!(thin.last(), points.last());
    }
}
