//! What fuzzers of `core/chat` run: one function for each subject, which takes any bytes and panics when something
//! is wrong.
//!
//! `cargo test` runs the same functions on random bytes and on the corpus beside this folder, so that they stay
//! sound; `core/chat/fuzz/README.md` says how to run each for long.

use std::collections::BTreeSet;

use bytes::Bytes;
use floodnet_chat::Clock;
use floodnet_chat::gate::Gate;
use floodnet_chat::history::HistoryMessage;
use floodnet_chat::keys::{Identity, Key as Author};
use floodnet_chat::people::{MAX_CONTACTS, MAX_PRESENT, People};
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::{MAX_IDS, Replay};
use floodnet_chat::session::{Heard, Session};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat::store;
use floodnet_chat::text::{MAX_NAME, Name, escape};
use floodnet_core::broadcast::flood;
use floodnet_core::node::Layer;
use floodnet_core::observe::Payload;
use floodnet_core::overlay::random_walk;
use floodnet_core::reconcile::exchange::MAX_QUEUE;
use floodnet_core::reconcile::{Exchange, Key, MAX_WANT, Message as Comparison};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire;

use self::source::Source;
use self::toy::Toy;

#[path = "../../../fuzz/src/source.rs"]
mod source;
#[path = "../../tests/chat/toy.rs"]
mod toy;

const NOW: u64 = 1_764_000_000_000;
const NET: NetworkId = NetworkId([7; 16]);
const CLOCK: Clock = Clock { now: Time::ZERO, unix_ms: NOW };

/// Packets of a chat's node: what decodes encodes to the same bytes.
pub fn packet(data: &[u8]) {
    type Message = Layer<random_walk::Message<u32>, flood::Message<Envelope>>;
    if let Ok(message) = wire::decode::<Message>(data) {
        assert_eq!(wire::encode(&message), data);
        assert_eq!(wire::packet_size(&message) as usize, data.len());
    }
}

/// Envelopes from strangers: none passes, since none is signed; and one that is signed passes once.
pub fn envelope(data: &[u8]) {
    let toy = Toy::new(0);
    let clock = Clock { now: Time::ZERO, unix_ms: NOW };
    let mut gate = Gate::new(NET, Limits::LAB, Replay::new(NOW - 1));
    if let Ok(envelope) = Envelope::parse(Bytes::copy_from_slice(data)) {
        assert_eq!(envelope.bytes().as_ref(), data);
        assert!(gate.check(&envelope, &toy, clock).is_err(), "nobody signed this");
        assert_eq!(gate.replay().ids(), 0);
    }
    let mut source = Source::new(data);
    let (seq, unix_ms) = (source.number(), source.number());
    let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body: source.part() };
    if let Some(envelope) = Envelope::sign(&draft, &Toy::new(1)) {
        let passes = gate.check(&envelope, &toy, clock).is_ok();
        assert_eq!(gate.replay().ids(), usize::from(passes));
        assert!(gate.check(&envelope, &toy, clock).is_err(), "never twice");
    }
}

/// A person hears whatever others say, signed; and what is shown cannot hurt a terminal.
pub fn chat_message(data: &[u8]) {
    let mut source = Source::new(data);
    let me = Toy::new(0);
    let Ok(name) = Name::new("me") else { return };
    let mut clock = Clock { now: Time::ZERO, unix_ms: NOW };
    let mut session = Session::new(me.clone(), NET, name, source.number(), clock);
    let mut gate = Gate::new(NET, Limits::PUBLIC, Replay::new(NOW - 1));
    let mut rng = NodeRng::new(source.number());
    let mut shown = BTreeSet::new();
    while !source.is_empty() {
        clock.now = clock.now + Duration::from_millis(u64::from(source.byte()) * 50);
        clock.unix_ms = NOW + clock.now.as_nanos() / 1_000_000;
        let mut author = Toy::new(u64::from(source.byte() % 4));
        let seq = u64::from(source.byte());
        let (kind, body) = match source.byte() % 4 {
            0 => (Kind::Say, source.part().to_vec()),
            1 => (Kind::Presence, source.part().to_vec()),
            2 => (Kind::Direct, author.seal(&me.key(), source.part()).unwrap_or_default()),
            _ => {
                let contact = session.people().present().next().map(|(key, _)| *key);
                if let Some(contact) = contact {
                    let text = String::from_utf8_lossy(source.part());
                    let _ = session.say_to(contact, &text, clock);
                    if let Ok(petname) = Name::new(&text) {
                        let _ = session.people_mut().set_petname(contact, petname);
                    }
                }
                continue;
            }
        };
        let draft = Draft { network: NET, kind, seq, unix_ms: clock.unix_ms, body: &body };
        let Some(envelope) = Envelope::sign(&draft, &author) else { continue };
        if gate.check(&envelope, &me, clock).is_err() {
            continue;
        }
        assert!(shown.insert(envelope.id()), "never twice");
        if let Heard::Said { from, text } | Heard::Direct { from, text } =
            session.hear(&envelope, clock, &mut rng)
        {
            assert_eq!(from, author.key(), "nobody speaks for another");
            is_harmless(&escape(&text));
            is_harmless(&session.people().shown(&from));
        }
        assert!(session.people().remembered() <= MAX_PRESENT);
        for (_, person) in session.people().present() {
            assert!(person.name.as_str().chars().count() <= MAX_NAME);
            is_harmless(person.name.as_str());
        }
    }
}

