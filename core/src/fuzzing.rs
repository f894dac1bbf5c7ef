//! What fuzzers run: one function for each subject, which takes any bytes and panics when something is wrong.
//!
//! `cargo test` runs the same functions on random bytes and on the corpus in `core/fuzz`, so that they stay
//! sound; `core/fuzz/README.md` says how to run each for long.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::broadcast::{BroadcastCommand, BroadcastEvent, Flood, flood};
use crate::chat::Clock;
use crate::chat::crypto::{Identity, Key, Toy};
use crate::chat::envelope::{Draft, Envelope, Kind, NetworkId};
use crate::chat::gate::Gate;
use crate::chat::people::{MAX_CONTACTS, MAX_PRESENT, People};
use crate::chat::quota::Limits;
use crate::chat::replay::{MAX_IDS, Replay};
use crate::chat::session::{Heard, Session};
use crate::chat::store;
use crate::chat::text::{MAX_NAME, Name, escape};
use crate::content::Content;
use crate::node::{Config, Layer, Node};
use crate::observe::{Observe, Payload};
use crate::overlay::{RandomWalk, random_walk};
use crate::protocol::{Action, ActionOf, Context, Input, InputOf, Protocol};
use crate::rng::NodeRng;
use crate::time::{Duration, Time};
use crate::wire;

const NOW: u64 = 1_764_000_000_000;
const NET: NetworkId = NetworkId([7; 16]);

/// Takes parts off the front of the bytes of a fuzzer; zeros when they are used up.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte();
        }
        u64::from_be_bytes(bytes)
    }

    /// A part whose length comes before it.
    fn part(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()) * 4;
        let (part, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        part
    }

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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
    let mut gate = Gate::new(NET, Limits::LAB, Replay::new(NOW - 1), clock);
    if let Ok(envelope) = Envelope::parse(Bytes::copy_from_slice(data)) {
        assert_eq!(envelope.bytes().as_ref(), data);
        assert!(gate.check(&envelope, &toy, clock).is_err(), "nobody signed this");
        assert_eq!(gate.replay().ids(), 0);
    }
    let mut source = Source(data);
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
    let mut source = Source(data);
    let me = Toy::new(0);
    let Ok(name) = Name::new("me") else { return };
    let mut clock = Clock { now: Time::ZERO, unix_ms: NOW };
    let mut session = Session::new(me.clone(), NET, name, source.number(), clock);
    let mut gate = Gate::new(NET, Limits::PUBLIC, Replay::new(NOW - 1), clock);
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
                        let _ = session.people_mut().befriend(contact, petname);
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
    let mut people = People::new(Key([9; 32]));
    people.load(text.lines());
    assert!(people.contacts().len() <= MAX_CONTACTS);
    let saved = people.save();
    let mut same = People::new(Key([9; 32]));
    assert_eq!(same.load(saved.iter().map(String::as_str)), 0);
    assert_eq!(same.contacts(), people.contacts());
    let (replay, bad) = Replay::load(text.lines(), 0, NOW);
    assert!(replay.ids() <= MAX_IDS);
    assert!(replay.floor_ms() <= NOW, "nothing saved shuts out what comes from now on");
    let lines = replay.save(false);
    assert_eq!(Replay::load(lines.iter().map(String::as_str), 0, NOW).1, 0, "{bad} bad before");
}

type Lab = Node<RandomWalk<u32>, Flood<u32, Content>>;
/// The node under test.
const ME: u32 = 0;
/// Others that exist.
const OTHERS: u8 = 12;

