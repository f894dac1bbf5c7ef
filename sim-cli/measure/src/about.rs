//! What a metric is, in words: the documentation of the summary, with the words of the numbers within a field.

use super::metrics::{FIELDS, Meaning, Unit, UnknownMetric, Worse, find, phase};
use super::own;

/// What the last word of a metric says of its field. `FIELD.word` stands before `word`.
const LEAVES: &[(&str, &str)] = &[
    ("attachment.links", "How many landings there were at samples of the window."),
    ("attachment.degree", "Mean degree of the nodes landed on."),
    ("attachment.by_degree", "What that would be if degrees decided."),
    ("attachment.uniform", "What it would be if nothing did."),
    ("attachment.chi2", "How far the landings are from the law that degrees decide."),
    ("topology.nodes", "Joined nodes."),
    ("topology.links", "Edges."),
    ("topology.degree_max", "Greatest degree."),
    ("topology.components", "Connected components."),
    (
        "topology.clustering",
        "Mean local clustering: how many neighbors of a node are neighbors of each other.",
    ),
    ("topology.triangles", "Triangles."),
    ("topology.asp", "Mean distance of two nodes, in hops."),
    ("topology.asp_sources", "From how many nodes distances were taken: all, or a sample."),
    ("topology.diameter", "Greatest distance from those nodes, in hops."),
    ("topology.assortativity", "Correlation of the degrees at both ends of a link."),
    ("adversary.delivery_honest", "Deliveries on time / receivers, from honest origins to honest slots."),
    (
        "adversary.delivery_to_victims",
        "The same, to victims: slots that an adversary connects to or censors by number.",
    ),
    ("adversary.delivery_from_victims", "The same, from victims to honest slots."),
    (
        "adversary.latency_p50_ms",
        "Publish to delivery from honest origins to honest slots: half took no longer.",
    ),
    (
        "adversary.latency_p99_ms",
        "Publish to delivery from honest origins to honest slots: 99 of 100 took no longer.",
    ),
    (
        "adversary.cut_off_ms",
        "Longest time that a victim was cut off from honest nodes; without victims, any of them.",
    ),
    ("adversary.view_mean", "Hostile share of the peers of an honest node, mean over nodes and samples."),
    ("adversary.view_max", "The greatest such share of any node at any sample."),
    (
        "adversary.majority_mean",
        "Share of honest nodes with more hostile peers than honest ones, mean over samples.",
    ),
    ("adversary.majority_max", "The greatest such share of any sample."),
    ("adversary.links", "Edges between hostile and honest nodes, mean over samples."),
    ("adversary.packets", "Packets that hostile nodes sent."),
    ("adversary.identities", "Hostile slots, and names that they made up."),
    ("adversary.payloads_dropped", "Packets with a message that they did not pass on."),
    ("adversary.packets_dropped", "Packets that they did not pass on."),
    ("adversary.packets_delayed", "Packets that they held back."),
    ("adversary.delay_ms", "For how long they held these back, in the mean."),
    ("adversary.packets_repeated", "Packets that they sent once more."),
    ("adversary.packets_forged", "Packets that they invented."),
    ("adversary.packets_altered", "Packets that they altered."),
    ("adversary.packets_ignored", "Packets that they did not take in."),
    ("adversary.spy_recall", "Share of the messages of honest origins whose origin they guess."),
    ("adversary.spy_precision", "Share of guesses that are right, mean over honest nodes that published."),
    ("bytes_sent.payload", "Of packets that carry a message."),
    ("bytes_sent.control", "Of all other packets."),
    ("packets_per_node.mean", "Mean over the slots that were ever up."),
    ("packets_per_node.max", "That of the busiest slot."),
    ("per_node_s.bytes", "Bytes of all packets."),
    ("per_node_s.control", "Packets without a message."),
    ("rmr.mean", "Mean over the counted messages that reached somebody."),
    ("rmr_sent.mean", "Mean over the counted messages that reached somebody."),
    ("ldh.mean", "Mean over the counted messages that reached somebody."),
    ("degree.mean", "Mean over the samples of the window of the mean degree."),
    ("degree.min", "The least of any node at any sample of the window."),
    ("degree.max", "The greatest of any node at any sample of the window."),
    ("mean", "Mean over the samples of the window."),
    ("min", "The smallest."),
    ("max", "The greatest."),
    ("end", "At the end of the run."),
    ("left_out", "Counted messages that reached nobody, and have none."),
    ("p50", "Half of them took no longer."),
    ("p90", "90 of 100 took no longer."),
    ("p99", "99 of 100 took no longer."),
    ("packets", "All packets."),
    ("payloads", "Packets that carry a message."),
];

