//! The parts of a chat together, with ciphers that are only pretended.

use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use bytes::Bytes;
use proptest::prelude::*;

use super::Clock;
use super::crypto::{Identity, Key, Signature, Toy, Verify};
use super::direct::{self, Label, Unreadable};
use super::envelope::{Draft, Envelope, HEADER, Kind, MAX_BODY, MAX_ENVELOPE, NetworkId, SIGNATURE};
use super::gate::{Gate, Refusal};
use super::people::{Meant, Met, NoContact, People};
use super::quota::{Bucket, Limits, Rate};
use super::replay::{MAX_AGE_MS, MAX_AHEAD_MS, Replay};
use super::session::{Heard, MAX_TEXT, Session, Unsayable};
use super::store;
use super::text::{BadName, Name, escape, fingerprint, safety_number};
use crate::observe::Payload;
use crate::rng::NodeRng;
use crate::time::Time;
use crate::wire::{self, DecodeError};

const NOW: u64 = 1_764_000_000_000;
const NET: NetworkId = NetworkId([7; 16]);

fn clock(ms: u64) -> Clock {
    Clock { now: Time::from_millis(ms), unix_ms: NOW + ms }
}

fn said(by: u64, seq: u64, unix_ms: u64, body: &[u8]) -> Envelope {
    let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body };
    Envelope::sign(&draft, &Toy::new(by)).expect("short enough")
}

fn gate() -> Gate {
    Gate::new(NET, Limits::PUBLIC, Replay::new(NOW - 1), clock(0))
}

