//! What a finished sweep says: a table for people, `table.csv`, `results.json`.

use std::io;

use serde_json::{Map, Value, json};

use super::index::{Cell, Expected, Index};
use super::store::Store;
use crate::ensemble::figure::Figure;
use crate::ensemble::report::{Judged, Spread, judge_all, reached, shown};
use crate::ensemble::text::{self, align};
use crate::ensemble::{Table, unit};
use floodnet_measure::expect::Expectation;
use floodnet_measure::metrics::label;
use floodnet_measure::reach::{Reach, Reached};
use floodnet_measure::stats::decide::Decision;
use floodnet_measure::stats::enough::runs_to_narrow;
use floodnet_text::format;

/// The runs of every cell, in the order of the cells.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The cells of the sweep.
    pub index: &'a Index,
    /// The runs of each.
    pub tables: Vec<Table>,
    /// How many cells have all their runs.
    complete: usize,
    /// Whether the interval of each is as narrow as was asked for.
    narrow: Vec<bool>,
}

/// A cell whose interval is wider than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    /// The cell in words.
    pub cell: String,
    /// Its runs.
    pub runs: usize,
    /// How many would be enough, as far as can be seen.
    pub runs_needed: Option<usize>,
}

impl<'a> Outcome<'a> {
    /// Reads what is in `store`.
    #[must_use]
    pub fn of(store: &'a Store) -> Self {
        let mut outcome = Self { index: &store.index, tables: Vec::new(), complete: 0, narrow: Vec::new() };
        for cell in &store.index.cells {
            let runs = store.runs(cell);
            outcome.complete += usize::from(runs.is_complete);
            outcome.narrow.push(store.index.is_narrow(&runs.numbers));
            outcome.tables.push(Table::of(runs.numbers));
        }
        outcome
    }

