//! What a finished bake-off says: each contestant under each condition, and which differences are beyond chance.

use std::cmp::Ordering;

use super::letters::letters;
use super::plan::{CONDITION, CONTESTANT};
use crate::compare::{Change, Comparison, Row};
use crate::ensemble::Table;
use crate::ensemble::side::Side;
use crate::sweep::index::Index;
use crate::sweep::output::Outcome;
use crate::sweep::plan::Purpose;
use crate::sweep::store::Store;
use floodnet_measure::metrics::{Worse, worse};
use floodnet_measure::stats::LEVEL;
use floodnet_measure::stats::arrange::{Design, count};
use floodnet_measure::stats::interval::Estimate;

/// The measure that shows when a network is whole again after a fault, as the end of its name.
const HEAL: &str = ".heal_ms";

/// A finished bake-off.
#[derive(Debug)]
pub struct Bakeoff<'a> {
    /// All cells.
    pub outcome: Outcome<'a>,
    /// The metric that stands for the cost.
    pub cost: &'a str,
    /// Names of the contestants, in the order of the plan.
    pub contestants: &'a [String],
    /// The conditions, in the order of the plan.
    pub conditions: Vec<Condition>,
    /// Runs of each cell.
    pub runs: usize,
    /// How many pairs of contestants were compared.
    pub pairs: usize,
}

/// What is found under one condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// Each metric that was measured.
    pub measures: Vec<Measure>,
}

/// One metric of all contestants.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Dotted path of the metric.
    pub metric: String,
    /// Of each contestant.
    pub entries: Vec<Entry>,
    /// Each pair of contestants: the second is compared with the first.
    pub differences: Vec<Difference>,
}

/// One metric of one contestant.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The mean over the runs that have it; none of them has.
    pub estimate: Option<Estimate>,
    /// In how many of these it was "never".
    pub never: usize,
    /// Two contestants that share a letter do not differ beyond chance. Empty where nobody differs.
    pub letters: String,
    /// Whether it has the best mean of a metric in which somebody differs.
    pub is_best: bool,
}

/// Two contestants by one metric.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Places of both contestants.
    pub of: (usize, usize),
    /// The second against the first, corrected for all that is compared.
    pub row: Row,
}

impl Difference {
    /// Whether it is beyond chance.
    #[must_use]
    pub const fn is_beyond_chance(&self) -> bool {
        matches!(self.row.verdict, Change::Better | Change::Worse | Change::Different)
    }
}

impl<'a> Bakeoff<'a> {
    /// Reads what is in `store`, and compares.
    ///
    /// # Errors
    /// It is no bake-off, or a run cannot be read.
    pub fn of(store: &'a Store) -> Result<Self, String> {
        let index = &store.index;
        let Purpose::Bakeoff { cost } = &index.purpose else {
            return Err(format!("{} is a sweep and no bake-off", index.name));
        };
        let (contestants, conditions) = (names(index, CONTESTANT)?, names(index, CONDITION)?);
        let outcome = Outcome::of(store);
        let metrics = metrics(index, &outcome.tables);
        // Contestants vary slowest.
        let place = |contestant: usize, condition: usize| contestant * conditions.len() + condition;
        let mut found: Vec<Condition> = conditions
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let tables: Vec<&Table> =
                    (0..contestants.len()).map(|of| &outcome.tables[place(of, at)]).collect();
                let measures = metrics.iter().filter_map(|metric| Measure::of(metric, &tables)).collect();
                Condition { name: name.clone(), measures }
            })
            .collect();
        let sides = sides(store, conditions)?;
        let pairs = contestants.len() * contestants.len().saturating_sub(1) / 2;
        for one in 0..contestants.len() {
            for other in one + 1..contestants.len() {
                let both = Comparison::one_of(pairs, &sides[one], &sides[other], &metrics, None)?;
                for pair in both.pairs {
                    let condition = found.iter_mut().find(|condition| condition.name == pair.cell);
                    condition.into_iter().for_each(|condition| condition.take((one, other), &pair.rows));
                }
            }
        }
        found.iter_mut().flat_map(|condition| &mut condition.measures).for_each(Measure::rank);
        let runs = outcome.tables.iter().map(Table::runs).min().unwrap_or(0);
        Ok(Self { outcome, cost, contestants, conditions: found, runs, pairs })
    }

    /// The runs of a contestant under a condition.
    #[must_use]
    pub fn table(&self, contestant: usize, condition: usize) -> &Table {
        &self.outcome.tables[contestant * self.conditions.len() + condition]
    }

    /// How many runs could tell contestants apart at all, if these are too few.
    #[must_use]
    pub fn runs_needed(&self) -> Option<usize> {
        let can_tell =
            |runs: &usize| self.pairs as f64 <= LEVEL * (1.0 + 1e-9) * count(Design::Paired, *runs, *runs);
        (2..).find(can_tell).filter(|&needed| self.runs < needed)
    }
}

