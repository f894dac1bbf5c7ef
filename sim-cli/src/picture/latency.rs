//! How long messages take, over all pairs of message and receiver.

use super::axis::{Scale, latency_ticks, log_range};
use super::canvas::{Canvas, MARGIN, Pen, Picture, Point};
use super::chart::{CHART, Frame, LABEL, nothing};
use super::color::Rgb;
use super::text::Anchor;
use super::{Style, format};

/// The quantiles that are marked.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")];
/// Most series whose values are listed.
const LISTED: usize = 5;

/// The latencies of one run or of one kind of run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CdfSeries {
    /// Name in the legend.
    pub name: String,
    /// Latencies in milliseconds with the number of pairs that had them, as of a histogram. Any order;
    /// what is negative or not a number is left out, 0 is drawn at the axis' left end.
    pub counts: Vec<(f64, u64)>,
    /// Pairs in which the receiver never got the message. They count: the curve ends below 100 %.
    pub undelivered: u64,
}

/// A series in ascending order, ready to be asked.
struct Curve {
    /// Milliseconds, and the share of all pairs that took no longer.
    steps: Vec<(f64, f64)>,
    pairs: u64,
}

impl Curve {
    fn new(series: &CdfSeries) -> Self {
        let valid = |&&(ms, count): &&(f64, u64)| ms.is_finite() && ms >= 0.0 && count > 0;
        let mut counts: Vec<(f64, u64)> = series.counts.iter().filter(valid).copied().collect();
        counts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let delivered: u64 = counts.iter().map(|(_, count)| count).sum();
        let pairs = delivered.saturating_add(series.undelivered);
        let mut sum = 0;
        let step = |&(ms, count): &(f64, u64)| {
            sum += count;
            (ms, sum as f64 / pairs as f64)
        };
        Self { steps: counts.iter().map(step).collect(), pairs }
    }

    /// The least latency that this share of all pairs does not exceed; none if that many never arrived.
    fn quantile(&self, share: f64) -> Option<f64> {
        self.steps.iter().find(|(_, reached)| *reached >= share - 1e-12).map(|(ms, _)| *ms)
    }

    fn delivered(&self) -> f64 {
        self.steps.last().map_or(0.0, |(_, share)| *share)
    }
}

/// Draws the cumulative distribution of latency, undelivered pairs at infinity: 1600 by 900 pixels.
#[must_use]
pub fn latency_cdf(title: &str, series: &[CdfSeries], style: &Style) -> Picture {
    let mut canvas = Canvas::new(CHART.0, CHART.1, style.theme.palette());
    let curves: Vec<Curve> = series.iter().map(Curve::new).collect();
    canvas.heading(title, &caption(&curves));
    let above_zero =
        || curves.iter().flat_map(|curve| &curve.steps).map(|step| step.0).filter(|ms| *ms > 0.0);
    // Room at the right, so that the level at which a curve ends can be seen.
    let range = log_range(above_zero().fold(f64::MAX, f64::min), above_zero().fold(0.0, f64::max) * 1.15);
    let (across, down) = ((150.0, 1170.0), (180.0, 815.0));
    let frame =
        Frame { across, down, x: Scale::log(range, across), y: Scale::linear((0.0, 1.0), (down.1, down.0)) };
    let rows: Vec<_> = (0..=5).map(|i| f64::from(i) / 5.0).map(|v| (v, format::percent(v))).collect();
    let columns = latency_ticks(range);
    frame.rows(&mut canvas, &rows);
    frame.columns(&mut canvas, &columns);
    frame.base(&mut canvas, &columns, "latency from publish to delivery (logarithmic)");
    frame.name(&mut canvas, "Share of pairs (message, receiver) delivered within");
    if curves.iter().all(|curve| curve.steps.is_empty()) {
        nothing(&mut canvas, &frame, "no message was delivered");
    }
    for (rank, curve) in curves.iter().enumerate().rev() {
        draw_curve(&mut canvas, &frame, curve, rank, curves.len() == 1);
    }
    for (rank, (curve, series)) in curves.iter().zip(series).enumerate().take(LISTED) {
        list(&mut canvas, curve, &series.name, rank);
    }
    if curves.len() > LISTED {
        let text = format!("and {} more", curves.len() - LISTED);
        canvas.write(canvas.quiet(LABEL), &text, (1230.0, 860.0), Anchor::Left);
    }
    canvas.finish()
}

fn caption(curves: &[Curve]) -> String {
    let pairs: u64 = curves.iter().map(|curve| curve.pairs).fold(0, u64::saturating_add);
    let [curve] = curves else {
        return format!("{} series  ·  {} pairs of message and receiver", curves.len(), format::count(pairs));
    };
    let never = 1.0 - curve.delivered();
    let tail = if never > 0.0 && pairs > 0 {
        format!("  ·  {} never delivered", format::percent(never))
    } else {
        String::new()
    };
    format!("{} pairs of message and receiver{tail}", format::count(pairs))
}

