//! A comparison on one screen.

use std::fmt::Write as _;

use super::{Change, Comparison, Pair, Row};
use crate::ensemble::config::Differing;
use crate::ensemble::figure::Figure;
use crate::ensemble::text::{SHOWN, align};
use floodnet_measure::metrics::{Unit, find, label};
use floodnet_measure::stats::interval::Estimate;
use floodnet_text::format;

impl Comparison {
    /// The comparison for people; `all` shows metrics without a difference too. Ends with a newline.
    #[must_use]
    pub fn to_text(&self, all: bool) -> String {
        let mut text = String::new();
        for pair in &self.pairs {
            if !text.is_empty() {
                text.push('\n');
            }
            write_pair(&mut text, pair, all);
        }
        let _ = writeln!(text, "\n  {}", self.conclusion());
        text
    }

    /// The result in a sentence.
    #[must_use]
    pub fn conclusion(&self) -> String {
        if self.pairs.iter().all(|pair| pair.is_identical) {
            return "no difference: the runs are identical".to_owned();
        }
        if self.is_untold() {
            return self.too_few();
        }
        let rows = || self.pairs.iter().flat_map(|pair| &pair.rows);
        let all = format::plural(rows().count(), "metric");
        let words = [
            (Change::Worse, "worse"),
            (Change::Better, "better"),
            (Change::Different, "different"),
            (Change::NoDifference, "without a difference"),
            (Change::CannotTell, "that cannot be told"),
        ];
        let count = |verdict| rows().filter(|row| row.verdict == verdict).count();
        if count(Change::NoDifference) == rows().count() {
            return format!("no difference in any of {all}");
        }
        let found = words.map(|(verdict, words)| (count(verdict), words));
        let found =
            found.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
        format!("of {all}: {}", found.collect::<Vec<_>>().join(", "))
    }

    /// That there are too few runs, and how many would do.
    fn too_few(&self) -> String {
        let rows = || self.pairs.iter().flat_map(|pair| &pair.rows);
        let known = |pair: &Pair, row: &Row| {
            let (old, new) = row.column.known(pair.design());
            old.min(new)
        };
        let runs = self.pairs.iter().flat_map(|pair| pair.rows.iter().map(|row| known(pair, row))).max();
        let needed = rows().filter_map(|row| row.runs_needed).min();
        let Some((runs, needed)) = runs.zip(needed) else {
            return "cannot tell: no run has a metric to compare".to_owned();
        };
        let few = match runs {
            0 => "no run has the metric on both sides".to_owned(),
            1 => "one run per side says nothing about chance".to_owned(),
            runs => format!("{runs} runs per side say too little about chance"),
        };
        format!("cannot tell: {few}; {needed} would do (run --runs {needed})")
    }
}

/// The name of a metric in its row.
pub(super) fn name(row: &Row) -> &str {
    label(&row.metric)
}