    /// Whether every cell has all its runs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete == self.tables.len()
    }

    /// How many cells have all their runs, and how many there are.
    #[must_use]
    pub fn cells(&self) -> (usize, usize) {
        (self.complete, self.tables.len())
    }

    /// The cells that have all the runs they may have, and still not the interval that was asked for.
    #[must_use]
    pub fn wide(&self) -> Vec<Wide> {
        let needed = |table: &Table| {
            let of = table.estimate(self.index.metrics.first()?)?;
            let room = self.index.rule.until_ci? * of.mean.abs();
            runs_to_narrow(of.runs, of.half()?, room)
        };
        let wide = self.each().zip(&self.narrow).filter(|(_, narrow)| !**narrow);
        wide.map(|((cell, table), _)| Wide {
            cell: self.index.label(cell),
            runs: table.runs(),
            runs_needed: needed(table),
        })
        .collect()
    }

    /// Each cell with its runs.
    pub fn each(&self) -> impl Iterator<Item = (&'a Cell, &Table)> {
        self.index.cells.iter().zip(&self.tables)
    }

    /// What the runs of each cell say about each expectation.
    #[must_use]
    pub fn judged(&self) -> Vec<(&'a Cell, Vec<Judged>)> {
        let parse = |of: &Expected| Expectation::parse(&of.metric, &of.bound).ok();
        let expect: Vec<Expectation> = self.index.expect.iter().filter_map(parse).collect();
        let one = |row: usize| u32::try_from(row).ok().map(|number| (row, self.index.seed_of(number)));
        self.each().map(|(cell, table)| (cell, judge_all(&expect, table, one))).collect()
    }

    /// What the runs of all cells together say about what some run must show.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        let asked: Vec<Reach> = self.index.reach.iter().filter_map(|when| Reach::parse(when).ok()).collect();
        let mut all: Vec<Reached> = asked.iter().cloned().map(Reached::new).collect();
        for (cell, table) in self.each() {
            let label = self.index.label(cell);
            let of_cell = reached(&asked, table, |row| format!("run {row} of {label}"));
            all.iter_mut().zip(of_cell).for_each(|(all, of_cell)| all.merge(of_cell));
        }
        all
    }

    /// A line for each expectation of each cell that does not hold, and for what no run of any shows.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let of_cell = |(cell, judged): (&Cell, Vec<Judged>)| {
            let label = self.index.label(cell);
            let not_held = judged.into_iter().filter(|judged| judged.verdict != Decision::Holds);
            not_held.map(|judged| format!("{label}: {}", judged.complaint())).collect::<Vec<_>>()
        };
        let never = self.reached().into_iter().filter(|of| !of.is_reached()).map(|of| of.to_text());
        self.judged().into_iter().flat_map(of_cell).chain(never).collect()
    }

    /// Writes the tables: the same bytes for the same runs.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, store: &Store) -> Result<(), String> {
        store.write("table.csv", self.to_csv().map_err(|error| error.to_string())?)?;
        store.write("results.json", self.to_json())?;
        Ok(())
    }

    /// Every cell with the chosen metrics, for people. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let index = self.index;
        let mut head: Vec<String> = index.axes.iter().map(|axis| axis.key.clone()).collect();
        head.push("runs".to_owned());
        head.extend(index.metrics.iter().map(|metric| label(metric).to_owned()));
        let mut rows = vec![head];
        for (cell, table) in self.each() {
            let mut row = cell.values.clone();
            row.push(table.runs().to_string());
            row.extend(index.metrics.iter().map(|metric| {
                table.estimate(metric).map_or_else(
                    || "-".to_owned(),
                    |estimate| {
                        let figure = Figure::of(unit(metric), &estimate);
                        match figure.interval(&estimate) {
                            even if even.starts_with('±') => {
                                format!("{} {even}", figure.value(estimate.mean))
                            }
                            _ if estimate.mean.is_infinite() => "never".to_owned(),
                            ends => format!("{} [{ends}]", figure.value(estimate.mean)),
                        }
                    },
                )
            }));
            rows.push(row);
        }
        let cells = format::plural(self.tables.len(), "cell");
        let reach = text::reached(&self.reached());
        format!(
            "{}  {cells} of {}, seed {}\n\n{}{reach}",
            index.name,
            index.scenario,
            index.seed,
            align(&rows)
        )
    }

    /// Every cell with the chosen metrics: values of the keys, hash of the configuration, runs, and of each
    /// metric the mean, both ends of its interval, the least and the greatest.
    fn to_csv(&self) -> io::Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let mut head: Vec<String> = self.index.axes.iter().map(|axis| axis.key.clone()).collect();
        head.extend(["config".to_owned(), "runs".to_owned()]);
        for metric in &self.index.metrics {
            head.extend(["", ".low", ".high", ".min", ".max"].map(|end| format!("{metric}{end}")));
        }
        csv.write_record(&head)?;
        // Digits as in every other file; programs read `inf` as a number.
        let number = |value: f64| {
            if value.is_infinite() { "inf".to_owned() } else { shown(value).value().to_string() }
        };
        for (cell, table) in self.each() {
            let mut row = cell.values.clone();
            row.extend([cell.config.clone(), table.runs().to_string()]);
            for metric in &self.index.metrics {
                match table.estimate(metric) {
                    None => row.extend([const { String::new() }; 5]),
                    Some(of) => {
                        let ends =
                            of.interval.map_or_else(Default::default, |(low, high)| [low, high].map(number));
                        row.push(number(of.mean));
                        row.extend(ends);
                        row.extend([of.min, of.max].map(number));
                    }
                }
            }
            csv.write_record(&row)?;
        }
        csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }

    /// Every cell with all metrics, newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.to_value())
    }

    /// Every cell with all metrics.
    pub(crate) fn to_value(&self) -> Value {
        let cells =
            self.each().zip(&self.narrow).zip(self.judged()).map(|(((cell, table), narrow), (_, judged))| {
                let keys = self.index.axes.iter().map(|axis| axis.key.clone());
                let values: Map<String, Value> =
                    keys.zip(cell.values.iter().map(|value| json!(value))).collect();
                let spread =
                    |name: &String| (name.clone(), json!(table.estimate(name).as_ref().map(Spread::of)));
                let metrics: Map<String, Value> = table.names().iter().map(spread).collect();
                let mut all =
                    json!({ "config": cell.config, "at": values, "runs": table.runs(), "metrics": metrics });
                if self.index.rule.until_ci.is_some() {
                    all["narrow"] = json!(narrow);
                }
                if !judged.is_empty() {
                    all["expect"] = json!(judged);
                }
                all
            });
        let cells: Vec<Value> = cells.collect();
        let mut all = json!({ "sweep": self.index.name, "complete": self.is_complete(), "cells": cells });
        let reach = self.reached();
        if !reach.is_empty() {
            all["reach"] = json!(reach);
        }
        all
    }
}
