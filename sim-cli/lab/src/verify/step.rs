//! Where two runs part.
//!
//! To halve time until only one input is left would run again each time, and a run with chance in it goes
//! another way each time. So two runs go side by side, each on a thread of its own: at some thousand times
//! they compare a hash of all steps since the last one, and forget these. Where the hashes differ both still
//! have their steps, and the first that differs is what caused all others, since nothing travels between
//! nodes in less than the least delay of a link.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use floodnet_core::rng::{fold, mix};
use floodnet_core::time::Time;
use floodnet_sim::Progress;

use super::Way;
use crate::Protocols;
use crate::simulate::follow;
use crate::trace::Follow;
use crate::trace::record::Record;
use floodnet_scenario::{Complaint, Scenario};

/// Steps before the first difference that are shown.
const BEFORE: usize = 4;

/// The first step in which two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// Simulated time of the step.
    pub at: Time,
    /// The slot that makes the step.
    pub slot: u32,
    /// What the slot had taken when it did something else, the same in both runs; none when the input itself
    /// differs.
    pub input: Option<Record>,
    /// The step of either run; none where the run has no further one.
    pub sides: [Option<Record>; 2],
    /// The last steps of the slot before it, up to the input, the same in both.
    pub before: Vec<Record>,
}

/// Runs `scenario` both ways at once until they part. None if they do not.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn side_by_side(
    scenario: &Scenario,
    protocols: &Protocols,
    ways: [Way; 2],
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Parting>, Complaint> {
    let (to_right, from_left) = sync_channel(1);
    let (to_left, from_right) = sync_channel(1);
    let [left, right] = ways;
    let sides = thread::scope(|scope| {
        let other =
            scope.spawn(move || one_side(scenario, protocols, right, to_left, from_left, &mut |_| true));
        let mine = one_side(scenario, protocols, left, to_right, from_right, watch);
        (mine, other.join())
    });
    let (Ok(left), Ok(Ok(right))) = sides else {
        let (left, right) = sides;
        left?;
        return right.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map(|_| None);
    };
    Ok(left.zip(right).and_then(|(left, right)| first_difference(&left, &right)))
}

/// Runs one of the two. Gives its steps since the two were last the same; none if they were so to the end.
fn one_side(
    scenario: &Scenario,
    protocols: &Protocols,
    way: Way,
    to_other: SyncSender<u64>,
    from_other: Receiver<u64>,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Vec<Record>>, Complaint> {
    let how = Follow { jobs: way.jobs, divide: way.divides(), ..Follow::default() };
    let mut kept = None;
    let mut sink = |_: Time, records: Vec<Record>| {
        let mine = hash(&records);
        // The other is gone if it ended early, which is a difference too.
        let _ = to_other.send(mine);
        let same = from_other.recv().is_ok_and(|theirs| theirs == mine);
        if !same {
            kept = Some(records);
        }
        same
    };
    follow(scenario, protocols, &how, &mut sink, watch)?;
    Ok(kept)
}

fn hash(records: &[Record]) -> u64 {
    // The form of a record is the same within one program, which is all that is asked.
    records.iter().fold(mix(records.len() as u64), |hash, record| {
        let Record { at, slot, what, content } = record;
        let text = format!("{at:?}{slot}{what:?}{content}");
        text.bytes().fold(hash, |hash, byte| fold(hash, u64::from(byte)))
    })
}

/// The steps of one slot in both runs.
#[derive(Default)]
struct Both<'a>([Vec<&'a Record>; 2]);

impl Both<'_> {
    /// Place of the first step that differs, and when it was.
    fn parts_at(&self) -> Option<(Time, usize)> {
        let Self([left, right]) = self;
        let place = (0..left.len().max(right.len())).find(|&place| left.get(place) != right.get(place))?;
        let times = [left.get(place), right.get(place)].into_iter().flatten().map(|record| record.at);
        times.min().map(|at| (at, place))
    }
}

fn first_difference(left: &[Record], right: &[Record]) -> Option<Parting> {
    let mut slots: BTreeMap<u32, Both<'_>> = BTreeMap::new();
    for (side, records) in [left, right].into_iter().enumerate() {
        for record in records {
            slots.entry(record.slot).or_default().0[side].push(record);
        }
    }
    let found = slots.iter().filter_map(|(&slot, both)| Some((both.parts_at()?, slot, both)));
    let ((at, place), slot, Both([left, right])) = found.min_by_key(|(when, slot, _)| (*when, *slot))?;
    let sides = [left.get(place), right.get(place)].map(|record| record.map(|&record| record.clone()));
    let is_input = sides.iter().flatten().all(|record| record.what.is_input());
    let common = &left[..place];
    let input = common.iter().rposition(|record| record.what.is_input()).filter(|_| !is_input);
    let before = &common[..input.unwrap_or(place)];
    Some(Parting {
        at,
        slot,
        input: input.map(|input| common[input].clone()),
        sides,
        before: before
            .iter()
            .skip(before.len().saturating_sub(BEFORE))
            .map(|&record| record.clone())
            .collect(),
    })
}
