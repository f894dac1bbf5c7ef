//! What goes wrong in a plan, and drawing it.

use floodnet_core::distributions::{permille, share_of, share_to_threshold};
use floodnet_core::rng::Purpose;
use floodnet_core::time::Time;

use super::classes::deal;
use super::spec::PlanSpec;
use super::{End, FaultSpan, Life, Lives, life_in};
use crate::rng::PlanRng;
use crate::spec::{CrashKind, Ends, Fault, FaultKind, Pause, Victims};

/// A set of slots, as bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotSet(Vec<u64>);

impl SlotSet {
    /// Adds `slot`.
    pub fn insert(&mut self, slot: u32) {
        let word = (slot / 64) as usize;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (slot % 64);
    }

    /// Whether `slot` is in the set.
    #[must_use]
    pub fn contains(&self, slot: u32) -> bool {
        self.0.get((slot / 64) as usize).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// How many slots are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no slot is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }
}

impl FromIterator<u32> for SlotSet {
    fn from_iter<I: IntoIterator<Item = u32>>(slots: I) -> Self {
        let mut set = Self::default();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

/// A disturbance of the network during `[from, until)`. Crashes are not here: they are ends of lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// What happens meanwhile.
    pub kind: DisturbanceKind,
}

/// The kinds of [`Disturbance`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// Slots are split into groups (one number per slot). Between groups nothing passes; with
    /// `one_way`, only what goes from a lower group to a higher one is cut.
    Partition {
        /// Group of each slot.
        group: Vec<u16>,
        /// Cut from lower to higher only.
        one_way: bool,
    },
    /// These links are cut in both directions: pairs, lower slot first, sorted.
    CutLinks(Vec<(u32, u32)>),
    /// Each packet is lost with this probability, in units of 2^-32, on top of the link's own.
    Loss(u32),
    /// Packets from and to these slots take `factor_permille / 1000` times their delay (1000 or more).
    Slow {
        /// Which.
        slots: SlotSet,
        /// How much slower, in thousandths.
        factor_permille: u32,
    },
    /// These slots stand still: what arrives and what is due waits until the end. Meanwhile a slot still
    /// comes up and goes down as its lives say, and a node that comes up says its first words at once.
    Pause(SlotSet),
}

impl DisturbanceKind {
    /// Whether nothing passes from `from` to `to` while this lasts.
    #[must_use]
    pub fn cuts(&self, from: u32, to: u32) -> bool {
        match self {
            Self::Partition { group, one_way } => {
                let (a, b) = (group[from as usize], group[to as usize]);
                if *one_way { a < b } else { a != b }
            }
            Self::CutLinks(pairs) => pairs.binary_search(&(from.min(to), from.max(to))).is_ok(),
            Self::Loss(_) | Self::Slow { .. } | Self::Pause(_) => false,
        }
    }

    /// Whether it cuts links while it lasts.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        match self {
            Self::Partition { .. } | Self::CutLinks(_) => true,
            Self::Loss(_) | Self::Slow { .. } | Self::Pause(_) => false,
        }
    }

    /// Whether packets, or what nodes do with them, are late while it lasts.
    #[must_use]
    pub const fn delays(&self) -> bool {
        match self {
            Self::Slow { .. } | Self::Pause(_) => true,
            Self::Partition { .. } | Self::CutLinks(_) | Self::Loss(_) => false,
        }
    }

    /// The key that it has in a scenario, as `FaultKind::key`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition",
            Self::CutLinks(_) => "cut",
            Self::Loss(_) => "loss",
            Self::Slow { .. } => "slow",
            Self::Pause(_) => "pause",
        }
    }

    /// What it does, for a sentence such as "it is not possible to cut links".
    #[must_use]
    pub const fn does(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition the network",
            Self::CutLinks(_) => "cut links",
            Self::Loss(_) => "lose packets",
            Self::Slow { .. } => "slow nodes down",
            Self::Pause(_) => "hide a pause from the peers",
        }
    }

    /// Whether `slot` may be at an end of what is cut.
    pub(crate) fn may_cut_off(&self, slot: u32) -> bool {
        match self {
            Self::Partition { .. } => true,
            Self::CutLinks(pairs) => pairs.iter().any(|&(a, b)| a == slot || b == slot),
            Self::Loss(_) | Self::Slow { .. } | Self::Pause(_) => false,
        }
    }
}

/// The first instant of a fault.
const fn start(fault: &Fault) -> Time {
    fault.at.after_start()
}

/// The first instant after a fault; [`Time::MAX`] for a crash without return.
fn until(fault: &Fault) -> Time {
    fault.kind.lasts().map_or(Time::MAX, |lasts| start(fault) + lasts.0)
}

/// The faults that begin before the end, with their places in the list.
fn faults(spec: &PlanSpec) -> impl Iterator<Item = (usize, &Fault)> {
    spec.faults.iter().enumerate().filter(|(_, fault)| start(fault) < spec.end())
}

/// What the faults are called, when they are and how many slots each hits (of all in the list), in the scenario's
/// order.
pub(super) fn spans(spec: &PlanSpec, hits: &[u32]) -> Vec<FaultSpan> {
    let end = |fault: &Fault| match fault.kind {
        // A return after the end of the run is none.
        FaultKind::Crash(_) if until(fault) >= spec.end() => start(fault),
        _ => until(fault),
    };
    faults(spec)
        .map(|(place, fault)| FaultSpan {
            name: fault.kind.key(),
            from: start(fault),
            until: end(fault),
            slots: hits[place],
        })
        .collect()
}