fn toy() -> Toy {
    Toy::new(0)
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn session(number: u64, called: &str) -> Session<Toy> {
    Session::new(Toy::new(number), NET, name(called), 0, clock(0))
}

// Envelopes.

#[test]
fn golden_bytes_of_an_envelope() {
    let envelope = said(1, 2, 3, b"hi");
    let mut expected = vec![7; 16];
    expected.push(1);
    expected.extend(Toy::new(1).key().0);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
    expected.extend(b"hi");
    let signed = [super::envelope::DOMAIN, &expected].concat();
    assert_eq!(envelope.id().0, *blake3::hash(&signed).as_bytes());
    expected.extend(Toy::new(1).sign(&signed).0);
    assert_eq!(envelope.bytes().as_ref(), expected);
    assert_eq!(envelope.body(), b"hi");
    assert!(envelope.is_authentic(&toy()));
}

#[test]
fn every_changed_byte_is_noticed_and_a_second_signature_is_no_second_message() {
    let envelope = said(1, 2, NOW, b"hello");
    for at in 0..envelope.bytes().len() {
        let mut bytes = envelope.bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = Envelope::parse(bytes.into()) else { continue };
        assert!(!changed.is_authentic(&toy()), "byte {at}");
        let in_signature = at >= envelope.bytes().len() - SIGNATURE;
        assert_eq!(changed.id() == envelope.id(), in_signature, "byte {at}");
    }
}

#[test]
fn sizes_of_envelopes_are_bounded() {
    let least = vec![0u8; HEADER + SIGNATURE];
    assert_eq!(Envelope::parse(least.clone().into()), Err(DecodeError::Kind(0)));
    assert_eq!(Envelope::parse(least[1..].to_vec().into()), Err(DecodeError::TooShort));
    assert_eq!(Envelope::parse(vec![0; MAX_ENVELOPE + 1].into()), Err(DecodeError::TooLong));
    let draft = Draft { network: NET, kind: Kind::Say, seq: 0, unix_ms: 0, body: &[0; MAX_BODY + 1] };
    assert_eq!(Envelope::sign(&draft, &toy()), None);
    let most = Draft { body: &[0; MAX_BODY], ..draft };
    assert_eq!(Envelope::sign(&most, &toy()).map(|e| e.bytes().len()), Some(MAX_ENVELOPE));
}

proptest! {
    #[test]
    fn envelopes_come_back_as_they_went(by: u64, seq: u64, unix_ms: u64, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let envelope = said(by, seq, unix_ms, &body);
        let packet = wire::encode(&envelope);
        let back: Envelope = wire::decode(&packet).expect("just encoded");
        prop_assert_eq!(&back, &envelope);
        prop_assert_eq!((back.seq(), back.unix_ms(), back.body()), (seq, unix_ms, body.as_slice()));
        prop_assert!(back.is_authentic(&toy()));
    }

    #[test]
    fn any_bytes_are_an_envelope_or_not(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(envelope) = Envelope::parse(Bytes::from(bytes.clone())) {
            prop_assert_eq!(envelope.bytes().as_ref(), bytes.as_slice());
            prop_assert!(!envelope.is_authentic(&toy()));
        }
    }
}

// The gate.

#[test]
fn the_gate_checks_the_signature_before_it_remembers() {
    let mut gate = gate();
    let good = said(1, 1, NOW, b"hi");
    let mut bytes = good.bytes().to_vec();
    *bytes.last_mut().expect("a signature") ^= 1;
    let forged = Envelope::parse(bytes.into()).expect("well-formed");
    assert_eq!(forged.id(), good.id());
    assert_eq!(gate.check(&forged, &toy(), clock(0)), Err(Refusal::Cut("bad_signature")));
    assert_eq!(gate.check(&good, &toy(), clock(0)), Ok(()), "its name was not spent by the forgery");
    assert_eq!(gate.check(&good, &toy(), clock(0)), Err(Refusal::Drop("duplicate")));
    assert_eq!((gate.passed(), gate.refused()["bad_signature"]), (1, 1));
}

#[test]
fn a_duplicate_costs_no_signature() {
    struct Never;
    impl Verify for Never {
        fn verify(&self, _: &Key, _: &[u8], _: &Signature) -> bool {
            unreachable!("a duplicate")
        }
    }
    let mut gate = gate();
    let good = said(1, 1, NOW, b"hi");
    gate.check(&good, &toy(), clock(0)).expect("good");
    assert_eq!(gate.check(&good, &Never, clock(0)), Err(Refusal::Drop("duplicate")));
    let old = said(1, 2, NOW - 1, b"before the start");
    assert_eq!(gate.check(&old, &Never, clock(0)), Err(Refusal::Drop("too_old")));
}

#[test]
fn another_network_is_cut_off() {
    let draft = Draft { network: NetworkId([8; 16]), kind: Kind::Say, seq: 1, unix_ms: NOW, body: b"" };
    let foreign = Envelope::sign(&draft, &Toy::new(1)).expect("short");
    assert_eq!(gate().check(&foreign, &toy(), clock(0)), Err(Refusal::Cut("other_network")));
}

#[test]
fn of_two_copies_that_are_checked_at_once_one_passes() {
    let mut gate = gate();
    let good = said(1, 1, NOW, b"hi");
    gate.before_signature(&good, clock(0)).expect("new");
    gate.before_signature(&good, clock(0)).expect("still new");
    gate.after_signature(&good, true, clock(0)).expect("first");
    assert_eq!(gate.after_signature(&good, true, clock(0)), Err(Refusal::Drop("duplicate")));
}

/// Many of one author may be under way between the two looks.
#[test]
fn a_burst_that_is_checked_at_once_is_counted() {
    let mut gate = gate();
    let burst: Vec<Envelope> = (0..100).map(|seq| said(1, seq, NOW, b"")).collect();
    let before = burst.iter().filter(|envelope| gate.before_signature(envelope, clock(0)).is_ok()).count();
    let after =
        burst.iter().filter(|envelope| gate.after_signature(envelope, true, clock(0)).is_ok()).count();
    assert_eq!((before, after), (100, 20));
}

/// Every number of an envelope where arithmetic could go wrong, then two minutes of life.
#[test]
fn extremes() {
    let edges = [
        0,
        1,
        63,
        64,
        65,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 1,
        1 << 32,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX - 1,
        u64::MAX,
    ];
    let times = [
        NOW - MAX_AGE_MS - 1,
        NOW - MAX_AGE_MS,
        NOW - MAX_AGE_MS + 1,
        NOW,
        NOW + MAX_AHEAD_MS - 1,
        NOW + MAX_AHEAD_MS,
        NOW + MAX_AHEAD_MS + 1,
    ];
    let clocks = [0, 1, 1 << 31, 1 << 32, NOW, 1 << 63, u64::MAX];
    for at in clocks {
        let mut gate = Gate::new(NET, Limits::LAB, Replay::new(0), Clock { now: Time::ZERO, unix_ms: at });
        let mut hearer = session(99, "hearer");
        let mut rng = NodeRng::new(1);
        for now in [Time::ZERO, Time::from_millis(1), Time::from_secs(1 << 32), Time::MAX] {
            let clock = Clock { now, unix_ms: at };
            for seq in edges {
                for unix_ms in edges.into_iter().chain(times) {
                    let envelope = said(seq ^ unix_ms, seq, unix_ms, b"x");
                    let fits = unix_ms > gate.replay().floor_ms()
                        && unix_ms >= at.saturating_sub(MAX_AGE_MS)
                        && unix_ms <= at.saturating_add(MAX_AHEAD_MS);
                    let passes = gate.check(&envelope, &toy(), clock).is_ok();
                    assert!(fits || !passes, "seq {seq}, time {unix_ms}, clock {at}");
                    hearer.hear(&envelope, clock, &mut rng);
                }
            }
        }
        for second in 0..120 {
            let clock = Clock { now: Time::MAX, unix_ms: at.saturating_add(second * 1_000) };
            gate.check(&said(5, second, clock.unix_ms, b"later"), &toy(), clock).ok();
            hearer.presence(true, clock).expect("can be signed");
            hearer.people_mut().gone_before(clock.unix_ms);
        }
    }
}

#[test]
fn a_message_at_the_edges_of_time_is_taken() {
    for (unix_ms, expected) in [
        (NOW - MAX_AGE_MS - 1, Err("too_old")),
        (NOW - MAX_AGE_MS, Ok(())),
        (NOW + MAX_AHEAD_MS, Ok(())),
        (NOW + MAX_AHEAD_MS + 1, Err("too_far_ahead")),
    ] {
        let mut gate = Gate::new(NET, Limits::PUBLIC, Replay::new(0), clock(0));
        let checked = gate.check(&said(1, 1, unix_ms, b""), &toy(), clock(0));
        assert_eq!(checked, expected.map_err(Refusal::Drop), "{unix_ms}");
    }
}

// Replay.

proptest! {
    /// Whatever is sent again, whenever, with a memory far too small and a clock that jumps: nothing passes
    /// twice.
    #[test]
    fn nothing_passes_twice(
        room in 1usize..6,
        steps in prop::collection::vec((0u64..4, 0u64..80, 0u64..900_000, -900_000i64..900_000), 1..200),
    ) {
        let replay = Replay::with_room(NOW - 1, room, room);
        let mut gate = Gate::new(NET, Limits::LAB, replay, clock(0));
        let mut passed = std::collections::BTreeSet::new();
        let mut wall = NOW;
        for (by, seq, offset, jump) in steps {
            wall = wall.saturating_add_signed(jump);
            // One time per count, as an honest author has it; authors that do not are covered by the ids.
            let envelope = said(by, seq, NOW + seq * 1_000 + offset % 3, b"");
            if gate.check(&envelope, &toy(), Clock { now: Time::ZERO, unix_ms: wall }).is_ok() {
                prop_assert!(passed.insert(envelope.id()), "author {by}, count {seq}");
            }
            prop_assert!(gate.replay().ids() <= room);
        }
    }

    /// The same across a restart, in order or not.
    #[test]
    fn nothing_passes_twice_across_a_restart(
        before in prop::collection::vec((0u64..5, 0u64..100), 0..60),
        after in prop::collection::vec((0u64..5, 0u64..100), 0..60),
        in_order: bool,
        cut in 0usize..4_000,
    ) {
        let message = |by: u64, seq: u64| said(by, seq, NOW + seq, b"");
        let at = |unix_ms| Clock { now: Time::ZERO, unix_ms };
        let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 8, 3), at(NOW));
        let mut passed = std::collections::BTreeSet::new();
        for (by, seq) in before {
            if gate.check(&message(by, seq), &toy(), at(NOW + 100)).is_ok() {
                passed.insert((by, seq));
            }
        }
        let lines = gate.replay().save(in_order);
        let text = store::write("replay", lines.iter().map(String::as_str));
        let stored = store::read("replay", &text.as_bytes()[..text.len().min(cut)]);
        let start = NOW + 101;
        let (replay, _) = Replay::load(stored.lines.iter().copied(), stored.damaged.len(), start);
        let mut gate = Gate::new(NET, Limits::LAB, replay, at(start));
        for (by, seq) in after {
            if gate.check(&message(by, seq), &toy(), at(start)).is_ok() {
                prop_assert!(passed.insert((by, seq)), "author {by}, count {seq}");
            }
        }
    }
}

