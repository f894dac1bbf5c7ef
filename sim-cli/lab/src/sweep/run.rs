//! Making the runs that are missing.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use floodnet_sim::Progress;

use super::index::Cell;
use super::store::Store;
use crate::Protocols;
use crate::ensemble::{Control, Failed, run_list};
use crate::run::Ran;
use floodnet_measure::metrics::Numbers;
use floodnet_scenario::Scenario;

/// A part of a sweep: the `k`-th of `n`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of this part, from 1.
    pub k: u32,
    /// Number of parts.
    pub n: u32,
}

impl Part {
    /// The whole sweep as one part.
    pub const ALL: Self = Self { k: 1, n: 1 };

    /// Whether the item at `place` belongs to it.
    const fn has(self, place: usize) -> bool {
        place % self.n as usize == self.k as usize - 1
    }
}

/// Why runs are missing.
#[derive(Debug)]
pub enum Stopped {
    /// The control said so.
    Interrupted,
    /// A scenario could not be run: which, and why.
    Scenario(String, Box<Failed>),
    /// A result could not be written.
    Write(io::Error),
}

/// How many runs of a part there are to make, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Runs that are still to be made.
    pub missing: usize,
    /// All of the part; with `until_ci` the least.
    pub all: usize,
}

/// Makes the runs of `part` that are not in `store` yet, up to `jobs` side by side. `scenarios` are those of the
/// cells.
pub struct Maker<'a, C> {
    /// The folder that results go to.
    pub store: &'a Store,
    /// The scenario of each cell.
    pub scenarios: &'a [Scenario],
    /// The part of the sweep to make.
    pub part: Part,
    /// Runs side by side.
    pub jobs: NonZeroUsize,
    /// Watches the runs and may stop them.
    pub control: &'a C,
    /// Which protocols there are.
    pub protocols: &'a Protocols,
}

/// Goes on as long as `control` says so and results can be written.
struct UntilFull<'a, C> {
    control: &'a C,
    is_full: &'a AtomicBool,
}

impl<C: Control> Control for UntilFull<'_, C> {
    fn goes_on(&self, index: usize, progress: Progress) -> bool {
        self.control.goes_on(index, progress) && !self.is_full.load(Ordering::Relaxed)
    }

    fn finished(&self, index: usize) {
        self.control.finished(index);
    }
}

/// A run to make: number of its cell, and its seed.
type Item = (usize, u64);

impl<C: Control> Maker<'_, C> {
    /// Which runs of the part there are to make, of a sweep with a fixed number of runs: places count the runs
    /// of all cells.
    fn missing(&self) -> (Vec<Item>, usize) {
        let index = &self.store.index;
        let runs = index.rule.runs;
        let all =
            (0..index.cells.len()).flat_map(|cell| (0..runs).map(move |run| (cell, index.seed_of(run))));
        let own: Vec<Item> =
            all.enumerate().filter(|(place, _)| self.part.has(*place)).map(|(_, item)| item).collect();
        let count = own.len();
        // Equal contestants of a bake-off share their runs.
        let mut known = BTreeSet::new();
        let mut is_new = |&(cell, seed): &Item| known.insert((index.cells[cell].config.as_str(), seed));
        let own = own.into_iter().filter(|item| is_new(item));
        let missing = own.filter(|&(cell, seed)| !self.store.has(&index.cells[cell], seed));
        (missing.collect(), count)
    }

    /// How much there is to do.
    #[must_use]
    pub fn count(&self) -> Missing {
        if self.store.index.rule.until_ci.is_none() {
            let (missing, all) = self.missing();
            return Missing { missing: missing.len(), all };
        }
        let cells = self.cells().count();
        let least = self.store.index.rule.runs as usize;
        let done = |(_, cell): (usize, &Cell)| self.store.runs(cell).texts.len().min(least);
        let have: usize = self.cells().map(done).sum();
        Missing { missing: cells * least - have, all: cells * least }
    }

    /// The cells of the part, of a sweep whose cells have as many runs as they need.
    fn cells(&self) -> impl Iterator<Item = (usize, &Cell)> {
        self.store.index.cells.iter().enumerate().filter(|(place, _)| self.part.has(*place))
    }

    /// Makes them.
    ///
    /// # Errors
    /// Not all could be made; those that were finished are kept.
    pub fn make(&self) -> Result<(), Stopped> {
        if self.store.index.rule.until_ci.is_none() {
            let (missing, _) = self.missing();
            let cells = &self.store.index.cells;
            let keep = |(cell, seed): Item, text: String| self.store.keep(&cells[cell], seed, &text);
            self.run(&missing, &keep)?;
            return Ok(());
        }
        for (place, cell) in self.cells() {
            self.until_enough(place, cell)?;
        }
        Ok(())
    }

    /// Adds runs to a cell, in the order of their seeds, until they are enough. What was made beyond that to
    /// keep all threads busy is dropped, so that nothing depends on their number.
    fn until_enough(&self, place: usize, cell: &Cell) -> Result<(), Stopped> {
        let index = &self.store.index;
        let mut numbers = self.store.runs(cell).numbers;
        while !index.enough(&numbers).1 {
            let have = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let more = index.rule.runs.saturating_sub(have).max(self.jobs.get() as u32);
            let last = have.saturating_add(more).min(index.most());
            let items: Vec<Item> = (have..last).map(|number| (place, index.seed_of(number))).collect();
            for ((_, seed), text) in self.run(&items, &|item, text| Ok((item, text)))? {
                numbers.push(Numbers::parse(&text).map_err(|why| Stopped::Write(io::Error::other(why)))?);
                self.store.keep(cell, seed, &text).map_err(Stopped::Write)?;
                if index.enough(&numbers).1 {
                    break;
                }
            }
        }
        Ok(())
    }

    fn run<T: Send>(
        &self,
        items: &[Item],
        keep: &(impl Fn(Item, String) -> io::Result<T> + Sync),
    ) -> Result<Vec<T>, Stopped> {
        let work: Vec<(&Scenario, u64)> =
            items.iter().map(|&(cell, seed)| (&self.scenarios[cell], seed)).collect();
        // Where one result cannot be written, the others cannot either.
        let is_full = AtomicBool::new(false);
        let keep = |place: usize, _: &Scenario, ran: Ran| {
            let kept = keep(items[place], ran.finished?.results.summary.to_json());
            is_full.fetch_or(kept.is_err(), Ordering::Relaxed);
            Some(kept)
        };
        let control = &UntilFull { control: self.control, is_full: &is_full };
        let kept = run_list(&work, self.protocols, self.jobs, control, &keep).map_err(|failed| {
            let cell = items.get(failed.index).map_or(0, |&(cell, _)| cell);
            Stopped::Scenario(self.store.index.label(&self.store.index.cells[cell]), Box::new(failed))
        })?;
        let count = kept.len();
        let kept: io::Result<Vec<T>> = kept.into_iter().flatten().flatten().collect();
        let kept = kept.map_err(Stopped::Write)?;
        if kept.len() < count { Err(Stopped::Interrupted) } else { Ok(kept) }
    }
}
