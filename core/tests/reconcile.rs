//! Nodes that hold different things and end up with the same; and neighbors that lie.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floodnet_core::reconcile::exchange::{LOOK, MAX_QUEUE, MAX_STRIKES};
use floodnet_core::reconcile::{
    Content, Exchange, Key, KeySet, MAX_HAVE, MAX_LISTED, MAX_RANGES, MAX_WANT, Message, Range,
};
use floodnet_core::rng::{NodeRng, draw};
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire;
use proptest::prelude::*;

fn key(number: u64) -> Key {
    let id = (u128::from(draw(7, number)) << 64) | u128::from(draw(8, number));
    Key { at: number, id: id.to_be_bytes() }
}

/// Nodes that are all neighbors, without delay; a message that is kept is its key.
struct Net {
    nodes: Vec<Exchange<usize>>,
    rng: NodeRng,
    now: Time,
    under_way: VecDeque<(usize, usize, Packet)>,
    /// Bytes sent, and messages given.
    bytes: usize,
    given: usize,
    /// Every n-th packet is lost; 0 for none.
    loses: usize,
    sent: usize,
}

enum Packet {
    Comparison(Message),
    Gift(Key),
}

impl Net {
    fn new(sets: &[BTreeSet<u64>]) -> Self {
        let mut nodes: Vec<Exchange<usize>> = sets.iter().map(|_| Exchange::default()).collect();
        for (node, set) in nodes.iter_mut().zip(sets) {
            node.extend(set.iter().copied().map(key));
        }
        let mut net = Self {
            nodes,
            rng: NodeRng::new(1),
            now: Time::from_secs(100),
            under_way: VecDeque::new(),
            bytes: 0,
            given: 0,
            loses: 0,
            sent: 0,
        };
        for one in 0..sets.len() {
            for other in 0..sets.len() {
                if one != other {
                    net.nodes[one].up(other, net.now, &mut net.rng);
                }
            }
        }
        net
    }

    fn send(&mut self, from: usize, to: usize, packet: Packet) {
        self.sent += 1;
        if self.loses > 0 && self.sent.is_multiple_of(self.loses) {
            return;
        }
        match &packet {
            Packet::Comparison(message) => {
                let bytes = wire::encode(message);
                assert!(bytes.len() < 16 * 1_024 - 64, "fits into a packet: {}", bytes.len());
                assert_eq!(bytes.len(), wire::packet_size(message) as usize);
                assert_eq!(wire::decode::<Message>(&bytes).as_ref(), Ok(message));
                self.bytes += bytes.len();
            }
            Packet::Gift(_) => self.given += 1,
        }
        self.under_way.push_back((from, to, packet));
    }

    /// Lets so many looks pass, or fewer if nothing is left to do.
    fn run(&mut self, looks: usize) {
        for _ in 0..looks {
            self.now = self.now + LOOK;
            for node in 0..self.nodes.len() {
                for (to, message) in self.nodes[node].look(self.now, &mut self.rng) {
                    self.send(node, to, Packet::Comparison(message));
                }
            }
            while let Some((from, to, packet)) = self.under_way.pop_front() {
                self.take(from, to, packet);
            }
            if self.nodes.iter().all(|node| !node.is_busy()) {
                return;
            }
        }
    }

    fn take(&mut self, from: usize, to: usize, packet: Packet) {
        match packet {
            Packet::Comparison(message) => {
                let answer = self.nodes[to].receive(from, message, self.now);
                assert_eq!(answer.ignored, None, "nobody lies");
                for message in answer.send {
                    self.send(to, from, Packet::Comparison(message));
                }
                for key in answer.give {
                    self.send(to, from, Packet::Gift(key));
                }
            }
            Packet::Gift(key) => {
                if self.nodes[to].arrive(from, key, self.now).is_ok() {
                    self.nodes[to].settle(key, true, self.now);
                }
                if let Some(next) = self.nodes[to].go_on(from, self.now) {
                    self.send(to, from, Packet::Comparison(next));
                }
            }
        }
    }