#[test]
fn a_clean_restart_takes_what_was_sent_meanwhile_and_a_crash_does_not() {
    let mut gate = gate();
    gate.check(&said(1, 1, NOW, b""), &toy(), clock(0)).expect("good");
    for (in_order, expected) in [(true, Ok(())), (false, Err(Refusal::Drop("too_old")))] {
        let lines = gate.replay().save(in_order);
        let (replay, bad) = Replay::load(lines.iter().map(String::as_str), 0, NOW + 5_000);
        assert_eq!(bad, 0);
        let mut next = Gate::new(NET, Limits::PUBLIC, replay, clock(5_000));
        assert_eq!(next.check(&said(1, 2, NOW + 1_000, b""), &toy(), clock(5_000)), expected);
        assert!(next.check(&said(1, 1, NOW, b""), &toy(), clock(5_000)).is_err(), "taken before");
        assert_eq!(next.check(&said(1, 3, NOW + 6_000, b""), &toy(), clock(6_000)), Ok(()));
    }
}

#[test]
fn an_author_ahead_of_time_does_not_shut_out_the_others() {
    let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 4, 4), clock(0));
    for seq in 0..20 {
        let ahead = said(1, seq, NOW + MAX_AHEAD_MS - 20 + seq, b"");
        gate.check(&ahead, &toy(), clock(10)).expect("within the window");
    }
    // Four ids of the latest times fill the memory, so the floor stands between them.
    assert!(gate.check(&said(2, 1, NOW + MAX_AHEAD_MS, b""), &toy(), clock(10)).is_ok());
    let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 4, 4), clock(0));
    gate.check(&said(1, 0, NOW + MAX_AHEAD_MS, b""), &toy(), clock(0)).expect("ahead");
    for seq in 0..50 {
        gate.check(&said(2, seq, NOW + seq, b""), &toy(), clock(seq)).expect("an honest author");
    }
}

