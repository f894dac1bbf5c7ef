//! Bisection over a noisy answer: from which value of a key on do runs go wrong?
//!
//! At each value several runs are made, each with a seed of its own. A value is *decided* when chance alone would hardly
//! have brought about as many or as few runs that go wrong as were seen, if the probability were the asked share (exact
//! binomial test). The search halves the range between the last value that is decided below and the first that is
//! decided above. Near the turn no number of runs decides; there it goes on from both sides, so that the two ends of
//! the interval are decided and what is between them is not.
//!
//! The probability that any decision is wrong is at most one minus the confidence: that risk is split evenly over all
//! looks at all values the search can come to ([`Settings::risk`]). So the interval holds the turn with that confidence
//! if the probability only rises, or only falls, over the range. Nothing else is assumed, such as the shape of a curve.
//!
//! The same seeds give the same interval, on any number of threads.

pub mod range;

use floodnet_measure::stats::wilson::wilson_at;
use statrs::distribution::{Binomial, DiscreteCDF as _};

/// How a bisection is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The turn is where this share of the runs goes wrong, in (0, 1).
    pub share: f64,
    /// The interval holds the turn with this probability at least, in (0, 1).
    pub confidence: f64,
    /// Runs at a value before the first look; then twice as many, and so on.
    pub first: u32,
    /// Most runs at a value.
    pub most: u32,
    /// Values are not tried that are closer to each other than this.
    pub step: f64,
    /// Whether only whole numbers are tried; both ends of the range and the step are then whole.
    pub is_whole: bool,
}

/// What is known at a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The share of runs that go wrong is below the asked one.
    Below,
    /// It is above.
    Above,
    /// The runs do not decide.
    Open,
}

/// A value, and what its runs showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value of the key.
    pub at: f64,
    /// Runs made.
    pub runs: u32,
    /// Those that went wrong.
    pub wrong: u32,
    /// What that decides.
    pub side: Side,
}

impl Point {
    /// The share of runs that went wrong.
    #[must_use]
    pub fn share(&self) -> f64 {
        f64::from(self.wrong) / f64::from(self.runs.max(1))
    }

    /// The interval of the probability at this value alone.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        wilson_at(u64::from(self.wrong), u64::from(self.runs), confidence)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Runs go wrong from somewhere between these two values on; if not `rises`, up to there.
    Between {
        /// The end of the interval nearer to the start of the range.
        low: f64,
        /// The other end.
        high: f64,
        /// Whether runs go wrong above the turn, not below.
        rises: bool,
        /// Where the shares that were seen cross the asked one.
        guess: f64,
    },
    /// Runs go wrong at both ends of the range, or at none: there is no turn to find.
    Same(Side),
    /// The runs at an end of the range do not decide: there.
    OpenEnd(f64),
}

/// A search: its answer and all values that were tried, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub struct Bisected {
    /// What came of it.
    pub answer: Answer,
    /// The values that were tried.
    pub points: Vec<Point>,
}

impl Settings {
    /// The probability with which one look may decide wrongly.
    #[must_use]
    pub fn risk(&self, range: f64) -> f64 {
        // Both ends, and the halvings from both sides.
        let halvings = (range / self.step).log2().ceil().max(1.0);
        let values = 2.0 + 2.0 * halvings;
        let looks = (f64::from(self.most) / f64::from(self.first)).log2().ceil().max(0.0) + 1.0;
        (1.0 - self.confidence) / (values * looks)
    }

    /// What `wrong` of `runs` runs decide.
    fn side(&self, runs: u32, wrong: u32, risk: f64) -> Side {
        let (runs, wrong) = (u64::from(runs), u64::from(wrong));
        // Each look can err to one side only: the truth is on one side.
        if tail(runs, wrong, self.share) <= risk {
            Side::Above
        } else if tail(runs, runs - wrong, 1.0 - self.share) <= risk {
            Side::Below
        } else {
            Side::Open
        }
    }
}

/// The probability that of `runs` runs `least` or more go wrong, when each does with probability `share`.
fn tail(runs: u64, least: u64, share: f64) -> f64 {
    match (least.checked_sub(1), Binomial::new(share, runs)) {
        (Some(below), Ok(law)) => law.sf(below),
        _ => 1.0,
    }
}

