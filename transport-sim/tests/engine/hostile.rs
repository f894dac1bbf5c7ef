//! Adversaries: each deed does what its name says, and nothing without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::distributions::Distribution;
use floodnet_core::graph::Graph;
use floodnet_core::hostile::{Deed, MessageClass};
use floodnet_core::node::{self, Node};
use floodnet_core::observe::Observation;
use floodnet_core::overlay::{Fixed, RandomWalk, fixed, random_walk};
use floodnet_core::time::{Duration, Time};
use floodnet_core::units::Size;
use floodnet_sim::graph::{self, line};
use floodnet_sim::hostile::{Hostile, HostileConfig, Scene};
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::{Divisible, Observed, Observer};
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{Known, Plan, PlanSpec, Publish};
use floodnet_sim::spec::{
    Adversary, Censor, Churn, Connect, CrashKind, DeedSpec, Estimator, Fault, FaultKind, Link, Nodes, Origin,
    Partition, Pause, Per, Target, Traffic, Transport,
};
use floodnet_sim::{SimProtocol, Simulation};

use crate::common::{Log, deliveries, ms};

type Static = Node<Fixed, Flood<u32, SimPayload>>;
type Walker = Node<RandomWalk<u32>, Flood<u32, SimPayload>>;

fn secs(secs: u64) -> floodnet_core::units::Duration {
    floodnet_core::units::Duration::from_secs(secs)
}

fn traffic(slot: u32, start: u64, stop: u64) -> Traffic {
    let (every, size) = (Some(secs(1)), Size(100));
    Traffic { from: Origin::Slot(slot), every, poisson: None, size, start: secs(start), stop: secs(stop) }
}

fn spec(slots: u32, traffic: Vec<Traffic>, adversary: Adversary) -> PlanSpec {
    PlanSpec {
        duration: Duration::from_secs(40),
        nodes: Nodes { count: Some(slots), ..Nodes::default() },
        churn: None,
        trace: Vec::new(),
        traffic,
        faults: Vec::new(),
        adversaries: vec![adversary],
        known: Known::default(),
    }
}

/// Runs `plan` with honest nodes by `make` and these settings twice; the log and the digest.
fn run<P>(plan: &Plan, [honest, unbounded]: [P::Config; 2], make: fn(u32) -> P) -> (Log, u64)
where
    P: SimProtocol<Message: floodnet_core::wire::Wire>,
{
    let scene = Arc::new(Scene::of(plan));
    let config = HostileConfig { honest, unbounded, scene };
    let hostile = |slot| Hostile::new(slot, make(slot), &config.scene);
    let links = LinkModel::default();
    let simulation = Simulation::new(plan, &links, &config, &hostile);
    let mut log = Log::new();
    let outcome = simulation.run(&mut log).expect("the link model is sound");
    let reference = simulation.run_by_heap(&mut ()).expect("the link model is sound");
    assert_eq!(outcome.digest, reference.digest);
    crate::common::assert_conserved(&log, &outcome);
    (log, outcome.digest)
}

fn on_line(slots: u32) -> node::Config<fixed::Config, flood::Config> {
    let graph = Arc::new(line(slots).expect("a line"));
    node::Config { overlay: fixed::Config { graph, greet: true }, broadcast: flood::Config::default() }
}

fn on_walks() -> node::Config<random_walk::Config<u32>, flood::Config> {
    node::Config { overlay: random_walk::Config::new(vec![0]), broadcast: flood::Config::default() }
}

/// Slots 0, 1 and 2 in a line, of which 1 does this from 10 s to 20 s; 0 and 2 publish each second from 5 s to 25 s.
fn in_the_middle(does: Vec<DeedSpec>) -> Log {
    let hostile = Adversary {
        slots: Some(vec![1]),
        start: secs(10),
        stop: Some(secs(20)),
        does,
        ..Adversary::default()
    };
    let plan = spec(3, vec![traffic(0, 5, 25), traffic(2, 5, 25)], hostile).draw(1).expect("a plan");
    run::<Static>(&plan, [on_line(3), on_line(3)], |slot| Node::new(Fixed::new(slot), Flood::default())).0
}

