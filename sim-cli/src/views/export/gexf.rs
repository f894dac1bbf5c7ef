//! A whole run as GEXF 1.3 (<https://gexf.net>): nodes and edges with the times at which they are there, so that Gephi
//! plays it.

use std::io::{self, Write};

use floodnet_core::time::Time;
use floodnet_measure::seconds;
use floodnet_measure::tables::Labels;
use floodnet_text::markup::Escaped;

use super::{LifeSpan, LinkSpan, Timeline};

/// Writes a run that ends at `end`. Nodes are named by their slots. What is there at the end has no end.
///
/// # Errors
/// When `to` cannot be written.
pub fn write_gexf(
    mut to: impl Write,
    name: &str,
    timeline: &Timeline,
    labels: &impl Labels,
    end: Time,
) -> io::Result<()> {
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<gexf xmlns="http://gexf.net/1.3" version="1.3">"#)?;
    writeln!(to, "  <meta><description>{}</description></meta>", Escaped(name))?;
    let end = seconds(end);
    writeln!(
        to,
        r#"  <graph mode="dynamic" defaultedgetype="undirected" timeformat="double" start="0" end="{end}">"#
    )?;
    writeln!(to, r#"    <attributes class="node" mode="static">"#)?;
    for (id, kind) in
        [("region", "string"), ("class", "string"), ("joined_s", "double"), ("lives", "integer")]
    {
        writeln!(to, r#"      <attribute id="{id}" title="{id}" type="{kind}"/>"#)?;
    }
    writeln!(to, "    </attributes>\n    <nodes>")?;
    for lives in timeline.lives.chunk_by(|a, b| a.slot == b.slot) {
        write_node(&mut to, lives, labels)?;
    }
    writeln!(to, "    </nodes>\n    <edges>")?;
    // A link that was there several times is one edge with several spells: readers refuse a second edge of a pair.
    let pairs = timeline.links.chunk_by(|a, b| (a.low, a.high) == (b.low, b.high));
    for (number, spans) in pairs.enumerate() {
        let LinkSpan { low, high, .. } = spans[0];
        writeln!(to, r#"      <edge id="{number}" source="{low}" target="{high}"><spells>"#)?;
        write_spells(&mut to, spans.iter().map(|span| (span.from, span.until)))?;
        writeln!(to, "      </spells></edge>")?;
    }
    writeln!(to, "    </edges>\n  </graph>\n</gexf>")?;
    to.flush()
}

fn write_node(to: &mut impl Write, lives: &[LifeSpan], labels: &impl Labels) -> io::Result<()> {
    let slot = lives[0].slot;
    writeln!(to, r#"      <node id="{slot}" label="{slot}"><attvalues>"#)?;
    let joined = lives.iter().find_map(|life| life.joined).map(|joined| seconds(joined).to_string());
    let values = [
        ("region", labels.region(slot).map(str::to_owned)),
        ("class", labels.class(slot).map(str::to_owned)),
        ("joined_s", joined),
        ("lives", Some(lives.len().to_string())),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            writeln!(to, r#"        <attvalue for="{name}" value="{}"/>"#, Escaped(&value))?;
        }
    }
    writeln!(to, "      </attvalues><spells>")?;
    write_spells(to, lives.iter().map(|life| (life.from, life.until)))?;
    writeln!(to, "      </spells></node>")
}

fn write_spells(to: &mut impl Write, spans: impl Iterator<Item = (Time, Option<Time>)>) -> io::Result<()> {
    for (from, until) in spans {
        let end = until.map_or_else(String::new, |until| format!(r#" end="{}""#, seconds(until)));
        writeln!(to, r#"        <spell start="{}"{end}/>"#, seconds(from))?;
    }
    Ok(())
}