fn write_pair(text: &mut String, pair: &Pair, all: bool) {
    if !pair.cell.is_empty() {
        let _ = writeln!(text, "{}", pair.cell);
    }
    let side = |side: &super::Name| format!("{} ({})", side.name, format::plural(side.runs, "run"));
    let _ = writeln!(text, "base  {}\nnew   {}   {}", side(&pair.base), side(&pair.new), method(pair));
    if !pair.config.is_empty() {
        text.push('\n');
        let width = pair.config.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
        for (key, base, new) in pair.config.iter().map(shown) {
            let _ = writeln!(text, "  {key:width$}  {base} -> {new}");
        }
    }
    text.push('\n');
    let rows: Vec<&Row> = pair.rows.iter().filter(|row| all || is_shown(row)).collect();
    let head = ["metric", "base", "new", "change", "95 % interval", ""];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    cells.extend(rows.iter().map(|row| self::cells(row).to_vec()));
    text.push_str(&align(&cells));
    // What is left out of the table is counted below it.
    let hidden = |verdict| {
        let of = |row: &&Row| row.verdict == verdict && !all && !is_shown(row);
        pair.rows.iter().filter(of).count()
    };
    let same = Some(hidden(Change::NoDifference)).filter(|count| *count > 0);
    let unknown = Some(hidden(Change::CannotTell)).filter(|count| *count > 0);
    let parts = [
        same.map(|count| format!("{} without a difference", format::plural(count, "metric"))),
        unknown.map(|count| format!("{} that cannot be told", format::plural(count, "metric"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        let _ = writeln!(text, "  and {} (--verbose shows them)", parts.join(", "));
    }
}

/// How both sides belong together.
pub(super) fn method(pair: &Pair) -> &'static str {
    match pair.is_paired {
        true => "paired by seed",
        false => "independent seeds",
    }
}

/// A differing key, as it is shown.
pub(super) fn shown((key, base, new): &Differing) -> (String, String, String) {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    (key.clone(), value(base), value(new))
}

/// What is shown where not everything is.
fn is_shown(row: &Row) -> bool {
    let changed = !matches!(row.verdict, Change::NoDifference | Change::CannotTell);
    changed || row.is_regression || SHOWN.iter().any(|(_, metric)| metric.path == row.metric)
}

/// Name, both means, change, its interval, verdict.
pub(super) fn cells(row: &Row) -> [String; 6] {
    let unit = find(&row.metric).map_or(Unit::Plain, |metric| metric.unit);
    let mean = |estimate: Option<Estimate>| match estimate {
        None => "-".to_owned(),
        Some(estimate) => {
            let figure = Figure::of(unit, &estimate);
            match figure.interval(&estimate) {
                even if even.starts_with("± ") && even != "± 0" => {
                    format!("{} {even}", figure.value(estimate.mean))
                }
                _ => figure.value(estimate.mean),
            }
        }
    };
    let around = row.base.map_or(0.0, |base| if base.mean.is_finite() { base.mean } else { base.min });
    let interval = row.difference.and_then(|difference| difference.interval);
    let figure = Figure::new(unit, around, interval.map(|(low, high)| (high - low) / 2.0));
    // Less than 0.05 % would be shown as 0; from ten times on, a factor reads better than a percentage.
    let relative = row.relative().filter(|relative| relative.abs() >= 5e-4);
    let relative = relative.map_or_else(String::new, |relative| match relative {
        relative if relative >= 9.0 => format!(" (x {})", format::number(relative + 1.0, 0)),
        relative => format!(" ({:+.1} %)", relative * 100.0),
    });
    let change = match row.ranked() {
        Some(true) => "higher by rank".to_owned(),
        Some(false) => "lower by rank".to_owned(),
        None => row.change().map_or_else(|| "-".to_owned(), |change| figure.change(change) + &relative),
    };
    let ends =
        interval.filter(|(low, high)| low < high).map_or_else(|| "-".to_owned(), |ends| figure.range(ends));
    [name(row).to_owned(), mean(row.base), mean(row.new), change, ends, verdict(row)]
}

/// The verdict with its probability, and how many runs would tell.
pub(super) fn verdict(row: &Row) -> String {
    let word = match row.verdict {
        Change::Better => "better",
        Change::Worse if row.is_regression => "WORSE",
        Change::Worse => "worse, below the threshold",
        Change::Different => "different",
        Change::NoDifference => "no difference",
        Change::CannotTell if row.is_regression => "WORSE (single run)",
        Change::CannotTell => "cannot tell",
    };
    let needed = match row.runs_needed {
        Some(runs) if !row.is_regression => format!(", {} runs would", format::count(runs as u64)),
        _ => String::new(),
    };
    match row.tested.map(|tested| tested.adjusted) {
        None => format!("{word}{needed}"),
        Some(p) if p < 0.001 => format!("{word} (p < 0.001){needed}"),
        Some(p) if p >= 1.0 => format!("{word} (p = 1){needed}"),
        Some(p) => format!("{word} (p = {p:.3}){needed}"),
    }
}
