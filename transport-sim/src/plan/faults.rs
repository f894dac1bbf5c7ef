//! Drawing a plan: what goes wrong.

use floodnet_core::distributions::{permille, share_of, share_to_threshold};
use floodnet_core::rng::Purpose;
use floodnet_core::time::Time;

use super::classes::deal;
use super::spec::{Fault, FaultKind, PlanSpec, Struck};
use super::{CrashKind, Disturbance, DisturbanceKind, End, FaultSpan, Life, Lives, SlotSet, life_in};
use crate::rng::PlanRng;

/// The faults that begin before the end, with their places in the list.
fn faults(spec: &PlanSpec) -> impl Iterator<Item = (usize, &Fault)> {
    spec.faults.iter().enumerate().filter(|(_, fault)| fault.at < spec.end())
}

/// What the faults are called and when they are, in the scenario's order.
pub(super) fn spans(spec: &PlanSpec) -> Vec<FaultSpan> {
    let until = |fault: &Fault| match fault.kind {
        // A return after the end of the run is none.
        FaultKind::Crash { .. } if fault.until() >= spec.end() => fault.at,
        _ => fault.until(),
    };
    faults(spec)
        .map(|(_, fault)| FaultSpan { name: fault.kind.name(), from: fault.at, until: until(fault) })
        .collect()
}

/// Cuts the crashes out of the lives, in order of time, so that each finds what the former ones left.
pub(super) fn crash(spec: &PlanSpec, seed: u64, lives: &mut [Lives]) {
    let mut in_order: Vec<(usize, &Fault)> = faults(spec).collect();
    in_order.sort_by_key(|(_, fault)| fault.at);
    for (place, fault) in in_order {
        let FaultKind::Crash { who, kind, .. } = &fault.kind else { continue };
        let struck = match who {
            Struck::Fraction(fraction) => strike(*fraction, fault.at, place, seed, lives),
            Struck::Slots(slots) => slots.clone(),
        };
        let until = if fault.until() < spec.end() { fault.until() } else { Time::MAX };
        for slot in struck {
            let slot = &mut lives[slot as usize];
            *slot = slot.iter().flat_map(|&life| cut_out(life, fault.at, until, *kind)).flatten().collect();
        }
    }
}

/// What is left of a life when its slot is down in `[at, until)`.
fn cut_out(life: Life, at: Time, until: Time, kind: CrashKind) -> [Option<Life>; 2] {
    if life.stop <= at || until <= life.start {
        return [Some(life), None];
    }
    let before = Life { stop: at, end: End::Crash(kind), ..life };
    let after = Life { start: until, ..life };
    [(life.start < at).then_some(before), (until < life.stop).then_some(after)]
}

/// Draws a fraction of the slots that are up at `at`, in ascending order.
///
/// Every slot has a random rank, and the lowest of those that are up are struck: whether others are up
/// or not hardly changes whether a slot is struck.
fn strike(fraction: f64, at: Time, place: usize, seed: u64, lives: &[Lives]) -> Vec<u32> {
    let mut rng = PlanRng::new(seed, Purpose::Fault, place as u64);
    let ranked = (0u32..).zip(lives).map(|(slot, lives)| (rng.bits(), slot, lives));
    let mut up: Vec<(u64, u32)> = ranked
        .filter(|(_, _, lives)| life_in(lives, at).is_some())
        .map(|(rank, slot, _)| (rank, slot))
        .collect();
    let count = share_of(fraction, up.len() as u32) as usize;
    if count < up.len() {
        up.select_nth_unstable(count);
        up.truncate(count);
    }
    let mut struck: Vec<u32> = up.into_iter().map(|(_, slot)| slot).collect();
    struck.sort_unstable();
    struck
}

/// The disturbances of the network, in order of time.
pub(super) fn disturb(spec: &PlanSpec, seed: u64, lives: &[Lives]) -> Vec<Disturbance> {
    let disturbance = |(place, fault): (usize, &Fault)| {
        let up = |fraction: f64| SlotSet::from_iter(strike(fraction, fault.at, place, seed, lives));
        let kind = match &fault.kind {
            FaultKind::Crash { .. } => return None,
            FaultKind::Partition { groups, one_way, .. } => {
                let mut rng = PlanRng::new(seed, Purpose::Fault, place as u64);
                let group = deal(spec.nodes.count, groups, &mut rng)?;
                DisturbanceKind::Partition { group, one_way: *one_way }
            }
            FaultKind::Cut { links, .. } => DisturbanceKind::CutLinks(sorted(links)),
            FaultKind::Loss { share, .. } => DisturbanceKind::Loss(share_to_threshold(*share)),
            FaultKind::Slow { fraction, factor, .. } => {
                DisturbanceKind::Slow { slots: up(*fraction), factor_permille: permille(*factor) }
            }
            FaultKind::Pause { fraction, .. } => DisturbanceKind::Pause(up(*fraction)),
        };
        Some(Disturbance { from: fault.at, until: fault.until(), kind })
    };
    let mut disturbances: Vec<Disturbance> = faults(spec).filter_map(disturbance).collect();
    disturbances.sort_by_key(|disturbance| disturbance.from);
    disturbances
}

/// Each pair once, its lower slot first, in ascending order.
fn sorted(links: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = links.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
