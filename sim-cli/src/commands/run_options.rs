//! The options of `sim-cli run` that hold for one run and for many: output, threads and backend.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration as Span;

use clap::{Args, ValueEnum};

use super::args::Format;
use super::failure::Failure;
use super::files::Loaded;
use floodnet_testbed::{Nodes, Settings, Token, Trouble};
use floodnet_text::units::Duration;

/// Where results go, and how a run is made.
#[derive(Args, Debug)]
pub(super) struct RunOptions {
    /// Output folder [default: runs/NAME-SEED, or runs/NAME-SEED-xN for N runs]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Replace an existing run in the output folder
    #[arg(long)]
    pub(super) force: bool,
    /// Check and prepare, but do not run
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Draw no pictures
    #[arg(long)]
    pub(super) no_pictures: bool,
    /// Number of threads (0: one per core); the results do not depend on it. With --runs, runs go in parallel
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) backend: BackendOptions,
}

/// The backend that runs the scenario.
#[derive(Args, Debug)]
#[command(next_help_heading = "Backend")]
pub(super) struct BackendOptions {
    /// What to run on: the simulator, or real TCP on this machine in real time
    #[arg(long, value_enum, default_value_t = Backend::Sim)]
    pub(super) backend: Backend,
    /// Run the plan so many times as fast as real time (tcp)
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Leave links as the machine has them: no delays, rates and faults of the scenario (tcp)
    #[arg(long)]
    no_shaper: bool,
    /// Give each node a process of its own (tcp)
    #[arg(long)]
    processes: bool,
    /// Give each node a process in a network of its own: delays, losses, rates and cuts happen to the packets of
    /// the kernel. On Linux as root, with ip, tc and nft; else the run is skipped with exit code 1 (tcp)
    #[arg(long, conflicts_with_all = ["processes", "no_shaper"])]
    namespaces: bool,
    /// Start no nodes, but wait at this address for those that `sim-cli testbed node` starts, here or on other
    /// machines; both know the secret FLOODNET_TOKEN. Links are as the network has them (tcp)
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["processes", "namespaces", "runs"])]
    wait_for_nodes: Option<SocketAddr>,
    /// How long a node in another process may take to come up (tcp)
    #[arg(long, value_name = "TIME", default_value = "60s")]
    up_within: Duration,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Sim,
    Tcp,
}

impl Backend {
    /// The name of the backend in the manifest.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Tcp => "tcp",
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=1000.0).contains(speed));
    speed.ok_or_else(|| format!("`{text}` is no speed: write a number from 0.01 to 1000, such as 2"))
}

impl BackendOptions {
    /// The settings of a run on sockets; none for the simulator.
    pub(super) fn sockets(&self) -> Result<Option<Settings>, Failure> {
        let Self { backend, speed, no_shaper, processes, namespaces, wait_for_nodes, up_within } = *self;
        let is_usual = Settings::USUAL
            == Settings { speed, shaped: !no_shaper, up_within: span(up_within), ..Settings::USUAL };
        if backend == Backend::Sim {
            return if is_usual && !processes && !namespaces && wait_for_nodes.is_none() {
                Ok(None)
            } else {
                let what =
                    "--speed, --no-shaper, --processes, --namespaces, --wait-for-nodes and --up-within";
                Err(Failure::Usage(format!("{what} are for sockets: add --backend tcp")))
            };
        }
        let nodes = match wait_for_nodes {
            Some(listen) => {
                Nodes::Outside { listen, token: Token::from_environment().map_err(Failure::Usage)? }
            }
            None if processes => Nodes::Processes,
            None if namespaces => Nodes::Namespaces,
            None => Nodes::Here,
        };
        let shaped = !no_shaper && wait_for_nodes.is_none();
        Ok(Some(Settings { speed, shaped, nodes, up_within: span(up_within) }))
    }

    /// The arguments that choose the same backend again.
    pub(super) fn again(&self) -> String {
        let Self { backend, speed, no_shaper, processes, namespaces, wait_for_nodes, up_within } = *self;
        if backend == Backend::Sim {
            return String::new();
        }
        let mut text = " --backend tcp".to_owned();
        if speed != 1.0 {
            text.push_str(&format!(" --speed {speed}"));
        }
        let words = [(no_shaper, " --no-shaper"), (processes, " --processes"), (namespaces, " --namespaces")];
        for (is_on, word) in words {
            text.push_str(if is_on { word } else { "" });
        }
        if let Some(listen) = wait_for_nodes {
            text.push_str(&format!(" --wait-for-nodes {listen}"));
        }
        if span(up_within) != Settings::USUAL.up_within {
            text.push_str(&format!(" --up-within {}", up_within.to_string().replace(' ', "")));
        }
        text
    }
}

fn span(duration: Duration) -> Span {
    Span::from_nanos(duration.as_nanos())
}

/// The failure of the command for an error on sockets.
pub(super) fn trouble(loaded: &Loaded, trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Scenario(complaint) => loaded.complain(&complaint),
        Trouble::Failed(why) => Failure::Failed(why),
        Trouble::Interrupted => Failure::Interrupted,
    }
}
