//! What happens to a node, written down and run again.
//!
//! A recording is a text: who the node is, the seed of its random stream, its entry nodes, and then each input
//! with its time and a hash of what the node did with it.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use floodnet_chat::signed_message::Envelope;
use floodnet_core::broadcast::BroadcastCommand;
use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk;
use floodnet_core::protocol::{ActionOf, Context, Input, InputOf, Protocol, Types};
use floodnet_core::reconcile::Key;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use floodnet_core::wire::{self, Wire};
use floodnet_tcp::identity::Identity;
use floodnet_tcp::peer::Peer;

use crate::node::{Command, HistoryCommand, PlainNode, Timer, config, plain_node};

/// First line of a recording.
const HEAD: &str = "floodnet-recording-v2";
/// Longest recording; it ends there.
const MAX_BYTES: u64 = 256 * 1_024 * 1_024;
/// Bytes of a key of the history.
const KEY: usize = 24;

/// Writes down what happens to a node.
pub struct Recorder {
    out: Option<Box<dyn Write + Send>>,
    written: u64,
}

impl Recorder {
    /// A recording of a node with this seed and these entry nodes.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, seed: u64, entry: &[Peer]) -> Self {
        let mut recorder = Self { out: Some(out), written: 0 };
        recorder.line(HEAD);
        recorder.line(&format!("seed {seed}"));
        for peer in entry {
            recorder.line(&format!("entry {}", peer_text(*peer)));
        }
        recorder
    }

    /// The node has its name, and a history or none.
    pub(crate) fn started(&mut self, me: Peer, has_history: bool) {
        if has_history {
            self.line("history kept");
        }
        self.line(&format!("me {}", peer_text(me)));
    }

    /// An input led to these actions.
    pub(crate) fn happened(&mut self, now: Time, input: &str, actions: &[ActionOf<PlainNode>]) {
        self.line(&format!("{} {input} -> {}", now.as_nanos(), digest(actions)));
    }

    /// A disk that is full ends the recording, not the chat.
    fn line(&mut self, line: &str) {
        let Some(out) = &mut self.out else { return };
        self.written += line.len() as u64 + 1;
        let ended = if self.written > MAX_BYTES {
            Some("it is long enough".to_owned())
        } else {
            writeln!(out, "{line}").and_then(|()| out.flush()).err().map(|error| error.to_string())
        };
        if let Some(why) = ended {
            tracing::warn!(why, "the recording ends");
            self.out = None;
        }
    }
}

fn peer_text(peer: Peer) -> String {
    match peer.identity() {
        Some(identity) => format!("{}#{identity}", peer.address()),
        None => peer.address().to_string(),
    }
}

