//! The graph at one time: DOT for Graphviz, and a list of edges.

use std::io::{self, Write};

use floodnet_measure::seconds;
use floodnet_measure::tables::Labels;
use floodnet_measure::topology::{SlotState, Topology};

/// Writes the slots that are up and the links between them in the language of Graphviz. Nodes have the attributes of
/// the GraphML file.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_dot(mut to: impl Write, topology: &Topology, labels: &impl Labels) -> io::Result<()> {
    writeln!(to, "graph overlay {{\n  at_s={};\n  node [shape=point];", seconds(topology.at))?;
    for (slot, &state) in (0u32..).zip(&topology.states).filter(|(_, state)| **state != SlotState::Down) {
        let place = slot as usize;
        write!(to, "  n{slot} [state={}, degree={}", state.name(), topology.degree[place])?;
        if let Some(component) = topology.component[place] {
            write!(to, ", component={component}")?;
        }
        if let Some(joined) = topology.joined[place] {
            write!(to, ", joined_s={}", seconds(joined))?;
        }
        for (name, label) in [("region", labels.region(slot)), ("class", labels.class(slot))] {
            if let Some(label) = label {
                write!(to, ", {name}=\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        writeln!(to, "];")?;
    }
    for (low, high) in &topology.edges {
        writeln!(to, "  n{low} -- n{high};")?;
    }
    writeln!(to, "}}")?;
    to.flush()
}

/// Writes a line for each link with its two slots, the lower first. Slots without a link are not in it.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_edges(mut to: impl Write, topology: &Topology) -> io::Result<()> {
    writeln!(to, "# {} links at {} s", topology.edges.len(), seconds(topology.at))?;
    for (low, high) in &topology.edges {
        writeln!(to, "{low}\t{high}")?;
    }
    to.flush()
}
