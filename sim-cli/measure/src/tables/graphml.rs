//! Graphs as `GraphML` (<http://graphml.graphdrawing.org>), for Gephi, yEd, networkx.

use std::io::{self, Write};

use crate::topology::{SlotState, Topology};

/// What is said of a node: (attribute, type).
const ATTRIBUTES: [(&str, &str); 4] =
    [("state", "string"), ("component", "int"), ("degree", "int"), ("hops", "int")];

/// Writes the slots that are up, as nodes named `n` and their number, and the edges between them. Each node
/// has its `state` (`joined` or `unjoined`) and `degree`, a joined one the number of its `component` (0 is
/// the largest), and a node that the message shown has reached its `hops` from the origin. The graph itself
/// has the time `at_s` in seconds. With `labels`, each node has that of its slot.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_graphml(mut to: impl Write, topology: &Topology, labels: Option<&[u64]>) -> io::Result<()> {
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"#)?;
    writeln!(to, r#"  <key id="at_s" for="graph" attr.name="at_s" attr.type="double"/>"#)?;
    for (name, kind) in ATTRIBUTES {
        writeln!(to, r#"  <key id="{name}" for="node" attr.name="{name}" attr.type="{kind}"/>"#)?;
    }
    if labels.is_some() {
        writeln!(to, r#"  <key id="label" for="node" attr.name="label" attr.type="string"/>"#)?;
    }
    writeln!(to, r#"  <graph id="overlay" edgedefault="undirected">"#)?;
    writeln!(to, r#"    <data key="at_s">{}</data>"#, topology.at.as_nanos() as f64 / 1e9)?;
    for (slot, &state) in topology.states.iter().enumerate() {
        if state != SlotState::Down {
            write_node(&mut to, topology, slot, state)?;
            if let Some(label) = labels.and_then(|labels| labels.get(slot)) {
                write!(to, r#"<data key="label">{label}</data>"#)?;
            }
            writeln!(to, "</node>")?;
        }
    }
    for (low, high) in &topology.edges {
        writeln!(to, r#"    <edge source="n{low}" target="n{high}"/>"#)?;
    }
    writeln!(to, "  </graph>\n</graphml>")?;
    to.flush()
}

fn write_node(to: &mut impl Write, topology: &Topology, slot: usize, state: SlotState) -> io::Result<()> {
    write!(to, r#"    <node id="n{slot}"><data key="state">{}</data>"#, state.name())?;
    if let Some(component) = topology.component[slot] {
        write!(to, r#"<data key="component">{component}</data>"#)?;
    }
    write!(to, r#"<data key="degree">{}</data>"#, topology.degree[slot])?;
    if let Some(hops) = topology.spread.as_ref().and_then(|spread| spread.hops[slot]) {
        write!(to, r#"<data key="hops">{hops}</data>"#)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, always_up, life, ms, publish, secs, settings};
    use floodnet_core::time::Time;

    #[test]
    fn a_graph_has_the_nodes_that_are_up_with_what_is_known_of_them() {
        let mut plan = always_up(5, 20);
        plan.lives[4] = vec![life(secs(19), Time::MAX)].into();
        plan.publishes = vec![publish(secs(2), 1)];
        let mut settings = settings(&plan);
        settings.topology_times = vec![ms(4_500)];
        let mut script = Script::all_up(4);
        script.link(secs(1), 0, 1);
        script.link(secs(1), 1, 2);
        script.published(secs(2), 1, 0);
        for slot in [0, 2, 3] {
            script.delivered(secs(3), slot, 0, 1);
        }
        let results = script.measure(plan, settings);
        let mut bytes = Vec::new();
        write_graphml(&mut bytes, &results.topologies[0], None).unwrap();
        let plain = String::from_utf8(bytes).unwrap();
        insta::assert_snapshot!("graphml", plain);
        // The labels of a file, and nothing else, are added.
        let mut bytes = Vec::new();
        write_graphml(&mut bytes, &results.topologies[0], Some(&[10, 20, 30, 40, 50])).unwrap();
        let labeled = String::from_utf8(bytes).unwrap();
        assert!(
            labeled.contains(r#"<node id="n2">"#)
                && labeled.contains(r#"<data key="label">30</data></node>"#)
        );
        let without = labeled.lines().filter(|line| !line.contains(r#"<key id="label""#));
        let labels = [10, 20, 30, 40].map(|label| format!(r#"<data key="label">{label}</data>"#));
        let mut without = without.map(|line| format!("{line}\n")).collect::<String>();
        labels.iter().for_each(|label| without = without.replace(label, ""));
        assert_eq!(without, plain);
    }
}