/// Messages that slot `to` got between 10 s and 20 s, in 100 ms from their publication, and all that it got.
fn got(log: &Log, to: u32) -> (usize, usize) {
    let got: Vec<Time> =
        deliveries(log).into_iter().filter(|(_, slot, _)| *slot == to).map(|(at, ..)| at).collect();
    let prompt = |at: &&Time| at.as_nanos() % 1_000_000_000 == 100_000_000;
    let attacked = |at: &&Time| ms(10_000) <= **at && **at < ms(20_000);
    (got.iter().filter(prompt).filter(attacked).count(), got.len())
}

fn deeds(log: &Log) -> Vec<Deed<u32, u32>> {
    let deed = |(_, _, what): &(Time, u32, Observed)| match what {
        Observed::Protocol(Observation::Deed(deed)) => Some(*deed),
        _ => None,
    };
    log.iter().filter_map(deed).collect()
}

#[test]
fn who_stands_between_two_does_what_its_deeds_say_and_only_in_its_time() {
    const PAYLOAD: MessageClass = MessageClass::Payload;
    let by = floodnet_core::units::Duration::from_millis(300);
    let after = by;
    // For each deed: what 2 gets of 0 at once while it lasts, and in all; the same of 0, of 2's; how often it is done.
    for (deed, of_first, of_last, times) in [
        (DeedSpec::Drop { share: 0.0, of: PAYLOAD }, (10, 20), (10, 20), 0),
        (DeedSpec::Drop { share: 1.0, of: PAYLOAD }, (0, 10), (0, 10), 20),
        (DeedSpec::Drop { share: 1.0, of: MessageClass::Ping }, (10, 20), (10, 20), 0),
        (DeedSpec::Censor(Censor { from: 0 }), (0, 10), (10, 20), 10),
        (DeedSpec::Censor(Censor { from: 1 }), (10, 20), (10, 20), 0),
        (DeedSpec::Delay { by, of: PAYLOAD }, (0, 20), (0, 20), 20),
        (DeedSpec::Delay { by: secs(0), of: PAYLOAD }, (10, 20), (10, 20), 0),
        (DeedSpec::Ignore(PAYLOAD), (0, 10), (0, 10), 20),
        (DeedSpec::Ignore(MessageClass::Ping), (10, 20), (10, 20), 0),
        (DeedSpec::Repeat { times: 2, after, of: PAYLOAD }, (10, 20), (10, 20), 40),
        (DeedSpec::Repeat { times: 0, after, of: PAYLOAD }, (10, 20), (10, 20), 0),
        (DeedSpec::Collude(Estimator::FirstSpy), (10, 20), (10, 20), 20),
    ] {
        let log = in_the_middle(vec![deed]);
        assert_eq!(got(&log, 2), of_first, "{deed:?}");
        assert_eq!(got(&log, 0), of_last, "{deed:?}");
        assert_eq!(deeds(&log).len(), times, "{deed:?}");
        // A copy is suppressed, and only by the two who get one.
        let duplicates = log.iter().filter(|(_, slot, what)| {
            *slot != 1 && matches!(what, Observed::Protocol(Observation::Duplicate(_)))
        });
        let copies = if matches!(deed, DeedSpec::Repeat { .. }) { times } else { 0 };
        assert_eq!(duplicates.count(), copies, "{deed:?}");
    }
}

#[test]
fn who_drops_by_chance_drops_that_share() {
    let log = in_the_middle(vec![DeedSpec::Drop { share: 0.5, of: MessageClass::Payload }]);
    let dropped = deeds(&log).len();
    // 20 packets, standard deviation 2.2.
    assert!((4..=16).contains(&dropped), "{dropped} of 20");
    let arrived = got(&log, 0).1 + got(&log, 2).1;
    assert_eq!(arrived + dropped, 40);
}