    fn held(&self, node: usize) -> BTreeSet<Key> {
        self.nodes[node].keys().range(Key::FIRST, Key::END).collect()
    }
}

fn all_hold_the_union(net: &Net, sets: &[BTreeSet<u64>]) {
    let union: BTreeSet<Key> = sets.iter().flatten().copied().map(key).collect();
    for node in 0..sets.len() {
        assert_eq!(net.held(node).len(), union.len(), "node {node}");
        assert!(net.held(node) == union, "node {node}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever two to four nodes hold, in the end they all hold all of it, and each message was given to each node
    /// at most once.
    #[test]
    fn nodes_end_up_with_the_same(
        common in prop::collection::btree_set(0u64..5_000, 0..800),
        own in prop::collection::vec(prop::collection::btree_set(0u64..5_000, 0..300), 2..4),
    ) {
        let sets: Vec<BTreeSet<u64>> = own.iter().map(|own| &common | own).collect();
        let mut net = Net::new(&sets);
        net.run(400);
        all_hold_the_union(&net, &sets);
        let union = sets.iter().flatten().collect::<BTreeSet<_>>().len();
        let lacking: usize = sets.iter().map(|set| union - set.len()).sum();
        prop_assert_eq!(net.given, lacking);
    }

    /// Also when packets are lost, it only takes longer.
    #[test]
    fn lost_packets_are_made_up_for(
        own in prop::collection::vec(prop::collection::btree_set(0u64..2_000, 0..200), 2..3),
        loses in 3usize..20,
    ) {
        let mut net = Net::new(&own);
        net.loses = loses;
        // A lost first message is made up for by the next comparison, which somebody has to begin.
        for round in 0..60 {
            if round == 50 {
                net.loses = 0;
            }
            net.run(200);
            net.now = net.now + Duration::from_secs(60);
            for one in 0..own.len() {
                if let Some(message) = net.nodes[one].begin(1 - one, &mut net.rng) {
                    net.send(one, 1 - one, Packet::Comparison(message));
                }
            }
        }
        all_hold_the_union(&net, &own);
    }

    /// What decodes encodes to the same bytes, whatever the bytes are.
    #[test]
    fn there_is_one_encoding(kind in 0u8..5, rest in prop::collection::vec(prop_oneof![3 => 0u8..3, 1 => any::<u8>()], 0..200)) {
        let bytes = [&[wire::VERSION, kind][..], &rest].concat();
        if let Ok(message) = wire::decode::<Message>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes);
        }
    }
}

#[test]
fn a_long_absence_is_made_up_for() {
    let all: BTreeSet<u64> = (0..20_000).collect();
    // Gone in the middle, at the end, and a newcomer.
    for lacks in [5_000..15_000, 12_000..20_000, 0..20_000] {
        let some = all.iter().copied().filter(|number| !lacks.contains(number)).collect();
        let sets = [all.clone(), some];
        let mut net = Net::new(&sets);
        net.run(2_000);
        all_hold_the_union(&net, &sets);
        let per_message = net.bytes / net.given;
        assert!(per_message < 200, "{lacks:?}: {per_message} bytes for each message that was lacking");
    }
}

/// 64 KiB are enough for ten that are missing of a hundred thousand, wherever they are; of a million it is one level
/// more, which the bench `history` of the chat measures.
#[test]
fn few_that_are_missing_cost_few_bytes() {
    let all: BTreeSet<u64> = (0..100_000).collect();
    let some = all.iter().copied().filter(|number| number % 10_000 != 4_321).collect();
    let sets = [all, some];
    let mut net = Net::new(&sets);
    net.run(100);
    all_hold_the_union(&net, &sets);
    assert_eq!(net.given, 10);
    assert!(net.bytes < 48 * 1_024, "{} bytes", net.bytes);
}

