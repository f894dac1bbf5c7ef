//! How a scenario is run on sockets, and where its nodes are.

use std::net::SocketAddr;
use std::time::Duration as Span;

use crate::control::Token;

/// How to run on sockets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How many times as fast as real time the plan runs. More than 0.
    pub speed: f64,
    /// Whether links are emulated as the scenario says; otherwise they are the machine's.
    pub shaped: bool,
    /// Where nodes run.
    pub nodes: Nodes,
    /// How long a node in another process may take to come up.
    pub up_within: Span,
}

/// Where nodes run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nodes {
    /// In this process.
    InProcess,
    /// Each in a process of its own on this machine: this program, which must be one of
    /// `sim_cli::main_with`, started as `testbed node`.
    Processes,
    /// Each in a process and a network namespace of its own: what is between them is the kernel's. It takes Linux,
    /// the rights of root, and the programs `ip`, `tc` and `nft`.
    Netns,
    /// Wherever somebody starts them: they dial this address. Links cannot be emulated then.
    Remote {
        /// Where to wait for them.
        listen: SocketAddr,
        /// The secret that they must know.
        token: Token,
    },
}

impl Nodes {
    /// The name of this backend, as `sim-cli run --backend` and `manifest.json` have it.
    #[must_use]
    pub const fn backend(&self) -> &'static str {
        match self {
            Self::InProcess => "tcp",
            Self::Processes => "tcp-processes",
            Self::Netns => "tcp-netns",
            Self::Remote { .. } => "tcp-remote",
        }
    }
}

impl Settings {
    /// In real time, with emulated links, in this process.
    pub const USUAL: Self =
        Self { speed: 1.0, shaped: true, nodes: Nodes::InProcess, up_within: Span::from_secs(60) };
}

impl Default for Settings {
    fn default() -> Self {
        Self::USUAL
    }
}