#[test]
fn delays_add_up_and_what_is_heard_names_who_sent_it() {
    let by = floodnet_core::units::Duration::from_millis(300);
    let delay = DeedSpec::Delay { by, of: MessageClass::Payload };
    let log = in_the_middle(vec![delay, delay]);
    let first = deliveries(&log).into_iter().find(|(at, slot, _)| *slot == 2 && *at >= ms(10_000));
    assert_eq!(first.map(|(at, ..)| at), Some(ms(10_700)), "100 ms, and twice 300 ms");
    assert!(deeds(&log).iter().all(|deed| *deed == Deed::Delayed(Duration::from_millis(600))));

    let log = in_the_middle(vec![DeedSpec::Collude(Estimator::FirstSpy)]);
    for deed in deeds(&log) {
        let Deed::Heard { message, from } = deed else { panic!("{deed:?}") };
        // The two publish in turn.
        assert_eq!(from, if message % 2 == 0 { 0 } else { 2 }, "message {message}");
    }
}

/// 30 slots of random walks; the adversary is of `extra` nodes that come at 10 s.
fn among_walks(extra: u32, connect: Option<Connect>, does: Vec<DeedSpec>) -> (Plan, Log) {
    let hostile = Adversary {
        extra: Some(extra),
        arrive: Some(secs(10)),
        start: secs(15),
        stop: Some(secs(30)),
        connect,
        does,
        ..Adversary::default()
    };
    let plan = spec(30, vec![traffic(3, 5, 35)], hostile).draw(2).expect("a plan");
    let walker = |slot| Walker::new(RandomWalk::new(slot), Flood::default());
    let (log, _) = run::<Walker>(&plan, [on_walks(), on_walks()], walker);
    (plan, log)
}

/// Whom each slot holds at `end`.
fn held(log: &Log, end: Time) -> Vec<Vec<u32>> {
    let mut held = vec![Vec::new(); 128];
    for (_, slot, what) in log.iter().filter(|(at, ..)| *at < end) {
        match what {
            Observed::Protocol(Observation::NeighborUp(peer)) => held[*slot as usize].push(*peer),
            Observed::Protocol(Observation::NeighborDown(peer)) => {
                held[*slot as usize].retain(|held| held != peer);
            }
            _ => {}
        }
    }
    held
}

/// The overlay protects the links that a node chose itself.
#[test]
fn who_connects_asks_its_victim_again_and_again_and_gets_no_more_than_half_its_places() {
    let connect = Connect { to: Target::Slot(7), links: 1, at: None, every: secs(1) };
    let asked = |log: &Log| {
        let asks = |(at, slot, what): &&(Time, u32, Observed)| {
            let to_victim = matches!(what, Observed::Sent { to: 7, payload: None, .. });
            *slot >= 30 && to_victim && (ms(15_000)..ms(30_000)).contains(at)
        };
        log.iter().filter(asks).count()
    };
    let (_, attacked) = among_walks(12, Some(connect), Vec::new());
    let held = held(&attacked, Time::from_secs(29));
    let (hostile, all) = (held[7].iter().filter(|peer| **peer >= 30).count(), held[7].len());
    assert!(hostile <= all / 2, "{hostile} of {all}");
    let nothing = vec![DeedSpec::Drop { share: 0.0, of: MessageClass::Payload }];
    let (_, control) = among_walks(12, None, nothing);
    assert!(asked(&attacked) > asked(&control) + 50, "{} and {}", asked(&attacked), asked(&control));
}

