//! What somebody sees who stands between two chats, and what somebody can do who is one of them and breaks
//! the rules.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use floodnet_chat::keys::Identity;
use floodnet_chat::replay::{MAX_AGE_MS, MAX_AHEAD_MS, Replay};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::cipher::Cipher;
use floodnet_chat_app::node::{Event, config};
use floodnet_chat_app::recorded::ChatNode;
use floodnet_chat_app::validator::{ChatValidator, Clocks, quota_limits};
use floodnet_core::broadcast::BroadcastEvent;
use floodnet_core::node::Layer;
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::validator::{AcceptAll, Validator};
use tokio::time::timeout;

use crate::binary;
use crate::process::{Chat, PATIENCE, Start};

/// Stands between: passes on every byte and keeps it. Ends with the test's process.
fn tap(target: String) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for dialed in listener.incoming().map_while(Result::ok) {
            let Ok(other) = TcpStream::connect(&target) else { continue };
            let pairs = [(&dialed, &other), (&other, &dialed)];
            for (from, to) in pairs.map(|(from, to)| (from.try_clone(), to.try_clone())) {
                let (mut from, mut to) = (from.expect("a copy"), to.expect("a copy"));
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    let mut buffer = [0; 4_096];
                    while let Ok(count @ 1..) = from.read(&mut buffer) {
                        kept.lock().expect("no panic").extend(&buffer[..count]);
                        if to.write_all(&buffer[..count]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    (address, seen)
}

/// Makes the key of a private room, and says where it is.
pub(crate) fn make_key(folder: &Path) -> String {
    let key = folder.join("room.key");
    let made = Command::new(binary()).arg("--make-key").arg(&key).output().expect("it runs");
    assert!(made.status.success());
    key.to_str().expect("plain").to_owned()
}

/// The arguments for the open room, and for a private one with this key.
pub(crate) fn rooms(key: &str) -> [Vec<&str>; 2] {
    [vec![], vec!["--room", "hideaway", "--key-file", key]]
}

/// The two meet; one writes to the other alone, who then speaks to all.
pub(crate) fn talk(ada: &mut Chat, bob: &mut Chat) {
    bob.tells("adalovelace~");
    ada.tells("bobtables~");
    bob.say("@adalovelace the marker of a secret");
    ada.hears("the marker of a secret");
    ada.say("the marker for everybody");
    bob.hears("the marker for everybody");
}

/// Neither what was said, nor the names, nor the keys of those whose state is in `data`.
pub(crate) fn nothing_in_clear(seen: &[u8], data: &[PathBuf]) {
    let key =
        |data: &PathBuf| Keypair::load(&data.join("key")).expect("its key").identity().as_bytes().to_vec();
    let words: [&[u8]; 5] = [b"marker", b"adalovelace", b"bobtables", b"hideaway", b"everybody"];
    for word in words.into_iter().map(<[u8]>::to_vec).chain(data.iter().map(key)) {
        let is_seen = seen.windows(word.len()).any(|window| window == word);
        assert!(!is_seen, "{:?} in clear", String::from_utf8_lossy(&word));
    }
}

/// A direct message in an open and in a private room: neither text nor names nor keys in clear.
#[test]
fn who_stands_between_reads_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = make_key(folder.path());
    for (number, room) in rooms(&key).into_iter().enumerate() {
        let start = |name: &str, peer: &str| {
            let data = folder.path().join(format!("{name}{number}"));
            Start::new(binary(), data, name).args(&room).peers(&[peer.to_owned()]).spawn()
        };
        let mut ada = start("adalovelace", "127.0.0.1:1");
        let (between, seen) = tap(ada.address());
        let mut bob = start("bobtables", &between);
        talk(&mut ada, &mut bob);
        let data = ["adalovelace", "bobtables"].map(|name| folder.path().join(format!("{name}{number}")));
        assert!(ada.ends().success() && bob.ends().success());
        let seen = seen.lock().expect("no panic");
        assert!(seen.len() > 2_000, "what they said came through here: {} bytes", seen.len());
        nothing_in_clear(&seen, &data);
    }
}

const NET: NetworkId = NetworkId([3; 16]);

/// A node of a chat without a program around it.
struct Member {
    handle: Handle<ChatNode>,
    validator: Option<Arc<ChatValidator>>,
    cipher: Cipher,
    clocks: Clocks,
    seq: u64,
}

impl Member {
    /// One that keeps the rules, or one that takes and sends on anything.
    async fn new(number: u8, is_honest: bool, entry: &[Peer]) -> Self {
        Self::with_clocks(number, is_honest, entry, Clocks::start()).await
    }

    async fn with_clocks(number: u8, is_honest: bool, entry: &[Peer], clocks: Clocks) -> Self {
        let replay = Replay::from(clocks.read());
        let validator = ChatValidator::new(NET, quota_limits(Profile::Public), replay, clocks);
        let validator = is_honest.then(|| Arc::new(validator));
        let keypair = Keypair::from_secret(&[number; 32]);
        let options = Options {
            keypair: Some(keypair.clone()),
            limits: Limits::of(Profile::Lab),
            ..Options::default()
        };
        let word: Arc<dyn Validator<_>> = match &validator {
            Some(validator) => Arc::clone(validator) as _,
            None => Arc::new(AcceptAll),
        };
        let node = |me| ChatNode::new(me, true, None);
        let handle =
            spawn_with_validator(node, config(entry.to_vec()), options, word).await.expect("a free port");
        Self { handle, validator, cipher: Cipher::new(keypair), clocks, seq: 0 }
    }

    fn envelope(&mut self, text: &str, ahead_ms: i64) -> Envelope {
        self.seq += 1;
        let unix_ms = self.clocks.read().unix_ms.saturating_add_signed(ahead_ms);
        let draft = Draft { network: NET, kind: Kind::Say, seq: self.seq, unix_ms, body: text.as_bytes() };
        Envelope::sign(&draft, &self.cipher).expect("short")
    }

    async fn publish(&self, envelope: Envelope) {
        self.handle.publish(envelope).await.expect("it runs");
    }

    async fn says(&mut self, text: &str) -> Envelope {
        let envelope = self.envelope(text, 0);
        if let Some(validator) = &self.validator {
            validator.lock().said(&envelope);
        }
        self.publish(envelope.clone()).await;
        envelope
    }

    /// Waits for this text; gives what was heard before it.
    async fn hears(&mut self, text: &str) -> Vec<String> {
        let mut before = Vec::new();
        let heard = timeout(PATIENCE, async {
            loop {
                let event = self.handle.next_event().await.expect("it runs");
                if let Event::Flood(Layer::Broadcast(BroadcastEvent::Delivered { payload, .. })) = event {
                    let said = String::from_utf8_lossy(payload.body()).into_owned();
                    if said == text {
                        return;
                    }
                    before.push(said);
                }
            }
        });
        heard.await.unwrap_or_else(|_| panic!("`{text}` was not heard"));
        before
    }

    async fn holds(&self, count: usize) {
        let mut neighbors = self.handle.neighbors();
        let held = timeout(PATIENCE, neighbors.wait_for(|held| held.len() >= count)).await;
        assert!(held.is_ok_and(|held| held.is_ok()), "not connected");
    }

    fn refused(&self, reason: &str) -> u64 {
        let gate = self.validator.as_ref().expect("an honest one").lock();
        gate.refused().get(reason).copied().unwrap_or_default()
    }

    async fn refuses(&self, reason: &str, least: u64) {
        let counted = timeout(PATIENCE, async {
            while self.refused(reason) < least {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        counted.await.unwrap_or_else(|_| panic!("{reason} is not counted"));
    }
}

/// What somebody said who is not here: only a neighbor's own clock is believed, and only for its own words.
fn recorded(text: &str, ahead_ms: i64) -> Envelope {
    let absent = Cipher::new(Keypair::from_secret(&[77; 32]));
    let unix_ms = Clocks::start().read().unix_ms.saturating_add_signed(ahead_ms);
    let draft = Draft { network: NET, kind: Kind::Say, seq: 1, unix_ms, body: text.as_bytes() };
    Envelope::sign(&draft, &absent).expect("short")
}

/// An honest pair, and a third who is their neighbor and breaks the rules in one way after the other. What it
/// sends is not shown, costs it its link where that proves bad will, and the pair hears each other throughout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_pair_among_liars() {
    let mut ada = Member::new(1, true, &[]).await;
    let mut bob = Member::new(2, true, &[ada.handle.me()]).await;
    bob.holds(1).await;
    let mut liar = Member::new(9, false, &[ada.handle.me(), bob.handle.me()]).await;
    liar.holds(1).await;
    let first = ada.says("first").await;
    assert!(bob.hears("first").await.is_empty());
    liar.hears("first").await;

    // Again what was said: nothing happens, since honest nodes send copies too.
    liar.publish(Envelope::parse(first.bytes().clone()).expect("it was")).await;

    // In the name of another, under another's words, in an old or a future time, in another room.
    let with = |of: &Envelope, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = of.bytes().to_vec();
        change(&mut bytes);
        Envelope::parse(bytes.into()).expect("well-formed")
    };
    let ada_key = ada.cipher.key().0;
    let lies = [
        ("bad_signature", {
            let mine = liar.envelope("ada says so", 0);
            with(&mine, &|bytes| bytes[17..49].copy_from_slice(&ada_key))
        }),
        ("bad_signature", {
            let unsent = ada.envelope("not sent yet", 0);
            with(&unsent, &|bytes| *bytes.last_mut().expect("a signature") ^= 1)
        }),
        ("too_old", recorded("from long ago", -60_000 - i64::try_from(MAX_AGE_MS).expect("small"))),
        ("too_far_ahead", recorded("from the future", 60_000 + i64::try_from(MAX_AHEAD_MS).expect("small"))),
        ("other_network", {
            let draft =
                Draft { network: NetworkId([4; 16]), kind: Kind::Say, seq: 1, unix_ms: 0, body: b"there" };
            Envelope::sign(&draft, &liar.cipher).expect("short")
        }),
    ];
    for (number, (reason, lie)) in lies.into_iter().enumerate() {
        liar.holds(1).await;
        let before = ada.refused(reason) + bob.refused(reason);
        liar.publish(lie).await;
        let who_refuses = async {
            while ada.refused(reason) + bob.refused(reason) <= before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, who_refuses).await.unwrap_or_else(|_| panic!("{reason} is not counted"));
        let words = format!("pair {number}");
        ada.says(&words).await;
        assert_eq!(bob.hears(&words).await, Vec::<String>::new(), "{reason}: nothing of the liar is shown");
    }
    assert!(ada.handle.stats().validator_cut + bob.handle.stats().validator_cut >= 3, "links were cut");

    // A storm of good messages by one author: the quota lets a few through, and the pair is heard.
    liar.holds(1).await;
    let started = Instant::now();
    for number in 0..300 {
        liar.says(&format!("storm {number}")).await;
    }
    ada.refuses("too_much_of_author", 1).await;
    ada.says("after the storm").await;
    let before = bob.hears("after the storm").await;
    // Twenty at once and two a second, with one more for the second that has begun.
    let allowed = 20 + 2 * (started.elapsed().as_secs() + 1);
    assert!(before.len() as u64 <= allowed, "{} of 300 got through, and not {allowed}", before.len());
    assert!(before.len() < 300, "nothing was refused");
    assert!(before.iter().all(|text| text.starts_with("storm")), "{before:?}");
}

/// A clock that was an hour ahead at the start and is set right, and then is set back by ten years: nobody is deaf
/// for a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_makes_nobody_deaf() {
    static AHEAD: AtomicI64 = AtomicI64::new(3_600);
    let mut ada = Member::new(21, true, &[]).await;
    let wrong = Clocks::start_ahead(&AHEAD);
    let mut bob = Member::with_clocks(22, true, &[ada.handle.me()], wrong).await;
    bob.holds(1).await;
    for (step, ahead) in [3_600, 0, -10 * 365 * 24 * 3_600, 20].into_iter().enumerate() {
        AHEAD.store(ahead, Relaxed);
        for turn in 0..2 {
            let words = [format!("ada {step} {turn}"), format!("bob {step} {turn}")];
            ada.says(&words[0]).await;
            assert_eq!(bob.hears(&words[0]).await, Vec::<String>::new());
            bob.says(&words[1]).await;
            assert_eq!(ada.hears(&words[1]).await, Vec::<String>::new());
        }
    }
}