/// A node lives through any inputs that a driver may hand it, with every rule of the boundary watched.
pub fn state_machine(data: &[u8]) {
    let mut source = Source(data);
    let degree = u32::from(source.byte() % 6) + 1;
    let flags = source.byte();
    let overlay = random_walk::Config {
        degree,
        max_degree: (flags & 1 == 0).then(|| degree + u32::from(flags >> 5)),
        hop_limit: source.byte() % 8,
        retry: flags & 2 == 0,
        repair: flags & 4 == 0,
        ..random_walk::Config::new(Vec::from([1, u32::from(flags >> 4)]))
    };
    let config = Config { overlay, broadcast: flood::Config { queue: 4, ..flood::Config::default() } };
    let mut life = Life {
        node: Node::new(RandomWalk::new(ME), Flood::default()),
        config,
        rng: NodeRng::new(source.number()),
        now: Time::ZERO,
        timers: Vec::new(),
        delivered: BTreeSet::new(),
    };
    life.step(Input::Start);
    while !source.is_empty() && life.now < Time::from_secs(14 * 60) {
        let what = source.byte();
        let peer = u32::from(source.byte() % OTHERS) + 1;
        let overlay = |message| Input::Message { from: peer, message: Layer::Overlay(message) };
        let input = match what % 10 {
            0 => {
                let joiner = u32::from(source.byte() % (OTHERS + 1));
                overlay(random_walk::Message::Join { joiner, hop_limit: source.byte() })
            }
            1 => overlay(random_walk::Message::JoinAck),
            2 => overlay(random_walk::Message::Displaced),
            3 => {
                let hops = u16::from(source.byte()) << (what >> 4);
                let payload = Content::new(Bytes::copy_from_slice(source.part()));
                Input::Message { from: peer, message: Layer::Broadcast(flood::Message { hops, payload }) }
            }
            4 => Input::LinkDown(peer),
            5 => {
                let payload = Content::new(Bytes::copy_from_slice(source.part()));
                Input::Command(BroadcastCommand::Publish(payload))
            }
            6 => Input::Command(BroadcastCommand::Hold),
            7 => Input::Command(BroadcastCommand::Resume),
            _ => {
                life.now = life.now + Duration::from_millis(u64::from(source.byte()) * 20);
                let Some(timer) = life.timers.pop() else { continue };
                Input::Timer(timer)
            }
        };
        life.step(input);
    }
}

struct Life {
    node: Lab,
    config: Config<random_walk::Config<u32>, flood::Config>,
    rng: NodeRng,
    now: Time,
    timers: Vec<Layer<random_walk::Timer, core::convert::Infallible>>,
    delivered: BTreeSet<[u8; 16]>,
}

impl Life {
    fn step(&mut self, input: InputOf<Lab>) {
        let from = match &input {
            Input::Message { from, message: Layer::Broadcast(_) } => Some(*from),
            _ => None,
        };
        let is_flood = from.is_some() || matches!(input, Input::Command(_));
        let mut actions: Vec<ActionOf<Lab>> = Vec::new();
        let mut cx =
            Context { now: self.now, config: &self.config, rng: &mut self.rng, effects: &mut actions };
        self.node.handle(input, &mut cx);
        let neighbors: BTreeSet<u32> = self.node.neighbors().iter().copied().collect();
        for action in actions {
            match action {
                Action::Send { to, .. } => {
                    assert_ne!(to, ME, "nobody sends to themself");
                    assert_ne!(Some(to), from, "nothing goes back to where it came from");
                    assert!(!is_flood || neighbors.contains(&to), "messages go to neighbors only");
                }
                Action::SetTimer { timer, .. } => self.timers.push(timer),
                Action::Emit(Layer::Broadcast(BroadcastEvent::Delivered { payload, .. })) => {
                    assert!(self.delivered.insert(*payload.id().as_bytes()), "never twice");
                }
                Action::Disconnect(peer) => assert_ne!(peer, ME),
                Action::Emit(_) => {}
            }
        }
        assert_eq!(neighbors.len(), self.node.neighbors().len(), "one link to each");
        assert!(!neighbors.contains(&ME), "no link to oneself");
        if let Some(most) = self.config.overlay.max_degree {
            assert!(neighbors.len() <= most as usize, "no more links than allowed");
        }
        assert!(self.timers.len() <= 2, "one timer of each kind");
    }
}