/// Searches between `from` and `to`, which is greater. `count` says how many of the runs from number `first` to below
/// `end` go wrong at a value, and `watch` sees each value when it is done.
///
/// # Errors
/// That of `count`.
pub fn bisect<E>(
    settings: &Settings,
    (from, to): (f64, f64),
    mut count: impl FnMut(f64, u32, u32) -> Result<u32, E>,
    mut watch: impl FnMut(&Point),
) -> Result<Bisected, E> {
    let risk = settings.risk(to - from);
    let mut points: Vec<Point> = Vec::new();
    // Twice as many runs each time, until it is clear on which side of the share the value lies.
    let mut look = |at: f64| {
        let mut point = Point { at, runs: 0, wrong: 0, side: Side::Open };
        let mut end = settings.first.min(settings.most);
        while point.side == Side::Open && point.runs < settings.most {
            point.wrong += count(at, point.runs, end)?;
            point.runs = end;
            point.side = settings.side(point.runs, point.wrong, risk);
            end = end.saturating_mul(2).min(settings.most);
        }
        watch(&point);
        Ok(point)
    };
    for end in [from, to] {
        points.push(look(end)?);
    }
    // There is something to search for only if the ends lie on different sides.
    let (start, end) = (points[0].side, points[1].side);
    let answer = match (start, end) {
        (Side::Open, _) => Some(Answer::OpenEnd(from)),
        (_, Side::Open) => Some(Answer::OpenEnd(to)),
        (start, end) if start == end => Some(Answer::Same(start)),
        _ => None,
    };
    if let Some(answer) = answer {
        return Ok(Bisected { answer, points });
    }
    while let Some(at) = next(&points, start, settings) {
        let point = look(at)?;
        let place = points.partition_point(|known| known.at < at);
        points.insert(place, point);
    }
    let (low, high) = ends(&points, start);
    let guess = crossing(&points[low..=high], settings.share, end == Side::Above);
    let (low, high) = (points[low].at, points[high].at);
    let answer = Answer::Between { low, high, rises: end == Side::Above, guess };
    Ok(Bisected { answer, points })
}

/// The places of the last point that is decided as the start of the range, and of the first after it that is decided
/// as its end.
fn ends(points: &[Point], start: Side) -> (usize, usize) {
    let is_other = |point: &Point| point.side != start && point.side != Side::Open;
    let high = points.iter().position(is_other).unwrap_or(points.len() - 1);
    let low = points[..high].iter().rposition(|point| point.side == start).unwrap_or(0);
    (low, high)
}

/// The value to try next: the middle of the wider gap at the ends of what is not decided, if it is wide enough.
fn next(points: &[Point], start: Side, settings: &Settings) -> Option<f64> {
    let (low, high) = ends(points, start);
    let gaps = [(points[low].at, points[low + 1].at), (points[high - 1].at, points[high].at)];
    let (a, b) = gaps.into_iter().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
    // A gap as wide as a step, give or take rounding, is not halved.
    let middle = f64::midpoint(a, b);
    (b - a > settings.step * 1.000_001).then(|| if settings.is_whole { middle.floor() } else { middle })
}

