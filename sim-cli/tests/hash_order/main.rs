//! A protocol with chance in it is caught, and the place is found.
//!
//! The node sends to the first of three peers in a `HashMap`, whose order is another in every map, and makes
//! that map anew for each message: that all runs agree by chance, on 24 messages, is 3 to the power of -24 or less.
//! This is no ordinary test program: with the variable set it is the command line with that protocol.

#![expect(clippy::print_stdout, reason = "it tells how it went, as a test does")]

use std::collections::HashMap;
use std::process::{Command, ExitCode, Output};

use floodnet_core::invariants::Invariants;
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::wire::{self, DecodeError, Wire, take};
use floodnet_sim::payload::SimPayload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_cli::registry::{Registry, Runnable, Setting};
use sim_cli::scenario::{CheckedTable, Complaint};

const VARIABLE: &str = "FLOODNET_PLANTED";

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Planted {
    /// Whether the order of the map decides.
    by_chance: bool,
}

impl CheckedTable for Planted {}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

impl CheckedTable for Nothing {}

struct Config {
    by_chance: bool,
    slots: u32,
}

/// Hands each message on to one of three peers, once.
#[derive(Debug)]
struct Node {
    me: u32,
    peers: [u32; 3],
    seen: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    payload: SimPayload,
    hops: u16,
}

enum Event {
    Published(u32),
    Delivered(u32, u16),
    Duplicate(u32),
}

impl Node {
    fn pass_on<E: Effects<Self>>(&self, message: Message, cx: &mut Context<'_, Self, E>) {
        let chosen = if cx.config.by_chance && self.me == 17 {
            // The planted fault: which is the first is not for the seed to say.
            let shuffled: HashMap<u32, ()> = self.peers.iter().map(|&peer| (peer, ())).collect();
            shuffled.into_keys().next()
        } else {
            self.peers.iter().min().copied()
        };
        if let Some(peer) = chosen {
            cx.send(peer, Message { hops: message.hops + 1, ..message });
        }
    }
}

impl Types for Node {
    type Peer = u32;
    type Message = Message;
    type Timer = ();
    type Command = SimPayload;
    type Event = Event;
    type Config = Config;
}

impl Protocol for Node {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {
                let slots = cx.config.slots;
                self.peers = [1, 7, 11].map(|step| (self.me + step) % slots);
            }
            Input::Command(payload) => {
                cx.emit(Event::Published(payload.index()));
                self.pass_on(Message { payload, hops: 0 }, cx);
            }
            Input::Message { message, .. } if self.seen.contains(&message.payload.index()) => {
                cx.emit(Event::Duplicate(message.payload.index()));
            }
            Input::Message { message, .. } => {
                self.seen.push(message.payload.index());
                cx.emit(Event::Delivered(message.payload.index(), message.hops));
                self.pass_on(message, cx);
            }
            Input::Timer(()) | Input::LinkDown(_) => {}
        }
    }
}

impl Observe for Node {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> SimPayload {
        payload
    }

    fn observe(event: &Event) -> Observation<u32, u32> {
        match *event {
            Event::Published(message) => Observation::Published(message),
            Event::Delivered(message, hops) => Observation::Delivered { message, hops },
            Event::Duplicate(message) => Observation::Duplicate(message),
        }
    }

    fn carried(message: &Message) -> Option<Carried<u32>> {
        Some(Carried { message: message.payload.index(), hops: message.hops })
    }

    fn wire_size(message: &Message) -> u32 {
        wire::packet_size(message)
    }

    fn neighbors(&self) -> &[u32] {
        &[]
    }
}

impl Wire for Message {
    fn size(&self) -> u32 {
        2 + self.payload.size()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hops.to_be_bytes());
        self.payload.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let hops = take(input).map(u16::from_be_bytes)?;
        SimPayload::decode(input).map(|payload| Self { payload, hops })
    }
}

impl Invariants for Node {}

impl Runnable for Node {
    type OverlayTable = Planted;
    type BroadcastTable = Nothing;

    fn config(overlay: Planted, _: Nothing, setting: &Setting) -> Result<Config, Complaint> {
        Ok(Config { by_chance: overlay.by_chance, slots: setting.slots })
    }

    fn node(slot: u32, _: &Config) -> Self {
        Self { me: slot, peers: [slot; 3], seen: Vec::new() }
    }
}

/// Each message starts at node 0 and goes on to the least of the peers, so to 17 after 17 hops.
const SCENARIO: &str = r#"
name = "planted"
duration = "30s"
[nodes]
count = 40
[overlay.planted]
[broadcast.nothing]
[link]
latency = { constant = "20ms" }
[[traffic]]
from = 0
every = "1s"
start = "1s"
stop = "25s"
"#;

fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("a program knows its place"));
    command.env(VARIABLE, "1").args(arguments).output().expect("it runs")
}

fn check() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("planted.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    let file = file.to_str().unwrap();

    let said = program(&["verify", file]);
    let out = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "without the fault: {out}");
    assert!(out.contains("the same on 1 thread; 1 thread, again; 3 threads: digest "), "{out}");

    let faulty = std::fs::read_to_string(file)
        .unwrap()
        .replace("[overlay.planted]", "[overlay.planted]\nby_chance = true");
    std::fs::write(file, faulty).unwrap();
    let said = program(&["verify", file]);
    let err = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(4), "with the fault: {err}");
    let expected = [
        "the same scenario and seed gave two different runs",
        "they part at node 17 at ",
        "it got the same input and acted differently",
        "node 17  receives: packet of 16, message ",
        "node 17  sends ",
    ];
    for part in expected {
        assert!(err.contains(part), "no `{part}` in\n{err}");
    }
    println!("{err}");
}

fn main() -> ExitCode {
    if std::env::var_os(VARIABLE).is_some() {
        return sim_cli::main_with(Registry::builtin().protocol::<Node>("planted", "nothing"));
    }
    // What cargo may ask of a test program.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let filters: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if !filters.is_empty() && !filters.iter().any(|filter| "planted".contains(filter.as_str())) {
        println!("planted: filtered out");
        return ExitCode::SUCCESS;
    }
    check();
    println!("a planted HashMap is caught and located ... ok");
    ExitCode::SUCCESS
}
