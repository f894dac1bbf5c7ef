//! Nodes in a small network under arbitrary joins, leaves, crashes, losses, cuts and publications,
//! against a model that knows only who is up and what was published.

mod network;
#[path = "../common/note.rs"]
mod note;

use std::collections::BTreeSet;

use floodnet_core::broadcast::flood;
use floodnet_core::node;
use floodnet_core::overlay::random_walk::{Accept, Config};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Duration;
use network::{Network, Settings};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

/// The node that every newcomer knows.
const ENTRY: u32 = 0;
/// A node has one timer: that of its overlay.
const MAX_TIMERS: usize = 2;
/// Longer than several of the longest pauses between attempts to come back.
const SETTLE: Duration = Duration::from_secs(1_800);

/// What the network must agree with.
#[derive(Clone, Debug)]
struct Model {
    slots: u32,
    seed: u64,
    config: Config<u32>,
    up: BTreeSet<u32>,
    published: BTreeSet<u32>,
}

impl Model {
    /// Whether walks can find nothing but full nodes. Then each displaced neighbor displaces another, and
    /// that goes on for as long as one node lacks a link.
    fn is_tight(&self) -> bool {
        self.config.max_degree == Some(self.config.degree) || self.config.hop_limit == 0
    }
}

#[derive(Clone, Debug)]
enum Transition {
    Join(u32),
    Leave(u32),
    Crash(u32),
    /// The next packet of some direction is lost, and its connection with it.
    Lose(u32),
    /// Slots whose bits differ cannot reach each other.
    Partition(u64),
    Heal,
    Publish {
        slot: u32,
        note: u32,
    },
    /// So many things arrive, from directions drawn from this seed.
    Deliver {
        count: u32,
        order: u64,
    },
    AdvanceMillis(u64),
}

impl Transition {
    /// Whether this can happen to the model.
    fn is_possible(&self, model: &Model) -> bool {
        match *self {
            Self::Join(slot) => slot < model.slots && !model.up.contains(&slot),
            Self::Leave(slot) | Self::Crash(slot) => model.up.contains(&slot),
            Self::Publish { slot, note } => model.up.contains(&slot) && !model.published.contains(&note),
            Self::Lose(_)
            | Self::Partition(_)
            | Self::Heal
            | Self::Deliver { .. }
            | Self::AdvanceMillis(_) => true,
        }
    }

    fn change(&self, model: &mut Model) {
        match *self {
            Self::Join(slot) => {
                model.up.insert(slot);
            }
            Self::Leave(slot) | Self::Crash(slot) => {
                model.up.remove(&slot);
            }
            Self::Publish { note, .. } => {
                model.published.insert(note);
            }
            Self::Lose(_)
            | Self::Partition(_)
            | Self::Heal
            | Self::Deliver { .. }
            | Self::AdvanceMillis(_) => {}
        }
    }

    fn run(&self, network: &mut Network) {
        match *self {
            Self::Join(slot) => network.start(slot),
            Self::Leave(slot) => network.leave(slot),
            Self::Crash(slot) => network.crash(slot),
            Self::Lose(choice) => network.lose(choice),
            Self::Partition(mask) => network.partition(mask),
            Self::Heal => network.partition(0),
            Self::Publish { slot, note } => network.publish(slot, note),
            Self::Deliver { count, order } => network.deliver(count, &mut NodeRng::new(order)),
            Self::AdvanceMillis(millis) => network.advance(Duration::from_millis(millis)),
        }
    }
}

fn configs() -> impl Strategy<Value = Config<u32>> {
    let accept = prop_oneof![Just(Accept::Inverse), Just(Accept::Always), Just(Accept::Endpoint)];
    let mended = (1u32..6, prop::option::of(0u32..6), 0u8..7, any::<bool>(), any::<bool>(), accept).prop_map(
        |(degree, room, hop_limit, retry, repair, accept)| Config {
            degree,
            max_degree: room.map(|room| degree + room),
            hop_limit,
            retry,
            repair,
            accept,
            entry: vec![ENTRY],
            groups: Vec::new(),
        },
    );
    prop_oneof![Just(Config::new(vec![ENTRY])), Just(Config::tutorial(vec![ENTRY])), mended]
}

