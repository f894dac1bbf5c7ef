//! Sweeps and comparisons as pages.

use floodnet_lab::compare::{Change, Comparison, Pair, Row};
use floodnet_lab::ensemble::figure::Figure;
use floodnet_lab::ensemble::side::Side;
use floodnet_lab::ensemble::unit;
use floodnet_lab::sweep::output::Outcome;
use floodnet_measure::metrics::label;
use floodnet_measure::stats::interval::Estimate;
use floodnet_plot::{Picture, Style, overlaid_delivery, overlaid_latency};
use floodnet_report::document::{Cell, Document, Section, Table};
use floodnet_text::format::{number, plural};

use super::{compare, sweep};
use crate::build::BUILD;

/// As many cells of a comparison of sweeps are open; the others are folded.
const OPEN: usize = 3;

fn style() -> Style {
    Style { vector: true, ..Style::default() }
}

fn program() -> String {
    format!("{} {} ({})", BUILD.program, BUILD.version, BUILD.git)
}

fn drawn(about: &str, picture: &Picture) -> Option<(String, String)> {
    Some((about.to_owned(), picture.to_svg()?.to_owned()))
}

/// A mean with its interval.
fn words(metric: &str, estimate: Option<&Estimate>) -> String {
    let Some(estimate) = estimate else { return "–".to_owned() };
    let figure = Figure::of(unit(metric), estimate);
    match figure.interval(estimate) {
        _ if estimate.mean.is_infinite() => "never".to_owned(),
        even if even.starts_with('±') => format!("{} {even}", figure.value(estimate.mean)),
        ends => format!("{} [{ends}]", figure.value(estimate.mean)),
    }
}

/// The page of a sweep that is complete.
#[must_use]
pub fn sweep_page(outcome: &Outcome<'_>) -> String {
    let index = outcome.index;
    let complaints = outcome.complaints();
    let expects = !index.expect.is_empty() || !index.reach.is_empty();
    let conclusion = match complaints.len() {
        _ if !expects => "The scenario expects nothing.".to_owned(),
        0 if index.expect.is_empty() => "Some run shows each thing that some run must show.".to_owned(),
        0 => "All that is expected holds in every cell.".to_owned(),
        count => format!("{} not met:", plural(count, "expectation")),
    };
    let pictures = sweep::draw(outcome, &style());
    let pictures = pictures.iter().filter_map(|(name, picture)| {
        let metric = name.trim_end_matches(".png");
        drawn(&format!("{} over the grid: mean and interval of 95 %", label(metric)), picture)
    });
    let mut head: Vec<(String, bool)> = index.axes.iter().map(|axis| (axis.key.clone(), false)).collect();
    head.push(("runs".to_owned(), true));
    head.extend(index.metrics.iter().map(|metric| (label(metric).to_owned(), true)));
    let rows = outcome.each().map(|(cell, table)| {
        let mut row: Vec<Cell> = cell.values.iter().cloned().map(Cell::from).collect();
        row.push(table.runs().to_string().into());
        let value = |metric: &String| words(metric, table.estimate(metric).as_ref()).into();
        row.extend(index.metrics.iter().map(value));
        row
    });
    // What does not vary stands apart, folded: it is long, and the same for every cell.
    let common = index.common.iter().map(|(key, value)| vec![key.clone().into(), value.clone().into()]);
    let section = |title: &str| Section { title: title.to_owned(), ..Section::default() };
    floodnet_report::document(&Document {
        title: format!("{}, a sweep", index.name),
        program: program(),
        about: vec![format!(
            "{} of the scenario {}, seed {}",
            plural(outcome.tables.len(), "cell"),
            index.scenario,
            index.seed
        )],
        conclusion,
        is_good: expects.then_some(complaints.is_empty()),
        sections: vec![
            Section { notes: complaints, pictures: pictures.collect(), ..section("Metrics over the grid") },
            Section { table: Some(Table { head, rows: rows.collect() }), ..section("Every cell") },
            Section {
                table: Some(Table {
                    head: vec![("key".to_owned(), false), ("value".to_owned(), false)],
                    rows: common.collect(),
                }),
                is_folded: true,
                ..section("What all cells have in common")
            },
        ],
    })
}

