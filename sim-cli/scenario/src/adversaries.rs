//! Whether a protocol lets adversaries do what a scenario wants of them, and what they are named by.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodnet_core::graph::Graph;
use floodnet_core::hostile::{Classes, MessageClass};
use floodnet_sim::hostile::Scene;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::{Known, Plan};

use crate::protocol::{Runnable, Setting};
use crate::unreadable::unread;
use crate::{Adversary, Complaint, DeedSpec, Scenario};

/// Checks that the overlay has a place for the nodes that adversaries bring.
///
/// # Errors
/// It has none; says which key.
pub(crate) fn check_places(scenario: &Scenario) -> Result<(), Complaint> {
    let place = scenario.adversaries.iter().position(|adversary| adversary.extra.is_some());
    match place.filter(|_| scenario.overlay.key == "static") {
        Some(index) => {
            let label = "a static graph has a place for each slot and no other; write share, count or slots";
            let key = format!("adversary.{index}.extra");
            Err(Complaint::new(key, "nobody can join this overlay", label))
        }
        None => Ok(()),
    }
}

/// Checks that the protocol `P` has the messages that adversaries are to do something with, and can lie.
///
/// # Errors
/// It has or cannot; says which key.
pub(crate) fn check<P: Runnable>(scenario: &Scenario, config: &P::Config) -> Result<(), Complaint> {
    for (index, adversary) in scenario.adversaries.iter().enumerate() {
        let path = format!("adversary.{index}");
        let protocol = format!("{} with {}", scenario.overlay.key, scenario.broadcast.key);
        if adversary.connect.is_some() && !P::forges(config).contains(MessageClass::Join) {
            let title = format!("{protocol} gives adversaries no way to connect");
            let label = "remove it, or choose an overlay that can be joined, such as random_walk";
            return Err(Complaint::new(format!("{path}.connect"), title, label));
        }
        deeds::<P>(adversary, config, &path, &protocol)?;
    }
    Ok(())
}

fn deeds<P: Runnable>(
    adversary: &Adversary,
    config: &P::Config,
    path: &str,
    protocol: &str,
) -> Result<(), Complaint> {
    for (place, deed) in adversary.does.iter().enumerate() {
        let Some((class, key)) = deed.class() else { continue };
        let (can, what) = match deed {
            DeedSpec::Forge { .. } => (P::forges(config), "can be forged"),
            DeedSpec::Lie(_) => (P::lies(config), "can be altered"),
            _ => (P::classes(config), "are known"),
        };
        if !can.contains(class) {
            let title = match deed {
                DeedSpec::Forge { .. } => {
                    format!("{protocol} cannot forge packets of class `{}`", class.name())
                }
                DeedSpec::Lie(_) => format!("{protocol} cannot lie in packets of class `{}`", class.name()),
                _ => format!("{protocol} has no packets of class `{}`", class.name()),
            };
            let label = if can == Classes::NONE { format!("none {what}") } else { format!("{what}: {can}") };
            return Err(Complaint::new(format!("{path}.does.{place}.{key}"), title, label));
        }
    }
    Ok(())
}

/// What adversaries are named by, as far as this scenario needs it.
///
/// # Errors
/// The graph of the overlay is needed and cannot be made.
pub(crate) fn known<P: Runnable>(
    scenario: &Scenario,
    links: &LinkModel,
    graph: Option<&Arc<Graph>>,
    slots: u32,
) -> Result<Known, Complaint> {
    let mut known = Known::default();
    if scenario.adversaries.iter().any(|adversary| adversary.class.is_some()) {
        let mut classes: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for slot in 0..slots {
            classes.entry(links.class(slot).name.clone()).or_default().push(slot);
        }
        if links.class_of.is_empty() {
            classes.clear();
        }
        known.classes = classes;
    }
    // The links of a given graph are known before the run; those of a protocol are not, which leaves no degrees.
    if scenario.adversaries.iter().any(|adversary| adversary.best_connected) {
        let overlay = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
        let broadcast = scenario.broadcast.read().map_err(|error| unread("broadcast", &error))?;
        let setting = Setting {
            slots,
            entry: (0..scenario.nodes.entry.min(slots)).collect(),
            seed: scenario.seed,
            transport: scenario.link.transport,
            graph: graph.map(Arc::clone),
            scene: Arc::new(Scene::default()),
        };
        let config = P::config(overlay, broadcast, &setting)?;
        let degree = |slot| P::static_neighbors(&config, slot).map(<[u32]>::len);
        let degrees: Option<Vec<usize>> = (0..slots).map(degree).collect();
        let count = |degree| u32::try_from(degree).unwrap_or(u32::MAX);
        known.degrees = degrees.unwrap_or_default().into_iter().map(count).collect();
    }
    Ok(known)
}

/// What a reader should know of the adversaries of `plan`.
pub(crate) fn notes(plan: &Plan) -> Vec<String> {
    let groups = plan.adversaries.groups.iter().enumerate();
    let empty = groups.filter(|(_, group)| group.members.is_empty());
    empty.map(|(index, _)| format!("adversary {index} does nothing: it has no slot")).collect()
}
