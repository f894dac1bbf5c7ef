//! The way through time: from window to window, with samples where they are asked for.

use std::iter::Peekable;
use std::sync::Mutex;
use std::vec::IntoIter;

use floodnet_core::time::Time;

use crate::SimProtocol;
use crate::engine::agenda::{NOBODY, PlanInput, plan_inputs};
use crate::engine::division::Division;
use crate::engine::node_slot::World;
use crate::engine::progress::{Progress, Watch};
use crate::engine::windows::Windows;
use crate::engine::worker_pool::{Cell, Executor, Goal, exchange, lock};
use crate::event::Event;
use crate::observer::{Divisible, Observer};

/// After about so many inputs the whole observer takes over what its parts have gathered.
const SETTLE: u64 = 1 << 20;

/// What stands above the parts of an observer.
pub(crate) trait Whole<Ob> {
    fn settle(&mut self, parts: &mut [Ob]);
    fn sample(&mut self, parts: &mut [Ob], at: Time);
}

/// Nothing: the one part is the observer.
pub(crate) struct Undivided;

impl<Ob: Observer> Whole<Ob> for Undivided {
    fn settle(&mut self, _: &mut [Ob]) {}

    fn sample(&mut self, parts: &mut [Ob], at: Time) {
        parts.iter_mut().for_each(|part| part.sample(at));
    }
}

/// An observer in parts.
pub(crate) struct Divided<'a, D>(pub(crate) &'a mut D);

impl<D: Divisible> Whole<D::Part> for Divided<'_, D> {
    fn settle(&mut self, parts: &mut [D::Part]) {
        self.0.settle(parts);
    }

    fn sample(&mut self, parts: &mut [D::Part], at: Time) {
        self.0.sample(parts, at);
    }
}

/// See the module.
pub(crate) struct RunLoop<'a, P: SimProtocol> {
    world: &'a World<'a, P>,
    windows: Windows,
    division: Division,
    planned: Peekable<IntoIter<PlanInput>>,
    /// Number of the plan's next input.
    number: u32,
    barriers: Peekable<std::iter::Copied<std::slice::Iter<'a, Time>>>,
    inputs: u64,
    settled: u64,
}

impl<'a, P: SimProtocol> RunLoop<'a, P> {
    pub(crate) fn new(world: &'a World<'a, P>, division: Division, barriers: &'a [Time]) -> Self {
        Self {
            world,
            windows: Windows::new(world.network.links.least_delay()),
            division,
            planned: plan_inputs(&world.network).into_iter().peekable(),
            number: 0,
            barriers: barriers.iter().copied().peekable(),
            inputs: 0,
            settled: 0,
        }
    }

    /// Runs to the end of the plan, or until `watch` says stop. Gives when that was and whether the plan was
    /// at its end.
    pub(crate) fn run<Ob: Observer, W: Whole<Ob>>(
        mut self,
        cells: &[Mutex<Cell<P, Ob>>],
        executor: &impl Executor,
        whole: &mut W,
        watch: Watch<'_>,
    ) -> (Time, bool) {
        let end = self.world.network.plan.duration;
        let mut mail = None;
        if !watch(Progress::default()) {
            with_parts(cells, |parts| whole.sample(parts, Time::ZERO));
            return (Time::ZERO, false);
        }
        while let Some(window) = self.next_window(cells, mail) {
            self.place_planned(cells, window);
            let window_end = self.windows.end_of(window).min(end);
            while let Some(barrier) = self.barriers.next_if(|barrier| *barrier < window_end) {
                executor.run_until(Goal { window, cut: barrier });
                with_parts(cells, |parts| whole.sample(parts, barrier));
            }
            executor.run_until(Goal { window, cut: window_end });
            if window_end >= end {
                break;
            }
            // No packet to another shard arrives in the window in which it is sent, so mail waits for the end of one.
            mail = exchange(cells);
            self.inputs = cells.iter().map(|cell| lock(cell).shard.inputs).sum();
            if self.inputs - self.settled > SETTLE {
                self.settled = self.inputs;
                with_parts(cells, |parts| whole.settle(parts));
            }
            if !watch(Progress { now: window_end, inputs: self.inputs }) {
                with_parts(cells, |parts| whole.sample(parts, window_end));
                return (window_end, false);
            }
        }
        for barrier in self.barriers {
            with_parts(cells, |parts| whole.sample(parts, barrier));
        }
        with_parts(cells, |parts| whole.sample(parts, end));
        (end, true)
    }

    /// The first window with an input in it, before the end.
    fn next_window<Ob>(&mut self, cells: &[Mutex<Cell<P, Ob>>], mail: Option<Time>) -> Option<u64> {
        let planned = self.planned.peek().map(|input| input.at);
        let outside = planned.into_iter().chain(mail).map(|at| self.windows.of(at));
        let queued = cells.iter().filter_map(|cell| lock(cell).shard.queue.next_window());
        let last = self.windows.of(self.world.network.plan.duration);
        queued.chain(outside).min().filter(|window| *window <= last)
    }

    /// Puts the plan's inputs of this window into the queues.
    fn place_planned<Ob>(&mut self, cells: &[Mutex<Cell<P, Ob>>], window: u64) {
        let windows = self.windows;
        let is_due = |next: &PlanInput| windows.of(next.at) == window;
        if !self.planned.peek().is_some_and(is_due) {
            return;
        }
        let mut cells: Vec<_> = cells.iter().map(lock).collect();
        while let Some(input) = self.planned.next_if(is_due) {
            let PlanInput { at, slot, .. } = input;
            let event = Event::plain(at, slot, NOBODY, self.number, input.what(&self.world.network));
            cells[self.division.shard_of(slot)].shard.queue.place(event);
            self.number += 1;
        }
    }
}

/// Lends all parts of the observer.
fn with_parts<P: SimProtocol, Ob>(cells: &[Mutex<Cell<P, Ob>>], lend: impl FnOnce(&mut [Ob])) {
    let mut parts: Vec<Ob> = cells.iter().filter_map(|cell| lock(cell).part.take()).collect();
    lend(&mut parts);
    for (cell, part) in cells.iter().zip(parts) {
        lock(cell).part = Some(part);
    }
}
