//! Who says and hears what.

use floodnet_chat::Clock;
use floodnet_chat::people::{NameMatch, PresenceChange};
use floodnet_chat::session::{Heard, MAX_TEXT, Session, Unsayable};
use floodnet_chat::signed_message::Envelope;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use floodnet_core::wire;

use crate::toy::Toy;
use crate::{NET, clock, name, session};

/// Hands an envelope over as the wire does.
fn pass(envelope: &Envelope, to: &mut Session<Toy>, ms: u64) -> Heard {
    let received: Envelope = wire::decode(&wire::encode(envelope)).expect("well-formed");
    to.hear(&received, clock(ms), &mut NodeRng::new(1))
}

#[test]
fn a_dialogue() {
    let (mut alice, mut bob, mut carol) = (session(1, "alice"), session(2, "bob"), session(3, "carol"));
    let here = bob.presence(true, clock(0)).expect("signed");
    assert_eq!(
        pass(&here, &mut alice, 0),
        Heard::Presence { from: bob.me(), change: PresenceChange::Joined }
    );
    assert!(alice.presence_due().is_some(), "who comes is answered");
    assert_eq!(alice.people().find("bob"), NameMatch::One(bob.me()));
    let secret = alice.say_to(bob.me(), "psst", clock(1)).expect("short");
    assert_eq!(pass(&secret, &mut bob, 2), Heard::Direct { from: alice.me(), text: "psst".into() });
    assert_eq!(pass(&secret, &mut carol, 2), Heard::Nothing("not_for_me"));
    assert_eq!(pass(&secret, &mut alice, 2), Heard::Nothing("own"));
    let hello = carol.say("hello", clock(3)).expect("short");
    assert_eq!(pass(&hello, &mut alice, 4), Heard::Said { from: carol.me(), text: "hello".into() });
    assert!(alice.people().shown(&carol.me()).starts_with("someone~"), "she has not said who she is");
    let gone = bob.presence(false, clock(5)).expect("signed");
    assert_eq!(pass(&gone, &mut alice, 5), Heard::Presence { from: bob.me(), change: PresenceChange::Left });
    assert_eq!(alice.people().find("bob"), NameMatch::Nobody);
    assert_eq!(alice.say("  ", clock(6)), Err(Unsayable::Empty));
    assert_eq!(alice.say(&"x".repeat(MAX_TEXT + 1), clock(6)), Err(Unsayable::TooLong(MAX_TEXT)));
}

#[test]
fn the_blocked_are_not_heard() {
    let (mut alice, mut bob) = (session(1, "alice"), session(2, "bob"));
    alice.people_mut().set_petname(bob.me(), name("bob")).expect("free");
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