/// What the fields of a fault are.
const OF_FAULTS: &[(&str, &str)] = &[
    ("from_s", "When the fault began, in seconds."),
    ("until_s", "When it was over, in seconds: for a crash the return; equal to from_s when there is none."),
    ("slots", "How many slots it hit. At 0 it did nothing."),
    ("delivery.before", "Delivery ratio of the messages published before the fault."),
    ("delivery.during", "Delivery ratio of the messages published while it lasted."),
    ("delivery.after", "Delivery ratio of the messages published after it."),
    ("components.before", "Mean number of components before the fault."),
    ("components.during", "Mean number of components while it lasted."),
    ("components.after", "Mean number of components after it."),
    ("heal_ms", "From its end until all joined nodes are one component for 5 s."),
    ("degree_ms", "From its end until 99 % of the joined nodes have the target degree."),
];

/// What the metric called `name` is.
///
/// # Errors
/// No summary has it.
pub fn about(name: &str) -> Result<String, UnknownMetric> {
    find(name)?;
    if let Some((measure, number)) = own::find(name) {
        let number = number.and_then(|number| LEAVES.iter().find(|(of, _)| *of == number));
        return Ok(format!("{} {}", measure.about, number.map_or("", |(_, text)| text))
            .trim_end()
            .to_owned());
    }
    let of = |table: &[(&str, &'static str)], key: &str| {
        table.iter().find(|(of, _)| *of == key).map(|(_, text)| *text)
    };
    if let Some((_, field)) = phase(name) {
        return Ok(of(OF_FAULTS, field).unwrap_or_default().to_owned());
    }
    let (field, leaf) = name.split_once('.').unwrap_or((name, ""));
    let of_field = FIELDS.iter().find(|(of, _)| *of == field);
    let text = of_field.map(|(_, lines)| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "));
    let text = text.unwrap_or_default();
    if let Some(reason) = leaf.strip_prefix("by_reason.").or((field == "drops").then_some(leaf)) {
        return Ok(format!("{text} For the reason `{reason}`; 0 when nothing was."));
    }
    if let Some((kind, number)) = leaf.rsplit_once('.').filter(|_| field == "kinds") {
        return Ok(format!("{text} Of `{kind}`, in {number}; 0 when nothing was sent."));
    }
    let leaf = of(LEAVES, name).or_else(|| of(LEAVES, leaf)).unwrap_or_default();
    Ok(format!("{text} {leaf}").trim_end().to_owned())
}

/// Unit, and which way is worse.
#[must_use]
pub fn meaning(meaning: &Meaning) -> String {
    let unit = match meaning.unit {
        Unit::Plain => "a number",
        Unit::Share => "a share in [0, 1]",
        Unit::Millis => "milliseconds, or \"never\"",
    };
    let worse = match meaning.worse {
        Worse::Higher => "; higher is worse",
        Worse::Lower => "; lower is worse",
        Worse::Neither => "",
    };
    format!("{unit}{worse}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{METRICS, PHASE_METRICS};

    #[test]
    fn every_metric_and_every_part_of_one_has_words() {
        for metric in METRICS {
            let (field, leaf) = metric.path.split_once('.').unwrap_or((metric.path, ""));
            let said = about(metric.path).unwrap();
            assert!(said.ends_with('.') && said.len() > 5, "{}: {said}", metric.path);
            let known = LEAVES.iter().any(|(of, _)| *of == metric.path || *of == leaf);
            assert!(leaf.is_empty() || known, "{field}.{leaf} has no words of its own");
        }
        for metric in PHASE_METRICS {
            assert_ne!(about(&format!("phases.0.{}", metric.path)).unwrap(), "", "{}", metric.path);
        }
        assert!(LEAVES.iter().all(|(of, _)| {
            METRICS.iter().any(|metric| metric.path == *of || metric.path.ends_with(&format!(".{of}")))
        }));
    }

    #[test]
    fn words_come_from_the_summary() {
        for (metric, said) in [
            ("delivery_ratio", "Deliveries on time / receivers."),
            (
                "latency_ms.p99",
                "Publish to delivery over all pairs of message and receiver. 99 of 100 took no longer.",
            ),
            (
                "drops.loss",
                "Losses of the network and drops of protocols, by reason. For the reason `loss`; 0 when nothing was.",
            ),
            ("phases.cut.slots", "How many slots it hit. At 0 it did nothing."),
        ] {
            assert_eq!(about(metric).unwrap(), said);
        }
        assert!(about("deliverance").is_err());
        assert_eq!(meaning(&find("delivery_ratio").unwrap()), "a share in [0, 1]; lower is worse");
    }
}
