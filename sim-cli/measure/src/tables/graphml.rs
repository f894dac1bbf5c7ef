//! Graphs as `GraphML` (<http://graphml.graphdrawing.org>), for Gephi, yEd, networkx.

use std::io::{self, Write};

use crate::number::seconds;
use crate::topology::{SlotState, Topology};
use floodnet_text::markup::Escaped;

/// What is said of a node: (attribute, type).
const ATTRIBUTES: [(&str, &str); 7] = [
    ("state", "string"),
    ("component", "int"),
    ("degree", "int"),
    ("joined_s", "double"),
    ("region", "string"),
    ("class", "string"),
    ("hops", "int"),
];

/// What the network says of its slots.
pub trait Labels {
    /// The region of `slot`, if it has one.
    fn region(&self, slot: u32) -> Option<&str>;

    /// The class of `slot`, if there are classes.
    fn class(&self, slot: u32) -> Option<&str>;

    /// What the file of edges calls `slot`, if the overlay is from a file. Either all slots have a label or none.
    fn label(&self, slot: u32) -> Option<u64> {
        let _ = slot;
        None
    }
}

/// Nothing is said.
impl Labels for () {
    fn region(&self, _: u32) -> Option<&str> {
        None
    }

    fn class(&self, _: u32) -> Option<&str> {
        None
    }
}

/// Writes the slots that are up, as nodes named `n` and their number, and the edges between them. Each node
/// has its `state` (`joined` or `unjoined`) and `degree`, a joined one the number of its `component` (0 is
/// the largest) and the time `joined_s` of its first neighbor in this life, its `region` and `class` if it has
/// them, its `label` in a file of edges, and a node that the message shown has reached its `hops` from the origin. The
/// graph itself has the time `at_s` in seconds.
///
/// # Errors
///
/// When `to` cannot be written.
pub fn write_graphml(mut to: impl Write, topology: &Topology, labels: &impl Labels) -> io::Result<()> {
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"#)?;
    writeln!(to, r#"  <key id="at_s" for="graph" attr.name="at_s" attr.type="double"/>"#)?;
    for (name, kind) in ATTRIBUTES {
        writeln!(to, r#"  <key id="{name}" for="node" attr.name="{name}" attr.type="{kind}"/>"#)?;
    }
    if labels.label(0).is_some() {
        writeln!(to, r#"  <key id="label" for="node" attr.name="label" attr.type="string"/>"#)?;
    }
    writeln!(to, r#"  <graph id="overlay" edgedefault="undirected">"#)?;
    writeln!(to, r#"    <data key="at_s">{}</data>"#, seconds(topology.at))?;
    for (slot, &state) in topology.states.iter().enumerate() {
        if state != SlotState::Down {
            write_node(&mut to, topology, labels, (slot, state))?;
        }
    }
    for (low, high) in &topology.edges {
        writeln!(to, r#"    <edge source="n{low}" target="n{high}"/>"#)?;
    }
    writeln!(to, "  </graph>\n</graphml>")?;
    to.flush()
}

fn write_node(
    to: &mut impl Write,
    topology: &Topology,
    labels: &impl Labels,
    (slot, state): (usize, SlotState),
) -> io::Result<()> {
    write!(to, r#"    <node id="n{slot}"><data key="state">{}</data>"#, state.name())?;
    if let Some(component) = topology.component[slot] {
        write!(to, r#"<data key="component">{component}</data>"#)?;
    }
    write!(to, r#"<data key="degree">{}</data>"#, topology.degree[slot])?;
    if let Some(joined) = topology.joined[slot] {
        write!(to, r#"<data key="joined_s">{}</data>"#, seconds(joined))?;
    }
    let number = u32::try_from(slot).unwrap_or(u32::MAX);
    if let Some(region) = labels.region(number) {
        write!(to, r#"<data key="region">{}</data>"#, Escaped(region))?;
    }
    if let Some(class) = labels.class(number) {
        write!(to, r#"<data key="class">{}</data>"#, Escaped(class))?;
    }
    if let Some(label) = labels.label(number) {
        write!(to, r#"<data key="label">{label}</data>"#)?;
    }
    if let Some(hops) = topology.spread.as_ref().and_then(|spread| spread.hops[slot]) {
        write!(to, r#"<data key="hops">{hops}</data>"#)?;
    }
    writeln!(to, "</node>")
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
        write_graphml(&mut bytes, &results.topologies[0], &()).unwrap();
        let plain = String::from_utf8(bytes).unwrap();
        insta::assert_snapshot!("graphml", plain);
        // The labels of a file, and nothing else, are added.
        let mut bytes = Vec::new();
        write_graphml(&mut bytes, &results.topologies[0], &Tens).unwrap();
        let mut labeled = String::from_utf8(bytes).unwrap();
        assert!(labeled.contains(r#"<data key="label">30</data>"#), "{labeled}");
        for slot in 0..5 {
            labeled = labeled.replace(&format!(r#"<data key="label">{}</data>"#, slot * 10), "");
        }
        let without = labeled.lines().filter(|line| !line.contains(r#"<key id="label""#));
        assert_eq!(without.map(|line| format!("{line}\n")).collect::<String>(), plain);
    }

    /// Slot 3 is called 30 in its file.
    struct Tens;

    impl Labels for Tens {
        fn region(&self, _: u32) -> Option<&str> {
            None
        }
        fn class(&self, _: u32) -> Option<&str> {
            None
        }
        fn label(&self, slot: u32) -> Option<u64> {
            Some(u64::from(slot) * 10)
        }
    }
}