#[test]
fn equal_nodes_say_no_more_than_hello() {
    let all: BTreeSet<u64> = (0..10_000).collect();
    let mut net = Net::new(&[all.clone(), all]);
    net.run(100);
    assert!(net.bytes < 200, "{} bytes", net.bytes);
}

/// One has let go of what is before a moment, the other has not: it is not sent again and again.
#[test]
fn what_is_before_the_floor_does_not_come_back() {
    let all: BTreeSet<u64> = (0..3_000).collect();
    let mut net = Net::new(&[all.clone(), all.iter().copied().filter(|number| *number != 2_500).collect()]);
    net.nodes[0].forget_before(Key::at(1_000));
    net.run(100);
    assert_eq!((net.nodes[0].keys().len(), net.nodes[1].keys().len()), (2_000, 3_000));
    assert_eq!(net.given, 1);
    assert!(!net.nodes[0].insert(key(999)));
}

/// What a neighbor was to be asked for is not asked for any more, and leaves nothing behind.
#[test]
fn what_is_before_the_floor_is_not_asked_for() {
    let (mut node, _, now) = partner();
    let offered: Vec<Key> = (20_000..20_020).map(key).collect();
    let asked = node.receive(9, Message::Have(offered), now).send;
    assert!(matches!(&asked[..], [Message::Want(_)]), "{asked:?}");
    assert_eq!(node.claimed(), 20);
    node.forget_before(key(20_015));
    assert_eq!(node.claimed(), 5);
    node.down(9);
    assert_eq!(node.claimed(), 0);
}

#[test]
fn what_came_is_not_waited_for_any_more_once_it_is_before_the_floor() {
    let (mut node, late, now) = asked_for_one();
    assert_eq!(node.arrive(9, late, now), Ok(()));
    node.forget_before(late.next());
    assert!(!node.insert(late), "it is not held");
    assert!(!node.is_busy(), "nothing is left to be settled");
}

#[test]
fn what_comes_too_late_to_be_kept_is_no_copy() {
    let (mut node, late, now) = asked_for_one();
    node.forget_before(late.next());
    assert_eq!(node.arrive(9, late, now).expect_err("not kept").ignored, Some("history_too_old"));
}

/// A node that has asked neighbor 9 for one message.
fn asked_for_one() -> (Exchange<usize>, Key, Time) {
    let (mut node, mut rng, now) = partner();
    let late = key(20_000);
    assert!(node.begin(9, &mut rng).is_some());
    assert_eq!(node.receive(9, Message::Have(vec![late]), now).send, [Message::Want(vec![late])]);
    (node, late, now)
}

fn partner() -> (Exchange<usize>, NodeRng, Time) {
    let (mut node, mut rng, now) = (Exchange::default(), NodeRng::new(3), Time::from_secs(1));
    node.extend((0..10_000).map(key));
    node.up(9, now, &mut rng);
    (node, rng, now)
}

/// Ranges without end: each is answered with little, and after a while not at all.
#[test]
fn endless_ranges_are_bounded_and_then_ignored() {
    let (mut node, _, now) = partner();
    let ranges: Vec<Range> =
        (1..=256).map(|end| Range { end: Key::at(end * 40), content: Content::Sum(1) }).collect();
    let liar = Message::Ranges { salt: 5, from: Key::FIRST, ranges };
    let (mut bytes, mut answered) = (0, 0);
    let mut is_over = false;
    for _ in 0..10_000 {
        let answer = node.receive(9, liar.clone(), now);
        assert!(answer.send.len() <= 2 && answer.give.is_empty());
        bytes += answer.send.iter().map(|message| wire::packet_size(message) as usize).sum::<usize>();
        answered += usize::from(answer.ignored.is_none());
        is_over |= answer.is_over;
    }
    assert!(is_over, "it is not listened to any more");
    assert!(answered < 1_000, "{answered} answers at once");
    assert!(bytes < answered * 12 * 1_024, "{bytes} bytes");
    // Time heals it for those who were only quick, not for those who broke the rules.
    let later = now + Duration::from_secs(3_600);
    assert_eq!(node.receive(9, liar, later).ignored, Some("history_muted"));
    // An honest neighbor is served as ever.
    let mut rng = NodeRng::new(4);
    node.up(8, later, &mut rng);
    let honest = Message::Want(Vec::from([key(5)]));
    assert_eq!(node.receive(8, honest, later).give, [key(5)]);
}

