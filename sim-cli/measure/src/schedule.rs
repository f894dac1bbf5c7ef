//! When each message is published and due, and by whom: what the plan says, looked up by all.

use std::collections::BTreeSet;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::Plan;

/// One message of the plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) at: Time,
    pub(super) due: Time,
    pub(super) origin: u32,
    /// Whether its origin is hostile.
    pub(super) is_hostile: bool,
}

/// All messages of a plan, in order of time.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) messages: Vec<Planned>,
    /// End of the run: messages due later are not counted.
    pub(super) duration: Time,
    /// The messages whose hop counts are kept, ascending.
    pub(super) followed: Vec<u32>,
    /// (origin, message), sorted.
    by_origin: Vec<(u32, u32)>,
}

impl Schedule {
    /// The messages of `plan`; hops are kept of those that [`follow`] names for `views`.
    pub(super) fn new(plan: &Plan, deadline: Duration, views: &[Time]) -> Self {
        let planned = |publish: &floodnet_sim::plan::Publish| Planned {
            at: publish.at,
            due: publish.at + deadline,
            origin: publish.slot,
            is_hostile: plan.adversaries.contains(publish.slot),
        };
        let messages: Vec<Planned> = plan.publishes.iter().map(planned).collect();
        let mut by_origin: Vec<(u32, u32)> =
            (0..).zip(&messages).map(|(number, message)| (message.origin, number)).collect();
        by_origin.sort_unstable();
        let followed = follow(&messages, deadline, views);
        Self { messages, duration: plan.duration, followed, by_origin }
    }

    /// When the last message is due.
    pub(super) fn last_due(&self) -> Time {
        self.messages.last().map_or(Time::ZERO, |message| message.due)
    }

    /// Whether a message is counted at all.
    #[inline]
    pub(super) fn counts(&self, due: Time) -> bool {
        due <= self.duration
    }

    /// No steps yet: one place for each message, and one behind the last.
    pub(super) fn no_steps(&self) -> Vec<i64> {
        vec![0; self.messages.len() + 1]
    }

    /// Adds `slot`, there from `start` until `stop`, to those that should receive the messages which are
    /// published and due within: as steps of their number from one message to the next.
    pub(super) fn add_receiver(&self, slot: u32, start: Time, stop: Time, steps: &mut [i64]) {
        let first = self.messages.partition_point(|message| message.at < start);
        let past = self.messages.partition_point(|message| message.due <= stop).max(first);
        steps[first] += 1;
        steps[past] -= 1;
        let place = |message: usize| {
            self.by_origin.partition_point(|&(origin, other)| (origin, other as usize) < (slot, message))
        };
        for &(_, message) in &self.by_origin[place(first)..place(past)] {
            // No origin receives its own message.
            steps[message as usize] -= 1;
            steps[message as usize + 1] += 1;
        }
    }

    /// Where the hop counts of `message` are kept, if they are.
    pub(super) fn place_of_hops(&self, message: u32) -> Option<usize> {
        self.followed.binary_search(&message).ok()
    }
}

/// The running sums of `steps`, none of which is ever negative.
pub(super) fn sums(steps: &[i64]) -> impl Iterator<Item = u32> + '_ {
    steps.iter().scan(0_i64, |sum, step| {
        *sum += step;
        Some(u32::try_from(*sum).unwrap_or(0))
    })
}

/// Which messages to keep the hops of, so that each of `views` finds one that has spread by then: the last
/// ones published some time before it. Chosen by the plan alone, so that the order in which a backend
/// reports is of no matter.
fn follow(messages: &[Planned], deadline: Duration, views: &[Time]) -> Vec<u32> {
    let ages = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), deadline];
    let pairs = views.iter().flat_map(|&view| ages.map(|age| (view, age)));
    let last = |(view, age)| {
        let past = messages.partition_point(|message| message.at + age <= view);
        u32::try_from(past).ok()?.checked_sub(1)
    };
    let followed: BTreeSet<u32> = pairs.filter_map(last).collect();
    followed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ms, secs};

    #[test]
    fn the_messages_to_follow_depend_on_the_plan_alone() {
        let planned =
            |n: u64| Planned { at: ms(n * 10), due: ms(n * 10 + 3_000), origin: 0, is_hostile: false };
        let messages: Vec<Planned> = (0..1_000).map(planned).collect();
        let followed = follow(&messages, Duration::from_secs(3), &[secs(5), ms(10)]);
        assert_eq!(
            followed,
            [200, 300, 450, 490],
            "published 3 s, 2 s, 500 ms, 100 ms before; none before 10 ms"
        );
    }
}