// Quotas.

#[test]
fn one_author_cannot_use_up_everything_and_contacts_come_last() {
    let mut gate = gate();
    let friend = Toy::new(1_000_000).key();
    gate.set_contacts([friend]);
    let passed =
        (0..100).filter(|seq| gate.check(&said(1, *seq, NOW, b""), &toy(), clock(0)).is_ok()).count();
    assert_eq!(passed, 20, "the burst of one author");
    assert!(gate.check(&said(1, 200, NOW, b""), &toy(), clock(499)).is_err());
    assert!(gate.check(&said(1, 201, NOW, b""), &toy(), clock(500)).is_ok(), "two a second");
    let many =
        (2..1_000).filter(|by| gate.check(&said(*by, 1, NOW, b""), &toy(), clock(500)).is_ok()).count();
    assert!((179..=210).contains(&many), "strangers get half of the burst, {many}");
    assert_eq!(
        gate.check(&said(5_000, 1, NOW, b""), &toy(), clock(500)),
        Err(Refusal::Drop("too_much_in_all"))
    );
    assert_eq!(gate.check(&said(1_000_000, 1, NOW, b""), &toy(), clock(500)), Ok(()));
}

proptest! {
    #[test]
    fn a_bucket_gives_no_more_than_its_rate(per_second in 0u32..100, burst in 0u32..50, gaps in prop::collection::vec(0u64..3_000_000_000, 1..60)) {
        let rate = Rate { per_second, burst };
        let mut bucket = Bucket::full(rate, Time::ZERO);
        let (mut now, mut taken) = (0u64, 0u128);
        for gap in gaps {
            now += gap;
            while bucket.take(rate, Time::from_nanos(now)) {
                taken += 1;
                prop_assert!(taken <= u128::from(burst) + u128::from(now) * u128::from(per_second) / 1_000_000_000);
            }
        }
    }
}