/// Huge sets that do not exist: what is remembered of them is bounded, nothing is asked of a silent liar for ever, and
/// another one who has the real ones is asked.
#[test]
fn huge_sets_are_bounded() {
    let (mut node, mut rng, mut now) = partner();
    node.up(8, now, &mut rng);
    for from in (0..1_000).map(|page| 20_000 + page * MAX_HAVE as u64) {
        let have = Message::Have((from..from + MAX_HAVE as u64).map(key).collect());
        let answer = node.receive(9, have, now);
        for message in answer.send {
            let Message::Want(keys) = message else { panic!("{message:?}") };
            assert!(keys.len() <= MAX_WANT);
        }
        assert!(node.claimed() <= MAX_QUEUE + MAX_WANT);
    }
    let mut asked = 0;
    for _ in 0..1_000 {
        now = now + LOOK;
        let wants = node.look(now, &mut rng);
        asked += wants.iter().filter(|(to, message)| *to == 9 && matches!(message, Message::Want(_))).count();
    }
    assert!(asked <= 3, "asked {asked} times without an answer");
    assert_eq!(node.claimed(), 0);
    // The same keys, from one who has them.
    let want = node.receive(8, Message::Have(Vec::from([key(20_000)])), now + Duration::from_secs(60)).send;
    assert_eq!(want, [Message::Want(Vec::from([key(20_000)]))]);
}

/// What was not asked for is not taken, and whoever goes on with it is not listened to any more.
#[test]
fn gifts_that_nobody_asked_for_are_refused() {
    let (mut node, mut rng, now) = partner();
    let mut reasons = BTreeMap::new();
    for number in 50_000..60_000 {
        let answer = node.arrive(9, key(number), now).expect_err("not asked for");
        *reasons.entry(answer.ignored).or_insert(0) += 1;
    }
    assert_eq!(node.keys().len(), 10_000);
    assert!(reasons[&Some("history_unasked")] <= 100, "{reasons:?}");
    assert_eq!(reasons[&Some("history_too_much")], i32::from(MAX_STRIKES), "{reasons:?}");
    // A stranger is not even counted.
    assert_eq!(node.arrive(7, key(1), now).expect_err("unknown").ignored, Some("history_stranger"));
    assert_eq!(node.begin(7, &mut rng), None);
}

/// What one neighbor cannot give is asked of another, later.
#[test]
fn what_cannot_be_had_is_asked_for_again_later() {
    let (mut node, mut rng, now) = partner();
    node.up(8, now, &mut rng);
    let have = || Message::Have(Vec::from([key(70_000)]));
    let want = [Message::Want(Vec::from([key(70_000)]))];
    assert_eq!(node.receive(9, have(), now).send, want);
    assert!(node.receive(8, have(), now).send.is_empty(), "one at a time");
    let answer = node.receive(9, Message::Lack(Vec::from([key(70_000)])), now);
    assert!(answer.send.is_empty() && answer.ignored.is_none());
    assert!(node.receive(8, have(), now).send.is_empty(), "not at once");
    assert_eq!(node.receive(8, have(), now + Duration::from_secs(61)).send, want);
    // It leaves in the middle of the answer: its claims are free.
    node.down(8);
    assert_eq!(node.receive(9, have(), now + Duration::from_secs(62)).send, want);
}

/// Who is asked for what it does not hold says so, and the other need not wait for it.
#[test]
fn what_cannot_be_given_is_said() {
    let (mut node, _, now) = partner();
    let answer = node.receive(9, Message::Want(Vec::from([key(5), key(70_000)])), now);
    assert_eq!((answer.give, answer.send), (vec![key(5)], vec![Message::Lack(vec![key(70_000)])]));
    let answer = node.receive(9, Message::Want(Vec::from([key(6)])), now);
    assert_eq!((answer.give, answer.send), (vec![key(6)], vec![]));
}

