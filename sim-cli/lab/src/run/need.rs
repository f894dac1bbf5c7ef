//! How much memory a run will need, told from its scenario before anything of it is made.
//!
//! A model: bytes per node, per link and per message. Its constants were fitted on measured runs; `docs/scale.md` holds
//! it against others. It knows the slots and the tables of connections as the engine has them, and the memory of seen
//! messages as nodes have it, so it follows a scenario where those grow.

use floodnet_core::seen::SeenLimits;
use floodnet_sim::plan::MOST_MESSAGES;
use floodnet_sim::spec::{Timing, Transport};

use floodnet_scenario::{Scenario, Traffic};

/// What a program takes before it has any node.
const PROGRAM: u64 = 14_000_000;
/// Of a node besides its slot: its lives in the plan, what measures know of it, and its share of the last look at the
/// graph.
const NODE: u64 = 200;
/// Of an end of a link: its place in the table of connections, with the room that the table keeps free.
const LINK_END: u64 = 64;
/// Of an end of a link of a given graph: the graph itself, and drawing it.
const GIVEN_END: u64 = 66;
/// Of an event that waits, with the room in the pages of the queue.
const EVENT: u64 = 36;
/// Where nobody says how many links a node has.
const DEGREE: u64 = 6;
/// The share of its packets that a flood has on their way at its height, in percent.
const HEIGHT: u64 = 60;
/// Packets are on their way for so long, in nanoseconds, where messages follow each other.
const ON_THEIR_WAY: u64 = 100_000_000;
/// Up to so many messages are remembered without more memory than a slot has.
const FEW: u64 = 24;
/// Up to so many by four bytes each, more by eight.
const MANY: u64 = 640;
/// How much more than it holds a collection takes that has grown in all nodes at once, in percent.
const GROWN: u64 = 160;

/// What a run will need, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// How many slots it has.
    pub slots: u32,
    /// Of all slots and what is kept for each.
    pub nodes: u64,
    /// Of all links.
    pub links: u64,
    /// Of the messages that nodes remember.
    pub messages: u64,
    /// Of events at the busiest time.
    pub events: u64,
}

impl Need {
    /// All of it, with the program.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        PROGRAM
            .saturating_add(self.nodes)
            .saturating_add(self.links)
            .saturating_add(self.messages)
            .saturating_add(self.events)
    }
}

/// What is known of a run before it is prepared.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    /// Bytes of a slot.
    pub(crate) slot: u64,
    /// Links of the network, if the overlay can tell.
    pub(crate) links: Option<u64>,
    /// Whether they are those of a given graph.
    pub(crate) is_given: bool,
    /// Which messages a node remembers.
    pub(crate) remembers: SeenLimits,
}

impl Outline {
    /// What a run of `scenario` with so many slots will need.
    pub(crate) fn need(&self, scenario: &Scenario, slots: u32) -> Need {
        let nodes = u64::from(slots);
        let ends = self.links.unwrap_or(nodes.saturating_mul(DEGREE) / 2).saturating_mul(2);
        let streams = streams(scenario);
        let of_message = match remembered(&self.remembers, &streams) {
            0..=FEW => 0,
            known if known <= MANY => 4 * known.next_power_of_two(),
            known => 8 * known.next_power_of_two(),
        };
        // Datagrams have no connections.
        let of_end =
            if is_stream(scenario) { LINK_END } else { 0 } + if self.is_given { GIVEN_END } else { 0 };
        Need {
            slots,
            nodes: nodes.saturating_mul(self.slot + NODE),
            links: ends.saturating_mul(of_end),
            messages: percent(nodes.saturating_mul(of_message), GROWN),
            events: events(scenario, (nodes, ends), &streams).saturating_mul(EVENT),
        }
    }
}

/// Messages that follow each other.
struct Stream {
    count: u64,
    /// From one to the next, in nanoseconds.
    gap: u64,
}

impl Stream {
    /// How many come within this time.
    fn within(&self, nanos: u64) -> u64 {
        self.count.min(nanos / self.gap + 1)
    }
}

/// The messages of a scenario, as it says them.
fn streams(scenario: &Scenario) -> Vec<Stream> {
    let of = |traffic: &Traffic| {
        let (Timing::Every(gap) | Timing::Poisson(gap)) = traffic.timing()?;
        let gap = gap.as_nanos().max(1);
        let lasts = traffic.stop.as_nanos().saturating_sub(traffic.start.as_nanos());
        let count = lasts.div_ceil(gap);
        // More is refused where the plan is drawn, which says why.
        (count <= MOST_MESSAGES as u64).then_some(Stream { count, gap })
    };
    scenario.traffic.iter().filter_map(of).collect()
}

