use super::*;

#[path = "../../examples/made_up_metrics/made_up.rs"]
mod made_up;

use made_up::{Draw, alarms, power};

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
    let found = power(100, 200);
    // 80 % and less than three standard errors of 100: a leader, another metric, any of a family.
    assert!(found.iter().all(|share| *share >= 0.7), "{found:?}");
}
