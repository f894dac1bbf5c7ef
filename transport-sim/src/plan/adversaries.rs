//! Who breaks the rules, and whom they connect to: drawn last and from sequences of its own, so that nothing else of
//! a plan depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use floodnet_core::distributions::share_of;
use floodnet_core::rng::Purpose;
use floodnet_core::time::Time;

use super::{DisturbanceKind, End, Life, Lives, Plan, SlotSet};
use crate::rng::PlanRng;
use crate::spec::{Adversary, Complaint, Connect, DeedSpec, Target, Who};

/// What is known of a network before its plan is drawn. Only adversaries that are named by it need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The slots of each class, by its name.
    pub classes: BTreeMap<String, Vec<u32>>,
    /// How many links each slot has in a static graph; empty if there is none.
    pub degrees: Vec<u32>,
}

/// The adversaries of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adversaries {
    /// As the scenario lists them.
    pub groups: Vec<Group>,
    /// The group of each hostile slot.
    group_of: BTreeMap<u32, usize>,
    /// Hostile slots, and the names of nodes that do not exist.
    all: SlotSet,
    victims: BTreeSet<u32>,
}

/// The slots of one adversary.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they do.
    pub spec: Adversary,
    /// Who they are, in ascending order.
    pub members: Vec<u32>,
    /// When they begin to break the rules.
    pub start: Time,
    /// First instant at which they do not any more.
    pub stop: Time,
    /// Whom each member connects to, in order of time.
    pub visits: Vec<Vec<Visit>>,
    /// Slots that never are, whose names it can use.
    pub names: Range<u32>,
}

/// A slot that an adversary connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// From when on.
    pub from: Time,
    /// Whom.
    pub slot: u32,
}

impl Adversaries {
    /// The number of the group of `slot`, and its place among the members; none for an honest slot.
    #[must_use]
    pub fn place(&self, slot: u32) -> Option<(usize, usize)> {
        let number = *self.group_of.get(&slot)?;
        let group = self.groups.get(number)?;
        Some((number, group.members.binary_search(&slot).ok()?))
    }

    /// Whether `slot` is hostile, or the name of a node that does not exist.
    #[inline]
    #[must_use]
    pub fn contains(&self, slot: u32) -> bool {
        self.all.contains(slot)
    }

    /// Whether there is any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// All hostile slots, in ascending order.
    pub fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.group_of.keys().copied()
    }

    /// Honest slots that are aimed at: those that an adversary connects to by number, or whose messages it drops.
    #[must_use]
    pub const fn victims(&self) -> &BTreeSet<u32> {
        &self.victims
    }

    /// Whether `slot` is hostile or a victim.
    #[must_use]
    pub fn concern(&self, slot: u32) -> bool {
        self.contains(slot) || self.victims.contains(&slot)
    }
}

/// The slots that `group` names as its victims.
fn victims(group: &Group) -> impl Iterator<Item = u32> + '_ {
    let to = group.spec.connect.and_then(|connect| match connect.to {
        Target::Slot(slot) => Some(slot),
        Target::Random | Target::Publishers | Target::Joiners => None,
    });
    let censored = group.spec.does.iter().filter_map(|deed| match deed {
        DeedSpec::Censor(censor) => Some(censor.from),
        _ => None,
    });
    to.into_iter().chain(censored)
}

/// Draws the adversaries of `plan`, and adds the lives of the nodes that they bring.
///
/// # Errors
/// Slots are named by something that is not known.
pub(super) fn draw(specs: &[Adversary], known: &Known, entry: u32, plan: &mut Plan) -> Result<(), Complaint> {
    let slots = plan.slots();
    let mut all = Adversaries::default();
    let mut next = slots;
    // First who: others must be known as honest when targets are drawn.
    for (index, spec) in specs.iter().enumerate() {
        let mut members = match spec.who() {
            Some(Who::Extra(extra)) => {
                next += extra;
                (next - extra..next).collect()
            }
            Some(Who::Slots(named)) => named.to_vec(),
            Some(Who::Class(name)) => of_class(name, index, known)?,
            Some(Who::Share(share)) => {
                chosen(share_of(share, slots), index, spec, (known, entry, plan), &all)?
            }
            Some(Who::Count(count)) => chosen(count, index, spec, (known, entry, plan), &all)?,
            None => Vec::new(),
        };
        members.retain(|slot| !all.group_of.contains_key(slot));
        members.sort_unstable();
        members.dedup();
        all.group_of.extend(members.iter().map(|&slot| (slot, index)));
        let (start, stop) =
            (spec.start.after_start(), spec.stop.map_or(Time::MAX, |stop| stop.after_start()));
        let (visits, names) = (Vec::new(), 0..0);
        all.groups.push(Group { spec: spec.clone(), members, start, stop, visits, names });
    }
    all.all = SlotSet::from_iter(all.group_of.keys().copied());
    add_lives(&all, slots, plan);
    for group in &mut all.groups {
        group.names = next..next + group.spec.names();
        next = group.names.end;
        group.names.clone().for_each(|name| all.all.insert(name));
    }
    plan.lives.resize(next as usize, Lives::none());
    place_in_partitions(slots, plan);
    for index in 0..all.groups.len() {
        let visits = visits(index, &all, slots, plan);
        all.groups[index].visits = visits;
    }
    let named = all.groups.iter().flat_map(victims);
    all.victims = named.filter(|&slot| !all.contains(slot)).collect();
    plan.adversaries = all;
    Ok(())
}

