//! What adversaries do to a run, and what it costs them. Only runs with adversaries have these measures.
//!
//! - `delivery_honest`: the delivery ratio over messages of honest origins and honest receivers.
//! - `delivery_to_victims`: the same over receivers that are victims: slots that an adversary connects to by number, or
//!   whose messages it drops. `delivery_from_victims`: over messages that victims have published.
//! - `latency_p50_ms`, `latency_p99_ms`: publish to delivery over pairs of a message of an honest origin and an honest
//!   receiver. What adversaries add is the difference to a run without.
//! - `cut_off_ms`: the longest time, over samples from the first attack on, that a victim was joined and outside of the
//!   largest component of honest nodes over edges between honest nodes. Where nobody is named as a victim, of any
//!   honest node.
//! - `view_mean`, `view_max`: hostile share of the peers that an honest joined node holds, mean over nodes and then
//!   samples, and the greatest of all. `majority_mean`, `majority_max`: share of honest nodes of whose peers more than
//!   half are hostile.
//! - Cost: `links`, edges between hostile and honest nodes, mean over samples; `packets`, packets that hostile nodes
//!   sent; `identities`, hostile slots and the names that they made up.
//! - `payloads_dropped`, `packets_dropped`: what they did not pass on. `delay_ms`: mean time for which a packet that
//!   was held back was late. `packets_delayed`, `_repeated`, `_forged`, `_altered`, `_ignored`: how many packets.
//! - `spy_recall`: share of the messages of honest origins whose origin the adversaries guess, all of them pooling what
//!   they hear. `spy_precision`: of the messages that are held to be of a node, the share that is of it; mean over
//!   honest nodes that published, 0 for a node that is never named.

use std::collections::{BTreeMap, BTreeSet};

use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::Plan;
use petgraph::unionfind::UnionFind;
use serde::{Deserialize, Serialize};

use super::deeds::{Deeds, HostileRow};
use super::delivery::{Deliveries, Message};
use super::fault_cuts::Cuts;
use super::graph::{Isolation, largest};
use super::latency::{Latencies, Ms};
use super::lifecycle::Everybody;
use super::neighbors::Neighbors;
use super::number::{RunningStats, ratio, span_ms};
use super::part::Part;
use super::schedule::{Schedule, sums};
use super::series::Averages;

/// Looks at the graph again and again for what adversaries did to it.
#[derive(Debug)]
pub(super) struct Watch {
    outside: Isolation,
    longest: Duration,
    /// When the first adversary begins.
    first: Time,
}

impl Watch {
    /// None for a plan without adversaries.
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        let starts = plan.adversaries.groups.iter().map(|group| {
            let connects = group.spec.connects_at().map_or(Time::MAX, |at| at.after_start());
            group.start.min(connects)
        });
        let first = starts.min()?;
        Some(Self { outside: Isolation::default(), longest: Duration::ZERO, first })
    }

    /// Takes a sample.
    pub(super) fn sample(
        &mut self,
        at: Time,
        plan: &Plan,
        neighbors: &Neighbors,
        slots: &Everybody<'_>,
        cuts: &Cuts<'_>,
    ) -> HostileRow {
        let adversaries = &plan.adversaries;
        let honest = || {
            let joined = (0..).zip(slots.slots()).filter(|(_, state)| state.is_joined());
            joined.map(|(slot, _): (u32, _)| slot).filter(|&slot| !adversaries.contains(slot))
        };
        let mut union = UnionFind::<u32>::new(slots.len());
        let (mut shares, mut majority, mut row) = (RunningStats::default(), 0, HostileRow::default());
        for slot in honest() {
            let (mut hostile, mut all) = (0, 0);
            for peer in neighbors.held_by(slot) {
                all += 1;
                hostile += u64::from(adversaries.contains(peer));
            }
            if all > 0 {
                shares.add(hostile as f64 / all as f64);
                majority += u64::from(2 * hostile > all);
            }
            // Honest nodes hang together only over honest ones, so links to adversaries join nothing.
            for peer in neighbors.edges_at(slot, cuts) {
                if adversaries.contains(peer) {
                    row.hostile_links += 1;
                } else if slot < peer {
                    union.union(slot, peer);
                }
            }
        }
        let (_, outside) = largest(&union.into_labeling(), honest);
        row.honest_cut_off = u32::try_from(outside.len()).unwrap_or(u32::MAX);
        row.hostile_share = shares.mean();
        row.hostile_share_max = shares.max();
        row.hostile_majority = ratio(majority, shares.count());
        self.cut_off(at, plan, outside, slots);
        row
    }

    /// Notes who is cut off, of the victims if there are any.
    fn cut_off(&mut self, at: Time, plan: &Plan, mut outside: Vec<u32>, slots: &Everybody<'_>) {
        let victims = plan.adversaries.victims();
        outside.retain(|slot| at >= self.first && (victims.is_empty() || victims.contains(slot)));
        self.outside.sample(at, &outside, slots);
        self.longest = self.longest.max(self.outside.longest(at));
    }
}