// Direct messages.

fn label(from: &Toy, to: Key) -> Label {
    Label { network: NET, sender: from.key(), recipient: to, unix_ms: 5, seq: 6 }
}

#[test]
fn a_sealed_message_reaches_its_reader_alone_and_cannot_be_passed_on() {
    let (mut alice, mut bob, carol) = (Toy::new(1), Toy::new(2), Toy::new(3));
    let to_bob = label(&alice, bob.key());
    let body = direct::seal(&to_bob, "for bob", &mut alice).expect("short");
    assert_eq!(direct::open(&to_bob, &body, &bob), Ok("for bob".to_string()));
    let to_carol = Label { recipient: carol.key(), ..to_bob };
    assert_eq!(direct::open(&to_carol, &body, &carol), Err(Unreadable::NotForMe));
    // Bob seals Alice's signed words again, for Carol.
    let plain = bob.open(&body).expect("his");
    let again = bob.seal(&carol.key(), &plain).expect("sealed");
    assert_eq!(direct::open(&to_carol, &again, &carol), Err(Unreadable::Wrong("direct_recipient")));
    // In an envelope of his own, or of another time.
    let by_bob = Label { sender: bob.key(), ..to_bob };
    assert_eq!(direct::open(&by_bob, &body, &bob), Err(Unreadable::Wrong("direct_envelope")));
    let later = Label { seq: 7, ..to_bob };
    assert_eq!(direct::open(&later, &body, &bob), Err(Unreadable::Wrong("direct_envelope")));
    let elsewhere = Label { network: NetworkId([0; 16]), ..to_bob };
    assert_eq!(direct::open(&elsewhere, &body, &bob), Err(Unreadable::Wrong("direct_signature")));
}

#[test]
fn every_byte_inside_counts() {
    let (mut alice, mut bob) = (Toy::new(1), Toy::new(2));
    let label = label(&alice, bob.key());
    let body = direct::seal(&label, "hi", &mut alice).expect("short");
    let plain = bob.open(&body).expect("his");
    for at in 0..plain.len() {
        let mut changed = plain.clone();
        changed[at] ^= 1;
        let body = bob.seal(&bob.key(), &changed).expect("sealed");
        assert!(matches!(direct::open(&label, &body, &bob), Err(Unreadable::Wrong(_))), "byte {at}");
    }
}

#[test]
fn lengths_are_padded_and_bounded() {
    let (mut alice, bob) = (Toy::new(1), Toy::new(2));
    let label = label(&alice, bob.key());
    let mut sizes: Vec<usize> = (0..=direct::MAX_TEXT)
        .map(|length| direct::seal(&label, &"x".repeat(length), &mut alice).expect("short enough").len())
        .collect();
    assert_eq!(
        direct::open(
            &label,
            &direct::seal(&label, &"y".repeat(direct::MAX_TEXT), &mut alice).expect("fits"),
            &bob
        )
        .map(|text| text.len()),
        Ok(direct::MAX_TEXT)
    );
    sizes.dedup();
    assert_eq!(sizes, direct::SIZES.map(|size| size + 48));
    assert_eq!(direct::seal(&label, &"x".repeat(direct::MAX_TEXT + 1), &mut alice), None);
}

// Sessions.

/// Hands an envelope over as the wire does.
fn pass(envelope: &Envelope, to: &mut Session<Toy>, ms: u64) -> Heard {
    let received: Envelope = wire::decode(&wire::encode(envelope)).expect("well-formed");
    to.hear(&received, clock(ms), &mut NodeRng::new(1))
}