/// The page of a comparison of these sides.
///
/// # Errors
/// A table of a run cannot be read; says which.
pub fn comparison_page(comparison: &Comparison, base: &[Side], new: &[Side]) -> Result<String, String> {
    let regressions = comparison.regressions().count();
    let mut sections = Vec::new();
    if let ([base], [new]) = (base, new) {
        sections.extend(curves(base, new)?);
    }
    let many = comparison.pairs.len() > OPEN;
    sections.extend(comparison.pairs.iter().flat_map(|pair| sections_of(pair, many)));
    let names = comparison.pairs.first().map(|pair| (pair.base.name.clone(), pair.new.name.clone()));
    let (base, new) = names.unwrap_or_default();
    Ok(floodnet_report::document(&Document {
        title: format!("{new} against {base}"),
        program: program(),
        about: comparison.pairs.iter().take(1).map(sides).collect(),
        conclusion: comparison.conclusion(),
        is_good: (regressions > 0).then_some(false),
        sections,
    }))
}

fn sides(pair: &Pair) -> String {
    format!(
        "{} of {}, {} of {}, {}",
        plural(pair.base.runs, "run"),
        pair.base.name,
        plural(pair.new.runs, "run"),
        pair.new.name,
        if pair.is_paired { "paired by seed" } else { "with independent seeds" }
    )
}

/// Delivery and latency of both sides over one another, where the tables of their runs are at hand.
fn curves(base: &Side, new: &Side) -> Result<Option<Section>, String> {
    if base.folders.is_empty() || new.folders.is_empty() {
        return Ok(None);
    }
    let named = |what: &str, side: &Side| format!("{what}: {}", side.name);
    let names = [named("base", base), named("new", new)];
    let delivery = [compare::delivery(&names[0], base)?, compare::delivery(&names[1], new)?];
    let latency = [compare::latency(&names[0], base)?, compare::latency(&names[1], new)?];
    let pictures = [
        drawn("delivery of both sides over time", &overlaid_delivery("Delivery", &delivery, &style())),
        drawn("distribution of latency of both sides", &overlaid_latency("Latency", &latency, &style())),
    ];
    let pictures = pictures.into_iter().flatten().collect();
    Ok(Some(Section { title: "Both sides".to_owned(), pictures, ..Section::default() }))
}

/// What differs between both configurations, and each metric with its verdict: those first that changed.
fn sections_of(pair: &Pair, is_folded: bool) -> Vec<Section> {
    let of_cell = |what: &str| match pair.cell.as_str() {
        "" => what.to_owned(),
        cell => format!("{what} at {cell}"),
    };
    let head =
        |names: &[(&str, bool)]| names.iter().map(|(name, right)| ((*name).to_owned(), *right)).collect();
    let mut sections = Vec::new();
    if !pair.config.is_empty() {
        let shown = |value: &Option<String>| Cell::from(value.clone().unwrap_or_else(|| "–".to_owned()));
        let row = |(key, base, new): &(String, Option<String>, Option<String>)| {
            vec![key.clone().into(), shown(base), shown(new)]
        };
        sections.push(Section {
            title: of_cell("What differs"),
            table: Some(Table {
                head: head(&[("key", false), ("base", false), ("new", false)]),
                rows: pair.config.iter().map(row).collect(),
            }),
            is_folded,
            ..Section::default()
        });
    }
    let mut rows: Vec<&Row> = pair.rows.iter().collect();
    // Stable: metrics of one verdict stay in the order of the summary.
    rows.sort_by_key(|row| match row.verdict {
        _ if row.is_regression => 0,
        Change::Worse => 1,
        Change::Better => 2,
        Change::Different => 3,
        Change::CannotTell => 4,
        Change::NoDifference => 5,
    });
    sections.push(Section {
        title: of_cell("Verdicts"),
        table: Some(Table {
            head: head(&[
                ("metric", false),
                ("base", true),
                ("new", true),
                ("change", true),
                ("verdict", false),
            ]),
            rows: rows.into_iter().map(cells).collect(),
        }),
        is_folded,
        ..Section::default()
    });
    sections
}

fn cells(row: &Row) -> Vec<Cell> {
    let (verdict, is_good) = match row.verdict {
        Change::Better => ("better", Some(true)),
        Change::Worse => ("worse", Some(false)),
        Change::Different => ("different", None),
        Change::NoDifference => ("no difference", None),
        Change::CannotTell => ("cannot tell", None),
    };
    let relative = row.relative().filter(|share| share.is_finite());
    let change = relative.map_or_else(String::new, |share| format!("{} %", number(100.0 * share, 2)));
    vec![
        label(&row.metric).to_owned().into(),
        words(&row.metric, row.base.as_ref()).into(),
        words(&row.metric, row.new.as_ref()).into(),
        change.into(),
        Cell { text: verdict.to_owned(), is_good },
    ]
}