/// What adversaries did to a run, and what it cost them; nothing in a run without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hostility {
    /// Deliveries on time / receivers, of messages of honest origins at honest slots.
    pub delivery_honest: Option<f64>,
    /// The same at victims.
    pub delivery_to_victims: Option<f64>,
    /// Of messages of victims, at honest slots.
    pub delivery_from_victims: Option<f64>,
    /// Publish to delivery from honest origins to honest receivers, half of the pairs.
    pub latency_p50_ms: Option<Ms>,
    /// The same, 99 of 100 pairs.
    pub latency_p99_ms: Option<Ms>,
    /// Longest time that a victim was cut off from the honest nodes, in milliseconds; without victims, any honest node.
    pub cut_off_ms: Option<f64>,
    /// Hostile share of the peers that an honest node holds.
    pub view_mean: Option<f64>,
    /// The greatest such share of any node at any sample.
    pub view_max: Option<f64>,
    /// Share of honest nodes with more hostile peers than honest ones.
    pub majority_mean: Option<f64>,
    /// The greatest such share of any sample.
    pub majority_max: Option<f64>,
    /// Edges between hostile and honest nodes, mean over samples.
    pub links: Option<f64>,
    /// Packets that hostile nodes sent.
    pub packets: Option<u64>,
    /// Hostile slots, and names that they made up.
    pub identities: Option<u64>,
    /// Packets with a message that were not passed on.
    pub payloads_dropped: Option<u64>,
    /// Packets that were not passed on.
    pub packets_dropped: Option<u64>,
    /// Packets that were held back.
    pub packets_delayed: Option<u64>,
    /// For how long these were held back, in the mean; in milliseconds.
    pub delay_ms: Option<f64>,
    /// Packets that were sent once more.
    pub packets_repeated: Option<u64>,
    /// Packets that were invented.
    pub packets_forged: Option<u64>,
    /// Packets that were altered.
    pub packets_altered: Option<u64>,
    /// Packets that were not taken in.
    pub packets_ignored: Option<u64>,
    /// Share of the messages of honest origins whose origin is guessed.
    pub spy_recall: Option<f64>,
    /// Share of guesses that are right, mean over honest nodes that published.
    pub spy_precision: Option<f64>,
}

impl Hostility {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What the measures of adversaries are made of, at the end of a run.
pub(super) struct Sources<'a> {
    pub(super) plan: &'a Plan,
    pub(super) schedule: &'a Schedule,
    pub(super) parts: &'a [Part],
    pub(super) deliveries: &'a Deliveries,
    pub(super) window: &'a Averages<'a>,
    pub(super) end: Time,
    /// Whether the run reached its end.
    pub(super) complete: bool,
}

