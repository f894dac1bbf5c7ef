//! The options of `sim-cli run` that choose a backend.

use std::net::SocketAddr;
use std::time::Duration as Span;

use clap::{Args, ValueEnum};
use floodnet_testbed::{Nodes, Settings, Token};
use floodnet_text::units::Duration;

/// The backend that runs the scenario.
#[derive(Args, Debug)]
#[command(next_help_heading = "Backend")]
pub(super) struct BackendOptions {
    /// Where to run: in the simulator, or on real TCP sockets in real time, with all nodes in one process (tcp), a
    /// process each (tcp-processes), a process and network namespace each (tcp-netns: Linux, root, ip, tc and nft),
    /// or started by `sim-cli testbed node` on any machines (tcp-remote)
    #[arg(long, value_enum, default_value_t = Backend::Sim)]
    backend: Backend,
    /// Run S times as fast as real time (tcp, tcp-processes, tcp-remote) [default: 1]
    #[arg(long, value_name = "S", value_parser = speed)]
    speed: Option<f64>,
    /// Do not emulate links: the scenario's delays, rates and faults do not apply (tcp, tcp-processes)
    #[arg(long)]
    no_shaper: bool,
    /// Wait at this address for nodes; both sides need the secret FLOODNET_TOKEN (tcp-remote)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// How long a node's process may take to start (tcp-processes, tcp-netns, tcp-remote) [default: 60s]
    #[arg(long, value_name = "TIME")]
    up_within: Option<Duration>,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sim,
    Tcp,
    TcpProcesses,
    TcpNetns,
    TcpRemote,
}

impl Backend {
    /// The value of `--backend`, which is also the backend in `manifest.json`.
    const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Tcp => "tcp",
            Self::TcpProcesses => "tcp-processes",
            Self::TcpNetns => "tcp-netns",
            Self::TcpRemote => "tcp-remote",
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=1000.0).contains(speed));
    speed.ok_or_else(|| format!("invalid speed `{text}` (expected a number from 0.01 to 1000)"))
}

impl BackendOptions {
    /// The value of `--backend`, which is also the backend in `manifest.json`.
    pub(super) const fn name(&self) -> &'static str {
        self.backend.name()
    }

    /// The settings of a run on sockets, or of many if `has_runs`; none for the simulator.
    ///
    /// # Errors
    /// An option does not go with the backend, or the secret is missing; says which.
    pub(super) fn sockets(&self, has_runs: bool) -> Result<Option<Settings>, String> {
        self.check(has_runs)?;
        let nodes = match (self.backend, self.listen) {
            (Backend::Sim, _) => return Ok(None),
            (Backend::Tcp, _) => Nodes::InProcess,
            (Backend::TcpProcesses, _) => Nodes::Processes,
            (Backend::TcpNetns, _) => Nodes::Netns,
            (Backend::TcpRemote, Some(listen)) => Nodes::Remote { listen, token: Token::from_environment()? },
            (Backend::TcpRemote, None) => {
                return Err("--backend tcp-remote needs --listen ADDRESS, which the nodes dial".to_owned());
            }
        };
        Ok(Some(Settings {
            speed: self.speed.unwrap_or(Settings::USUAL.speed),
            shaped: !self.no_shaper && self.backend != Backend::TcpRemote,
            nodes,
            up_within: self.up_within.map_or(Settings::USUAL.up_within, span),
        }))
    }

    /// Refuses options that have no meaning for the backend.
    fn check(&self, has_runs: bool) -> Result<(), String> {
        use Backend::{Sim, Tcp, TcpNetns, TcpProcesses, TcpRemote};
        let Self { backend, speed, no_shaper, listen, up_within } = *self;
        for (is_given, option, is_for, needs) in [
            (speed.is_some(), "--speed", &[Tcp, TcpProcesses, TcpNetns, TcpRemote][..], "a tcp backend"),
            (no_shaper, "--no-shaper", &[Tcp, TcpProcesses], "a backend that emulates links"),
            (listen.is_some(), "--listen", &[TcpRemote], "remote nodes"),
            (up_within.is_some(), "--up-within", &[TcpProcesses, TcpNetns, TcpRemote], "nodes in processes"),
            // Remote nodes exit with their run.
            (has_runs, "--runs", &[Sim, Tcp, TcpProcesses, TcpNetns], "nodes that can be started again"),
        ] {
            if is_given && !is_for.contains(&backend) {
                let names: Vec<&str> = is_for.iter().map(|backend| backend.name()).collect();
                let (name, names) = (backend.name(), names.join(", "));
                return Err(format!(
                    "{option} does not apply to --backend {name}: it needs {needs} ({names})"
                ));
            }
        }
        Ok(())
    }

    /// The arguments that choose the same backend again.
    pub(super) fn again(&self) -> String {
        let mut text = match self.backend {
            Backend::Sim => String::new(),
            backend => format!(" --backend {}", backend.name()),
        };
        if let Some(listen) = self.listen {
            text.push_str(&format!(" --listen {listen}"));
        }
        if let Some(speed) = self.speed {
            text.push_str(&format!(" --speed {speed}"));
        }
        text.push_str(if self.no_shaper { " --no-shaper" } else { "" });
        if let Some(up_within) = self.up_within {
            text.push_str(&format!(" --up-within {}", up_within.to_string().replace(' ', "")));
        }
        text
    }
}

fn span(duration: Duration) -> Span {
    Span::from_nanos(duration.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: BackendOptions,
    }

    fn options(words: &str) -> BackendOptions {
        Line::try_parse_from(["run"].into_iter().chain(words.split_whitespace())).unwrap().options
    }

    #[test]
    fn a_run_on_sockets_is_repeated_as_it_was() {
        for words in [
            "",
            " --backend tcp",
            " --backend tcp --speed 2.5 --no-shaper",
            " --backend tcp-processes --up-within 5s",
            " --backend tcp-netns",
            " --backend tcp-remote --listen 127.0.0.1:7000 --speed 2 --up-within 90s",
        ] {
            assert_eq!(options(words).again(), words);
        }
    }

    #[test]
    fn each_backend_has_its_nodes_and_its_name() {
        for (words, nodes) in [
            ("--backend tcp", Nodes::InProcess),
            ("--backend tcp-processes", Nodes::Processes),
            ("--backend tcp-netns", Nodes::Netns),
        ] {
            let settings = options(words).sockets(false).unwrap().unwrap();
            assert_eq!(settings, Settings { nodes, ..Settings::USUAL });
            assert_eq!(words, format!("--backend {}", nodes.backend()));
            assert_eq!(options(words).name(), nodes.backend());
        }
        assert_eq!(options("").sockets(true).unwrap(), None);
    }

    #[test]
    fn options_without_a_meaning_are_refused() {
        for (words, why) in [
            ("--speed 2", "--speed does not apply to --backend sim: it needs a tcp backend (tcp, "),
            ("--no-shaper", "it needs a backend that emulates links (tcp, tcp-processes)"),
            ("--backend tcp-netns --no-shaper", "--no-shaper does not apply to --backend tcp-netns"),
            ("--backend tcp --up-within 5s", "(tcp-processes, tcp-netns, tcp-remote)"),
            ("--backend tcp --listen 127.0.0.1:7000", "it needs remote nodes (tcp-remote)"),
            ("--backend tcp-remote", "needs --listen ADDRESS"),
        ] {
            let said = options(words).sockets(false).unwrap_err();
            assert!(said.contains(why), "{words}: {said}");
        }
        let said = options("--backend tcp-remote --listen 127.0.0.1:7000").sockets(true).unwrap_err();
        assert!(said.contains("--runs"), "{said}");
    }
}
