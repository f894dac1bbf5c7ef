//! Small scenarios drawn at random: who lives when, over which links, disturbed by what.

use std::collections::BTreeSet;

use floodnet_core::distributions::Distribution;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::link::{Delays, LinkModel};
use floodnet_sim::plan::{CrashKind, Disturbance, DisturbanceKind, End, Life, Plan, SlotSet};
use floodnet_sim::spec::units::{Rate, Size};
use floodnet_sim::spec::{Class, Link, Per, Transport};

/// Draws, and notes what was switched on.
pub(crate) struct Chance {
    rng: NodeRng,
    pub(crate) seen: BTreeSet<&'static str>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: NodeRng::new(seed), seen: BTreeSet::new() }
    }

    /// From `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.rng.below(most - least + 1)
    }

    /// A length of time from `least` to `most` milliseconds, to the nanosecond.
    pub(crate) fn span(&mut self, least_ms: u32, most_ms: u32) -> Duration {
        let fraction = self.rng.below(1_000_000);
        Duration::from_millis(u64::from(self.between(least_ms, most_ms)))
            + Duration::from_nanos(u64::from(fraction))
    }

    /// A time before `end`; now and then a round one, so that things coincide.
    pub(crate) fn time(&mut self, end: Time) -> Time {
        let most_ms = u32::try_from(end.as_nanos() / 1_000_000).expect("short scenarios") - 1;
        if self.rng.chance(1, 3) {
            Time::from_millis(u64::from(self.between(0, most_ms / 100) * 100))
        } else {
            Time::ZERO + self.span(0, most_ms)
        }
    }

    /// True in one case of `of`, and then notes the name.
    pub(crate) fn sometimes(&mut self, name: &'static str, of: u32) -> bool {
        let on = self.rng.chance(1, of);
        if on {
            self.seen.insert(name);
        }
        on
    }

    /// One of these, by name.
    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[(&'static str, T)]) -> T {
        let (name, choice) = &choices[self.rng.below(choices.len() as u32) as usize];
        self.seen.insert(name);
        choice.clone()
    }

    /// About every third slot.
    fn some(&mut self, slots: u32) -> SlotSet {
        (0..slots).filter(|_| self.rng.chance(1, 3)).collect()
    }

    /// Lives, publications and disturbances.
    pub(crate) fn plan(&mut self, seed: u64, slots: u32, duration: Time) -> Plan {
        let mut plan = Plan::still(seed, slots, duration);
        let churns = self.sometimes("churn", 2);
        for slot in 0..slots as usize {
            let start = if slot == 0 { Time::ZERO } else { Time::ZERO + self.span(0, 2_000) };
            let lives = if churns { self.lives(start, duration) } else { whole_life(start) };
            plan.lives[slot] = lives.into();
        }
        for _ in 0..self.between(0, 4) {
            let disturbance = self.disturbance(slots, duration);
            plan.disturbances.push(disturbance);
        }
        let count = self.between(1, 25);
        let mut times: Vec<Time> = (0..count).map(|_| self.time(duration)).collect();
        times.sort_unstable();
        for at in times {
            let slot = self.between(0, slots - 1);
            if plan.life_at(slot, at).is_some() {
                let size = self.between(0, 2_000);
                plan.publish(at, slot, size);
            }
        }
        plan
    }

    /// Sessions and downtimes, some too short for the neighbors to notice.
    fn lives(&mut self, mut start: Time, duration: Time) -> Vec<Life> {
        let mut lives = Vec::new();
        while start < duration {
            let end = self.one_of(&[
                ("leave", End::Leave),
                ("silent crash", End::Crash(CrashKind::Silent)),
                ("reset", End::Crash(CrashKind::Reset)),
            ]);
            let session = self.span(1, 12_000);
            lives.push(Life { start, stop: start + session, end });
            let quickly = self.sometimes("quick rebirth", 3);
            let downtime = if quickly { self.span(0, 150) } else { self.span(150, 5_000) };
            start = start + session + if self.rng.chance(1, 20) { Duration::ZERO } else { downtime };
        }
        lives
    }

    fn disturbance(&mut self, slots: u32, duration: Time) -> Disturbance {
        let from = self.time(duration);
        let until = from + self.span(1, 8_000);
        let group: Vec<u16> = (0..slots).map(|_| self.between(0, 2) as u16).collect();
        let mut pairs: Vec<(u32, u32)> =
            (0..slots).flat_map(|a| (a + 1..slots).map(move |b| (a, b))).collect();
        pairs.retain(|_| self.rng.chance(1, 3));
        let (slow, paused) = (self.some(slots), self.some(slots));
        let loss = self.one_of(&[("loss fault", 1 << 30), ("total loss fault", u32::MAX)]);
        let factor_permille = self.between(1_000, 20_000);
        let kind = self.one_of(&[
            ("partition", DisturbanceKind::Partition { group: group.clone(), one_way: false }),
            ("one-way partition", DisturbanceKind::Partition { group, one_way: true }),
            ("cut links", DisturbanceKind::CutLinks(pairs)),
            ("loss fault", DisturbanceKind::Loss(loss)),
            ("slow", DisturbanceKind::Slow { slots: slow, factor_permille }),
            ("pause", DisturbanceKind::Pause(paused)),
        ]);
        Disturbance { from, until, kind }
    }

    /// Links of every kind, none longer than what the protocols are made for.
    pub(crate) fn links(&mut self, slots: u32, transport: Transport) -> LinkModel {
        let delays = self.delays(slots);
        let mut links = LinkModel { delays, ..LinkModel::new(Link { transport, ..Link::default() }) };
        links.spec.floor = (self.span(0, 3) + Duration::from_nanos(300_000)).into();
        links.spec.per = self.one_of(&[("per link", Per::Link), ("per packet", Per::Packet)]);
        if self.sometimes("jitter", 3) {
            links.spec.jitter = self.span(0, 50).into();
        }
        if self.sometimes("loss", 3) {
            links.spec.loss = f64::from(self.between(1, 1 << 30)) / f64::from(1 << 16) / f64::from(1 << 16);
        }
        if self.sometimes("classes", 3) {
            let fast = line(2_000_000, 10_000_000);
            let slow = line(100_000, 200_000);
            let hidden = Class { reachable: false, ..Class::default() };
            let slow_and_hidden = Class { reachable: false, ..slow.clone() };
            links.classes = vec![Class::default(), fast, slow, hidden, slow_and_hidden];
            links.class_of = (0..slots).map(|_| self.between(0, 4) as u8).collect();
            links.spec.queue = Size(u64::from(self.between(200, 20_000)));
        }
        if self.sometimes("short waits", 2) {
            links.spec.rto = self.span(100, 300).into();
            links.spec.break_after = self.span(500, 3_000).into();
            links.spec.dial_timeout = self.span(300, 2_000).into();
            links.spec.ping = self.span(100, 400).into();
            links.spec.dead_after = self.span(600, 2_000).into();
        }
        links.spec.handshake = if self.sometimes("plain TCP", 2) { 0 } else { self.between(1, 2) };
        links
    }

    fn delays(&mut self, slots: u32) -> Delays {
        let (median, min, max) = (self.span(5, 50), self.span(0, 20), self.span(21, 90));
        let rows = self.between(1, slots);
        let one_way = (0..rows * rows).map(|_| self.span(0, 80)).collect();
        let row = (0..slots).map(|slot| slot % rows).collect();
        self.one_of(&[
            ("constant", Delays::Distribution(Distribution::Constant(median))),
            ("uniform", Delays::Distribution(Distribution::Uniform { min, max })),
            ("lognormal", Delays::Distribution(Distribution::Lognormal { median, sigma: 0.7 })),
            ("table", Delays::Table { row, size: rows, one_way }),
        ])
    }
}

/// A limited access line.
fn line(up: u64, down: u64) -> Class {
    Class { up: Rate::BitsPerSecond(up), down: Rate::BitsPerSecond(down), ..Class::default() }
}

/// Up from `start` to the end.
fn whole_life(start: Time) -> Vec<Life> {
    vec![Life { start, stop: Time::MAX, end: End::Leave }]
}
