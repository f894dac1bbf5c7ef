//! The coordinator of a run whose nodes are processes of their own, on this machine or on others: it has the plan
//! and the measures, and its workers dial it.
//!
//! | module | subject |
//! |---|---|
//! | `start` | all workers up, informed of each other, and supervised |
//! | `control_server` | where workers dial in, and which slot each is for |
//! | `worker_pool` | a worker for each slot: a process of this machine, or one that somebody starts elsewhere |
//! | `worker` | one worker, its process and its channel |
//! | `supervise` | one slot's worker through its lives |

mod control_server;
mod start;
mod supervise;
mod worker;
mod worker_pool;

pub(crate) use start::{no_ports, start};
pub(crate) use worker_pool::WorkerPool;