fn peer(text: &str) -> Option<Peer> {
    match text.split_once('#') {
        Some((address, identity)) => {
            Some(Peer::new(identity.parse::<Identity>().ok()?, address.parse::<SocketAddr>().ok()?))
        }
        None => Some(Peer::at(text.parse().ok()?)),
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

pub(crate) fn input_text(input: &InputOf<PlainNode>) -> String {
    match input {
        Input::Start => "start".to_owned(),
        Input::Message { from, message } => {
            format!("message {} {}", peer_text(*from), HEXLOWER.encode(&wire::encode(message)))
        }
        Input::Timer(Timer::Flood(Layer::Overlay(random_walk::Timer::Retry))) => "timer retry".to_owned(),
        Input::Timer(Timer::Flood(Layer::Overlay(random_walk::Timer::Revisit))) => "timer revisit".to_owned(),
        Input::Timer(Timer::Flood(Layer::Broadcast(never))) => match *never {},
        Input::Timer(Timer::Look) => "timer look".to_owned(),
        Input::Timer(Timer::Round) => "timer round".to_owned(),
        Input::LinkDown(peer) => format!("down {}", peer_text(*peer)),
        Input::Command(Command::Flood(BroadcastCommand::Publish(envelope))) => {
            format!("publish {}", HEXLOWER.encode(envelope.bytes()))
        }
        Input::Command(Command::Flood(BroadcastCommand::Hold)) => "hold".to_owned(),
        Input::Command(Command::Flood(BroadcastCommand::Resume)) => "resume".to_owned(),
        Input::Command(Command::History(command)) => history_text(command),
    }
}

fn history_text(command: &HistoryCommand) -> String {
    match command {
        HistoryCommand::Remember(keys) => format!("remember {}", keys_text(keys)),
        HistoryCommand::Kept(key) => format!("kept {}", keys_text(&[*key])),
        HistoryCommand::Settle { key, is_kept: true } => format!("settle {} kept", keys_text(&[*key])),
        HistoryCommand::Settle { key, is_kept: false } => format!("settle {} refused", keys_text(&[*key])),
        HistoryCommand::ForgetBefore(floor) => format!("forget {}", keys_text(&[*floor])),
        HistoryCommand::Give { to, envelopes, missing } => {
            let given = envelopes.iter().map(|envelope| format!(" {}", HEXLOWER.encode(envelope.bytes())));
            format!("give {} {}{}", peer_text(*to), keys_text(missing), given.collect::<String>())
        }
    }
}

/// Keys without anything between them; a dash for none.
fn keys_text(keys: &[Key]) -> String {
    if keys.is_empty() {
        return "-".to_owned();
    }
    let mut bytes = Vec::with_capacity(keys.len() * KEY);
    keys.iter().for_each(|key| key.encode(&mut bytes));
    HEXLOWER.encode(&bytes)
}

fn keys(text: &str) -> Option<Vec<Key>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let bytes = bytes(text)?;
    let keys = bytes.chunks(KEY).map(|mut key| Key::decode(&mut key).ok());
    keys.collect()
}

fn key(text: &str) -> Option<Key> {
    match keys(text)?.as_slice() {
        [key] => Some(*key),
        _ => None,
    }
}

fn envelope(text: &str) -> Option<Envelope> {
    Envelope::parse(bytes(text)?.into()).ok()
}

/// What [`history_text`] has written.
fn history(words: &[&str]) -> Option<HistoryCommand> {
    Some(match words {
        ["remember", text] => HistoryCommand::Remember(keys(text)?),
        ["kept", text] => HistoryCommand::Kept(key(text)?),
        ["settle", text, "kept"] => HistoryCommand::Settle { key: key(text)?, is_kept: true },
        ["settle", text, "refused"] => HistoryCommand::Settle { key: key(text)?, is_kept: false },
        ["forget", text] => HistoryCommand::ForgetBefore(key(text)?),
        ["give", to, missing, given @ ..] => HistoryCommand::Give {
            to: peer(to)?,
            envelopes: given.iter().map(|text| envelope(text)).collect::<Option<_>>()?,
            missing: keys(missing)?,
        },
        _ => return None,
    })
}

fn input(text: &str) -> Option<InputOf<PlainNode>> {
    let words: Vec<&str> = text.split(' ').collect();
    Some(match *words.as_slice() {
        ["start"] => Input::Start,
        ["message", from, packet] => {
            Input::Message { from: peer(from)?, message: wire::decode(&bytes(packet)?).ok()? }
        }
        ["timer", "retry"] => Input::Timer(Timer::Flood(Layer::Overlay(random_walk::Timer::Retry))),
        ["timer", "revisit"] => Input::Timer(Timer::Flood(Layer::Overlay(random_walk::Timer::Revisit))),
        ["timer", "look"] => Input::Timer(Timer::Look),
        ["timer", "round"] => Input::Timer(Timer::Round),
        ["down", gone] => Input::LinkDown(peer(gone)?),
        ["publish", text] => Input::Command(Command::Flood(BroadcastCommand::Publish(envelope(text)?))),
        ["hold"] => Input::Command(Command::Flood(BroadcastCommand::Hold)),
        ["resume"] => Input::Command(Command::Flood(BroadcastCommand::Resume)),
        ref words => Input::Command(Command::History(history(words)?)),
    })
}

/// A short hash of what a node did.
fn digest(actions: &[ActionOf<PlainNode>]) -> String {
    let text = format!("{actions:?}");
    HEXLOWER.encode(&blake3::hash(text.as_bytes()).as_bytes()[..8])
}

/// What running a recording again showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Inputs, each of which led to the same actions.
    pub inputs: u64,
    /// Actions of all these inputs together.
    pub actions: u64,
}

