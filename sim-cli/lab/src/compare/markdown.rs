//! A comparison for a pull request.

use std::fmt::Write as _;

use super::text::{cells, method, shown};
use super::{Change, Comparison, Pair, Row};
use floodnet_text::format;

impl Comparison {
    /// The comparison as GitHub-flavored Markdown: what changed in a table, the rest folded. Ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let regressions = self.regressions().count();
        let mark = if regressions > 0 { "❌" } else { "✅" };
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
    let (same, changed): (Vec<&Row>, Vec<&Row>) = pair
        .rows
        .iter()
        .partition(|row| matches!(row.verdict, Change::NoDifference | Change::Untold) && !row.is_regression);
    if !changed.is_empty() {
        write_table(text, &changed);
    }
    if !same.is_empty() {
        let _ = writeln!(
            text,
            "\n<details><summary>{} without a difference</summary>",
            format::plural(same.len(), "metric")
        );
        write_table(text, &same);
        text.push_str("\n</details>\n");
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
