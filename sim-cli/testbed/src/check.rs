//! What sockets cannot do is refused before a run starts.

use floodnet_sim::link::Transport;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};

use crate::netns::MAX_NODES;
use crate::settings::{Nodes, Settings};
use floodnet_scenario::Complaint;
use floodnet_scenario::setup::Setup;

/// Checks that `setup` can run on sockets.
///
/// # Errors
/// It cannot; says what to change.
pub(super) fn check(setup: &Setup, settings: &Settings) -> Result<(), Complaint> {
    streams(setup)?;
    if settings.nodes == Nodes::Netns {
        kernels(setup, settings)?;
    }
    match (settings.shaped, settings.nodes) {
        (true, _) => Ok(()),
        (false, Nodes::Remote { .. }) => bare(setup, OUTSIDE),
        (false, _) => bare(setup, "leave --no-shaper out: the shaper does it"),
    }
}

/// Checks that `setup` can run with nodes that somebody starts elsewhere.
///
/// # Errors
/// As [`check`].
pub(super) fn outside(setup: &Setup) -> Result<(), Complaint> {
    streams(setup)?;
    bare(setup, OUTSIDE)
}

const OUTSIDE: &str = "the shaper can, for nodes of one machine: run it with --processes, or with neither";

fn streams(setup: &Setup) -> Result<(), Complaint> {
    if setup.links.transport == Transport::Datagram {
        return Err(Complaint::new(
            "link.transport",
            "the backend tcp has streams only",
            "write \"stream\", or run this scenario on the backend sim",
        ));
    }
    Ok(())
}

/// What networks of their own cannot do.
fn kernels(setup: &Setup, settings: &Settings) -> Result<(), Complaint> {
    if settings.speed != 1.0 {
        let title = "kernels keep real time: in networks of their own nodes run at --speed 1";
        return Err(Complaint::new("", title, "leave --speed out, or --namespaces"));
    }
    if setup.plan.slots() > MAX_NODES {
        let title = format!("there are addresses for {MAX_NODES} networks");
        return Err(Complaint::new("nodes.count", title, "take fewer nodes"));
    }
    Ok(())
}

/// What links that nobody shapes cannot do; `help` says what can.
fn bare(setup: &Setup, help: &str) -> Result<(), Complaint> {
    let (plan, links) = (&setup.plan, &setup.links);
    let silent = |end| matches!(end, End::Crash(CrashKind::Silent));
    let mut lives = plan.lives.iter().flatten();
    if lives.any(|life| life.stop < plan.duration && silent(life.end)) {
        let title = "a crash cannot be silent on bare sockets: the system closes them, and all peers know";
        return Err(Complaint::new("", title, format!("{help}; or let crashes be of the kind \"reset\"")));
    }
    if let Some(fault) = plan.disturbances.first() {
        let what = match fault.kind {
            DisturbanceKind::Partition { .. } => "partition a network",
            DisturbanceKind::CutLinks(_) => "cut links",
            DisturbanceKind::Loss(_) => "lose packets",
            DisturbanceKind::Slow { .. } => "slow nodes down",
            DisturbanceKind::Pause(_) => "hide a pause from the peers",
        };
        return Err(Complaint::new("", format!("bare sockets cannot {what}"), help));
    }
    if links.loss > 0 {
        return Err(Complaint::new("link.loss", "bare sockets lose nothing", help));
    }
    if links.classes.iter().any(|class| class.up.is_some() || class.down.is_some()) {
        return Err(Complaint::new("", "bare sockets have no rates", help));
    }
    if links.classes.iter().any(|class| !class.reachable) {
        return Err(Complaint::new("class", "bare sockets can all be dialed", help));
    }
    Ok(())
}
