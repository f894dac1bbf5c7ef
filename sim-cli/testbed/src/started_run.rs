//! A run whose nodes are about to start.

use std::collections::BTreeSet;

use tokio::net::TcpSocket;
use tokio::task::JoinSet;

use crate::network_path::NetworkPath;
use crate::run_context::RunContext;

/// Ports that are kept for nodes while a run goes on.
pub(crate) type Reserved = Vec<TcpSocket>;

/// A run that is about to begin.
pub(crate) struct StartedRun {
    pub(crate) context: RunContext,
    pub(crate) path: NetworkPath,
    /// A task for each slot, and that of faults if they need one.
    pub(crate) tasks: JoinSet<Result<(), String>>,
    /// Where nodes of this machine listen.
    pub(crate) ports: BTreeSet<u16>,
    /// Keeps these ports.
    pub(crate) reserved: Reserved,
}
