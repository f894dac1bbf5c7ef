//! How long a large history takes to open, and what it costs to find ten messages that are missing.
//!
//! `cargo run --release -p floodnet-chat-app --example history -- 1000000`

use std::error::Error;
use std::time::Instant;

use floodnet_chat::history::Rates;
use floodnet_chat::keys::{Identity, Key as Author, Signature, Verify};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::history::{Bounds, History, Source};
use floodnet_core::reconcile::{Exchange, Key, Message};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire;

const NET: NetworkId = NetworkId([3; 16]);
/// A year ago.
const FROM: u64 = 1_732_000_000_000;

/// Signs nothing, so that a million messages are made within a minute: what is measured does not look at signatures.
struct Nobody;

impl Verify for Nobody {
    fn verify(&self, _: &Author, _: &[u8], _: &Signature) -> bool {
        false
    }
}

impl Identity for Nobody {
    fn key(&self) -> Author {
        Author([1; 32])
    }
    fn sign(&self, _: &[u8]) -> Signature {
        Signature([0; 64])
    }
    fn seal(&mut self, _: &Author, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn open(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("history");
    let bounds = Bounds { keep_ms: u64::MAX, bytes: u64::MAX };
    let rates = Rates { author: u64::MAX, all: u64::MAX };
    let mut notes = Vec::new();
    let mut history = History::open(&path, NET, (bounds, rates), &mut notes)?;
    let began = Instant::now();
    for seq in 0..count {
        let text = format!("message {seq} of a year, about as long as what people say in a chat");
        let unix_ms = FROM + seq * 31_000;
        let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body: text.as_bytes() };
        let envelope = Envelope::sign(&draft, &Nobody).ok_or("too long")?;
        history.put(&envelope, "ada", Source::Live, unix_ms)?;
    }
    let each = began.elapsed() / u32::try_from(count.max(1))?;
    drop(history);
    tell(&format!("{count} messages, {} MiB, {each:?} to write each", std::fs::metadata(&path)?.len() >> 20));

    let began = Instant::now();
    let history = History::open(&path, NET, (bounds, rates), &mut notes)?;
    let keys = history.keys()?;
    let mut whole: Exchange<u8> = Exchange::default();
    whole.extend(keys.iter().copied());
    tell(&format!("opened, and its {} keys known, in {:?}", keys.len(), began.elapsed()));

    let mut lacks: Exchange<u8> = Exchange::default();
    let missing = |at: usize| (at + 1).is_multiple_of((keys.len() / 10).max(1));
    lacks.extend(keys.iter().enumerate().filter(|(at, _)| !missing(*at)).map(|(_, key)| *key));
    let before = keys.len() - lacks.keys().len();
    let began = Instant::now();
    let bytes = reconcile(&mut whole, &mut lacks);
    tell(&format!(
        "{before} missing messages found and asked for with {bytes} bytes ({} KiB) in {:?}; {} are missing still",
        bytes.div_ceil(1_024),
        began.elapsed(),
        keys.len() - lacks.keys().len()
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what this program is for")]
fn tell(line: &str) {
    println!("{line}");
}

/// Lets the two find what one of them lacks; gives the bytes of all packets but for the messages themselves.
fn reconcile(whole: &mut Exchange<u8>, lacks: &mut Exchange<u8>) -> usize {
    let (mut rng, now) = (NodeRng::new(1), Time::from_secs(100));
    whole.up(1, now, &mut rng);
    lacks.up(0, now, &mut rng);
    let mut bytes = 0;
    let mut queue: Vec<(bool, Message)> =
        whole.begin(1, &mut rng).map(|message| (true, message)).into_iter().collect();
    let mut later = now;
    while let Some((is_for_lacks, message)) = queue.pop() {
        bytes += wire::packet_size(&message) as usize;
        later = later + Duration::from_millis(50);
        let (one, from) = if is_for_lacks { (&mut *lacks, 0) } else { (&mut *whole, 1) };
        let answer = one.receive(from, message, later);
        queue.extend(answer.send.into_iter().map(|message| (!is_for_lacks, message)));
        queue.extend(give(lacks, &answer.give, later).map(|message| (false, message)));
    }
    bytes
}

fn give(lacks: &mut Exchange<u8>, keys: &[Key], now: Time) -> Option<Message> {
    for key in keys {
        if lacks.arrive(0, *key, now).is_ok() {
            lacks.settle(*key, true, now);
        }
    }
    if keys.is_empty() { None } else { lacks.go_on(0, now) }
}
