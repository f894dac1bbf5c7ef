//! Drawing a plan: who publishes when.

use floodnet_core::distributions::Distribution;
use floodnet_core::rng::Purpose;
use floodnet_core::time::{Duration, Time};

use super::check::{MOST_DELIVERIES, MOST_MESSAGES};
use super::spec::PlanSpec;
use super::{Lives, Publish, life_in};
use crate::rng::PlanRng;
use crate::spec::{Complaint, Origin, Timing, Traffic};

/// A message that is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Time,
    /// Place of its series in the list.
    series: u32,
    /// Its own place in the series.
    number: u32,
}

/// All messages in order of time (at equal times in the scenario's order), and how many were skipped.
pub(super) fn draw(spec: &PlanSpec, seed: u64, lives: &[Lives]) -> Result<(Vec<Publish>, u32), Complaint> {
    let mut due = Vec::new();
    for (series, traffic) in (0u32..).zip(&spec.traffic) {
        times(traffic, series, spec.end(), seed, &mut due).ok_or_else(|| too_many_messages(series))?;
    }
    let (messages, slots) = (due.len(), spec.slots());
    if messages as u64 * u64::from(slots) > MOST_DELIVERIES {
        let title =
            format!("{messages} messages to {slots} slots each are more deliveries than {MOST_DELIVERIES}");
        return Err(Complaint::new("traffic", title, "publish less often, or to fewer slots"));
    }
    due.sort_unstable();
    // Who is drawn at random must be up. Messages are in order of time, so the crowd goes through the run once.
    let random = |due: &&Due| spec.traffic[due.series as usize].from == Origin::Random;
    let last = due.iter().rfind(random).map(|due| due.at);
    let mut crowd = Crowd::new(lives, last);
    let (mut publishes, mut skipped) = (Vec::with_capacity(due.len()), 0);
    for Due { at, series, number } in due {
        let Traffic { from, size, .. } = spec.traffic[series as usize];
        let size = u32::try_from(size.bytes()).unwrap_or(u32::MAX);
        let slot = match from {
            Origin::Slot(slot) => life_in(&lives[slot as usize], at).map(|_| slot),
            Origin::Random => {
                let rng = PlanRng::new(seed, Purpose::Origins, u64::from(series) << 32 | u64::from(number));
                crowd.pick(at, rng)
            }
        };
        match slot {
            Some(slot) => publishes.push(Publish { at, slot, size }),
            None => skipped += 1,
        }
    }
    Ok((publishes, skipped))
}

fn too_many_messages(series: u32) -> Complaint {
    let label = "publish less often, or for a shorter time";
    Complaint::new(format!("traffic.{series}"), format!("more than {MOST_MESSAGES} messages"), label)
}

/// Adds the times of one series. None when there are too many, or it does not say how often.
fn times(traffic: &Traffic, series: u32, end: Time, seed: u64, due: &mut Vec<Due>) -> Option<()> {
    let mut rng = PlanRng::new(seed, Purpose::Times, u64::from(series));
    let timing = traffic.timing()?;
    let mut gap = || match timing {
        Timing::Every(distance) => distance.0,
        Timing::Poisson(mean) => Distribution::Exponential { mean: mean.0 }.sample(rng.bits()),
    };
    let stop = traffic.stop.after_start().min(end);
    let (mut at, mut number) = (traffic.start.after_start(), 0);
    // Told before the memory is full of them.
    let (Timing::Every(distance) | Timing::Poisson(distance)) = timing;
    if stop.since(at).as_nanos() / distance.as_nanos().max(1) > MOST_MESSAGES as u64 {
        return None;
    }
    while at < stop {
        if due.len() == MOST_MESSAGES {
            return None;
        }
        due.push(Due { at, series, number });
        at = at + gap().max(Duration::from_nanos(1));
        number += 1;
    }
    Some(())
}

/// Who is up, as time goes on.
struct Crowd {
    /// Slots that come up or go down, latest first.
    changes: Vec<(Time, u32)>,
    /// Who is up, in no order.
    up: Vec<u32>,
    /// Where each slot stands in `up`; `AWAY` when it does not.
    place: Vec<u32>,
}

/// The place of a slot that is not up.
const AWAY: u32 = u32::MAX;

/// How often a slot is drawn among all before one is drawn among those that are up.
const TRIES: u32 = 64;

impl Crowd {
    /// Before anything has happened. What happens later than `last` is left out; with none, everything.
    fn new(lives: &[Lives], last: Option<Time>) -> Self {
        let Some(last) = last else {
            return Self { changes: Vec::new(), up: Vec::new(), place: Vec::new() };
        };
        let all = (0u32..).zip(lives).flat_map(|(slot, lives)| {
            lives.iter().flat_map(move |life| [(life.start, slot), (life.stop, slot)])
        });
        let mut changes: Vec<(Time, u32)> = all.filter(|&(at, _)| at <= last).collect();
        changes.sort_unstable();
        changes.reverse();
        Self { changes, up: Vec::new(), place: vec![AWAY; lives.len()] }
    }

    /// A random one of the slots that are up at `at`, which must not be earlier than the last time.
    ///
    /// Slots are first drawn among all until one is up: so an origin stays the same when another slot
    /// crashes. Only where hardly anybody is up the place in the crowd decides.
    fn pick(&mut self, at: Time, mut rng: PlanRng) -> Option<u32> {
        while let Some((_, slot)) = self.changes.pop_if(|&mut (when, _)| when <= at) {
            self.turn(slot);
        }
        if self.up.is_empty() {
            return None;
        }
        let tries = (0..TRIES).map(|_| rng.below(self.place.len() as u32));
        let found = tries.into_iter().find(|&slot| self.place[slot as usize] != AWAY);
        Some(found.unwrap_or_else(|| self.up[rng.below(self.up.len() as u32) as usize]))
    }

    /// Lets a slot come up, or go down if it is up. Lives do not touch, so changes of a slot alternate.
    fn turn(&mut self, slot: u32) {
        let place = std::mem::replace(&mut self.place[slot as usize], AWAY);
        if place == AWAY {
            self.place[slot as usize] = self.up.len() as u32;
            self.up.push(slot);
            return;
        }
        self.up.swap_remove(place as usize);
        if let Some(&moved) = self.up.get(place as usize) {
            self.place[moved as usize] = place;
        }
    }
}
