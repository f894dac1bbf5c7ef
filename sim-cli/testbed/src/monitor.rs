//! A run from its start to its end: takes in what nodes report, and tells the user how far it is.

use std::collections::BTreeSet;
use std::time::Duration as Span;

use floodnet_core::time::Time;
use floodnet_lab::run::Kernels;
use floodnet_sim::Progress;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::collector::Collector;
use crate::coordinator::WorkerPool;
use crate::machine;
use crate::network_path::NetworkPath;
use crate::run_context::{RunContext, TIME_TO_EXIT};
use crate::sink::Sink;
use crate::started_run::StartedRun;

/// Time between two looks at what nodes report.
const POLL: Span = Span::from_millis(50);
/// What a node reports is here within this time.
const SLACK: Span = Span::from_secs(2);
/// How often listening sockets are counted during a run.
const LISTENER_COUNTS: u64 = 8;

/// Takes what is reported while the run goes on.
pub(crate) struct RunMonitor {
    pub(crate) collector: Collector,
    pub(crate) clock: Clock,
    pub(crate) sink: Sink,
    pub(crate) ports: BTreeSet<u16>,
    /// Sockets that listened at once, at most, where the system tells.
    pub(crate) listening: Option<u32>,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) at: Time,
    /// Whether that was the plan's end.
    pub(crate) complete: bool,
    /// What the kernel did between nodes with network namespaces of their own.
    pub(crate) networks: Option<Kernels>,
    /// Tasks that still ran though all was over.
    pub(crate) tasks_left: u64,
}

impl RunMonitor {
    /// Lets the run go on until `duration`, or until `watch` says no, and shuts everything down.
    ///
    /// # Errors
    /// A node failed, or what the kernel counted cannot be read; says why.
    pub(crate) async fn run_and_shut_down(
        &mut self,
        run: StartedRun,
        pool: Option<&WorkerPool>,
        duration: Time,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Ended, String> {
        let StartedRun { context, path, tasks, reserved, .. } = run;
        let ended = self.run_to_end(&context, &path, tasks, duration, watch).await;
        // Workers and networks go even if the run has failed.
        let networks = match pool {
            Some(pool) => pool.end().await,
            None => Ok(None),
        };
        let tasks_left = tasks_left().await;
        context.over.cancel();
        drop(reserved);
        let (at, complete) = ended?;
        Ok(Ended { at, complete, networks: networks?, tasks_left })
    }

    /// Gives when the run ended, and whether that was the plan's end.
    async fn run_to_end(
        &mut self,
        context: &RunContext,
        path: &NetworkPath,
        mut tasks: JoinSet<Result<(), String>>,
        duration: Time,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(Time, bool), String> {
        let mut poll = tokio::time::interval(POLL);
        let mut counted = 0;
        let mut is_on = true;
        while is_on {
            tokio::select! {
                _ = poll.tick() => {
                    let now = self.clock.now().min(duration);
                    self.collector.add(self.sink.take());
                    self.collector.advance(now - self.clock.planned(SLACK));
                    if now.as_nanos() / (duration.as_nanos() / (LISTENER_COUNTS + 1)).max(1) > counted {
                        counted += 1;
                        self.listening = self.listening.max(machine::listening(&self.ports));
                    }
                    is_on = watch(Progress { now, inputs: self.collector.inputs() });
                }
                ended = tasks.join_next() => match ended {
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(why))) => return Err(why),
                    Some(Err(error)) => return Err(format!("a node failed: {error}")),
                    None => break,
                },
            }
        }
        let at = self.clock.now().min(duration);
        context.over.cancel();
        while tasks.join_next().await.is_some() {}
        // A plan with nobody in it lasts as long.
        if is_on {
            tokio::time::sleep_until(self.clock.instant(duration)).await;
        }
        context.leaving.close();
        let _ = tokio::time::timeout(context.time_to_leave(), context.leaving.wait()).await;
        path.end().await;
        Ok(if is_on { (duration, true) } else { (at, false) })
    }
}

/// Tasks that still run though all is over, after some time to end.
async fn tasks_left() -> u64 {
    let metrics = tokio::runtime::Handle::current().metrics();
    let give_up = tokio::time::Instant::now() + TIME_TO_EXIT;
    while metrics.num_alive_tasks() > 0 && tokio::time::Instant::now() < give_up {
        tokio::time::sleep(Span::from_millis(1)).await;
    }
    metrics.num_alive_tasks() as u64
}