#[test]
fn a_dialogue() {
    let (mut alice, mut bob, mut carol) = (session(1, "alice"), session(2, "bob"), session(3, "carol"));
    let here = bob.presence(true, clock(0)).expect("signed");
    assert_eq!(pass(&here, &mut alice, 0), Heard::Presence { from: bob.me(), met: Met::Came });
    assert!(alice.presence_due().is_some(), "who comes is answered");
    assert_eq!(alice.people().find("bob"), Meant::One(bob.me()));
    let secret = alice.say_to(bob.me(), "psst", clock(1)).expect("short");
    assert_eq!(pass(&secret, &mut bob, 2), Heard::Direct { from: alice.me(), text: "psst".into() });
    assert_eq!(pass(&secret, &mut carol, 2), Heard::Nothing("not_for_me"));
    assert_eq!(pass(&secret, &mut alice, 2), Heard::Nothing("own"));
    let hello = carol.say("hello", clock(3)).expect("short");
    assert_eq!(pass(&hello, &mut alice, 4), Heard::Said { from: carol.me(), text: "hello".into() });
    assert!(alice.people().shown(&carol.me()).starts_with("someone~"), "she has not said who she is");
    let gone = bob.presence(false, clock(5)).expect("signed");
    assert_eq!(pass(&gone, &mut alice, 5), Heard::Presence { from: bob.me(), met: Met::Left });
    assert_eq!(alice.people().find("bob"), Meant::Nobody);
    assert_eq!(alice.say("  ", clock(6)), Err(Unsayable::Empty));
    assert_eq!(alice.say(&"x".repeat(MAX_TEXT + 1), clock(6)), Err(Unsayable::TooLong(MAX_TEXT)));
}

#[test]
fn the_blocked_are_not_heard() {
    let (mut alice, mut bob) = (session(1, "alice"), session(2, "bob"));
    alice.people_mut().befriend(bob.me(), name("bob")).expect("free");
    alice.people_mut().set_blocked(&bob.me(), true);
    for envelope in [
        bob.say("hi", clock(0)).expect("short"),
        bob.say_to(alice.me(), "hi", clock(0)).expect("short"),
        bob.presence(true, clock(0)).expect("signed"),
    ] {
        assert_eq!(pass(&envelope, &mut alice, 0), Heard::Nothing("blocked"));
    }
}

#[test]
fn a_crowd_waits_longer_between_presences() {
    let mut alice = session(1, "alice");
    let pause = |alice: &mut Session<Toy>, ms: u64| {
        alice.presence(true, clock(ms)).expect("signed");
        alice.on_neighbor(false, clock(ms), &mut NodeRng::new(1));
        alice.presence_due().expect("set").since(clock(ms).now).as_nanos() / 1_000_000
    };
    let alone = pause(&mut alice, 10_000);
    for other in 0..500 {
        let presence = session(100 + other, "other").presence(true, clock(20_000)).expect("signed");
        pass(&presence, &mut alice, 20_000);
    }
    let crowded = pause(&mut alice, 30_000);
    assert!(alone < 2_000 && crowded > 100_000, "{alone} ms alone, {crowded} ms in a crowd");
}

#[test]
fn counts_rise_across_restarts_with_and_without_memory() {
    let mut first = session(1, "alice");
    let before = first.say("a", clock(0)).expect("short").seq();
    let remembers = Session::new(
        Toy::new(1),
        NET,
        name("alice"),
        first.next_seq(),
        Clock { now: Time::ZERO, unix_ms: 5 },
    );
    assert!(remembers.next_seq() > before, "though the clock was set back");
    let forgot = Session::new(Toy::new(1), NET, name("alice"), 0, clock(1));
    assert!(forgot.next_seq() > before);
}

// People.