/// A neighbor that lacks all that it was asked for is asked for the next at once.
#[test]
fn what_is_lacking_does_not_hold_up_the_rest() {
    let (mut node, _, now) = partner();
    let offered: Vec<Key> = (20_000..).take(MAX_WANT + 1).map(key).collect();
    let (first, last) = offered.split_at(MAX_WANT);
    assert_eq!(node.receive(9, Message::Have(offered.clone()), now).send, [Message::Want(first.to_vec())]);
    let (most, one) = first.split_at(MAX_WANT - 1);
    assert_eq!(node.receive(9, Message::Lack(most.to_vec()), now).send, [], "one may still come");
    assert_eq!(node.receive(9, Message::Lack(one.to_vec()), now).send, [Message::Want(last.to_vec())]);
}

/// Messages out of form, each of which breaks one rule.
#[test]
fn messages_out_of_form_are_refused() {
    let sum = |end| Range { end, content: Content::Sum(1) };
    let list = |end, keys: Vec<Key>| Range { end, content: Content::Keys(keys) };
    let ranges = |ranges| Message::Ranges { salt: 1, from: Key::at(10), ranges };
    let many = |count: usize| (0..count as u64).map(Key::at).collect::<Vec<Key>>();
    for (what, message) in [
        ("no range", ranges(Vec::new())),
        ("an empty range", ranges(Vec::from([sum(Key::at(10))]))),
        ("a range that goes back", ranges(Vec::from([sum(Key::at(20)), sum(Key::at(15))]))),
        ("too many ranges", ranges((0..=MAX_RANGES as u64).map(|end| sum(Key::at(11 + end))).collect())),
        ("a key before its range", ranges(Vec::from([list(Key::at(20), Vec::from([Key::at(9)]))]))),
        ("a key behind its range", ranges(Vec::from([list(Key::at(20), Vec::from([Key::at(20)]))]))),
        ("keys out of order", Message::Have(Vec::from([Key::at(2), Key::at(1)]))),
        ("a key twice", Message::Have(Vec::from([Key::at(2), Key::at(2)]))),
        ("too many keys", Message::Have(many(MAX_HAVE + 1))),
        ("too many wishes", Message::Want(many(MAX_WANT + 1))),
        ("no wish", Message::Want(Vec::new())),
        ("no lack", Message::Lack(Vec::new())),
        (
            "too many keys in ranges",
            Message::Ranges {
                salt: 1,
                from: Key::FIRST,
                ranges: Vec::from([list(Key::END, many(MAX_LISTED + 1))]),
            },
        ),
    ] {
        assert!(wire::decode::<Message>(&wire::encode(&message)).is_err(), "{what}");
    }
}

#[test]
fn sums_depend_on_the_salt_and_on_each_key() {
    let mut set = KeySet::default();
    set.extend((0..100).map(key));
    let sum = |set: &KeySet, salt| set.sum(salt, Key::FIRST, Key::END);
    let before = sum(&set, 1);
    assert_ne!(before.1, sum(&set, 2).1);
    assert!(set.remove(&key(50)) && !set.remove(&key(50)));
    assert_ne!(before.1, sum(&set, 1).1);
    assert!(set.insert(key(50)));
    assert_eq!(before, sum(&set, 1));
    assert_eq!(set.sum(1, Key::END, Key::FIRST), (0, 0), "an inverted range is empty");
}

#[test]
fn keys_follow_each_other() {
    for (key, next) in [
        (Key::FIRST, Key { at: 0, id: 1u128.to_be_bytes() }),
        (Key { at: 3, id: [0xff; 16] }, Key::at(4)),
        (Key::END, Key::END),
    ] {
        assert_eq!(key.next(), next);
    }
}