/// Cuts the crashes out of the lives, in order of time, so that each finds what the former ones left. Counts in `hits`
/// how many slots each takes down.
pub(super) fn crash(spec: &PlanSpec, seed: u64, lives: &mut [Lives], hits: &mut [u32]) {
    let mut in_order: Vec<(usize, &Fault)> = faults(spec).collect();
    in_order.sort_by_key(|(_, fault)| fault.at);
    for (place, fault) in in_order {
        let FaultKind::Crash(crash) = &fault.kind else { continue };
        let at = start(fault);
        let struck = match crash.victims() {
            Some(Victims::Fraction(fraction)) => strike(fraction, at, place, seed, lives),
            Some(Victims::Slots(slots)) => slots.to_vec(),
            None => Vec::new(),
        };
        let until = if until(fault) < spec.end() { until(fault) } else { Time::MAX };
        for slot in struck {
            let slot = &mut lives[slot as usize];
            hits[place] += u32::from(is_up_within(slot, at, until));
            *slot = slot.iter().flat_map(|&life| cut_out(life, at, until, crash.kind)).flatten().collect();
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

/// Whether some of these lives falls into `[from, until)`.
fn is_up_within(lives: &Lives, from: Time, until: Time) -> bool {
    lives.iter().any(|life| life.start < until && from < life.stop)
}

/// How many slots a disturbance hits: of those that are up while it lasts, the ones that it keeps from some other,
/// loses packets of, slows down or stops.
fn hit(disturbance: &Disturbance, lives: &[Lives]) -> u32 {
    let Disturbance { from, until, kind } = disturbance;
    let is_up = |slot: u32| lives.get(slot as usize).is_some_and(|lives| is_up_within(lives, *from, *until));
    let up = || (0u32..lives.len() as u32).filter(|&slot| is_up(slot));
    let hit = match kind {
        DisturbanceKind::Partition { group, .. } => {
            let mut groups = up().map(|slot| group[slot as usize]);
            let first = groups.next();
            if groups.all(|other| Some(other) == first) { 0 } else { up().count() }
        }
        DisturbanceKind::CutLinks(pairs) => {
            let whole = pairs.iter().filter(|&&(a, b)| is_up(a) && is_up(b));
            SlotSet::from_iter(whole.flat_map(|&(a, b)| [a, b])).len()
        }
        DisturbanceKind::Loss(_) => up().count(),
        DisturbanceKind::Slow { slots, .. } | DisturbanceKind::Pause(slots) => slots.len(),
    };
    u32::try_from(hit).unwrap_or(u32::MAX)
}

/// The disturbances of the network, in order of time. Writes to `hits` how many slots each hits.
pub(super) fn disturb(spec: &PlanSpec, seed: u64, lives: &[Lives], hits: &mut [u32]) -> Vec<Disturbance> {
    let disturbances = |(place, fault): (usize, &Fault)| {
        let up = |fraction: f64| SlotSet::from_iter(strike(fraction, start(fault), place, seed, lives));
        let kind = match &fault.kind {
            FaultKind::Crash(_) => return Vec::new(),
            FaultKind::Partition(partition) => {
                let mut rng = PlanRng::new(seed, Purpose::Fault, place as u64);
                let Some(group) = deal(spec.slots(), &partition.groups, &mut rng) else { return Vec::new() };
                DisturbanceKind::Partition { group, one_way: partition.one_way }
            }
            FaultKind::Cut(cut) => DisturbanceKind::CutLinks(sorted(&cut.links)),
            FaultKind::Loss(loss) => DisturbanceKind::Loss(share_to_threshold(loss.share)),
            FaultKind::Slow(slow) => {
                DisturbanceKind::Slow { slots: up(slow.fraction), factor_permille: permille(slow.factor) }
            }
            FaultKind::Pause(pause) => DisturbanceKind::Pause(up(pause.fraction)),
        };
        let disturbance = Disturbance { from: start(fault), until: until(fault), kind };
        hits[place] = hit(&disturbance, lives);
        match &fault.kind {
            FaultKind::Pause(pause) => in_turns(pause, &disturbance),
            _ => vec![disturbance],
        }
    };
    let mut disturbances: Vec<Disturbance> = faults(spec).flat_map(disturbances).collect();
    disturbances.sort_by_key(|disturbance| disturbance.from);
    disturbances
}

/// A pause in the turns that it has: the same slots stand still each time.
fn in_turns(pause: &Pause, whole: &Disturbance) -> Vec<Disturbance> {
    let (still, turn) = pause.rhythm();
    let begins = (0..).map(|nth| whole.from + turn.0.times(nth)).take_while(|&from| from < whole.until);
    let one =
        |from: Time| Disturbance { from, until: (from + still.0).min(whole.until), kind: whole.kind.clone() };
    begins.map(one).collect()
}

/// Each pair once, its lower slot first, in ascending order.
fn sorted(links: &[Ends]) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = links.iter().map(|&Ends(a, b)| (a.min(b), a.max(b))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