#[test]
fn two_people_of_one_name_are_told_apart() {
    let (one, two) = (Toy::new(1).key(), Toy::new(2).key());
    let mut people = People::new(Toy::new(9).key());
    assert_eq!(people.meet(one, name("bob"), true, 0), Met::Came);
    assert_eq!(people.meet(two, name("bob"), true, 0), Met::Came);
    assert_eq!(people.meet(two, name("bob"), true, 1), Met::Known);
    let mut both = vec![one, two];
    both.sort();
    assert_eq!(people.find("bob"), Meant::Several(both));
    assert_eq!(people.find(&format!("bob~{}", fingerprint(&two))), Meant::One(two));
    assert_eq!(people.find(&format!("~{}", &fingerprint(&one)[..9])), Meant::One(one));
    assert_eq!(
        (people.find("eve"), people.find(""), people.find("~")),
        (Meant::Nobody, Meant::Nobody, Meant::Nobody)
    );
}

#[test]
fn a_changed_key_is_never_silent() {
    let (old, new) = (Toy::new(1).key(), Toy::new(2).key());
    let mut people = People::new(Toy::new(9).key());
    people.befriend(old, name("Bob")).expect("free");
    for impostor in ["Bob", "bob", "B\u{43e}b"] {
        let mut people = people.clone();
        assert_eq!(
            people.meet(new, name(impostor), true, 0),
            Met::Impersonates { contact: old },
            "{impostor}"
        );
        assert_eq!(people.shown(&new), format!("{impostor}~{}", fingerprint(&new)));
        assert_eq!(people.shown(&old), "Bob");
    }
    people.meet(new, name("bob"), true, 0);
    assert_eq!(people.find("bob"), Meant::Several(vec![old, new]), "the contact is not here, this one is");
    people.meet(old, name("bob"), true, 0);
    assert_eq!(people.find("bob"), Meant::One(old));
    assert_eq!(people.befriend(new, name("BOB")), Err(NoContact::NameTaken(old)));
    // A petname stays whatever its owner says.
    assert_eq!(people.meet(old, name("robert"), true, 1), Met::Renamed { from: name("bob") });
    assert_eq!(people.shown(&old), "Bob");
}

#[test]
fn contacts_are_saved_and_loaded() {
    let mut people = People::new(Toy::new(9).key());
    people.befriend(Toy::new(1).key(), name("bob")).expect("free");
    people.befriend(Toy::new(2).key(), name("Алиса")).expect("free");
    people.set_verified(&Toy::new(1).key(), true);
    people.set_blocked(&Toy::new(2).key(), true);
    let lines = people.save();
    let mut loaded = People::new(Toy::new(9).key());
    assert_eq!(loaded.load(lines.iter().map(String::as_str)), 0);
    assert_eq!(loaded.contacts(), people.contacts());
    let me = format!("{} - - me", Toy::new(9).key());
    let bad = [
        "",
        "x - - bob",
        &me,
        &lines[0],
        &lines[0].replace("bob", "b b"),
        &lines[0].replace("verified", "maybe"),
    ];
    assert_eq!(loaded.load(bad), bad.len());
    assert_eq!(loaded.contacts(), people.contacts());
}

#[test]
fn who_is_silent_for_long_is_taken_for_gone() {
    let mut people = People::new(Toy::new(9).key());
    let (one, two) = (Toy::new(1).key(), Toy::new(2).key());
    people.meet(one, name("one"), true, 1_000);
    people.meet(two, name("two"), true, 1_000);
    people.heard(two, 5_000);
    assert_eq!(people.gone_before(2_000), [one]);
    assert_eq!(people.present().map(|(key, _)| *key).collect::<Vec<_>>(), [two]);
    assert_eq!(people.meet(one, name("one"), true, 6_000), Met::Came);
}

// Text.

