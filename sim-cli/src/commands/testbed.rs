//! `sim-cli testbed`

use std::net::SocketAddr;
use std::time::Duration as Span;

use clap::{Args, Subcommand};

use super::Failure;
use super::console::Console;
use crate::registry::Registry;
use crate::scenario::units::Duration;
use crate::testbed::{NodeOptions, Token, serve_node};

#[derive(Args, Debug)]
pub(super) struct TestbedArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Be one node of a run that `sim-cli run --backend tcp --wait-for-nodes` conducts, here or elsewhere
    Node(NodeArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "The secret of the run is taken from the variable FLOODNET_TOKEN, the same as the \
                        coordinator's. The node ends with the run, or when it loses the coordinator.\n\n\
                        Example: FLOODNET_TOKEN=... sim-cli testbed node --coordinator 10.0.0.1:7000 --slot 3")]
struct NodeArgs {
    /// Where the coordinator waits: host and port
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
    serve_node(options, registry).map_err(Failure::Failed)?;
    console.note("the run is over");
    Ok(())
}
