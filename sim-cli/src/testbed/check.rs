//! What sockets cannot do is refused before a run starts.

use floodnet_sim::link::Transport;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};

use super::{Nodes, Settings};
use crate::scenario::Complaint;
use crate::setup::Setup;

/// What does what bare sockets cannot.
const fn help(settings: &Settings) -> &'static str {
    match settings.nodes {
        Nodes::Outside { .. } => "the shaper can, for nodes of one machine: --processes, or neither",
        _ => "leave --no-shaper out: the shaper does it",
    }
}

/// Checks that `setup` can run on sockets.
///
/// # Errors
/// It cannot; says what to change.
pub(super) fn check(setup: &Setup, settings: &Settings) -> Result<(), Complaint> {
    let links = &setup.links;
    if links.transport == Transport::Datagram {
        return Err(Complaint::new(
            "link.transport",
            "the backend tcp has streams only",
            "write \"stream\", or run this scenario on the backend sim",
        ));
    }
    if settings.shaped {
        return Ok(());
    }
    let (plan, help) = (&setup.plan, help(settings));
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