/// The steps of one curve; for a single one also its end and its quantiles.
fn draw_curve(canvas: &mut Canvas, frame: &Frame, curve: &Curve, rank: usize, alone: bool) {
    let color = canvas.palette.category(rank);
    let mut points: Vec<Point> = vec![(frame.across.0, frame.down.1)];
    for &(ms, share) in &curve.steps {
        let (x, y) = frame.at(ms, share);
        points.push((x, points.last().map_or(y, |last| last.1)));
        points.push((x, y));
    }
    let Some(&(last, end)) = points.last().filter(|_| !curve.steps.is_empty()) else { return };
    canvas.polyline(&points, Pen::new(color, 4.0));
    let after = Pen::new(color, 2.5).dashed(3.0, 6.0);
    canvas.line((last, end), (frame.across.1, end), after);
    if !alone {
        return;
    }
    if curve.delivered() < 1.0 {
        // What is missing at the top is what never arrived.
        canvas.rectangle((last, frame.down.0), (frame.across.1, end), canvas.palette.alarm, 0.15);
        let mut face = canvas.bold(LABEL);
        face.color = canvas.palette.alarm;
        let text = format!("{} never delivered", format::percent(1.0 - curve.delivered()));
        canvas.write(face, &text, (frame.across.1, frame.down.0 - 12.0), Anchor::Right);
    }
    for (share, name) in QUANTILES {
        if let Some(ms) = curve.quantile(share) {
            mark(canvas, frame, (ms, share), &format!("{name}  {}", format::milliseconds(ms)), color);
        }
    }
}

/// A dot on the curve with lines to both axes and its name.
fn mark(canvas: &mut Canvas, frame: &Frame, (ms, share): (f64, f64), text: &str, color: Rgb) {
    let (x, y) = frame.at(ms, share);
    let pen = Pen::new(canvas.palette.muted, 1.5).dashed(5.0, 5.0);
    canvas.line((frame.across.0, y), (x, y), pen);
    canvas.line((x, y), (x, frame.down.1), pen);
    canvas.disc((x, y), 9.0, canvas.palette.background, 1.0);
    canvas.disc((x, y), 6.5, color, 1.0);
    let face = canvas.bold(LABEL);
    let width = face.width(text);
    // The curve rises: left of it and above is free, right of it and below as well.
    let (at, anchor) = if x - width - 26.0 > frame.across.0 {
        ((x - 16.0, y - 9.0), Anchor::Right)
    } else {
        ((x + 16.0, y + 26.0), Anchor::Left)
    };
    canvas.write(face, text, at, anchor);
}

/// Values of one series, right of the frame.
fn list(canvas: &mut Canvas, curve: &Curve, name: &str, rank: usize) {
    let (left, right) = (1230.0, CHART.0 as f32 - MARGIN);
    let mut y = 190.0 + rank as f32 * 134.0;
    let color = canvas.palette.category(rank);
    canvas.rectangle((left - 18.0, y - 16.0), (left - 11.0, y + 92.0), color, 1.0);
    let face = canvas.bold(LABEL);
    let name = face.shortened(name, right - left);
    canvas.write(face, &name, (left, y), Anchor::Left);
    let value = |share: f64| curve.quantile(share).map_or_else(|| "never".to_owned(), format::milliseconds);
    let [p50, p90, p99] = QUANTILES.map(|(share, name)| (name, value(share)));
    y += 30.0;
    for pair in [[p50, p90], [p99, ("delivered", format::percent(curve.delivered()))]] {
        for ((name, value), x) in pair.into_iter().zip([left, left + 140.0]) {
            canvas.write(canvas.quiet(LABEL), name, (x, y), Anchor::Left);
            let offset = canvas.quiet(LABEL).width(name) + 10.0;
            canvas.write(canvas.face(LABEL), &value, (x + offset, y), Anchor::Left);
        }
        y += 30.0;
    }
    let pairs = format!("{} pairs", format::count(curve.pairs));
    canvas.write(canvas.quiet(LABEL), &pairs, (left, y), Anchor::Left);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(counts: Vec<(f64, u64)>, undelivered: u64) -> CdfSeries {
        CdfSeries { name: "run".into(), counts, undelivered }
    }

    #[test]
    fn undelivered_pairs_are_at_infinity() {
        let curve = Curve::new(&series(vec![(30.0, 20), (10.0, 50), (20.0, 27)], 3));
        assert_eq!(curve.quantile(0.5), Some(10.0));
        assert_eq!(curve.quantile(0.9), Some(30.0));
        assert_eq!(curve.quantile(0.99), None);
        assert!((curve.delivered() - 0.97).abs() < 1e-12);
    }

    #[test]
    fn every_input_gives_a_picture() {
        let odd = vec![(f64::NAN, 3), (-1.0, 4), (f64::INFINITY, 5), (5.0, 0)];
        let cases = [
            vec![],
            vec![series(vec![], 0)],
            vec![series(vec![], 9)],
            vec![series(vec![(5.0, 1)], 0)],
            vec![series(vec![(0.0, 10)], 0)],
            vec![series(odd, 1)],
            vec![series(vec![(1e-6, 1), (1e9, 1)], u64::MAX)],
            (0..9).map(|i| series(vec![(f64::from(i + 1), 1)], 1)).collect(),
        ];
        for case in cases {
            let picture = latency_cdf("Latency", &case, &Style::default());
            assert_eq!((picture.width(), picture.height()), (1600, 900));
            assert_eq!(picture, latency_cdf("Latency", &case, &Style::default()));
        }
    }
}