#[test]
fn targets_are_honest_and_those_that_were_meant() {
    let connect = |to, links| Some(Connect { to, links, at: None, every: secs(1) });
    let visited = |to, links| {
        let (plan, _) = among_walks(3, connect(to, links), Vec::new());
        let group = &plan.adversaries.groups[0];
        assert!(group.members.iter().all(|member| *member >= 30) && group.visits.len() == 3);
        group.visits.clone()
    };
    for visits in visited(Target::Random, 8) {
        let mut slots: Vec<u32> = visits.iter().map(|visit| visit.slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert!(slots.len() == 8 && slots.iter().all(|slot| *slot < 30), "{slots:?}");
    }
    assert!(visited(Target::Publishers, 8).iter().flatten().all(|visit| visit.slot == 3));
    assert!(visited(Target::Joiners, 8).concat().is_empty(), "nobody comes after 15 s");
}

#[test]
fn forged_requests_bring_no_names_of_nobody_into_views() {
    let forge = |names| DeedSpec::Forge { what: MessageClass::Join, every: secs(1), names };
    let (plan, log) = among_walks(3, None, vec![forge(4)]);
    assert_eq!(plan.adversaries.groups[0].names, 33..37);
    let taken = |log: &Log, from: u32| {
        let is_taken = |(_, slot, what): &&(Time, u32, Observed)| {
            *slot < 30 && matches!(what, Observed::Protocol(Observation::NeighborUp(peer)) if *peer >= from)
        };
        log.iter().filter(is_taken).count()
    };
    assert!(deeds(&log).contains(&Deed::Forged));
    assert_eq!(taken(&log, 33), 0, "who does not answer is nobody's neighbor");
    let last = held(&log, Time::from_secs(40));
    assert!(last.iter().flatten().all(|peer| *peer < 33), "nobody holds who is not there");
    // Without made-up names accomplices are named.
    let (plan, log) = among_walks(3, None, vec![forge(0)]);
    assert!(plan.adversaries.groups[0].names.is_empty());
    assert!(taken(&log, 33) == 0 && deeds(&log).contains(&Deed::Forged));
    let (_, control) = among_walks(3, None, vec![DeedSpec::Ignore(MessageClass::Advert)]);
    assert!(taken(&control, 33) == 0 && deeds(&control).is_empty());
}

#[test]
fn who_lies_names_an_accomplice_in_place_of_a_joiner_and_gains_little() {
    // Hostile from the start and known to nobody else: ten slots join after them.
    let hostile = |does| Adversary { slots: Some((1..4).collect()), does, ..Adversary::default() };
    let links_to_liars = |does| {
        let mut spec = spec(40, Vec::new(), hostile(does));
        spec.nodes.arrive = secs(10);
        let plan = spec.draw(3).expect("a plan");
        let walker = |slot| Walker::new(RandomWalk::new(slot), Flood::default());
        let (log, _) = run::<Walker>(&plan, [on_walks(), on_walks()], walker);
        let lies = deeds(&log).iter().filter(|deed| **deed == Deed::Lied).count();
        let is_taken = |(_, slot, what): &&(Time, u32, Observed)| {
            let to_liar = matches!(what, Observed::Protocol(Observation::NeighborUp(1..4)));
            to_liar && *slot >= 4
        };
        (lies, log.iter().filter(is_taken).count())
    };
    let (lies, with) = links_to_liars(vec![DeedSpec::Lie(MessageClass::Join)]);
    let (none, without) = links_to_liars(vec![DeedSpec::Lie(MessageClass::Advert)]);
    assert!(lies > 20 && none == 0, "{lies} lies");
    assert!(with < without + 10, "{with} links to liars, and {without} without a lie");
}

#[test]
fn adversaries_that_do_nothing_change_no_digest() {
    let traffic = || vec![traffic(3, 5, 35)];
    let walker = |slot| Walker::new(RandomWalk::new(slot), Flood::default());
    let plain = {
        let mut honest = spec(30, traffic(), Adversary::default());
        honest.adversaries.clear();
        let (plan, links, config) = (honest.draw(5).expect("a plan"), LinkModel::default(), on_walks());
        Simulation::new(&plan, &links, &config, &walker).run(&mut ()).expect("sound").digest
    };
    let drop = |share| DeedSpec::Drop { share, of: MessageClass::Payload };
    let cases = [
        Adversary { share: Some(0.0), does: vec![drop(1.0)], ..Adversary::default() },
        Adversary { count: Some(0), does: vec![drop(1.0)], ..Adversary::default() },
        Adversary { share: Some(1.0), does: vec![drop(0.0)], ..Adversary::default() },
        Adversary {
            share: Some(0.5),
            does: vec![
                DeedSpec::Delay { by: secs(0), of: MessageClass::Join },
                DeedSpec::Repeat { times: 0, after: secs(1), of: MessageClass::Payload },
                DeedSpec::Ignore(MessageClass::Ping),
            ],
            ..Adversary::default()
        },
        Adversary { share: Some(0.5), start: secs(39), does: vec![drop(1.0)], ..Adversary::default() },
    ];
    for hostile in cases {
        let plan = spec(30, traffic(), hostile.clone()).draw(5).expect("a plan");
        let (_, digest) = run::<Walker>(&plan, [on_walks(), on_walks()], walker);
        assert_eq!(digest, plain, "{hostile:?}");
    }
    let plan =
        spec(30, traffic(), Adversary { share: Some(0.5), does: vec![drop(0.1)], ..Adversary::default() });
    let (_, digest) = run::<Walker>(&plan.draw(5).expect("a plan"), [on_walks(), on_walks()], walker);
    assert_ne!(digest, plain, "the smallest share that does something");
}

#[test]
fn with_churn_and_faults_all_engines_come_to_the_same() {
    let hostile = Adversary {
        extra: Some(5),
        connect: Some(Connect { to: Target::Joiners, links: 9, at: None, every: secs(2) }),
        does: vec![
            DeedSpec::Drop { share: 0.3, of: MessageClass::Payload },
            DeedSpec::Forge { what: MessageClass::Join, every: secs(1), names: 3 },
            DeedSpec::Delay { by: secs(1), of: MessageClass::Accept },
            DeedSpec::Repeat { times: 1, after: secs(2), of: MessageClass::Join },
        ],
        ..Adversary::default()
    };
    let mut spec = spec(40, vec![traffic(3, 5, 35)], hostile);
    spec.nodes.arrive = secs(10);
    spec.churn = Some(Churn {
        start: secs(10),
        stop: secs(40),
        session: Distribution::Exponential { mean: Duration::from_secs(20) }.into(),
        downtime: Some(Distribution::Exponential { mean: Duration::from_secs(5) }.into()),
        crash: 0.5,
        crash_kind: CrashKind::Silent,
    });
    let partition = Partition { groups: vec![0.5, 0.5], lasts: secs(5), one_way: false };
    spec.faults = vec![
        Fault { at: secs(15), kind: FaultKind::Partition(partition) },
        Fault { at: secs(25), kind: FaultKind::Pause(Pause::once(0.2, secs(3))) },
    ];
    let plan = spec.draw(7).expect("a plan");
    let walker = |slot| Walker::new(RandomWalk::new(slot), Flood::default());
    let (log, digest) = run::<Walker>(&plan, [on_walks(), on_walks()], walker);
    let done = deeds(&log);
    for deed in [Deed::Forged, Deed::Repeated, Deed::Dropped { payload: true }] {
        assert!(done.contains(&deed), "{deed:?} is not among {} deeds", done.len());
    }
    let config =
        HostileConfig { honest: on_walks(), unbounded: on_walks(), scene: Arc::new(Scene::of(&plan)) };
    let make = |slot| Hostile::new(slot, walker(slot), &config.scene);
    let links = LinkModel::default();
    let simulation = Simulation::new(&plan, &links, &config, &make).always_wake();
    let jobs = std::num::NonZeroUsize::new(3).expect("three");
    let divided = simulation.run_divided(jobs, &mut Nobody, &mut |_| true).expect("sound");
    assert_eq!(divided.digest, digest);
}

/// Observes nothing, in parts.
struct Nobody;

impl Divisible for Nobody {
    type Part = ();

    fn divide(&mut self, shards: &[std::ops::Range<u32>]) -> Vec<()> {
        vec![(); shards.len()]
    }
    fn sample(&mut self, _: &mut [()], _: Time) {}
    fn unite(&mut self, _: Vec<()>) {}
}

/// The share of messages whose first copy at a spy, which every node has a link to, comes from their origin: over
/// three random regular graphs of 400 nodes, each of which publishes once.
fn first_spy(degree: u32, latency: Distribution) -> f64 {
    const NODES: u32 = 400;
    let (mut right, mut all) = (0, 0);
    for seed in 1..=3 {
        let regular = graph::regular(NODES, degree, seed).expect("a graph");
        let links = (0..NODES).flat_map(|slot| {
            let peers = regular.neighbors(slot).iter().filter(move |peer| **peer > slot);
            peers.map(move |peer| (slot, *peer)).chain([(slot, NODES)])
        });
        let whole = Arc::new(Graph::from_edges(NODES + 1, links.collect::<Vec<_>>()).expect("a graph"));
        let config = || node::Config {
            overlay: fixed::Config { graph: Arc::clone(&whole), greet: false },
            broadcast: flood::Config::default(),
        };
        let silent = DeedSpec::Drop { share: 1.0, of: MessageClass::Payload };
        let does = vec![DeedSpec::Collude(Estimator::FirstSpy), silent];
        let hostile = Adversary { slots: Some(vec![NODES]), does, ..Adversary::default() };
        let mut spec = spec(NODES + 1, Vec::new(), hostile);
        spec.duration = Duration::from_secs(200);
        let mut plan = spec.draw(seed).expect("a plan");
        let publish = |slot: u32| Publish { at: ms(100 * u64::from(slot) + 1_000), slot, size: 100 };
        plan.publishes = (0..NODES).map(publish).collect();
        let link = Link {
            transport: Transport::Datagram,
            per: Per::Packet,
            latency: latency.into(),
            ..LinkModel::default().spec
        };
        let scene = Arc::new(Scene::of(&plan));
        let config = HostileConfig { honest: config(), unbounded: config(), scene };
        let make = |slot| Hostile::new(slot, Static::new(Fixed::new(slot), Flood::default()), &config.scene);
        let mut heard = Heard(BTreeMap::new());
        Simulation::new(&plan, &LinkModel::new(link), &config, &make).run(&mut heard).expect("sound");
        right += heard.0.iter().filter(|(message, (_, from))| *message == from).count();
        all += NODES;
    }
    right as f64 / f64::from(all)
}

/// Of each message, when and from whom it came first.
struct Heard(BTreeMap<u32, (Time, u32)>);

impl Observer for Heard {
    fn observe(&mut self, at: Time, _: u32, what: Observed) {
        if let Observed::Protocol(Observation::Deed(Deed::Heard { message, from })) = what {
            let first = self.0.entry(message).or_insert((at, from));
            *first = (*first).min((at, from));
        }
    }
}

/// A flood over links whose delays are all exponential with one mean, on an infinite tree of this degree, where every
/// node has a link to the spy too. While m nodes beside the origin have the message, m (d - 2) + d links lead on, and
/// m + 1 lead to the spy; any of them is the next with the same chance, and one of them is the origin's.
fn law_of_first_spy(degree: u32) -> f64 {
    let d = f64::from(degree);
    let (mut law, mut unheard) = (0.0, 1.0);
    for others in 0..10_000 {
        let m = f64::from(others);
        let (on, spies) = (m * (d - 2.0) + d, m + 1.0);
        law += unheard / (on + spies);
        unheard *= on / (on + spies);
    }
    law
}

#[test]
fn a_spy_with_a_link_to_everybody_guesses_as_often_as_theory_says() {
    let mean = Duration::from_secs(1);
    for (degree, published) in [(3, 0.5000), (6, 0.3452), (12, 0.2233), (20, 0.1571)] {
        assert!((law_of_first_spy(degree) - published).abs() < 1e-4, "degree {degree}");
    }
    for degree in [3, 6, 12] {
        let (law, found) = (law_of_first_spy(degree), first_spy(degree, Distribution::Exponential { mean }));
        // 1,200 messages: three standard errors, and what a graph of 400 nodes differs from a tree.
        let tolerance = 3.0 * (law * (1.0 - law) / 1_200.0).sqrt() + 0.01;
        assert!((found - law).abs() < tolerance, "degree {degree}: {found} and not {law:.4}");
    }
    // The control: where all links take the same time, the origin's own is the first.
    assert_eq!(first_spy(3, Distribution::Constant(mean)), 1.0);
}
