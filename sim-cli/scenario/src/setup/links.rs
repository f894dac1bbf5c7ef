//! The scenario's links, classes and regions as the simulator takes them.

use std::fs;

use floodnet_core::distributions::{Distribution, Regions as RegionTable, share_to_threshold};
use floodnet_core::rng::Purpose;
use floodnet_sim::graph::read_matrix;
use floodnet_sim::link::{Class, Latency, LinkError, LinkModel, Per};
use floodnet_sim::plan::assign_shares;
use floodnet_sim::rng::PlanRng;

use crate::{self as scenario, Complaint, Matrix, Scenario};

/// The link model; what a reader should know is added to `notes`.
pub(super) fn model(
    scenario: &Scenario,
    slots: u32,
    notes: &mut Vec<String>,
) -> Result<LinkModel, Complaint> {
    let link = &scenario.link;
    let class_of = class_of(scenario, slots)?;
    Ok(LinkModel {
        transport: super::transport(link.transport),
        latency: latency(scenario, slots, &class_of, notes)?,
        per: match link.per {
            scenario::Per::Link => Per::Link,
            scenario::Per::Packet => Per::Packet,
        },
        floor: link.floor.0,
        jitter: link.jitter.0,
        loss: share_to_threshold(link.loss),
        queue: link.queue.bytes(),
        rto: link.rto.0,
        break_after: link.break_after.0,
        dial_timeout: link.dial_timeout.0,
        handshake: link.handshake,
        ping: link.ping.0,
        dead_after: link.dead_after.0,
        classes: classes(scenario),
        class_of,
    })
}

/// What to change about links that cannot work.
pub(super) fn complaint(error: LinkError) -> Complaint {
    let label = match error.key {
        "rto" | "break_after" | "dial_timeout" | "dead_after" => {
            "write more, or make the shortest latency shorter"
        }
        _ => "",
    };
    let LinkError { key, problem } = error;
    Complaint::new(format!("link.{key}"), format!("link.{key} {problem}"), label)
}

/// Access lines: one for each class, or the link's own for all.
fn classes(scenario: &Scenario) -> Vec<Class> {
    let line = |up: scenario::units::Rate, down: scenario::units::Rate, reachable| Class {
        up: up.bits_per_second(),
        down: down.bits_per_second(),
        reachable,
    };
    if scenario.classes.is_empty() {
        return vec![line(scenario.link.up, scenario.link.down, true)];
    }
    scenario.classes.iter().map(|class| line(class.up, class.down, class.reachable)).collect()
}

/// The class of each slot; empty when there is one for all.
fn class_of(scenario: &Scenario, slots: u32) -> Result<Vec<u8>, Complaint> {
    if scenario.classes.is_empty() {
        return Ok(Vec::new());
    }
    let shares: Vec<f64> = scenario.classes.iter().map(|class| class.share).collect();
    let mut rng = PlanRng::new(scenario.seed, Purpose::Classes, 0);
    assign_shares(slots, &shares, &mut rng).ok_or_else(|| {
        Complaint::new("class", "the shares of the classes cannot be dealt out", "they sum to 1")
    })
}

fn latency(
    scenario: &Scenario,
    slots: u32,
    class_of: &[u8],
    notes: &mut Vec<String>,
) -> Result<Latency, Complaint> {
    Ok(match &scenario.link.latency {
        scenario::Latency::Constant(delay) => Latency::Distribution(Distribution::Constant(delay.0)),
        scenario::Latency::Uniform { min, max } => {
            Latency::Distribution(Distribution::Uniform { min: min.0, max: max.0 })
        }
        scenario::Latency::Lognormal { median, sigma } => {
            Latency::Distribution(Distribution::Lognormal { median: median.0, sigma: *sigma })
        }
        scenario::Latency::Regions(regions) => regional(scenario, slots, class_of, regions.table())?,
        scenario::Latency::Matrix(matrix) => measured(matrix, slots, notes)?,
    })
}

/// Each slot in the region of its class, or in one drawn by the regions' weights.
fn regional(
    scenario: &Scenario,
    slots: u32,
    class_of: &[u8],
    table: &RegionTable,
) -> Result<Latency, Complaint> {
    let weights: Vec<f64> = table.weights.iter().map(|&weight| f64::from(weight)).collect();
    let mut rng = PlanRng::new(scenario.seed, Purpose::Regions, 0);
    let drawn = assign_shares(slots, &weights, &mut rng)
        .ok_or_else(|| Complaint::new("link.latency.regions", "the regions cannot be dealt out", ""))?;
    let given = |slot: usize| {
        let class = scenario.classes.get(usize::from(*class_of.get(slot)?))?;
        table.number(class.region.as_deref()?)
    };
    let region_of = |(slot, drawn): (usize, &u8)| {
        given(slot).map_or(u32::from(*drawn), |region| u32::try_from(region).unwrap_or(0))
    };
    let size = table.len();
    let pairs = (0..size).flat_map(|from| (0..size).map(move |to| (from, to)));
    Ok(Latency::Table {
        row: drawn.iter().enumerate().map(region_of).collect(),
        size: u32::try_from(size).unwrap_or(u32::MAX),
        one_way: pairs.map(|(from, to)| table.one_way(from, to)).collect(),
    })
}

/// Each slot in the place of a measured host, by its number modulo the number of hosts.
fn measured(matrix: &Matrix, slots: u32, notes: &mut Vec<String>) -> Result<Latency, Complaint> {
    const KEY: &str = "link.latency.matrix.file";
    let file = &matrix.file;
    let text = fs::read_to_string(file).map_err(|error| super::unreadable(KEY, file, &error))?;
    let form = "a matrix has a row for each host, and a delay to each host in every row";
    let read = read_matrix(&text, matrix.unit.nanos(), matrix.rtt)
        .map_err(|error| super::malformed(KEY, file, &error, form))?;
    if read.n < slots {
        notes.push(format!(
            "the latency matrix has {} hosts for {slots} slots: slot s takes the place of host s modulo {}",
            read.n, read.n
        ));
    }
    Ok(Latency::Table {
        row: (0..slots).map(|slot| slot % read.n).collect(),
        size: read.n,
        one_way: read.one_way,
    })
}