fn settings(config: Config<u32>) -> Settings {
    node::Config { overlay: config, broadcast: flood::Config::default() }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        let model = |(slots, seed, config)| Self {
            slots,
            seed,
            config,
            up: BTreeSet::from([ENTRY]),
            published: BTreeSet::new(),
        };
        (2u32..=50, any::<u64>(), configs()).prop_map(model).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Transition> {
        let down: Vec<u32> = (0..model.slots).filter(|slot| !model.up.contains(slot)).collect();
        let up: Vec<u32> = model.up.iter().copied().collect();
        let mut choices = vec![
            (2, any::<u32>().prop_map(Transition::Lose).boxed()),
            (1, any::<u64>().prop_map(Transition::Partition).boxed()),
            (1, Just(Transition::Heal).boxed()),
            (
                6,
                (1u32..200, any::<u64>())
                    .prop_map(|(count, order)| Transition::Deliver { count, order })
                    .boxed(),
            ),
            (3, (1u64..10_000).prop_map(Transition::AdvanceMillis).boxed()),
        ];
        if !down.is_empty() {
            choices.push((8, select(down).prop_map(Transition::Join).boxed()));
        }
        if !up.is_empty() {
            choices.push((1, select(up.clone()).prop_map(Transition::Leave).boxed()));
            choices.push((1, select(up.clone()).prop_map(Transition::Crash).boxed()));
            let publish = |(slot, note)| Transition::Publish { slot, note };
            choices.push((3, (select(up), 0u32..1_000).prop_map(publish).boxed()));
        }
        Union::new_weighted(choices).boxed()
    }

    fn preconditions(model: &Self, transition: &Transition) -> bool {
        transition.is_possible(model)
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        transition.change(&mut model);
        model
    }
}

/// The real nodes.
struct Nodes;

impl StateMachineTest for Nodes {
    type SystemUnderTest = Network;
    type Reference = Model;

    fn init_test(model: &Model) -> Network {
        let mut network = Network::new(settings(model.config.clone()), model.slots, model.seed);
        network.start(ENTRY);
        network
    }

    fn apply(mut network: Network, _: &Model, transition: Transition) -> Network {
        transition.run(&mut network);
        network
    }

    fn check_invariants(network: &Network, model: &Model) {
        check(network, model);
    }

    fn teardown(mut network: Network, model: Model) {
        network.partition(0);
        network.settle(SETTLE, &mut NodeRng::new(model.seed));
        check(&network, &model);
        assert!(network.is_quiet() || model.is_tight(), "busy without end");
        if network.is_quiet() {
            check_symmetry(&network);
        }
    }
}

/// What holds after each step.
fn check(network: &Network, model: &Model) {
    assert_eq!(network.up(), model.up);
    for &slot in &model.up {
        let held = network.neighbors(slot);
        let distinct: BTreeSet<u32> = held.iter().copied().collect();
        assert!(!distinct.contains(&slot), "{slot} is its own neighbor");
        assert_eq!(distinct.len(), held.len(), "{slot} holds a neighbor twice: {held:?}");
        if let Some(max) = model.config.max_degree {
            assert!(held.len() <= max as usize, "{slot} holds {} of at most {max}", held.len());
        }
        let delivered: BTreeSet<u32> = network.delivered(slot).iter().copied().collect();
        assert_eq!(delivered.len(), network.delivered(slot).len(), "{slot} was given a message twice");
        assert!(delivered.is_subset(&model.published), "{slot} got what nobody published");
        assert!(network.outstanding_timers(slot) <= MAX_TIMERS, "{slot} collects timers");
    }
    let counts = network.counts;
    assert_eq!(counts.sent, counts.handled + counts.dropped + network.in_flight(), "{counts:?}");
}

