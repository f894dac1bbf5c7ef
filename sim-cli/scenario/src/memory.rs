//! Whether nodes remember enough messages for the traffic.

use floodnet_core::invariants::Promises;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::Link;

/// How long the copies of one message come in, where nothing holds them up: longer than most floods take.
const SPREAD: Duration = Duration::from_secs(1);

/// What a reader should know if nodes forget messages of which copies are still on their way: each is taken for new
/// then, and passed on again, without end. `table` is the broadcast's.
pub(crate) fn note(plan: &Plan, link: &Link, promises: &Promises, table: &str) -> Option<String> {
    // Only a message that goes to all neighbors is sure to come back.
    if !promises.reaches_all || plan.publishes.is_empty() {
        return None;
    }
    // A fault holds packets back until connections are given up, and lets all of them go at once.
    let is_held_up = !plan.disturbances.is_empty();
    let spread = if is_held_up { SPREAD + link.break_after.0 } else { SPREAD };
    let why = if is_held_up { ", since faults hold packets up" } else { "" };
    let most = busiest(plan, spread);
    if let Some(seen) = promises.remembers.capacity
        && most > seen
    {
        return Some(format!(
            "{table}.seen = {seen} is too small: up to {most} messages are on their way at one time (within \
             {spread}{why}); a copy of a forgotten one floods again, perhaps without end; write {most} or more"
        ));
    }
    let kept = promises.remembers.ttl.filter(|&kept| kept < spread)?;
    Some(format!(
        "{table}.seen_for = \"{kept}\" is too short: copies of a message come in for up to {spread}{why}; a copy of a \
         forgotten one floods again, perhaps without end; write \"{spread}\" or more"
    ))
}

/// The most messages that are published within `span`.
fn busiest(plan: &Plan, span: Duration) -> u32 {
    let times: Vec<Time> = plan.publishes.iter().map(|publish| publish.at).collect();
    let within = |(first, &at): (usize, &Time)| times.partition_point(|&other| other < at + span) - first;
    times.iter().enumerate().map(within).max().map_or(0, |most| u32::try_from(most).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use floodnet_core::broadcast::Flood;
    use floodnet_core::node::Node;
    use floodnet_core::overlay::RandomWalk;
    use floodnet_sim::payload::SimPayload;
    use std::path::Path;

    use crate::Scenario;
    use crate::Tables;
    use crate::build::set_up_nodes;

    #[test]
    fn a_memory_too_small_for_the_traffic_is_noted() {
        let partition = "[[fault]]\nat = \"10s\"\npartition = { groups = [0.5, 0.5], for = \"5s\" }\n";
        let loss = "[[fault]]\nat = \"10s\"\nslow = { fraction = 0.5, factor = 2.0, for = \"1s\" }\n";
        // A message each 100 ms: 10 within a second, 160 within 16 s.
        for (flood, fault, expected) in [
            ("", "", None),
            ("seen = 10", "", None),
            ("seen = 9", "", Some("seen = 9 is too small: up to 10 messages")),
            ("", partition, None),
            ("seen = 160", partition, None),
            ("seen = 159", partition, Some("seen = 159 is too small: up to 160 messages")),
            ("seen = 32", loss, Some("write 160 or more")),
            ("seen = \"unlimited\"", partition, None),
            ("seen_for = \"16s\"", partition, None),
            ("seen_for = \"15s\"", partition, Some("seen_for = \"15s\" is too short")),
            ("seen_for = \"500ms\"", "", Some("write \"1s\" or more")),
        ] {
            let text = format!(
                "name = \"small\"\nduration = \"1min\"\n[nodes]\ncount = 8\n[overlay.random_walk]\n\
                 [broadcast.flood]\n{flood}\n{fault}[[traffic]]\nfrom = \"random\"\nevery = \"100ms\"\n"
            );
            let tables = Tables::builtin();
            let scenario = Scenario::parse("small", &text, Path::new(""), &[], &tables)
                .unwrap_or_else(|error| panic!("{}", error.render(false)));
            let (setup, _) =
                set_up_nodes::<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>(&scenario).unwrap();
            let notes = setup.notes;
            match expected {
                Some(part) => {
                    assert!(notes.len() == 1 && notes[0].contains(part), "{flood}{fault}: {notes:?}")
                }
                None => assert!(notes.is_empty(), "{flood}{fault}: {notes:?}"),
            }
        }
    }
}
