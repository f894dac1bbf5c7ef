//! Streams that lose packets against what a kernel's TCP was measured to do (docs/sim-vs-real.md).

use std::sync::Arc;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::between::{Between, Flow, Passage};
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::{Latency, Link};

/// Share lost, milliseconds one way, between messages, and measured delays: mean, median, and one in the tail with its
/// share. (Further out, a minute of many connections does not say enough where a tenth is lost.)
const MEASURED: [(f64, u64, u64, [f64; 3], f64); 8] = [
    (0.005, 20, 5, [22.1, 20.1, 65.3], 0.99),
    (0.01, 20, 5, [24.1, 20.2, 70.3], 0.99),
    (0.02, 20, 5, [28.2, 20.8, 78.7], 0.99),
    (0.05, 20, 5, [37.9, 29.2, 126.5], 0.99),
    (0.1, 20, 5, [68.2, 41.5, 118.7], 0.9),
    (0.05, 50, 5, [107.8, 94.4, 320.5], 0.99),
    (0.05, 20, 20, [29.9, 20.1, 140.4], 0.99),
    (0.05, 20, 100, [31.7, 20.1, 244.8], 0.99),
];

/// Milliseconds from when each of `count` messages was to be sent to when it is there.
fn delays(loss: f64, latency: u64, every: u64, seed: u64, count: u64) -> Vec<f64> {
    let links = LinkModel::new(Link {
        latency: Latency::constant(Duration::from_millis(latency).into()),
        loss,
        break_after: Duration::from_secs(600).into(),
        ..Link::default()
    });
    let between = Between::new(Arc::new(Plan::still(seed, 2, Time::from_secs(900))), Arc::new(links));
    let (mut flow, mut packets) = (Flow::default(), 0);
    (0..count)
        .map(|nth| {
            let at = Time::from_secs(10) + Duration::from_millis(every * nth);
            let number = || {
                packets += 1;
                packets - 1
            };
            match between.passage((0, 1), number, at, &mut flow) {
                Passage::Arrives(arrival) => arrival.since(at).as_nanos() as f64 / 1e6,
                Passage::Breaks(_) => panic!("ten minutes are enough"),
            }
        })
        .collect()
}

#[test]
fn delays_are_a_kernels() {
    for (loss, latency, every, measured, share) in MEASURED {
        let mut all: Vec<f64> = (1..=24).flat_map(|seed| delays(loss, latency, every, seed, 8_000)).collect();
        all.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| all[(share * all.len() as f64) as usize];
        let predicted = [all.iter().sum::<f64>() / all.len() as f64, at(0.5), at(share)];
        for (predicted, measured) in predicted.into_iter().zip(measured) {
            let bound = (0.15 * measured).max(3.0);
            assert!(
                (predicted - measured).abs() <= bound,
                "{loss} lost every {every} ms over {latency} ms: {predicted} for {measured}"
            );
        }
    }
}

#[test]
fn what_is_sent_at_once_goes_in_one_packet() {
    let links = LinkModel::new(Link { loss: 0.5, ..Link::default() });
    let between = Between::new(Arc::new(Plan::still(3, 2, Time::from_secs(900))), Arc::new(links));
    let (mut flow, at) = (Flow::default(), Time::from_secs(10));
    let first = between.passage((0, 1), || 0, at, &mut flow);
    for _ in 0..20 {
        assert_eq!(between.passage((0, 1), || panic!("not a packet of its own"), at, &mut flow), first);
    }
}