#[test]
fn names_are_normal_short_and_visible() {
    assert_eq!(Name::new(" bob\n").map(|name| name.to_string()), Ok("bob".to_string()));
    assert_eq!(name("ﬁn").as_str(), "fin", "one form for each name");
    assert_eq!(name("花子").as_str(), "花子");
    assert_eq!(Name::new(" \t "), Err(BadName::Empty));
    assert_eq!(Name::new(&"x".repeat(32)).map(|name| name.as_str().len()), Ok(32));
    assert_eq!(Name::new(&"x".repeat(33)), Err(BadName::TooLong));
    assert_eq!(Name::new(&"\u{fdfa}".repeat(32)), Err(BadName::TooLong), "long in its normal form");
    for bad in [
        "a b",
        "a~b",
        "@bob",
        "/who",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a:b",
        "\u{feff}bob",
        "a\u{ad}b",
        "a\u{0}b",
    ] {
        assert!(matches!(Name::new(bad), Err(BadName::Character(_))), "{bad:?}");
    }
}

#[test]
fn fingerprints_and_safety_numbers_are_fixed() {
    let (one, two) = (Key([0; 32]), Key([1; 32]));
    assert_eq!(fingerprint(&one).len(), 19);
    assert_ne!(fingerprint(&one), fingerprint(&two));
    assert!(fingerprint(&one).split('-').all(|group| group.len() == 4));
    assert_eq!(safety_number(&one, &two), safety_number(&two, &one));
    assert_eq!(safety_number(&one, &two).chars().filter(char::is_ascii_digit).count(), 60);
    assert_ne!(safety_number(&one, &two), safety_number(&one, &Key([2; 32])));
    assert_eq!(Key::from_hex(&one.to_string()), Some(one));
    assert_eq!(Key::from_hex(&one.to_string().replace("00", "0G")), None);
}

/// Two hundred strings and more that would do something to a terminal: each control character, mark and tag,
/// alone and in sequences.
#[test]
fn hostile_text_cannot_hurt_a_terminal() {
    let marks =
        (0..0x20).chain(0x7f..0xa0).chain(0x202a..0x202f).chain(0x2066..0x206a).chain(0xe0000..0xe0080);
    let mut hostile: Vec<String> = marks.filter_map(char::from_u32).map(|mark| format!("a{mark}b")).collect();
    hostile.extend(
        [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "\r overwritten",
            "\u{8}\u{8}gone",
            "\u{feff}",
            "\u{2028}",
            "\u{1b}]8;;http://x\u{1b}\\",
        ]
        .map(String::from),
    );
    assert!(hostile.len() > 200);
    for text in hostile {
        let shown = escape(&text);
        assert!(shown.contains("\\u{"), "{shown}");
        assert!(shown.chars().all(|c| !c.is_control()), "{shown}");
        assert_eq!(escape(&shown), shown, "nothing is left to escape");
    }
    assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
    for plain in ["hello, world", "naïve café", "日本語", "👩\u{200d}👩\u{200d}👧 family", "עברית", "किताब"]
    {
        assert_eq!(escape(plain), plain);
    }
}

// Stored state.

proptest! {
    #[test]
    fn what_is_left_of_a_damaged_file_is_true(lines in prop::collection::vec("[a-z ]{0,20}", 0..20), at: prop::sample::Index, flip in 0u8..8, cut: prop::sample::Index, is_cut: bool) {
        let text = store::write("test 1", lines.iter().map(String::as_str));
        let whole = store::read("test 1", text.as_bytes());
        prop_assert_eq!(&whole.lines, &lines);
        prop_assert!(whole.damaged.is_empty());
        let mut bytes = text.clone().into_bytes();
        if is_cut {
            bytes.truncate(cut.index(text.len()));
        } else {
            bytes[at.index(text.len())] ^= 1 << flip;
        }
        let left = store::read("test 1", &bytes);
        prop_assert!(left.lines.iter().all(|line| lines.iter().any(|known| known == line)));
        if !is_cut {
            prop_assert!(left.lines.len() + 2 >= lines.len(), "one change spoils at most two lines");
            prop_assert!(!left.damaged.is_empty());
        }
    }
}

#[test]
fn an_empty_file_and_one_of_another_kind_are_damaged() {
    assert_eq!(store::read("contacts 1", b"").damaged, [1]);
    let other = store::write("peers 1", ["a"]);
    let read = store::read("contacts 1", other.as_bytes());
    assert_eq!((read.lines.len(), read.damaged.len()), (0, 2));
}
