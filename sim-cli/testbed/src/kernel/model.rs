//! The same messages in the simulator: two nodes, one link, the engine that all scenarios run on.

use std::path::Path;

use floodnet_core::broadcast::Flood;
use floodnet_core::node::Node;
use floodnet_core::observe::Observation;
use floodnet_core::overlay::Fixed;
use floodnet_core::time::Time;
use floodnet_sim::Simulation;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;

use super::case::{Case, Predicted};
use floodnet_scenario::build::set_up;
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::{Complaint, Scenario, Tables, unread};

type Pair = Node<Fixed, Flood<u32, SimPayload>>;

/// A connection is open and greeted long before the first message.
const START: u64 = 10;
/// Seconds after the last message in which it may still arrive.
const TAIL: u64 = 60;

/// What the simulator says of `case`, each of its connections in a run of its own, with `set` put in.
///
/// # Errors
/// `set` makes no valid scenario; says why.
pub(super) fn predict(case: &Case, set: &[(String, String)]) -> Result<Predicted, String> {
    let mut predicted = Predicted::default();
    for connection in 0..case.connections {
        let scenario = scenario(case, u64::from(connection) + 1, set)?;
        run(&scenario, &mut predicted).map_err(|complaint| complaint.to_string())?;
    }
    predicted.delays.sort_unstable();
    Ok(predicted)
}

/// The scenario that says the same as `case`, of one connection.
fn scenario(case: &Case, seed: u64, set: &[(String, String)]) -> Result<Scenario, String> {
    let span = case.span.as_secs().max(1);
    let rate = case.rate.map_or("unlimited".to_owned(), |rate| format!("{rate} bit/s"));
    let text = format!(
        "name = \"kernel\"\nseed = {seed}\nduration = \"{}s\"\nnodes.count = 2\noverlay.static = {{ line = true }}\n\
         broadcast.flood = {{}}\n[link]\nlatency = {{ constant = \"{}us\" }}\nfloor = \"1us\"\nloss = {}\n\
         up = \"{rate}\"\nhandshake = 0\nbreak_after = \"10min\"\ndial_timeout = \"9s\"\n[[traffic]]\nfrom = 0\n\
         {} = \"{}us\"\nsize = \"{} B\"\nstart = \"{START}s\"\nstop = \"{}s\"\n",
        START + span + TAIL,
        case.latency.as_micros(),
        case.loss,
        if case.poisson { "poisson" } else { "every" },
        case.every.as_micros(),
        case.size,
        START + span,
    );
    Scenario::parse("kernel.toml", &text, Path::new("."), set, &Tables::builtin())
        .map_err(|diagnostics| diagnostics.to_string())
}

fn run(scenario: &Scenario, predicted: &mut Predicted) -> Result<(), Complaint> {
    let setup = set_up::<Pair>(scenario)?;
    let overlay = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
    let broadcast = scenario.broadcast.read().map_err(|error| unread("broadcast", &error))?;
    let config = Pair::config(overlay, broadcast, &setup.setting)?;
    let make = |slot| Pair::node(slot, &config);
    let mut log: Vec<(Time, u32, Observed)> = Vec::new();
    let simulation = Simulation::new(&setup.plan, &setup.links, &config, &make);
    simulation.run(&mut log)?;
    let mut there = 0;
    for (at, slot, what) in log {
        match what {
            Observed::Sent { payload: Some(_), bytes, .. } => predicted.bytes = bytes,
            Observed::Protocol(Observation::Delivered { message, .. }) if slot == 1 => {
                let sent = setup.plan.publishes[message as usize].at;
                predicted.delays.push(at.since(sent).as_nanos());
                there += 1;
            }
            _ => {}
        }
    }
    let start = Time::from_secs(START);
    predicted.times.push(setup.plan.publishes.iter().map(|sent| sent.at.since(start).as_nanos()).collect());
    predicted.undelivered += (setup.plan.publishes.len() as u64).saturating_sub(there);
    Ok(())
}
