//! Refuses what sockets cannot do before a run starts.

use floodnet_sim::plan::{CrashKind, End};
use floodnet_sim::spec::Transport;

use crate::netns::MAX_NODES;
use crate::settings::{Nodes, Settings};
use floodnet_scenario::Complaint;
use floodnet_scenario::build::Setup;

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
        (false, _) => bare(setup, "remove --no-shaper: link emulation can do this"),
    }
}

/// Checks that `setup` can run with remote nodes.
///
/// # Errors
/// As [`check`].
pub(super) fn outside(setup: &Setup) -> Result<(), Complaint> {
    streams(setup)?;
    bare(setup, OUTSIDE)
}

const OUTSIDE: &str = "link emulation can, with nodes on one machine: use --backend tcp or tcp-processes";

fn streams(setup: &Setup) -> Result<(), Complaint> {
    if setup.links.spec.transport == Transport::Datagram {
        return Err(Complaint::new(
            "link.transport",
            "tcp backends support only streams",
            "write \"stream\", or run this scenario on the backend sim",
        ));
    }
    Ok(())
}

/// Refuses what network namespaces cannot do.
fn kernels(setup: &Setup, settings: &Settings) -> Result<(), Complaint> {
    if settings.speed != 1.0 {
        let title = "--backend tcp-netns runs only in real time (--speed 1)";
        return Err(Complaint::new("", title, "remove --speed, or use --backend tcp or tcp-processes"));
    }
    if setup.plan.slots() > MAX_NODES {
        let title = format!("at most {MAX_NODES} nodes are possible with --backend tcp-netns");
        return Err(Complaint::new("nodes.count", title, "take fewer nodes"));
    }
    Ok(())
}

/// Refuses what takes link emulation; `help` says where there is some.
fn bare(setup: &Setup, help: &str) -> Result<(), Complaint> {
    let (plan, links) = (&setup.plan, &setup.links);
    let silent = |end| matches!(end, End::Crash(CrashKind::Silent));
    let mut lives = plan.lives.iter().flatten();
    if lives.any(|life| life.stop < plan.duration && silent(life.end)) {
        let title = "without link emulation a crash cannot be silent: the system closes the sockets and all peers notice";
        return Err(Complaint::new("", title, format!("{help}; or use crashes of the kind \"reset\"")));
    }
    if let Some(fault) = plan.disturbances.first() {
        let what = fault.kind.does();
        return Err(Complaint::new("", format!("without link emulation it is not possible to {what}"), help));
    }
    if links.spec.loss > 0.0 {
        return Err(Complaint::new("link.loss", "loss needs link emulation", help));
    }
    if links.classes.iter().any(|class| class.is_limited()) {
        return Err(Complaint::new("", "rates need link emulation", help));
    }
    if links.classes.iter().any(|class| !class.reachable) {
        return Err(Complaint::new("class", "unreachable classes need link emulation", help));
    }
    Ok(())
}