/// Where the shares cross `share`, by straight lines between points, first made monotone (pool adjacent violators).
fn crossing(points: &[Point], share: f64, rises: bool) -> f64 {
    let sign = if rises { 1.0 } else { -1.0 };
    // Blocks of points: sum of shares times runs, runs, sum of values times runs.
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    for point in points {
        let runs = f64::from(point.runs);
        blocks.push((sign * f64::from(point.wrong), runs, point.at * runs));
        while let [.., a, b] = blocks[..]
            && a.0 / a.1 > b.0 / b.1
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((a.0 + b.0, a.1 + b.1, a.2 + b.2));
        }
    }
    let at = |block: &(f64, f64, f64)| (block.2 / block.1, block.0 / block.1);
    let above = blocks.iter().position(|block| at(block).1 >= sign * share).unwrap_or(blocks.len() - 1);
    let ((x1, y1), (x0, y0)) = (at(&blocks[above]), at(&blocks[above.saturating_sub(1)]));
    if y1 > y0 { x0 + (x1 - x0) * (sign * share - y0) / (y1 - y0) } else { x1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::rng::{NodeRng, fold};

    const SETTINGS: Settings =
        Settings { share: 0.5, confidence: 0.95, first: 12, most: 192, step: 1.0 / 64.0, is_whole: false };

    /// A search over runs that go wrong with a probability known for each value.
    fn search(settings: &Settings, seed: u64, chance: impl Fn(f64) -> f64) -> Bisected {
        let count = |at: f64, first: u32, end: u32| {
            let wrong = (first..end).filter(|&run| {
                let mut rng = NodeRng::new(fold(fold(seed, u64::from(run)), at.to_bits()));
                f64::from(rng.below(1_000_000)) < chance(at) * 1e6
            });
            Ok::<_, ()>(wrong.count() as u32)
        };
        bisect(settings, (0.0, 1.0), count, |_| ()).unwrap()
    }

    fn logistic(at: f64, turn: f64, scale: f64) -> f64 {
        1.0 / (1.0 + (-(at - turn) / scale).exp())
    }

    /// The interval holds the turn at least as often as it claims; and it is no wider than the noise makes it.
    #[test]
    fn the_interval_holds_the_turn_as_often_as_it_says() {
        let mut missed = 0;
        let mut cases = 0;
        for (turn, scale) in [(0.3, 0.02), (0.5, 0.05), (0.77, 0.005), (0.31, 0.1)] {
            for rises in [true, false] {
                for seed in 0..100 {
                    let chance =
                        |at| if rises { logistic(at, turn, scale) } else { 1.0 - logistic(at, turn, scale) };
                    let found = search(&SETTINGS, seed, chance);
                    if scale > 0.05 && matches!(found.answer, Answer::OpenEnd(_)) {
                        continue;
                    }
                    let Answer::Between { low, high, rises: seen, guess } = found.answer else {
                        panic!("{turn} {scale} {seed}: {found:?}")
                    };
                    assert_eq!(seen, rises);
                    assert!(low <= guess && guess <= high, "{found:?}");
                    // With 192 runs a share of 0.5 +- 0.15 is decided most of the time: 0.62 scales.
                    assert!(high - low <= 4.0 * scale + 2.0 * SETTINGS.step, "{found:?}");
                    missed += u32::from(!(low <= turn && turn <= high));
                    cases += 1;
                }
            }
        }
        // 5 % are allowed; the risk is split over more looks than are made, so far fewer are seen.
        assert!(cases >= 700 && missed * 20 <= cases, "{missed} of {cases}");
    }

    #[test]
    fn another_share_has_another_turn() {
        let settings = Settings { share: 0.1, ..SETTINGS };
        let found = search(&settings, 1, |at| logistic(at, 0.6, 0.05));
        let turn = 0.6 - 0.05 * 9_f64.ln();
        let Answer::Between { low, high, .. } = found.answer else { panic!("{found:?}") };
        assert!(low <= turn && turn <= high && high - low < 0.3, "{found:?}");
    }

    #[test]
    fn without_noise_it_is_plain_bisection() {
        let found = search(&SETTINGS, 1, |at| if at < 0.4 { 0.0 } else { 1.0 });
        let Answer::Between { low, high, rises: true, .. } = found.answer else { panic!("{found:?}") };
        assert!(low < 0.4 && 0.4 <= high && high - low <= SETTINGS.step, "{found:?}");
        assert_eq!(found.points.len(), 2 + 6);
        assert!(found.points.is_sorted_by_key(|point| point.at));
    }

    #[test]
    fn a_range_without_a_turn_is_told() {
        for (chance, answer) in
            [(0.0, Answer::Same(Side::Below)), (1.0, Answer::Same(Side::Above)), (0.5, Answer::OpenEnd(0.0))]
        {
            assert_eq!(search(&SETTINGS, 3, |_| chance).answer, answer);
        }
        let at_the_end = search(&SETTINGS, 3, |at| if at < 1.0 { 0.0 } else { 0.5 });
        assert_eq!(at_the_end.answer, Answer::OpenEnd(1.0));
    }

    /// At exactly the asked share, wrong decisions are as rare as the risk says.
    #[test]
    fn chance_alone_decides_nothing() {
        let risk = SETTINGS.risk(1.0);
        for runs in [12, 24, 48, 96, 192] {
            for wrong in 0..=runs {
                let side = SETTINGS.side(runs, wrong, risk);
                let other = SETTINGS.side(runs, runs - wrong, risk);
                assert_eq!(side == Side::Above, other == Side::Below, "{wrong} of {runs}");
            }
            let least = (0..=runs).find(|&wrong| SETTINGS.side(runs, wrong, risk) == Side::Above);
            let beyond = least.map_or(0.0, |least| tail(u64::from(runs), u64::from(least), 0.5));
            assert!(beyond <= risk, "{runs}: {beyond} > {risk}");
        }
    }
}
