//! A comparison for a pull request.

use std::fmt::Write as _;

use super::text::{cells, method, shown};
use super::{Change, Comparison, Pair, Row};
use floodnet_text::format;

impl Comparison {
    /// The comparison as GitHub-flavored Markdown: what changed in a table, the rest folded. Ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let is_open = |row: &Row| row.verdict == Change::CannotTell;
        let mark = if self.regressions().next().is_some() {
            "❌"
        } else if self.pairs.iter().any(|pair| pair.rows.is_empty() || pair.rows.iter().any(is_open)) {
            // Green is for what was shown.
            "❔"
        } else {
            "✅"
        };
        let mut text = format!("### {mark} floodnet compare: {}\n", self.conclusion());
        for pair in &self.pairs {
            write_pair(&mut text, pair);
        }
        text
    }
}

fn write_pair(text: &mut String, pair: &Pair) {
    let side =
        |side: &super::Name| format!("`{}` ({})", escaped(&side.name), format::plural(side.runs, "run"));
    text.push('\n');
    if !pair.cell.is_empty() {
        let _ = writeln!(text, "#### {}\n", escaped(&pair.cell));
    }
    let _ = writeln!(text, "{} against {}, {}", side(&pair.new), side(&pair.base), method(pair));
    if !pair.config.is_empty() {
        text.push_str("\n| differs in | base | new |\n|---|---|---|\n");
        for differing in &pair.config {
            let (key, base, new) = shown(differing);
            let _ = writeln!(text, "| `{}` | {} | {} |", escaped(&key), escaped(&base), escaped(&new));
        }
    }
    // A pull request is read for what changed; the rest folds away.
    let is_folded = |row: &&Row, verdict| row.verdict == verdict && !row.is_regression;
    let folded = |verdict| pair.rows.iter().filter(|row| is_folded(row, verdict)).collect::<Vec<_>>();
    let same = folded(Change::NoDifference);
    let unknown = folded(Change::CannotTell);
    let is_changed =
        |row: &&Row| !is_folded(row, Change::NoDifference) && !is_folded(row, Change::CannotTell);
    let changed: Vec<&Row> = pair.rows.iter().filter(is_changed).collect();
    if !changed.is_empty() {
        write_table(text, &changed);
    }
    for (rows, what) in [(unknown, "that cannot be told"), (same, "without a difference")] {
        if !rows.is_empty() {
            let count = format::plural(rows.len(), "metric");
            let _ = writeln!(text, "\n<details><summary>{count} {what}</summary>");
            write_table(text, &rows);
            text.push_str("\n</details>\n");
        }
    }
}

fn write_table(text: &mut String, rows: &[&Row]) {
    text.push_str(
        "\n| metric | base | new | change | 95 % interval | verdict |\n|---|--:|--:|--:|--:|---|\n",
    );
    for row in rows {
        let cells = cells(row).map(|cell| escaped(&cell));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
