//! What is measured does not depend on how many parts measure it, nor on whose observations come first.

use floodnet_core::observe::Observation;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::plan::{FaultSpan, Plan};

use super::reference_tests::{SLOTS, plan, script};
use super::testing::{Divided, Line, secs, settings};
use super::{Ending, MeasureSettings, Results};

/// One thing of any kind, now and then about a slot or a message that the plan does not have.
fn anything(plan: &Plan, rng: &mut NodeRng) -> (u32, Observed) {
    let (slot, peer) = (rng.below(SLOTS + 1), rng.below(SLOTS + 1));
    let message = rng.below(u32::try_from(plan.publishes.len()).unwrap() + 1);
    let payload = rng.chance(3, 4).then_some(message);
    let reason = ["loss", "cut", "queue_full"][rng.below(3) as usize];
    let hops = u16::try_from(rng.below(9)).unwrap();
    let what = match rng.below(14) {
        0 | 1 => Observed::Sent { to: peer, payload, bytes: 40 + rng.below(100), kind: "message" },
        2 => Observed::Received { from: peer, payload },
        3 => Observed::Lost { payload, reason },
        4 => Observed::Protocol(Observation::Published(message)),
        5 | 6 => Observed::Protocol(Observation::Delivered { message, hops }),
        7 => Observed::Protocol(Observation::Duplicate(message)),
        8 | 9 => Observed::Protocol(Observation::NeighborUp(peer)),
        10 => Observed::Protocol(Observation::NeighborDown(peer)),
        11 => Observed::Protocol(Observation::Repair),
        12 => Observed::Protocol(Observation::Dropped(reason)),
        // A life that the plan does not have.
        _ => Observed::Up { incarnation: 7 },
    };
    (slot, what)
}

/// A run at random, in order of time: what a backend might report, and what none would.
fn run(rng: &mut NodeRng) -> (Plan, MeasureSettings, Vec<Line>) {
    let mut plan = plan(rng);
    plan.faults.push(FaultSpan { name: "partition", from: secs(10), until: secs(15), slots: 1 });
    let mut script = script(&plan, rng);
    if rng.chance(1, 2) {
        for _ in 0..200 {
            let (slot, what) = anything(&plan, rng);
            script.push(Time::from_nanos(u64::from(rng.below(40_000)) * 1_000_000), slot, what);
        }
        script.0.sort_by_key(|&(at, ..)| at);
    }
    let mut settings = settings(&plan);
    settings.target_degree = Some(2);
    settings.topology_times = vec![secs(5), secs(12), secs(33)];
    settings.topology_at_end = true;
    (plan, settings, script.0)
}

/// The same lines, with those of different slots in any order.
fn mixed(lines: Vec<Line>, rng: &mut NodeRng) -> Vec<Line> {
    let mut by_slot: Vec<Vec<Line>> = vec![Vec::new(); SLOTS as usize + 1];
    lines.into_iter().rev().for_each(|line| by_slot[line.1 as usize].push(line));
    let mut all = Vec::new();
    while !by_slot.is_empty() {
        let place = rng.below(u32::try_from(by_slot.len()).unwrap()) as usize;
        match by_slot[place].pop() {
            Some(line) => all.push(line),
            None => drop(by_slot.swap_remove(place)),
        }
    }
    all
}

/// Feeds `lines` to `parts` parts, in another order between two barriers when `rng` is there.
fn measure(
    plan: &Plan,
    settings: &MeasureSettings,
    lines: &[Line],
    parts: u32,
    mut rng: Option<&mut NodeRng>,
) -> Results {
    let mut measures = Divided::new(plan.clone(), settings.clone(), parts);
    let mut rest = lines;
    for barrier in measures.whole.barriers() {
        let (now, later) = rest.split_at(rest.partition_point(|&(at, ..)| at < barrier));
        let now = rng.as_mut().map_or_else(|| now.to_vec(), |rng| mixed(now.to_vec(), rng));
        now.into_iter().for_each(|(at, slot, what)| measures.observe(at, slot, what));
        measures.sample(barrier);
        rest = later;
    }
    assert!(rest.is_empty());
    // Not complete: what was made up does not conserve packets.
    measures.finish(Ending { digest: Some(7), in_flight_payloads: 0, in_flight_packets: 0, complete: false })
}

#[test]
fn results_do_not_depend_on_the_parts_nor_on_the_order_between_slots() {
    for seed in 0..150 {
        let mut rng = NodeRng::new(seed);
        let (plan, settings, lines) = run(&mut rng);
        let one = measure(&plan, &settings, &lines, 1, None);
        for parts in [1, 2, 3, 7, SLOTS + 3] {
            let other = measure(&plan, &settings, &lines, parts, Some(&mut rng));
            assert_eq!(one.summary.to_json(), other.summary.to_json(), "seed {seed}, {parts} parts");
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "seed {seed}, {parts} parts");
        }
    }
}

#[test]
fn the_runs_at_random_have_something_of_everything() {
    let mut sums = [0; 9];
    for seed in 0..150 {
        let (plan, settings, lines) = run(&mut NodeRng::new(seed));
        let results = measure(&plan, &settings, &lines, 3, None);
        let summary = &results.summary;
        let found = [
            summary.deliveries,
            summary.deliveries_late,
            summary.deliveries_other,
            summary.double_deliveries,
            summary.lost.packets,
            summary.links_end,
            summary.never_joined,
            results.topologies.iter().filter(|topology| topology.spread.is_some()).count() as u64,
            results.topologies.iter().filter(|topology| !topology.cut.is_empty()).count() as u64,
        ];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
    }
    assert!(sums.iter().all(|&sum| sum > 10), "{sums:?}");
}
