//! One slot's worker through its lives. A process that the coordinator started has one life; a remote worker has
//! all of them.

use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_core::time::Duration;
use tokio::time::{sleep_until, timeout};

use super::worker::Worker;
use super::worker_pool::WorkerPool;
use crate::control::messages::{ToCoordinator, ToWorker};
use crate::network_path::NetworkPath;
use crate::run_context::{RunContext, TIME_TO_EXIT};
use crate::schedule::{Ending, LifeSchedule};

/// Time for a worker to report what it has seen, when a life is over.
const REPORT_WITHIN: Span = Span::from_secs(5);

/// Has the slot of `worker` live its lives at their times.
///
/// # Errors
/// A worker failed, or none came up for a later life.
pub(super) async fn supervise(
    pool: Arc<WorkerPool>,
    context: RunContext,
    path: NetworkPath,
    schedules: Vec<LifeSchedule>,
    worker: Worker,
) -> Result<(), String> {
    let slot = worker.slot;
    let has_lives = !schedules.is_empty();
    let mut next = Some(worker);
    let mut was_silenced = false;
    for schedule in schedules {
        let mut worker = match next.take() {
            Some(worker) => worker,
            // The process of the last life is gone; a new one waits for its time.
            None => match context.over.run_until_cancelled(pool.replace(slot)).await {
                Some(worker) => worker?,
                None => return Ok(()),
            },
        };
        path.expect(slot, &schedule, was_silenced);
        worker.send(ToWorker::RunLife(schedule.clone()));
        let was_whole = wait_for_life(&pool, &context, &path, &schedule, &mut worker).await?;
        let patience = context.time_to_leave();
        match schedule.ending {
            _ if !was_whole || worker.process.is_none() => next = Some(worker),
            Ending::WithRun => drop(worker.shut_down(patience).await),
            // Its successor has the same address.
            Ending::Leave if worker.has_network() => {
                pool.keep_machine(slot, worker.shut_down(patience).await);
            }
            Ending::Leave => drop(context.leaving.spawn(worker.shut_down(patience))),
            Ending::Reset => pool.keep_machine(slot, worker.kill().await),
            Ending::Silent => drop(worker.kill().await),
        }
        was_silenced = schedule.ending == Ending::Silent;
        if !was_whole {
            break;
        }
    }
    if let Some(worker) = next {
        let network = worker.shut_down(TIME_TO_EXIT).await;
        if !has_lives {
            path.expect_no_life(slot);
            pool.keep_machine(slot, network);
        }
    }
    Ok(())
}

/// Waits until a life is over. False if the run was over first.
async fn wait_for_life(
    pool: &WorkerPool,
    context: &RunContext,
    path: &NetworkPath,
    schedule: &LifeSchedule,
    worker: &mut Worker,
) -> Result<bool, String> {
    let falls_silent = schedule.ending == Ending::Silent;
    let stop = context.clock.instant(schedule.stop);
    let mut is_silent = false;
    loop {
        tokio::select! {
            report = worker.report() => {
                // The report may be here before the alarm; the node must be silent before its process is killed.
                if falls_silent && !is_silent {
                    path.silence(worker.slot);
                }
                return match report {
                    Some(ToCoordinator::LifeEnded { latest, clock_error }) => {
                        context.lateness.note(Duration::from_nanos(latest));
                        pool.note_clock(clock_error);
                        Ok(true)
                    }
                    other => Err(worker.unexpected(other).await),
                };
            }
            () = context.alarm.until(stop.into_std()), if falls_silent && !is_silent => {
                path.silence(worker.slot);
                is_silent = true;
            }
            () = sleep_until(stop + REPORT_WITHIN) => {
                return Err(format!("the node of slot {} does not confirm its end", worker.slot));
            }
            () = context.over.cancelled() => {
                worker.send(ToWorker::Stop);
                // Whatever it says, or does not.
                let _ = timeout(REPORT_WITHIN, worker.report()).await;
                return Ok(false);
            }
        }
    }
}