/// The names along an axis.
fn names<'a>(index: &'a Index, key: &str) -> Result<&'a [String], String> {
    let axis = index.axes.iter().find(|axis| axis.key == key);
    axis.map(|axis| &axis.values[..]).ok_or_else(|| format!("sweep.json has no {key}"))
}

/// The metrics to show: those of the plan, and for each fault the time until it was healed.
fn metrics(index: &Index, tables: &[Table]) -> Vec<String> {
    let mut metrics = index.metrics.clone();
    let names = tables.iter().flat_map(Table::names);
    for name in names.filter(|name| name.starts_with("phases.") && name.ends_with(HEAL)) {
        if !metrics.contains(name) {
            metrics.push(name.clone());
        }
    }
    metrics
}

/// The runs of each contestant, one side for each condition.
fn sides(store: &Store, conditions: &[String]) -> Result<Vec<Vec<Side>>, String> {
    let mut sides = Vec::new();
    for cells in store.index.cells.chunks(conditions.len().max(1)) {
        let mut own = Vec::new();
        for (cell, condition) in cells.iter().zip(conditions) {
            own.push(Side { cell: condition.clone(), ..store.side(cell)? });
        }
        sides.push(own);
    }
    Ok(sides)
}

impl Condition {
    /// Keeps what a comparison of two contestants found.
    fn take(&mut self, of: (usize, usize), rows: &[Row]) {
        for row in rows {
            if let Some(measure) = self.measures.iter_mut().find(|measure| measure.metric == row.metric) {
                measure.differences.push(Difference { of, row: row.clone() });
            }
        }
    }
}

impl Measure {
    /// `metric` of each contestant; none if no run of any has it.
    fn of(metric: &str, tables: &[&Table]) -> Option<Self> {
        let entry = |table: &&Table| Entry {
            estimate: table.estimate(metric),
            never: table.column(metric).iter().filter(|(_, value)| value.is_infinite()).count(),
            letters: String::new(),
            is_best: false,
        };
        let entries: Vec<Entry> = tables.iter().map(entry).collect();
        let is_measured = entries.iter().any(|entry| entry.estimate.is_some());
        is_measured.then(|| Self { metric: metric.to_owned(), entries, differences: Vec::new() })
    }

    /// Whether two contestants differ beyond chance.
    #[must_use]
    pub fn differ(&self, one: usize, other: usize) -> bool {
        let of = (one.min(other), one.max(other));
        self.differences.iter().any(|difference| difference.of == of && difference.is_beyond_chance())
    }

    /// Gives letters, and marks the best, once all differences are known.
    fn rank(&mut self) {
        if !self.differences.iter().any(Difference::is_beyond_chance) {
            return;
        }
        let mut order: Vec<usize> =
            (0..self.entries.len()).filter(|&place| self.entries[place].estimate.is_some()).collect();
        order.sort_by(|&one, &other| self.order(one, other));
        let letters = letters(order.len(), |one, other| self.differ(order[one], order[other]));
        let first = order.first().copied();
        let is_best: Vec<bool> = order
            .iter()
            .map(|&place| first.is_some_and(|first| self.is_judged() && self.order(first, place).is_eq()))
            .collect();
        for ((place, letters), is_best) in order.into_iter().zip(letters).zip(is_best) {
            self.entries[place].letters = letters;
            self.entries[place].is_best = is_best;
        }
    }

    /// Whether one way is worse.
    fn is_judged(&self) -> bool {
        worse(&self.metric).is_ok_and(|worse| worse != Worse::Neither)
    }

    /// Which of two is better, by their means; of two that are "never", by how often.
    fn order(&self, one: usize, other: usize) -> Ordering {
        let key = |place: usize| {
            let entry = &self.entries[place];
            (entry.estimate.map_or(f64::INFINITY, |of| of.mean), entry.never)
        };
        let (one, other) = (key(one), key(other));
        let order = one.0.total_cmp(&other.0).then(one.1.cmp(&other.1));
        if worse(&self.metric) == Ok(Worse::Lower) { order.reverse() } else { order }
    }
}
