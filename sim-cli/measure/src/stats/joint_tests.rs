use floodnet_core::rng::NodeRng;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::*;

fn column(old: &[f64], new: &[f64]) -> Column {
    let some = |values: &[f64]| values.iter().copied().map(Some).collect();
    Column { old: some(old), new: some(new), share: 1.0 }
}

fn adjusted(design: Design, columns: &[Column]) -> Vec<Option<f64>> {
    test(design, columns, ARRANGEMENTS).into_iter().map(|of| of.map(|of| of.adjusted)).collect()
}

#[test]
fn a_shift_that_is_equal_in_all_runs_is_as_improbable_as_its_arrangement() {
    for runs in 2..=14 {
        let old: Vec<f64> = (0..runs).map(|run| f64::from(run * run)).collect();
        let new: Vec<f64> = old.iter().map(|value| value + 10.0).collect();
        // Many metrics that say the same do not make it less clear.
        let columns = vec![column(&old, &new); 58];
        let expected = (runs >= 6).then(|| 2_f64.powi(1 - runs));
        assert_eq!(adjusted(Design::Paired, &columns), vec![expected; 58], "{runs} pairs");
        let (all, none) = (vec![1.0; runs as usize], vec![0.0; runs as usize]);
        let lost = adjusted(Design::Independent, &[column(&all, &none)])[0];
        match runs {
            2 | 3 => assert_eq!(lost, None),
            4 => assert_eq!(lost, Some(2.0 / 70.0)),
            _ => assert!(lost.unwrap() <= 2.0 / 252.0, "{runs} runs of each side: {lost:?}"),
        }
    }
    assert_eq!((fewest(Design::Paired), fewest(Design::Independent)), (6, 4));
}

#[test]
fn one_metric_is_tested_exactly() {
    // Of the 64 signs of differences 1 .. 6, those with a sum of at least 19 either way: all, and all but the 1.
    let zero = [0.0; 6];
    let found = adjusted(Design::Paired, &[column(&zero, &[-1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]);
    assert_eq!(found, [Some(4.0 / 64.0)]);
    // 3 of 5 in one group, none in the other: Fisher's test.
    let some = [1.0, 1.0, 1.0, 0.0, 0.0];
    let found = adjusted(Design::Independent, &[column(&some, &[0.0; 5])]);
    assert_eq!(found, [Some(2.0 * 21.0 / 252.0)]);
}

#[test]
fn what_does_not_differ_or_too_few_runs_have_spoils_no_other() {
    let (old, new) = ([1.0; 6], [2.0; 6]);
    let mut rare = column(&old, &new);
    rare.new[1..].fill(None);
    let found = adjusted(Design::Paired, &[column(&old, &new), column(&old, &old), rare]);
    assert_eq!(found, [Some(1.0 / 32.0), Some(1.0), None]);
    assert_eq!(test(Design::Paired, &[], ARRANGEMENTS), []);
}

#[test]
fn a_metric_with_a_smaller_share_must_be_clearer() {
    let mut draw = Draw::new(3);
    let noise = |draw: &mut Draw| (0..20).map(|_| draw.normal()).collect::<Vec<f64>>();
    let columns: Vec<Column> = (0..30).map(|_| column(&noise(&mut draw), &noise(&mut draw))).collect();
    let bar = |share: f64| {
        let mut columns = columns.clone();
        columns[0].share = share;
        test(Design::Paired, &columns, 2_000)[0].unwrap().bar
    };
    assert!((bar(0.25) - bar(1.0) - 2.0 * 4_f64.ln()).abs() < 0.5, "{} {}", bar(0.25), bar(1.0));
}

/// Numbers that chance gives.
struct Draw {
    rng: NodeRng,
    normal: Normal,
}

impl Draw {
    fn new(seed: u64) -> Self {
        Self { rng: NodeRng::new(seed), normal: Normal::standard() }
    }

    fn normal(&mut self) -> f64 {
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
    let lead_share = |member: usize| if member == 0 { 1.0 } else { 1.0 / 3.0 };
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
fn alarms(design: Design, runs: usize, common: f64, trials: usize, most: usize) -> usize {
    let mut draw = Draw::new(runs as u64);
    let is_found = |of: &Option<Tested>| of.is_some_and(|of| of.adjusted <= LEVEL);
    (0..trials).filter(|_| test(design, &equals(&mut draw, runs, common), most).iter().any(is_found)).count()
}

/// Of `trials` comparisons of 20 pairs in which one metric, or all of its family, is off by one standard deviation of
/// a pair's difference, in how many that metric is found: one that leads, one that does not, any of the family.
fn power(trials: usize, most: usize) -> [f64; 3] {
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

/// At most 5 %, and three standard errors of what `trials` show of that.
fn allowed(trials: usize) -> f64 {
    trials as f64 * LEVEL + 3.0 * (trials as f64 * LEVEL * (1.0 - LEVEL)).sqrt()
}

#[test]
fn equals_are_called_different_in_at_most_5_of_100_comparisons_whatever_their_shape() {
    let trials = 100;
    for (design, runs, common) in [
        (Design::Paired, 5, 0.0),
        (Design::Paired, 6, 0.0),
        (Design::Paired, 8, 0.7),
        (Design::Paired, 20, 0.3),
        (Design::Independent, 4, 0.0),
        (Design::Independent, 10, 0.0),
    ] {
        let found = alarms(design, runs, common, trials, 200);
        assert!(found as f64 <= allowed(trials), "{design:?}, {runs} runs: {found} of {trials}");
        assert!(runs != 5 || found == 0, "so few pairs tell nothing");
    }
}

#[test]
fn a_change_of_one_standard_deviation_is_found_in_80_of_100_comparisons_of_20_pairs() {
    let [leads, _, family] = power(100, 200);
    // 80 % and less than three standard errors of 100.
    assert!(leads >= 0.7 && family >= 0.7, "{leads} {family}");
}

/// The figures of `docs/statistics.md`.
#[test]
#[ignore = "takes minutes; prints figures"]
#[expect(clippy::print_stdout, reason = "its figures are for people")]
fn figures_of_simulated_metrics() {
    for (design, sizes) in
        [(Design::Paired, &[2, 3, 5, 6, 7, 8, 10, 20][..]), (Design::Independent, &[2, 3, 4, 5, 10, 20])]
    {
        for common in if design == Design::Paired { &[0.0, 0.7][..] } else { &[0.0][..] } {
            for &runs in sizes {
                let found = alarms(design, runs, *common, 1_000, 1_000);
                println!("{design:?}, {runs} runs, {common} in common: {found} false alarms of 1000");
            }
        }
    }
    let [leads, other, family] = power(1_000, 1_000);
    println!("20 pairs, one sd: leading {leads}, other {other}, family {family}");
}
