//! One slot's node through its lives. A process has one life; a node from elsewhere has them all.

use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_core::time::Duration;
use tokio::time::{sleep_until, timeout};

use super::worker_pool::{Worker, WorkerPool};
use crate::control::messages::{ToCoordinator, ToWorker};
use crate::node_runner::RunContext;
use crate::schedule::{Ending, LifeSchedule};

/// Time for a node to report what it has reported, when its life is over.
const REPORT: Span = Span::from_secs(5);
/// Time to end, beyond what goodbyes may take.
const END: Span = Span::from_secs(3);

/// Sees to it that the slot of `worker` lives its lives.
///
/// # Errors
/// A node failed, or none came up for a later life.
pub(super) async fn supervise(
    pool: Arc<WorkerPool>,
    context: RunContext,
    schedules: Vec<LifeSchedule>,
    worker: Worker,
) -> Result<(), String> {
    let slot = worker.slot;
    let mut next = Some(worker);
    for schedule in schedules {
        let mut worker = match next.take() {
            Some(worker) => worker,
            None => match context.over.run_until_cancelled(spawn_worker(&pool, slot)).await {
                Some(worker) => worker?,
                None => return Ok(()),
            },
        };
        context.path.expect(slot, &schedule);
        worker.send(ToWorker::RunLife(schedule.clone()));
        let was_whole = wait_for_life(&pool, &context, &schedule, &mut worker).await?;
        let patience = context.clock.real(Duration::from_secs(2)) + END;
        match schedule.ending {
            _ if !was_whole || worker.process.is_none() => next = Some(worker),
            Ending::WithRun => worker.shut_down(patience).await,
            // Its successor has the same address.
            Ending::Leave if worker.has_network() => worker.shut_down(patience).await,
            Ending::Leave => drop(context.leaving.spawn(worker.shut_down(patience))),
            Ending::Reset | Ending::Silent => worker.kill().await,
        }
        if !was_whole {
            break;
        }
    }
    if let Some(worker) = next {
        worker.shut_down(END).await;
    }
    Ok(())
}

async fn spawn_worker(pool: &Arc<WorkerPool>, slot: u32) -> Result<Worker, String> {
    let mut worker = pool.spawn_worker(slot).await?;
    pool.brief(&mut worker).await?;
    Ok(worker)
}

/// Waits until a life is over. False if the run was over first.
async fn wait_for_life(
    pool: &WorkerPool,
    context: &RunContext,
    schedule: &LifeSchedule,
    worker: &mut Worker,
) -> Result<bool, String> {
    let falls_silent = schedule.ending == Ending::Silent;
    let stop = context.clock.instant(schedule.stop);
    let mut is_silent = false;
    loop {
        tokio::select! {
            reports = worker.link.reports.recv() => {
                if falls_silent && !is_silent {
                    context.path.silence(worker.slot);
                }
                return match reports {
                    Some(ToCoordinator::LifeEnded { latest, clock_error }) => {
                        context.lateness.note(Duration::from_nanos(latest));
                        pool.note_clock(clock_error);
                        Ok(true)
                    }
                    other => Err(worker.unexpected(other).await),
                };
            }
            () = context.alarm.until(stop.into_std()), if falls_silent && !is_silent => {
                context.path.silence(worker.slot);
                is_silent = true;
            }
            () = sleep_until(stop + REPORT) => {
                return Err(format!("the node of slot {} does not say that its life is over", worker.slot));
            }
            () = context.over.cancelled() => {
                worker.send(ToWorker::Stop);
                // Whatever it says, or does not.
                let _ = timeout(REPORT, worker.link.reports.recv()).await;
                return Ok(false);
            }
        }
    }
}