/// What holds when nothing is under way: a neighbor holds me as a neighbor.
fn check_symmetry(network: &Network) {
    for slot in network.up() {
        for &peer in network.neighbors(slot) {
            assert!(network.neighbors(peer).contains(&slot), "{slot} holds {peer}, which does not hold it");
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 1_024, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_under_arbitrary_histories(sequential 1..200 => Nodes);
}

/// A history of `steps` transitions drawn from `seed`, under the default settings. The entry node stays up.
fn history(seed: u64, steps: u32, with_partitions: bool) -> (Network, Model) {
    let mut rng = NodeRng::new(seed);
    let slots = 2 + rng.below(49);
    let config = Config::new(vec![ENTRY]);
    let mut model = Model { slots, seed, config, up: BTreeSet::from([ENTRY]), published: BTreeSet::new() };
    let mut network = Nodes::init_test(&model);
    for _ in 0..steps {
        let transition = draw(slots, &mut rng);
        let spares_entry = !matches!(transition, Transition::Leave(ENTRY) | Transition::Crash(ENTRY));
        let is_partition = matches!(transition, Transition::Partition(_));
        if spares_entry && (with_partitions || !is_partition) && transition.is_possible(&model) {
            transition.change(&mut model);
            transition.run(&mut network);
            check(&network, &model);
        }
    }
    (network, model)
}

fn draw(slots: u32, rng: &mut NodeRng) -> Transition {
    let slot = rng.below(slots);
    match rng.below(24) {
        0..8 => Transition::Join(slot),
        8 => Transition::Leave(slot),
        9 => Transition::Crash(slot),
        10..12 => Transition::Lose(rng.bits()),
        12 => Transition::Partition(u64::from(rng.bits()) << 32 | u64::from(rng.bits())),
        13 => Transition::Heal,
        14..16 => Transition::Publish { slot, note: rng.below(1_000) },
        16..22 => Transition::Deliver { count: 1 + rng.below(200), order: u64::from(rng.bits()) },
        _ => Transition::AdvanceMillis(1 + u64::from(rng.below(10_000))),
    }
}

/// The nodes that are up, in components of those that hold each other.
fn components(network: &Network) -> Vec<BTreeSet<u32>> {
    let mut left = network.up();
    let mut components = Vec::new();
    while let Some(start) = left.pop_first() {
        let mut component = BTreeSet::from([start]);
        let mut fresh = vec![start];
        while let Some(slot) = fresh.pop() {
            for &peer in network.neighbors(slot) {
                if left.remove(&peer) {
                    component.insert(peer);
                    fresh.push(peer);
                }
            }
        }
        components.push(component);
    }
    components
}

/// Heals the network, lets it settle and publishes something new from `origin`.
///
/// # Panics
/// An invariant broke, or the publication did not reach exactly the nodes in `origin`'s component.
fn heal_and_publish(network: &mut Network, model: &mut Model, origin: u32) -> Vec<BTreeSet<u32>> {
    const FRESH: u32 = 1_000;
    let mut rng = NodeRng::new(model.seed);
    network.partition(0);
    network.settle(SETTLE, &mut rng);
    check_symmetry(network);
    let components = components(network);
    network.publish(origin, FRESH);
    model.published.insert(FRESH);
    while !network.is_quiet() {
        network.deliver(1_000, &mut rng);
    }
    check(network, model);
    for component in &components {
        for &slot in component {
            let expected = slot != origin && component.contains(&origin);
            let seed = model.seed;
            assert_eq!(network.delivered(slot).contains(&FRESH), expected, "seed {seed}, slot {slot}");
        }
    }
    components
}

#[test]
fn after_healing_there_is_one_component_and_a_publication_reaches_all() {
    for seed in 0..128 {
        let (mut network, mut model) = history(seed, 300, false);
        let components = heal_and_publish(&mut network, &mut model, ENTRY);
        assert_eq!(components, [model.up], "seed {seed}");
    }
}

/// Parts of a network that was cut find each other again by the neighbors that they lost: in all but a few of a
/// thousand histories (11 of the first 4,000), for each tries only so many of them, so often.
#[test]
fn after_a_partition_there_is_one_component_again() {
    let mut apart = Vec::new();
    for seed in 0..512 {
        let (mut network, mut model) = history(seed, 300, true);
        let components = heal_and_publish(&mut network, &mut model, ENTRY);
        if components != [model.up] {
            apart.push(seed);
        }
    }
    assert!(apart.len() <= 5, "more than one in a hundred did not come together: {apart:?}");
}