/// Neighbors send a node anything about what was said before; and it stays bounded, and takes only what it asked for.
pub fn history(data: &[u8]) {
    if let Ok(message) = wire::decode::<HistoryMessage>(data) {
        assert_eq!(wire::encode(&message), data);
        assert_eq!(wire::packet_size(&message) as usize, data.len());
    }
    let mut source = Source::new(data);
    let mut node: Exchange<u8> = Exchange::default();
    let (mut rng, mut now) = (NodeRng::new(source.number()), Time::from_secs(1));
    let place = |source: &mut Source<'_>| Key { at: source.byte().into(), id: [source.byte() % 4; 16] };
    node.extend((0..source.byte()).map(|at| Key { at: at.into(), id: [at % 4; 16] }));
    (0..3).for_each(|peer| node.up(peer, now, &mut rng));
    let mut asked: BTreeSet<(u8, Key)> = BTreeSet::new();
    while !source.is_empty() {
        now = now + Duration::from_millis(u64::from(source.byte()) * 20);
        let peer = source.byte() % 4;
        let mut sent: Vec<(u8, Comparison)> = Vec::new();
        match source.byte() % 8 {
            0 => sent = node.look(now, &mut rng),
            1 => node.down(peer),
            2 => node.up(peer, now, &mut rng),
            3 => node.forget_before(place(&mut source)),
            4 => {
                let key = place(&mut source);
                if node.arrive(peer, key, now).is_ok() {
                    assert!(asked.contains(&(peer, key)), "only what was asked for");
                    node.settle(key, source.byte().is_multiple_of(2), now);
                }
                sent.extend(node.go_on(peer, now).map(|next| (peer, next)));
            }
            5 => _ = node.insert(place(&mut source)),
            _ => {
                let bytes = [&[wire::VERSION], source.part()].concat();
                let Ok(message) = wire::decode::<Comparison>(&bytes) else { continue };
                let answer = node.receive(peer, message, now);
                assert!(answer.send.len() <= 2 && answer.give.len() <= MAX_WANT);
                assert!(answer.give.iter().all(|key| node.keys().contains(key)), "it is there");
                sent.extend(answer.send.into_iter().map(|next| (peer, next)));
            }
        }
        for (to, message) in sent {
            let bytes = wire::encode(&message);
            assert!(bytes.len() < 16 * 1_024 - 64, "it fits into a packet");
            assert_eq!(wire::decode::<Comparison>(&bytes).as_ref(), Ok(&message));
            if let Comparison::Want(keys) = message {
                asked.extend(keys.into_iter().map(|key| (to, key)));
            }
        }
        assert!(node.claimed() <= node.partners() * (MAX_QUEUE + MAX_WANT));
    }
}

fn is_harmless(shown: &str) {
    assert_eq!(escape(shown), shown);
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

/// Files of saved state: what is read of them is true and can be saved again.
pub fn stored_state(data: &[u8]) {
    let stored = store::read("fuzz 1", data);
    let again = store::write("fuzz 1", stored.lines.iter().copied());
    assert_eq!(store::read("fuzz 1", again.as_bytes()).lines, stored.lines);
    // The lines themselves, as if their hashes were good: who edits a file can make them so.
    let text = String::from_utf8_lossy(data);
    let mut people = People::new(Author([9; 32]));
    people.load(text.lines());
    assert!(people.contacts().len() <= MAX_CONTACTS);
    let saved = people.save();
    let mut same = People::new(Author([9; 32]));
    assert_eq!(same.load(saved.iter().map(String::as_str)), 0);
    assert_eq!(same.contacts(), people.contacts());
    let (replay, bad) = Replay::load(text.lines(), 0, CLOCK);
    assert!(replay.ids() <= MAX_IDS);
    assert!(replay.floor_ms() <= NOW, "nothing saved shuts out what comes from now on");
    let lines = replay.save(false);
    assert_eq!(Replay::load(lines.iter().map(String::as_str), 0, CLOCK).1, 0, "{bad} bad before");
}
