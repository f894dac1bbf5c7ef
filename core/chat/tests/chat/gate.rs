//! What passes, in which order of checks, and how much of it.

use floodnet_chat::Clock;
use floodnet_chat::gate::{Gate, Refusal};
use floodnet_chat::keys::{Identity, Key, Signature, Verify};
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::{MAX_AGE_MS, MAX_AHEAD_MS, Replay};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_core::observe::Payload;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;

use crate::toy::Toy;
use crate::{NET, NOW, clock, gate, said, session, toy};

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
        let mut gate = Gate::new(NET, Limits::LAB, Replay::new(0));
        let mut hearer = session(99, "hearer");
        let mut rng = NodeRng::new(1);
        for now in [Time::ZERO, Time::from_millis(1), Time::from_secs(1 << 32), Time::MAX] {
            let clock = Clock { now, unix_ms: at };
            for seq in edges {
                for unix_ms in edges.into_iter().chain(times) {
                    let envelope = said(seq ^ unix_ms, seq, unix_ms, b"x");
                    let floor = gate.replay().floor_ms();
                    let fits = (floor == 0 || unix_ms > floor)
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
        let mut gate = Gate::new(NET, Limits::PUBLIC, Replay::new(0));
        let checked = gate.check(&said(1, 1, unix_ms, b""), &toy(), clock(0));
        assert_eq!(checked, expected.map_err(Refusal::Drop), "{unix_ms}");
    }
}

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
