//! Who runs the shards: one after the other, or each on a thread of its own.
//!
//! A thread is woken for a window only if there is enough to do in it, so that a sparse run is not slower on
//! several threads than on one. What shards send each other is exchanged between windows.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use floodnet_core::time::Time;

use crate::SimProtocol;
use crate::engine::division::Division;
use crate::engine::node_slot::World;
use crate::engine::shard::Shard;
use crate::event::Event;
use crate::observer::Observer;

/// At most so many shards.
pub(crate) const MOST_JOBS: usize = 256;
/// With fewer slots in a shard, what shards send each other costs more than threads gain.
pub(crate) const LEAST_SHARD: usize = 4_096;
/// Fewer events in a window are not worth waking threads for.
pub(crate) const BUSY: u64 = 2_000;

/// A shard with what observes it and what others have sent it.
pub(crate) struct Cell<P: SimProtocol, Ob> {
    pub(crate) shard: Shard<P>,
    pub(crate) part: Option<Ob>,
    /// By sender. Emptied vectors go back to it, so that their memory serves again.
    inbox: Vec<Vec<Event<P>>>,
}

/// All shards of a run. Only one thread uses a cell at a time, so a lock never waits.
pub(crate) type Cells<P, Ob> = Vec<Mutex<Cell<P, Ob>>>;

/// A cell for each part of an observer.
pub(crate) fn cells<P: SimProtocol, Ob>(
    world: &World<'_, P>,
    division: Division,
    parts: Vec<Ob>,
) -> Cells<P, Ob> {
    let shards = parts.len();
    let cell = |(range, part)| {
        let inbox = (0..shards).map(|_| Vec::new()).collect();
        Mutex::new(Cell { shard: Shard::new(range, division, &world.network), part: Some(part), inbox })
    };
    division.ranges().into_iter().zip(parts).map(cell).collect()
}

pub(crate) fn lock<P: SimProtocol, Ob>(cell: &Mutex<Cell<P, Ob>>) -> MutexGuard<'_, Cell<P, Ob>> {
    // After a panic elsewhere the run is lost anyway.
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: SimProtocol, Ob> Cell<P, Ob> {
    /// The shard, and the part of the observer.
    pub(crate) fn into_parts(cell: Mutex<Self>) -> (Shard<P>, Option<Ob>) {
        let mut cell = cell.into_inner().unwrap_or_else(PoisonError::into_inner);
        cell.open_mail();
        (cell.shard, cell.part)
    }

    /// Puts what others have sent into the queue.
    fn open_mail(&mut self) {
        for mail in &mut self.inbox {
            mail.drain(..).for_each(|event| self.shard.queue.place(event));
        }
    }

    /// Events of `window` and all mail: about how much there is to do.
    fn load(&self, window: u64) -> u64 {
        let mail: usize = self.inbox.iter().map(Vec::len).sum();
        u64::from(self.shard.queue.events_in(window)) + mail as u64
    }
}

impl<P: SimProtocol, Ob: Observer> Cell<P, Ob> {
    fn run_until(&mut self, goal: Goal, world: &World<'_, P>) {
        self.open_mail();
        if self.shard.queue.window() < goal.window {
            self.shard.queue.advance(goal.window);
        }
        if let Some(part) = &mut self.part {
            self.shard.run_until(goal.cut, world, part);
        }
    }
}

/// Delivers what the shards have sent each other. Gives the first time among it.
pub(crate) fn exchange<P: SimProtocol, Ob>(cells: &[Mutex<Cell<P, Ob>>]) -> Option<Time> {
    if cells.len() == 1 {
        return None;
    }
    let mut guards: Vec<_> = cells.iter().map(lock).collect();
    for from in 0..guards.len() {
        for to in 0..guards.len() {
            let mut mail = std::mem::take(&mut guards[to].inbox[from]);
            guards[from].shard.queue.swap_mail(to, &mut mail);
            guards[to].inbox[from] = mail;
        }
    }
    guards.iter_mut().filter_map(|cell| cell.shard.queue.take_mail_time()).min()
}

/// How far the shards run: to `cut`, within `window`.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) window: u64,
    pub(crate) cut: Time,
}