/// Why a recording could not be run again to the same end.
#[derive(Debug)]
pub enum ReplayError {
    /// The recording cannot be read.
    Io(io::Error),
    /// This line is no part of a recording; lines count from 1.
    Line(u64),
    /// The input of this line led to other actions.
    Differs(u64),
}

impl std::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Line(line) => write!(f, "line {line} is not part of a recording"),
            Self::Differs(line) => {
                write!(f, "the input in line {line} led to other actions than when it was recorded")
            }
        }
    }
}

impl std::error::Error for ReplayError {}

impl From<io::Error> for ReplayError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs a recording again through a fresh node, without sockets or clocks.
///
/// # Errors
/// It cannot be read, or something else happened this time. A last line that was cut off is passed over: the
/// program may have been killed.
pub fn replay(recording: impl BufRead) -> Result<Replayed, ReplayError> {
    let mut lines = (1u64..).zip(recording.lines());
    let mut seed = None;
    let mut entry = Vec::new();
    let (mut node, mut has_history, mut done) = (None, false, Replayed::default());
    let head = lines.next().map(|(_, line)| line).transpose()?;
    if head.as_deref() != Some(HEAD) {
        return Err(ReplayError::Line(1));
    }
    let mut lines = lines.peekable();
    while let Some((number, line)) = lines.next() {
        let line = line?;
        let wrong = ReplayError::Line(number);
        match line.split_once(' ').ok_or(ReplayError::Line(number))? {
            ("seed", text) if seed.is_none() => seed = Some(text.parse().map_err(|_| wrong)?),
            ("entry", text) if node.is_none() => entry.push(peer(text).ok_or(wrong)?),
            ("history", "kept") if node.is_none() => has_history = true,
            ("me", text) if node.is_none() => {
                let me = peer(text).ok_or(ReplayError::Line(number))?;
                node = Some(Again {
                    node: plain_node(me, has_history),
                    config: config(std::mem::take(&mut entry)),
                    rng: NodeRng::new(seed.ok_or(wrong)?),
                });
            }
            (time, rest) => {
                let parts = rest.split_once(" -> ").filter(|(_, expected)| expected.len() == 16);
                let Some((text, expected)) = parts else {
                    // The program may have been killed while it wrote the last line.
                    return if lines.peek().is_none() { Ok(done) } else { Err(wrong) };
                };
                let now = time.parse().map(Time::from_nanos).map_err(|_| ReplayError::Line(number))?;
                let (input, node) = input(text).zip(node.as_mut()).ok_or(wrong)?;
                let actions = node.step(now, input);
                if digest(&actions) != expected {
                    return Err(ReplayError::Differs(number));
                }
                done.inputs += 1;
                done.actions += actions.len() as u64;
            }
        }
    }
    Ok(done)
}

/// A node that lives through a recording.
struct Again {
    node: PlainNode,
    config: <PlainNode as Types>::Config,
    rng: NodeRng,
}

