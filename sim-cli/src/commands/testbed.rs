//! `sim-cli testbed`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration as Span;

use clap::{Args, Parser, Subcommand};

use super::args::Overrides;
use super::command_trait::{self, Context};
use super::failure::Failure;
use super::files::load;
use floodnet_testbed::emit::{Emission, emit};
use floodnet_testbed::{NodeOptions, Token, serve_node};
use floodnet_text::units::Duration;

/// Run scenarios on several machines: one worker node, or files for containers
#[derive(Parser, Debug)]
pub(super) struct TestbedArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run one worker node of a `sim-cli run --backend tcp-remote`, here or on another machine
    Node(NodeArgs),
    /// Write files that run a scenario in containers: a coordinator and one container per node
    Emit(EmitArgs),
}

#[derive(Args, Debug)]
#[command(
    group = clap::ArgGroup::new("kind").required(true).multiple(true),
    after_help = "The files are checked against the schemas of Docker Compose and Kubernetes, but were not tried on a \
                  real cluster. README.md in the folder says how to use them. Links are not emulated.\n\n\
                  Example: sim-cli testbed emit scenarios/smoke.toml --compose --out smoke-compose"
)]
struct EmitArgs {
    /// The scenario file
    file: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// For Docker Compose
    #[arg(long, group = "kind")]
    compose: bool,
    /// For Kubernetes
    #[arg(long = "k8s", group = "kind")]
    kubernetes: bool,
    /// Image name [default: floodnet-NAME:latest]
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// New output folder [default: testbed-NAME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "The secret is read from the variable FLOODNET_TOKEN and must be the coordinator's. \
                        The node exits with the run, or when it loses the coordinator.\n\n\
                        Example: FLOODNET_TOKEN=... sim-cli testbed node --coordinator 10.0.0.1:7000 --slot 3")]
struct NodeArgs {
    /// Coordinator's host and port, or - if standard input is a connection to it
    #[arg(long, value_name = "HOST:PORT")]
    coordinator: String,
    /// Slot of the scenario to run, from 0
    #[arg(long, value_name = "I")]
    slot: u32,
    /// Address to listen on for other nodes (port 0: any free one)
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:0")]
    listen: SocketAddr,
    /// Address that other nodes dial [default: the local address of the connection to the coordinator, and
    /// the listening port]
    #[arg(long, value_name = "HOST[:PORT]")]
    advertise: Option<String>,
    /// How long to keep trying to reach the coordinator
    #[arg(long, value_name = "TIME", default_value = "60s")]
    try_for: Duration,
}

impl command_trait::Command for TestbedArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        match &self.command {
            Command::Node(args) => node(args, cx),
            Command::Emit(args) => write(args, cx),
        }
    }
}

fn node(args: &NodeArgs, cx: &Context<'_>) -> Result<(), Failure> {
    let NodeArgs { coordinator, slot, listen, advertise, try_for } = args;
    let token = Token::from_environment().map_err(Failure::Usage)?;
    let options = NodeOptions {
        coordinator: coordinator.clone(),
        slot: *slot,
        token,
        listen: *listen,
        advertise: advertise.clone(),
        try_for: Span::from_nanos(try_for.as_nanos()),
    };
    cx.console.note(&format!("slot {slot}, for the coordinator {coordinator}"));
    serve_node(options, cx.registry.sockets()).map_err(Failure::Failed)?;
    cx.console.note("the run has ended");
    Ok(())
}

fn write(args: &EmitArgs, cx: &Context<'_>) -> Result<(), Failure> {
    let EmitArgs { file, overrides, compose, kubernetes, image, out } = args;
    let loaded = load(file, overrides, cx)?;
    let scenario = &loaded.scenario;
    let default = || PathBuf::from(format!("testbed-{}", scenario.name));
    let folder = out.clone().unwrap_or_else(default);
    let program = std::env::current_exe()?;
    let emission = Emission { compose: *compose, kubernetes: *kubernetes, image: image.clone() };
    let files = emit(scenario, cx.registry.sockets(), &emission, &program)
        .map_err(|error| loaded.complain(&error))?;
    floodnet_lab::emit::write(&folder, &files).map_err(Failure::Failed)?;
    cx.console.note(&format!("  written  {}", folder.display()));
    cx.console.note(&format!("  next     see {}", folder.join("README.md").display()));
    if !cfg!(target_os = "linux") {
        cx.console.note(
            "  note     the sim-cli in it is this program, which does not run on Linux: replace it by one that does",
        );
    }
    Ok(())
}