/// Runs all shards.
pub(crate) trait Executor {
    fn run_until(&self, goal: Goal);
}

/// One after the other.
pub(crate) struct Serial<'a, P: SimProtocol, Ob> {
    pub(crate) cells: &'a [Mutex<Cell<P, Ob>>],
    pub(crate) world: &'a World<'a, P>,
}

impl<P: SimProtocol, Ob: Observer> Executor for Serial<'_, P, Ob> {
    fn run_until(&self, goal: Goal) {
        self.cells.iter().for_each(|cell| lock(cell).run_until(goal, self.world));
    }
}

/// The first by the caller, each other by a thread that waits for its turn.
pub(crate) struct Threaded<'a, P: SimProtocol, Ob> {
    serial: Serial<'a, P, Ob>,
    rounds: &'a Rounds,
    /// Threads are woken for so many events.
    busy: u64,
}

/// How the caller and the threads wait for each other: round by round.
#[derive(Default)]
struct Rounds {
    state: Mutex<RoundState>,
    begin: Condvar,
    done: Condvar,
}

#[derive(Default)]
struct RoundState {
    /// Number of the present round, and how far it goes; no goal at the end.
    number: u64,
    goal: Option<Goal>,
    /// Threads that are not through with it.
    busy: usize,
    /// A thread has panicked.
    failed: bool,
}

impl Rounds {
    fn state(&self) -> MutexGuard<'_, RoundState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round for so many threads.
    fn begin_round(&self, goal: Option<Goal>, threads: usize) {
        let mut state = self.state();
        state.number += 1;
        state.goal = goal;
        state.busy = threads;
        self.begin.notify_all();
    }

    /// Waits for a round after the one with this number.
    fn next(&self, after: u64) -> (u64, Option<Goal>) {
        let woken = self.begin.wait_while(self.state(), |state| state.number == after);
        let state = woken.unwrap_or_else(PoisonError::into_inner);
        (state.number, state.goal)
    }

    /// Waits until all are done.
    fn wait_for_all(&self) {
        let woken = self.done.wait_while(self.state(), |state| state.busy > 0);
        assert!(!woken.unwrap_or_else(PoisonError::into_inner).failed, "a thread of the engine failed");
    }
}

/// Says at its end, whatever that is, that a thread is done.
struct DoneOnDrop<'a>(&'a Rounds);

impl Drop for DoneOnDrop<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.busy = state.busy.saturating_sub(1);
        state.failed |= std::thread::panicking();
        self.0.done.notify_one();
    }
}

/// Ends the threads, whatever happens.
struct EndOnDrop<'a>(&'a Rounds);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.begin_round(None, 0);
    }
}

impl<P: SimProtocol, Ob: Observer> Executor for Threaded<'_, P, Ob> {
    fn run_until(&self, goal: Goal) {
        let cells = self.serial.cells;
        let load: u64 = cells.iter().map(|cell| lock(cell).load(goal.window)).sum();
        if load < self.busy {
            return self.serial.run_until(goal);
        }
        self.rounds.begin_round(Some(goal), cells.len() - 1);
        lock(&cells[0]).run_until(goal, self.serial.world);
        self.rounds.wait_for_all();
    }
}

/// Calls `drive` with a thread for each cell but the first, for windows of so many events.
pub(crate) fn with_threads<P: SimProtocol, Ob: Observer + Send, R>(
    cells: &[Mutex<Cell<P, Ob>>],
    world: &World<'_, P>,
    busy: u64,
    drive: impl FnOnce(&Threaded<'_, P, Ob>) -> R,
) -> R {
    let rounds = Rounds::default();
    std::thread::scope(|scope| {
        let _end = EndOnDrop(&rounds);
        for cell in &cells[1..] {
            let rounds = &rounds;
            scope.spawn(move || {
                let mut number = 0;
                while let (next, Some(goal)) = rounds.next(number) {
                    number = next;
                    let _done = DoneOnDrop(rounds);
                    lock(cell).run_until(goal, world);
                }
            });
        }
        drive(&Threaded { serial: Serial { cells, world }, rounds: &rounds, busy })
    })
}