impl Again {
    fn step(&mut self, now: Time, input: InputOf<PlainNode>) -> Vec<ActionOf<PlainNode>> {
        let mut actions = Vec::new();
        let mut cx = Context { now, config: &self.config, rng: &mut self.rng, effects: &mut actions };
        self.node.handle(input, &mut cx);
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::ChatNode;
    use proptest::prelude::*;
    use std::sync::{Arc, Mutex};

    use floodnet_chat::history::HistoryMessage;
    use floodnet_chat::signed_message::{Draft, Kind, NetworkId};
    use floodnet_core::broadcast::flood;
    use floodnet_tcp::identity::Keypair;

    use crate::cipher::Cipher;
    use crate::node::Message;
    use floodnet_core::reconcile::{Dated, Message as Comparison};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn recorded() -> Vec<u8> {
        let at = |port| {
            Peer::new(Identity::from_bytes([port; 32]), SocketAddr::from(([127, 0, 0, 1], u16::from(port))))
        };
        let buffer = Buffer::default();
        let entry = vec![Peer::at(SocketAddr::from(([127, 0, 0, 1], 2)))];
        let recorder = Recorder::new(Box::new(buffer.clone()), 7, &entry);
        let mut node = ChatNode::new(at(1), true, Some(recorder));
        let (config, mut rng) = (config(entry.clone()), NodeRng::new(7));
        let draft = Draft { network: NetworkId([0; 16]), kind: Kind::Say, seq: 1, unix_ms: 2, body: b"hi" };
        let hello = Envelope::sign(&draft, &Cipher::new(Keypair::from_secret(&[1; 32]))).expect("short");
        let about = |command| Input::Command(Command::History(command));
        let compares = |message| Message::History(HistoryMessage::Comparison(Box::new(message)));
        let acknowledges = |port| {
            let message = random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true };
            Input::Message { from: at(port), message: Message::Flood(Layer::Overlay(message)) }
        };
        let inputs = [
            Input::Start,
            Input::LinkDown(entry[0]),
            Input::Timer(Timer::Flood(Layer::Overlay(random_walk::Timer::Retry))),
            acknowledges(2),
            acknowledges(3),
            Input::Message {
                from: at(2),
                message: Message::Flood(Layer::Broadcast(flood::Message { hops: 1, payload: hello.clone() })),
            },
            Input::Command(Command::Flood(BroadcastCommand::Publish(hello.clone()))),
            Input::LinkDown(at(3)),
            about(HistoryCommand::Remember(vec![Key::at(3), Key::at(5)])),
            about(HistoryCommand::Kept(hello.key())),
            Input::Timer(Timer::Look),
            Input::Message { from: at(2), message: compares(Comparison::Want(vec![Key::at(5)])) },
            about(HistoryCommand::Give {
                to: at(2),
                envelopes: vec![hello.clone()],
                missing: vec![Key::at(5)],
            }),
            about(HistoryCommand::Give { to: at(2), envelopes: vec![], missing: vec![] }),
            Input::Message { from: at(2), message: compares(Comparison::Have(vec![Key::at(9)])) },
            Input::Message { from: at(2), message: Message::History(HistoryMessage::CaughtUp(hello)) },
            about(HistoryCommand::Settle { key: Key::at(9), is_kept: false }),
            about(HistoryCommand::Settle { key: Key::at(9), is_kept: true }),
            about(HistoryCommand::ForgetBefore(Key::at(4))),
            Input::Timer(Timer::Round),
        ];
        for (second, input) in (0..).zip(inputs) {
            let mut actions: Vec<ActionOf<ChatNode>> = Vec::new();
            let now = Time::from_secs(second);
            node.handle(input, &mut Context { now, config: &config, rng: &mut rng, effects: &mut actions });
        }
        drop(node);
        buffer.0.lock().expect("not poisoned").clone()
    }

    #[test]
    fn a_recording_runs_again_to_the_same_end() {
        let text = recorded();
        let done = replay(text.as_slice()).expect("the same");
        assert_eq!(done.inputs, 20);
        assert!(done.actions > 8, "{done:?}");
    }

    proptest! {
        /// Whatever a file holds, it is run again or refused.
        #[test]
        fn damaged_recordings_are_refused(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut text = recorded();
            let (at, cut) = (at.index(text.len()), cut.index(text.len()));
            text[at] = byte;
            let _ = replay(text.as_slice());
            let _ = replay(&text[cut..]);
        }
    }

    #[test]
    fn another_history_is_noticed() {
        let text = String::from_utf8(recorded()).expect("text");
        let other = text.replacen("seed 7", "seed 8", 1);
        assert!(
            matches!(replay(other.as_bytes()), Err(ReplayError::Differs(_))),
            "timers and choices differ"
        );
        let without = text.replacen("3000000000 message", "3000000000 massage", 1);
        assert!(matches!(replay(without.as_bytes()), Err(ReplayError::Line(9))));
        assert!(matches!(replay(b"no recording".as_slice()), Err(ReplayError::Line(1))));
        let cut = &text.as_bytes()[..text.len() - 30];
        assert_eq!(replay(cut).expect("the last line is cut off").inputs, 19);
    }
}
