//! Metrics that chance makes up, to try comparisons on: no two sides of them differ unless one is moved.

use floodnet_core::rng::NodeRng;
use floodnet_measure::stats::LEVEL;
use floodnet_measure::stats::arrange::Design;
use floodnet_measure::stats::joint::{FOLLOWER, Tested, test};
use floodnet_measure::stats::score::Column;
use statrs::distribution::{ContinuousCDF as _, Normal};

/// Numbers that chance gives.
pub(super) struct Draw {
    rng: NodeRng,
    normal: Normal,
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: NodeRng::new(seed), normal: Normal::standard() }
    }

    pub(super) fn normal(&mut self) -> f64 {
        self.normal.inverse_cdf((f64::from(self.rng.bits()) + 0.5) / 4_294_967_296.0)
    }
}

/// A name, and how a metric is made of a number that is normal.
type Shape = (&'static str, fn(f64) -> f64);

/// What metrics look like.
const SHAPES: [Shape; 9] = [
    ("normal", |z| z),
    ("skewed", |z| (1.5 * z).exp()),
    ("without a mean", |z| (std::f64::consts::PI * (Normal::standard().cdf(z) - 0.5)).tan()),
    ("a small count", |z| (2.0 * z.max(-1.0)).round()),
    ("a share of 1 in most runs", |z| 1.0 - 0.1 * (z - 1.0).max(0.0)),
    ("one run of twenty", |z| f64::from(u8::from(z > 1.645))),
    ("two values", |z| z.signum()),
    ("sometimes never", |z| if z > 1.0 { f64::INFINITY } else { 100.0 + z }),
    ("constant", |_| 1.0),
];

/// Metrics of each shape: one that leads, and others that measure about the same.
const MEMBERS: usize = 6;

/// `runs` of both sides, of which those of one seed have `common` of their variance in common: all metrics of all
/// shapes, none of which differs.
fn equals(draw: &mut Draw, runs: usize, common: f64) -> Vec<Column> {
    let lead_share = |member: usize| if member == 0 { 1.0 } else { FOLLOWER };
    let empty = |place: usize| Column { old: vec![], new: vec![], share: lead_share(place % MEMBERS) };
    let mut columns: Vec<Column> = (0..SHAPES.len() * MEMBERS).map(empty).collect();
    for _ in 0..runs {
        for (family, (_, shape)) in SHAPES.iter().enumerate() {
            let seed: Vec<f64> = (0..=MEMBERS).map(|_| draw.normal()).collect();
            for is_new in [false, true] {
                let mut own =
                    |place: usize| common.sqrt() * seed[place] + (1.0 - common).sqrt() * draw.normal();
                let family_z = own(MEMBERS);
                for member in 0..MEMBERS {
                    let z = if member == 0 { family_z } else { 0.8 * family_z + 0.6 * own(member) };
                    let column = &mut columns[family * MEMBERS + member];
                    let side = if is_new { &mut column.new } else { &mut column.old };
                    side.push(Some(shape(z)));
                }
            }
        }
    }
    columns
}

/// In how many of `trials` comparisons of equals anything is found.
pub(super) fn alarms(design: Design, runs: usize, common: f64, trials: usize, most: usize) -> usize {
    let mut draw = Draw::new(runs as u64);
    let is_found = |of: &Option<Tested>| of.is_some_and(|of| of.adjusted <= LEVEL);
    (0..trials).filter(|_| test(design, &equals(&mut draw, runs, common), most).iter().any(is_found)).count()
}

/// Of `trials` comparisons of 20 pairs in which one metric, or all of its family, is off by one standard deviation of
/// a pair's difference, in how many that metric is found: one that leads, one that does not, any of the family.
pub(super) fn power(trials: usize, most: usize) -> [f64; 3] {
    let mut draw = Draw::new(99);
    let mut found = [0_usize; 3];
    for _ in 0..trials {
        let columns = equals(&mut draw, 20, 0.0);
        for (place, members) in [(0, 0..1), (1, 1..2), (2, 0..MEMBERS)] {
            let mut columns = columns.clone();
            for column in &mut columns[members.clone()] {
                column.new.iter_mut().flatten().for_each(|value| *value += 2_f64.sqrt());
            }
            let tested = test(Design::Paired, &columns, most);
            let is_found = |of: &Option<Tested>| of.is_some_and(|of| of.adjusted <= LEVEL);
            found[place] += usize::from(tested[members].iter().any(is_found));
        }
    }
    found.map(|count| count as f64 / trials as f64)
}
