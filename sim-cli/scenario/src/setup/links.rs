//! The scenario's links, classes and regions as the simulator takes them.

use floodnet_core::distributions::Regions as RegionTable;
use floodnet_core::rng::Purpose;
use floodnet_sim::graph::read_matrix;
use floodnet_sim::link::{Delays, LinkError, LinkModel};
use floodnet_sim::plan::assign_shares;
use floodnet_sim::read::open;
use floodnet_sim::rng::PlanRng;

use crate::{Complaint, Latency, Matrix, Scenario};

/// The link model; what a reader should know is added to `notes`.
pub(super) fn model(
    scenario: &Scenario,
    slots: u32,
    notes: &mut Vec<String>,
) -> Result<LinkModel, Complaint> {
    let class_of = class_of(scenario, slots)?;
    let mut links = LinkModel::new(scenario.link.clone());
    match &scenario.link.latency {
        Latency::Regions(regions) => links.delays = regional(scenario, slots, &class_of, regions.table())?,
        Latency::Matrix(matrix) => links.delays = measured(matrix, slots, notes)?,
        Latency::Constant(_) | Latency::Uniform { .. } | Latency::Lognormal { .. } => {}
    }
    if !scenario.classes.is_empty() {
        links.classes.clone_from(&scenario.classes);
    }
    links.class_of = class_of;
    Ok(links)
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

/// Each slot in the region of its class, or in one drawn by the regions' weights.
fn regional(
    scenario: &Scenario,
    slots: u32,
    class_of: &[u8],
    table: &RegionTable,
) -> Result<Delays, Complaint> {
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
    Ok(Delays::Table {
        row: drawn.iter().enumerate().map(region_of).collect(),
        size: u32::try_from(size).unwrap_or(u32::MAX),
        one_way: pairs.map(|(from, to)| table.one_way(from, to)).collect(),
    })
}

/// Each slot in the place of a measured host, by its number modulo the number of hosts.
fn measured(matrix: &Matrix, slots: u32, notes: &mut Vec<String>) -> Result<Delays, Complaint> {
    const KEY: &str = "link.latency.matrix.file";
    let file = &matrix.file;
    let opened = open(file).map_err(|error| super::unreadable(KEY, &error))?;
    let read = read_matrix(opened, matrix.unit.nanos(), matrix.rtt)
        .map_err(|error| super::malformed(KEY, file, &error))?;
    if read.n < slots {
        notes.push(format!(
            "the latency matrix has {} hosts for {slots} slots: slot s takes the place of host s modulo {}",
            read.n, read.n
        ));
    }
    Ok(Delays::Table {
        row: (0..slots).map(|slot| slot % read.n).collect(),
        size: read.n,
        one_way: read.one_way,
    })
}
