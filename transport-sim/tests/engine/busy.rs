//! A node that stands still has a busy application: what comes meanwhile waits in a bounded queue.

use std::sync::Arc;

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::node::{self, Node};
use floodnet_core::observe::Observation;
use floodnet_core::overlay::{Fixed, fixed};
use floodnet_core::time::Time;
use floodnet_sim::Simulation;
use floodnet_sim::graph::line;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{CrashKind, Disturbance, DisturbanceKind, End, Life, Plan};

use crate::common::{Log, deliveries, ms};

/// 20 messages reach slot 1 while it stands still, one before and one after. Its application has a queue
/// of this length. Gives what slot 1 was given, when, and how many it dropped.
fn busy(queue: u32, plan: &Plan) -> (Vec<(Time, u32)>, usize) {
    let graph = Arc::new(line(2).expect("two nodes"));
    let config = node::Config {
        overlay: fixed::Config { graph, greet: true },
        broadcast: flood::Config { queue, ..flood::Config::default() },
    };
    let make = |slot| Node::new(Fixed::new(slot), Flood::<u32, SimPayload>::default());
    let links = LinkModel::default();
    let simulation = Simulation::new(plan, &links, &config, &make);
    let (mut log, mut by_heap) = (Log::new(), Log::new());
    let outcome = simulation.run(&mut log).expect("the link model is sound");
    let reference = simulation.run_by_heap(&mut by_heap).expect("the link model is sound");
    assert_eq!(outcome.digest, reference.digest);
    let full = Observed::Protocol(Observation::Dropped("inbox_full"));
    let dropped = log.iter().filter(|(_, slot, what)| (*slot, *what) == (1, full)).count();
    let given = deliveries(&log).into_iter().filter(|(_, slot, _)| *slot == 1);
    (given.map(|(at, _, message)| (at, message)).collect(), dropped)
}

fn plan() -> Plan {
    let mut plan = Plan::still(1, 2, Time::from_secs(20));
    plan.publish(ms(1_000), 0, 100);
    (0..20).for_each(|nth| _ = plan.publish(ms(2_000 + 10 * nth), 0, 100));
    plan.publish(ms(5_000), 0, 100);
    let kind = DisturbanceKind::Pause([1].into_iter().collect());
    plan.disturbances.push(Disturbance { from: ms(2_000), until: ms(3_000), kind });
    plan
}

#[test]
fn a_short_queue_drops_what_a_long_one_keeps() {
    let waited = |most: u32| (1..=most).map(|message| (ms(3_000), message));
    let expected = |most: u32| -> Vec<(Time, u32)> {
        std::iter::once((ms(1_050), 0)).chain(waited(most)).chain([(ms(5_050), 21)]).collect()
    };
    assert_eq!(busy(512, &plan()), (expected(20), 0));
    assert_eq!(busy(5, &plan()), (expected(5), 15));
}

#[test]
fn a_pause_ends_for_the_life_in_which_it_began() {
    let mut plan = plan();
    let crash = End::Crash(CrashKind::Reset);
    let first = Life { start: Time::ZERO, stop: ms(2_500), end: crash };
    plan.lives[1] = vec![first, Life { start: ms(2_600), stop: Time::MAX, end: End::Leave }].into();
    let (given, dropped) = busy(5, &plan);
    assert_eq!((given.first(), given.last()), (Some(&(ms(1_050), 0)), Some(&(ms(5_050), 21))));
    assert_eq!(dropped, 0, "the next life has an application of its own");
}
