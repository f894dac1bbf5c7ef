//! What holds back those who send more than there is room or time for.

use floodnet_chat::gate::{Gate, Refusal};
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::Replay;
use floodnet_chat::session::Heard;
use floodnet_core::observe::Payload;
use floodnet_core::rng::NodeRng;

use crate::{NET, NOW, clock, gate, said, session, toy};

/// An id that had to go before its time cannot come again, even when nothing else remembers its author.
#[test]
fn an_id_that_makes_room_raises_the_floor() {
    let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 3, 1));
    let messages: Vec<_> = (1..=4).map(|by| said(by, 1, NOW + 10 * by, b"")).collect();
    for message in &messages[..3] {
        assert_eq!(gate.check(message, &toy(), clock(50)), Ok(()));
    }
    assert_eq!(gate.replay().floor_ms(), NOW - 1, "there is room");
    assert_eq!(gate.check(&messages[3], &toy(), clock(50)), Ok(()));
    assert_eq!((gate.replay().ids(), gate.replay().floor_ms()), (3, NOW + 10));
    assert_eq!(gate.check(&messages[0], &toy(), clock(50)), Err(Refusal::Drop("too_old")), "the id is gone");
    assert_eq!(gate.check(&messages[1], &toy(), clock(50)), Err(Refusal::Drop("duplicate")), "it is kept");
    // As for somebody else: what was sent at the same time or before.
    for (at, expected) in [(9, Err("too_old")), (10, Err("too_old")), (11, Ok(()))] {
        let other = said(9, at, NOW + at, b"");
        assert_eq!(gate.check(&other, &toy(), clock(50)), expected.map_err(Refusal::Drop), "{at}");
    }
}

/// To open a sealed message costs a node more than to send one costs its author.
#[test]
fn no_more_sealed_messages_are_tried_than_the_rate_allows() {
    let (mut alice, bob, mut carol) = (session(1, "alice"), session(2, "bob"), session(3, "carol"));
    let secret = carol.say_to(bob.me(), "psst", clock(0)).expect("short");
    let mine = carol.say_to(alice.me(), "psst", clock(0)).expect("short");
    let mut tried = |ms: u64| {
        let mut hear = |envelope| alice.hear(envelope, clock(ms), &mut NodeRng::new(1));
        let tried = (0..10_000).take_while(|_| hear(&secret) == Heard::Nothing("not_for_me")).count();
        assert_eq!(hear(&mine), Heard::Nothing("too_many_sealed"));
        tried
    };
    assert_eq!(tried(0), 500, "at once");
    assert_eq!(tried(1_000), 50, "in a second");
    assert_eq!(tried(61_000), 500, "whatever the pause was");
    assert!(matches!(alice.hear(&mine, clock(61_020), &mut NodeRng::new(1)), Heard::Direct { .. }));
    // What is not sealed is heard all the same.
    let open = carol.say("hello", clock(61_020)).expect("short");
    assert!(matches!(alice.hear(&open, clock(61_020), &mut NodeRng::new(1)), Heard::Said { .. }));
}

/// What is read again must not keep out what comes now, however much it is.
#[test]
fn sealed_messages_from_before_take_nothing_from_those_that_come() {
    let (mut alice, mut bob) = (session(1, "alice"), session(2, "bob"));
    let mine = bob.say_to(alice.me(), "psst", clock(0)).expect("short");
    for _ in 0..2_000 {
        assert!(matches!(alice.recall(&mine), Heard::Direct { .. }));
    }
    let heard = (0..500).map(|_| alice.hear(&mine, clock(0), &mut NodeRng::new(1)));
    assert_eq!(heard.filter(|heard| matches!(heard, Heard::Direct { .. })).count(), 500);
    assert!(matches!(alice.recall(&mine), Heard::Direct { .. }), "though none that comes is opened now");
}

/// However long the body, and whatever the kind.
#[test]
fn no_body_is_too_long_for_its_signature_to_be_checked() {
    for length in [0, 1, 63, 64, 65, 256, 4_096] {
        let good = said(1, 1, NOW, &vec![b'x'; length]);
        let mut bytes = good.bytes().to_vec();
        *bytes.last_mut().expect("a signature") ^= 1;
        let forged = floodnet_chat::signed_message::Envelope::parse(bytes.into()).expect("well-formed");
        assert_eq!(forged.id(), good.id());
        assert_eq!(gate().check(&forged, &toy(), clock(0)), Err(Refusal::Cut("bad_signature")), "{length}");
        assert_eq!(gate().check(&good, &toy(), clock(0)), Ok(()), "{length}");
    }
}