/// The most messages that a node remembers at a time.
fn remembered(limits: &SeenLimits, streams: &[Stream]) -> u64 {
    let kept = limits.ttl.map_or(u64::MAX, |ttl| ttl.as_nanos());
    let all = streams.iter().map(|stream| stream.within(kept)).sum::<u64>();
    limits.capacity.map_or(all, |most| all.min(u64::from(most)))
}

/// Events that wait at the busiest time, of so many nodes with so many ends of links.
fn events(scenario: &Scenario, (nodes, ends): (u64, u64), streams: &[Stream]) -> u64 {
    // Timers, and what churn sets off.
    let timers = if scenario.churn.is_some() { 12 } else { 1 };
    // All connections at once.
    let dials =
        if is_stream(scenario) && scenario.nodes.arrive.is_zero() { ends.saturating_mul(3) } else { 0 };
    // A message goes over each link but to who sent it; of one alone, or of all that follow closely.
    let packets = ends.saturating_sub(nodes);
    let one = if streams.is_empty() { 0 } else { percent(packets, HEIGHT) };
    let rate: u64 = streams.iter().map(|stream| stream.within(ON_THEIR_WAY) - 1).sum();
    nodes.saturating_mul(timers).saturating_add(dials.max(one).max(packets.saturating_mul(rate)))
}

fn is_stream(scenario: &Scenario) -> bool {
    scenario.link.transport == Transport::Stream
}

const fn percent(of: u64, percent: u64) -> u64 {
    (of / 100).saturating_mul(percent).saturating_add(of % 100 * percent / 100)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Protocols;
    use crate::simulate::need;

    /// Two thousand nodes in a ring, or as `overlay` says.
    fn of(overlay: &str, more: &str) -> Need {
        let protocols = Protocols::builtin();
        let text = format!(
            "name = \"x\"\nduration = \"1h\"\n[nodes]\ncount = 2000\n[overlay.{overlay}]\n[broadcast.flood]\n{more}"
        );
        let scenario = Scenario::parse("x.toml", &text, Path::new(""), &[], protocols.tables());
        need(&scenario.unwrap_or_else(|wrong| panic!("{wrong}")), &protocols).unwrap().unwrap()
    }

    #[test]
    fn the_need_follows_what_grows() {
        let traffic = |every: &str| {
            format!("[[traffic]]\nfrom = 0\nevery = \"{every}\"\nstart = \"1s\"\nstop = \"901s\"\n")
        };
        let ring = of("static]\nring = true\n#", "");
        assert_eq!((ring.slots, ring.messages), (2000, 0));
        assert!(ring.nodes > 2000 * 400 && ring.bytes() > PROGRAM + ring.nodes + ring.links);
        // Nearly two million links, of which each has two ends.
        let complete = of("static]\ncomplete = true\n#", "");
        assert!(complete.links > 990 * ring.links && complete.nodes == ring.nodes);
        // 900 messages, and as many as nodes remember.
        let many = of("random_walk", &traffic("1s"));
        assert_eq!(many.messages, percent(2000 * 8 * 1024, GROWN));
        let all = of("random_walk", &traffic("1ms"));
        assert_eq!(all.messages, percent(2000 * 8 * 65_536, GROWN), "the default of seen");
        let few = of("random_walk", &format!("seen = 20\n{}", traffic("1ms")));
        assert_eq!(few.messages, 0);
        let brief = of("random_walk", &format!("seen_for = \"10s\"\n{}", traffic("100ms")));
        assert_eq!(brief.messages, percent(2000 * 4 * 128, GROWN));
        assert!(all.events > 90 * many.events / 10, "a thousand a second are on their way together");
        let datagrams = of("random_walk", "[link]\ntransport = \"datagram\"\n");
        assert_eq!(datagrams.links, 0);
    }

    #[test]
    fn the_most_nodes_are_not_too_many_to_be_told() {
        let protocols = Protocols::builtin();
        let text = "name = \"x\"\nduration = \"1h\"\n[nodes]\ncount = 134217728\n[overlay.random_walk]\n[broadcast.flood]\n";
        let scenario = Scenario::parse("x.toml", text, Path::new(""), &[], protocols.tables()).unwrap();
        let need = need(&scenario, &protocols).unwrap().unwrap();
        assert!(need.bytes() > 100_000_000_000, "{need:?}");
    }
}
