//! `sim-cli testbed`

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration as Span;

use clap::{Args, Subcommand};

use super::console::Console;
use super::files::load;
use super::{Failure, Overrides};
use crate::registry::Registry;
use floodnet_lab::run::folder::Place;
use floodnet_testbed::emit::{Content, Emission, emit};
use floodnet_testbed::{NodeOptions, Token, serve_node};
use floodnet_text::units::Duration;

#[derive(Args, Debug)]
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
    after_help = "The files are held against the schemas of Docker Compose and Kubernetes, but not tried on a real \
                  cluster. README.md in the folder says what to do with them. Links are those of the network.\n\n\
                  Example: sim-cli testbed emit scenarios/smoke.toml --compose --out smoke-compose"
)]
struct EmitArgs {
    /// The scenario
    file: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// For Docker Compose
    #[arg(long, group = "kind")]
    compose: bool,
    /// For Kubernetes
    #[arg(long = "k8s", group = "kind")]
    kubernetes: bool,
    /// What the image is called [default: floodnet-NAME:latest]
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// Folder of the files, which does not exist yet [default: testbed-NAME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "The secret of the run is taken from the variable FLOODNET_TOKEN, the same as the \
                        coordinator's. The node ends with the run, or when it loses the coordinator.\n\n\
                        Example: FLOODNET_TOKEN=... sim-cli testbed node --coordinator 10.0.0.1:7000 --slot 3")]
struct NodeArgs {
    /// Where the coordinator waits: host and port; - if standard input is a connection to it
    #[arg(long, value_name = "HOST:PORT")]
    coordinator: String,
    /// Which slot of the scenario to be, from 0
    #[arg(long, value_name = "I")]
    slot: u32,
    /// Where to listen for other nodes; port 0 for any free one
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:0")]
    listen: SocketAddr,
    /// What other nodes dial [default: the address from which the coordinator is reached, and the port
    /// listened on]
    #[arg(long, value_name = "HOST[:PORT]")]
    advertise: Option<String>,
    /// How long the coordinator may be out of reach at first
    #[arg(long, value_name = "TIME", default_value = "60s")]
    try_for: Duration,
}

pub(super) fn execute(args: &TestbedArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    match &args.command {
        Command::Node(args) => node(args, registry, console),
        Command::Emit(args) => write(args, registry, console),
    }
}

fn node(args: &NodeArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
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
    console.note(&format!("slot {slot}, for the coordinator {coordinator}"));
    serve_node(options, registry.sockets()).map_err(Failure::Failed)?;
    console.note("the run is over");
    Ok(())
}

fn write(args: &EmitArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let EmitArgs { file, overrides, compose, kubernetes, image, out } = args;
    let loaded = load(file, overrides, registry, console)?;
    let scenario = &loaded.scenario;
    let default = || PathBuf::from(format!("testbed-{}", scenario.name));
    let place = Place::check(&out.clone().unwrap_or_else(default), false).map_err(Failure::Failed)?;
    let program = std::env::current_exe()?;
    let emission = Emission { compose: *compose, kubernetes: *kubernetes, image: image.clone() };
    let files =
        emit(scenario, registry.sockets(), &emission, &program).map_err(|error| loaded.complain(&error))?;
    let draft = place.draft().map_err(Failure::Failed)?;
    for (name, content) in &files {
        put(&draft.path().join(name), content).map_err(|error| Failure::Failed(place.failed(&error)))?;
    }
    place.finish(&draft).map_err(Failure::Failed)?;
    console.note(&format!("  written  {}", place.folder().display()));
    console.note(&format!("  next     see {}", place.folder().join("README.md").display()));
    if !cfg!(target_os = "linux") {
        console.note(
            "  note     sim-cli in it is this program, which is not for Linux: put one that is in its place",
        );
    }
    Ok(())
}

fn put(path: &Path, content: &Content) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match content {
        Content::Text(text) => fs::write(path, text),
        Content::CopyOf(file) => fs::copy(file, path).map(drop),
    }
}