impl Sources<'_> {
    /// The measures.
    pub(super) fn measures(&self, watch: &Watch) -> Hostility {
        let mut deeds = Deeds::default();
        self.parts.iter().for_each(|part| deeds.add(&part.deeds));
        let adversaries = &self.plan.adversaries;
        let rows = || self.window.0.iter().filter_map(|row| row.hostile);
        let over = |of: fn(HostileRow) -> Option<f64>| rows().filter_map(of).collect::<RunningStats>();
        let (view, majority) = (over(|row| row.hostile_share), over(|row| row.hostile_majority));
        let made_up: u64 = adversaries.groups.iter().map(|group| group.names.len() as u64).sum();
        let packets = adversaries
            .slots()
            .map(|slot| self.parts.iter().map(|part| u64::from(part.load.sent_by(slot))).sum::<u64>());
        // Without a delayed packet there is no mean of delays, which is not a delay of zero.
        let delay = (deeds.delayed > 0).then(|| deeds.delay / u128::from(deeds.delayed));
        let (spy_recall, spy_precision) = self.guesses(&deeds).unwrap_or_default();
        Hostility {
            view_mean: view.mean(),
            view_max: over(|row| row.hostile_share_max).max(),
            majority_mean: majority.mean(),
            majority_max: majority.max(),
            links: over(|row| Some(row.hostile_links as f64)).mean(),
            packets: Some(packets.sum()),
            identities: Some(adversaries.slots().count() as u64 + if deeds.forged > 0 { made_up } else { 0 }),
            cut_off_ms: Some(span_ms(watch.longest)),
            payloads_dropped: Some(deeds.payloads_dropped),
            packets_dropped: Some(deeds.dropped),
            packets_delayed: Some(deeds.delayed),
            delay_ms: delay.map(|mean| span_ms(Duration::from_nanos(mean as u64))),
            packets_repeated: Some(deeds.repeated),
            packets_forged: Some(deeds.forged),
            packets_altered: Some(deeds.altered),
            packets_ignored: Some(deeds.ignored),
            spy_recall,
            spy_precision,
            ..self.delivery()
        }
    }

    /// The counted messages of honest origins, with their numbers.
    fn honest_messages(&self) -> impl Iterator<Item = (u32, &Message)> {
        let all = (0..).zip(&self.deliveries.messages);
        all.filter(|(_, message)| {
            message.is_counted(self.end) && !self.plan.adversaries.contains(message.origin)
        })
    }

    /// Delivery to and from whom it matters.
    fn delivery(&self) -> Hostility {
        let adversaries = &self.plan.adversaries;
        let hostile = self.receivers_among(adversaries.slots());
        let victims = self.receivers_among(adversaries.victims().iter().copied());
        let (mut honest, mut to, mut from) = ((0, 0), (0, 0), (0, 0));
        for (number, message) in self.honest_messages() {
            let (place, tally) = (number as usize, &message.tally);
            let on_time = u64::from(tally.on_time.saturating_sub(tally.on_time_hostile));
            let receivers = u64::from(message.receivers.saturating_sub(hostile[place]));
            honest = (honest.0 + on_time, honest.1 + receivers);
            to = (to.0 + u64::from(tally.on_time_victims), to.1 + u64::from(victims[place]));
            if adversaries.victims().contains(&message.origin) {
                from = (from.0 + on_time, from.1 + receivers);
            }
        }
        let latencies = Latencies::of(self.parts.iter().map(|part| &part.arrivals.latencies));
        // Of an interrupted run it is not known which pairs count.
        let pairs = if self.complete { honest.1 } else { 0 };
        Hostility {
            latency_p50_ms: latencies.percentile(50, pairs),
            latency_p99_ms: latencies.percentile(99, pairs),
            delivery_honest: ratio(honest.0, honest.1),
            delivery_to_victims: ratio(to.0, to.1),
            delivery_from_victims: ratio(from.0, from.1),
            ..Hostility::default()
        }
    }

    /// How many of `slots` are receivers, by message.
    fn receivers_among(&self, slots: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut steps = self.schedule.no_steps();
        for slot in slots {
            for life in &*self.plan.lives[slot as usize] {
                self.schedule.add_receiver(slot, life.start, life.stop, &mut steps);
            }
        }
        sums(&steps).take(self.schedule.messages.len()).collect()
    }

    /// How often the guess is right: over messages, and over nodes. None where nobody spies.
    fn guesses(&self, deeds: &Deeds) -> Option<(Option<f64>, Option<f64>)> {
        let mut spies = self.plan.adversaries.groups.iter().flat_map(|group| &group.spec.does);
        spies.find(|deed| matches!(deed, floodnet_sim::spec::DeedSpec::Collude(_)))?;
        // By node: messages held to be of it, and those of them that are. And the nodes that published.
        let (mut named, mut origins) = (BTreeMap::<u32, (u64, u64)>::new(), BTreeSet::new());
        let (mut all, mut right) = (0, 0);
        for (number, message) in self.honest_messages().filter(|(_, message)| message.tally.published) {
            all += 1;
            origins.insert(message.origin);
            let Some(heard) = deeds.heard.get(&number) else { continue };
            let is_right = heard.from == message.origin;
            right += u64::from(is_right);
            let node = named.entry(heard.from).or_default();
            *node = (node.0 + 1, node.1 + u64::from(is_right));
        }
        let precision = origins.iter().map(|origin| match named.get(origin) {
            Some((held, right)) => *right as f64 / *held as f64,
            None => 0.0,
        });
        Some((ratio(right, all), precision.collect::<RunningStats>().mean()))
    }
}

#[cfg(test)]
#[path = "hostility_tests.rs"]
mod tests;