fn of_class(name: &str, index: usize, known: &Known) -> Result<Vec<u32>, Complaint> {
    let unknown = || {
        let names: Vec<&str> = known.classes.keys().map(String::as_str).collect();
        let label = if names.is_empty() {
            "the scenario has no [[class]]".to_owned()
        } else {
            format!("the classes are {}", names.join(", "))
        };
        Complaint::new(format!("adversary.{index}.class"), format!("there is no class `{name}`"), label)
    };
    known.classes.get(name).cloned().ok_or_else(unknown)
}

/// Draws `count` slots among those that are no entry nodes and not hostile yet.
///
/// Every slot has a random rank and the lowest are taken, so a smaller share takes some of the same slots.
fn chosen(
    count: u32,
    index: usize,
    spec: &Adversary,
    (known, entry, plan): (&Known, u32, &Plan),
    taken: &Adversaries,
) -> Result<Vec<u32>, Complaint> {
    if spec.best_connected && known.degrees.is_empty() {
        let label = "only a static graph has links before the run; name such slots in `slots`";
        let key = format!("adversary.{index}.best_connected");
        return Err(Complaint::new(key, "it is not known who will have the most links", label));
    }
    let mut rng = PlanRng::new(plan.seed, Purpose::Adversary, (index as u64) << 32);
    let degree = |slot: u32| known.degrees.get(slot as usize).copied().unwrap_or(0);
    let rank = |slot: u32| (if spec.best_connected { u32::MAX - degree(slot) } else { 0 }, rng.bits(), slot);
    let mut ranked: Vec<(u32, u64, u32)> = (0..plan.slots()).map(rank).collect();
    ranked.retain(|&(_, _, slot)| slot >= entry && !taken.group_of.contains_key(&slot));
    ranked.sort_unstable();
    ranked.truncate(count as usize);
    Ok(ranked.into_iter().map(|(_, _, slot)| slot).collect())
}

/// Extra nodes come up when their adversary says, and stay.
fn add_lives(all: &Adversaries, slots: u32, plan: &mut Plan) {
    for group in &all.groups {
        let start = group.spec.arrive.unwrap_or_default().after_start();
        let life = (start < plan.duration).then_some(Life { start, stop: Time::MAX, end: End::Leave });
        let extra = group.members.iter().filter(|&&slot| slot >= slots);
        plan.lives.extend(extra.map(|_| life.into_iter().collect::<Lives>()));
    }
}

/// In a partition each slot that was added is on the side of a random other.
fn place_in_partitions(slots: u32, plan: &mut Plan) {
    let total = plan.lives.len();
    for (place, fault) in plan.disturbances.iter_mut().enumerate() {
        if let DisturbanceKind::Partition { group, .. } = &mut fault.kind {
            let mut rng = PlanRng::new(plan.seed, Purpose::Extra, place as u64 + 2);
            while group.len() < total {
                let side = group.get(rng.below(slots) as usize).copied().unwrap_or(0);
                group.push(side);
            }
        }
    }
}

/// Whom each member of a group connects to.
fn visits(index: usize, all: &Adversaries, slots: u32, plan: &Plan) -> Vec<Vec<Visit>> {
    let group = &all.groups[index];
    let Some(Connect { to, links, .. }) = group.spec.connect else { return Vec::new() };
    let at = group.spec.connects_at().unwrap_or_default().after_start();
    let honest = |slot: &u32| !all.contains(*slot);
    let stays = |slot: &u32| plan.lives[*slot as usize].iter().any(|life| at < life.stop);
    let from_then_on = |slot: u32| Visit { from: at, slot };
    let candidates: Vec<Visit> = match to {
        Target::Slot(slot) => vec![from_then_on(slot)],
        Target::Random => (0..slots).filter(honest).filter(stays).map(from_then_on).collect(),
        Target::Publishers => {
            let origins: BTreeSet<u32> = plan.publishes.iter().map(|publish| publish.slot).collect();
            origins.into_iter().filter(honest).map(from_then_on).collect()
        }
        Target::Joiners => {
            let lives = (0..slots).filter(honest).flat_map(|slot| {
                let starts = plan.lives[slot as usize].iter().map(|life| life.start);
                starts
                    .filter(|&start| at <= start && start < group.stop)
                    .map(move |from| Visit { from, slot })
            });
            lives.collect()
        }
    };
    // Each member draws from numbers of its own: one member more changes nothing for the others.
    let draw = |place: usize| {
        let number = (index as u64) << 32 | (place as u64 + 1);
        let mut rng = PlanRng::new(plan.seed, Purpose::Adversary, number);
        let mut drawn = sample(&candidates, links as usize, &mut rng);
        drawn.sort_unstable();
        drawn
    };
    (0..group.members.len()).map(draw).collect()
}

/// `count` different ones of `items`, or all of them (Floyd's sampling).
fn sample<T: Copy>(items: &[T], count: usize, rng: &mut PlanRng) -> Vec<T> {
    let mut taken = BTreeSet::new();
    for last in items.len().saturating_sub(count)..items.len() {
        let drawn = rng.below(u32::try_from(last + 1).unwrap_or(u32::MAX)) as usize;
        if !taken.insert(drawn) {
            taken.insert(last);
        }
    }
    taken.into_iter().map(|place| items[place]).collect()
}
