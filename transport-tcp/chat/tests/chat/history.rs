//! What was said while somebody was away, and what liars make of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use floodnet_chat::history::{HistoryMessage, Rates};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::cipher::Cipher;
use floodnet_chat_app::history::{Bounds, History};
use floodnet_chat_app::node::{Command, Event, HistoryCommand, Message, config};
use floodnet_chat_app::recorded::ChatNode;
use floodnet_chat_app::room::Room;
use floodnet_chat_app::validator::quota_limits;
use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk;
use floodnet_core::protocol::{Action, ActionOf, Context, Input, Protocol};
use floodnet_core::reconcile::{Content, Dated, Key, Message as Comparison, Range};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::identity::{Identity, Keypair};
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::validator::AcceptAll;

use crate::binary;
use crate::house::House;
use crate::process::{Chat, PATIENCE, Start};

fn store(house: &House, name: &str) -> Option<PathBuf> {
    house.find(name, "history-")
}

/// What is kept of the open room.
fn kept(house: &House, name: &str) -> BTreeSet<String> {
    let path = store(house, name).expect("a history");
    let bounds = Bounds { keep_ms: u64::MAX, bytes: u64::MAX };
    let (room, rates) = (Room::new(None, None), Rates::of(quota_limits(Profile::Lab)));
    let mut notes = Vec::new();
    let history = History::open(&path, room.id(), (bounds, rates), &mut notes).expect("it opens");
    assert!(notes.is_empty(), "{notes:?}");
    let text =
        |past: &floodnet_chat_app::history::Past| String::from_utf8_lossy(past.envelope.body()).into_owned();
    history.last(u32::MAX).expect("it reads").iter().map(text).collect()
}

/// The lines heard that were caught up, without their times.
fn caught_up(chat: &Chat) -> Vec<String> {
    let heard = chat.heard();
    let lines = heard.iter().filter_map(|line| line.strip_prefix("[caught up "));
    lines.map(|line| line.split_once("] ").expect("a time").1.to_owned()).collect()
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.rsplit_once(": ").expect("a text").1).collect()
}

#[test]
fn who_was_killed_gets_what_was_said_meanwhile() {
    let house = House::new();
    let mut ada = house.first("ada");
    let bob = house.joins("bob", &ada);
    let mut carol = house.joins("carol", &ada);
    carol.tells("ada~");
    ada.tells("carol~");
    bob.tells("carol~");
    ada.say("before");
    carol.hears("before");
    carol.kill();
    for number in 0..5 {
        ada.say(&format!("to all {number}"));
        bob.hears(&format!("to all {number}"));
    }
    ada.say("@carol to her alone");
    ada.say("the last");
    bob.hears("the last");
    let mut carol = house.joins("carol", &bob);
    carol.hears("the last");
    let lines = caught_up(&carol);
    assert_eq!(
        texts(&lines),
        ["to all 0", "to all 1", "to all 2", "to all 3", "to all 4", "to her alone", "the last"]
    );
    assert!(lines[5].contains(" -> you: "), "{lines:?}");
    carol.tells("caught up with 7 messages");
    assert!(carol.heard().iter().all(|line| !line.contains("before")), "it was shown in the life before");
    // All of it is there when it is asked for, with its times.
    carol.say("/history 3");
    let asked = || -> Vec<String> {
        let heard = carol.heard().into_iter();
        heard.filter(|line| line.starts_with('[') && !line.starts_with("[caught up")).collect()
    };
    let until = Instant::now() + PATIENCE;
    while asked().len() < 3 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(texts(&asked()), ["to all 4", "to her alone", "the last"], "{:?}", asked());
    // And it goes on as it is said.
    ada.say("and now");
    carol.hears(": and now");
    assert!(texts(&caught_up(&carol)).iter().all(|text| *text != "and now"));
}

/// The machine sleeps; its neighbor ends and comes back, so that nothing waits in the sockets.
#[test]
fn who_slept_gets_what_was_said_meanwhile() {
    let house = House::new();
    let mut ada = house.first("ada");
    let at = ada.address();
    let bob = house.joins("bob", &ada);
    bob.tells("ada~");
    bob.sleeps(true);
    ada.kill();
    let again = Start::bare(binary(), house.data("ada")).args(&["--profile", "lab", "--listen", &at]);
    let mut ada = again.peers(&["127.0.0.1:1".to_owned()]).spawn();
    ada.tells("listening on ");
    // One who was not there either gets it from ada, so that she has said it to somebody.
    let carol = house.joins("carol", &ada);
    ada.say("while you slept");
    carol.hears("while you slept");
    bob.sleeps(false);
    bob.hears("while you slept");
    assert_eq!(texts(&caught_up(&bob)), ["while you slept"]);
}

#[test]
fn two_halves_that_meet_tell_each_other_all() {
    let house = House::new();
    let mut ada = house.first("ada");
    let bob = house.joins("bob", &ada);
    let mut carol = house.first("carol");
    let dan = house.joins("dan", &carol);
    for number in 0..3 {
        ada.say(&format!("here {number}"));
        bob.hears(&format!("here {number}"));
        carol.say(&format!("there {number}"));
        dan.hears(&format!("there {number}"));
    }
    // Eve knows both halves, and heard nothing of either.
    let eve = house.start("eve", &bob.address()).peers(&[dan.address()]).spawn();
    for chat in [&ada, &bob] {
        (0..3).for_each(|number| _ = chat.hears(&format!("there {number}")));
    }
    for chat in [&carol, &dan] {
        (0..3).for_each(|number| _ = chat.hears(&format!("here {number}")));
    }
    (0..3).for_each(|number| _ = eve.hears(&format!("here {number}")));
    // Each once.
    for chat in [&ada, &bob, &carol, &dan, &eve] {
        let heard = chat.heard();
        let heard = texts(&heard);
        let once: BTreeSet<&&str> = heard.iter().collect();
        assert_eq!(once.len(), heard.len(), "{heard:?}");
    }
}

#[test]
fn who_wants_no_history_keeps_and_gets_none() {
    let house = House::new();
    let mut ada = house.first("ada");
    let bob = house.joins("bob", &ada);
    ada.say("early");
    bob.hears("early");
    let mut carol = house.start("carol", &ada.address()).args(&["--no-history"]).spawn();
    carol.tells("ada~");
    ada.tells("carol~");
    ada.say("late");
    carol.hears("late");
    carol.say("/history");
    carol.tells("no history is kept");
    assert!(carol.heard().iter().all(|line| !line.contains("early")));
    assert_eq!(store(&house, "carol"), None);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in std::fs::read_dir(house.data("ada")).expect("a folder").flatten() {
            let mode = file.metadata().expect("there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", file.file_name());
        }
    }
}

/// A damaged file is kept aside, with a word, and the neighbors still have what was said.
#[test]
fn a_damaged_history_is_kept_aside_and_caught_up() {
    let house = House::new();
    let mut ada = house.first("ada");
    let mut bob = house.joins("bob", &ada);
    ada.say("keep this");
    bob.hears("keep this");
    assert!(bob.ends().success());
    let path = store(&house, "bob").expect("a history");
    let damaged = b"this is no history, but somebody's shopping list".repeat(400);
    std::fs::write(&path, &damaged).expect("ours");
    let bob = house.joins("bob", &ada);
    bob.tells("is damaged, so a new one begins");
    bob.hears("keep this");
    let mut aside = path.into_os_string();
    aside.push(".damaged-1");
    assert_eq!(std::fs::read(aside).expect("kept"), damaged);
}

/// What was caught up is kept as shown already, so it is shown before the program ends, though more of it may come.
#[test]
fn what_is_caught_up_is_shown_before_the_end() {
    let house = House::new();
    let mut ada = house.first("ada");
    let bob = house.joins("bob", &ada);
    for number in 0..3 {
        ada.say(&format!("line {number}"));
        bob.hears(&format!("line {number}"));
    }
    let mut carol = house.start("carol", &bob.address()).spawn();
    // As soon as all is there, so that she leaves in the pause in which more of it is waited for.
    let until = Instant::now() + PATIENCE;
    while !carol.has_told("3 messages kept") && Instant::now() < until {
        carol.say("/status");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(carol.ends().success());
    assert_eq!(texts(&caught_up(&carol)), ["line 0", "line 1", "line 2"]);
}

/// Whatever was shown is on disk, whenever the program is killed: `FLOODNET_KILLS` times, or a few.
#[test]
fn what_was_shown_is_kept_whenever_it_is_killed() {
    let kills: u64 = std::env::var("FLOODNET_KILLS").map_or(4, |text| text.parse().expect("a number"));
    let house = House::new();
    let mut bob = house.start("bob", "127.0.0.1:1").args(&["--text"]).spawn();
    // She reads what bob says while nobody else does.
    let _carol = house.joins("carol", &bob);
    let mut shown = BTreeSet::new();
    let mut moment = 0x9e37_79b9_u64;
    for round in 0..kills {
        let mut ada = house.joins("ada", &bob);
        bob.tells("ada~");
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis((moment >> 33) % 400);
        let mut number = 0;
        while Instant::now() < until {
            bob.say(&format!("line {number} of round {round}"));
            number += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        ada.kill();
        let heard = ada.heard();
        shown.extend(
            heard
                .iter()
                .filter(|line| line.contains(" of round "))
                .map(|line| line.rsplit_once(": ").expect("a text").1.to_owned()),
        );
        let kept = kept(&house, "ada");
        let lost: Vec<&String> = shown.iter().filter(|line| !kept.contains(*line)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} are gone: {lost:?}", lost.len(), shown.len());
    }
    assert!(shown.len() as u64 >= kills, "{} lines in {kills} rounds", shown.len());
}

/// One that speaks the language of histories, and lies in it.
struct Liar {
    handle: Handle<ChatNode>,
    cipher: Cipher,
    network: NetworkId,
}

impl Liar {
    async fn joins(victim: &Chat, number: u8) -> Self {
        let room = Room::new(None, None);
        let keypair = Keypair::from_secret(&[number; 32]);
        let options = Options {
            keypair: Some(keypair.clone()),
            network: room.network(),
            limits: Limits::of(Profile::Lab),
            ..Options::default()
        };
        let entry = vec![Peer::at(victim.address().parse().expect("an address"))];
        let node = |me| ChatNode::new(me, true, None);
        let handle = spawn_with_validator(node, config(entry), options, Arc::new(AcceptAll));
        Self { handle: handle.await.expect("a free port"), cipher: Cipher::new(keypair), network: room.id() }
    }

    async fn holds(&self, keys: Vec<Key>) {
        let remember = Command::History(HistoryCommand::Remember(keys));
        self.handle.command(remember).await.expect("it runs");
    }

    fn envelope(&self, seq: u64, unix_ms: u64) -> Envelope {
        let text = format!("lie {seq}");
        let draft = Draft { network: self.network, kind: Kind::Say, seq, unix_ms, body: text.as_bytes() };
        Envelope::sign(&draft, &self.cipher).expect("short")
    }

    /// Answers each question by these envelopes, until the link is gone or so long has passed.
    async fn answers(&mut self, answer: impl Fn(&[Key]) -> Vec<Envelope>, wait: Duration) -> usize {
        let until = tokio::time::Instant::now() + wait;
        let mut asked = 0;
        while let Ok(Some(event)) = tokio::time::timeout_at(until, self.handle.next_event()).await {
            if let Event::Wanted { from, keys } = event {
                asked += keys.len();
                let give = HistoryCommand::Give { to: from, envelopes: answer(&keys), missing: Vec::new() };
                self.handle.command(Command::History(give)).await.expect("it runs");
            }
        }
        asked
    }
}

fn unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("soon")
}

/// Messages with wrong signatures, with right ones from too long ago and by the thousand, and a hundred thousand that
/// do not exist: the chat takes what its rules allow, and two honest ones talk and catch up as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lies_about_the_past_is_bounded_and_cut_off() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    // Forged: the link is cut.
    let mut liar = Liar::joins(&ada, 66).await;
    let now = unix_ms();
    let good = liar.envelope(1, now - 60_000);
    let mut bytes = good.bytes().to_vec();
    *bytes.last_mut().expect("a signature") ^= 1;
    let forged = Envelope::parse(bytes.into()).expect("well-formed");
    assert_eq!(forged.key(), good.key());
    liar.holds(vec![forged.key()]).await;
    let asked = liar.answers(|_| vec![forged.clone()], Duration::from_secs(2)).await;
    assert!(asked >= 1);
    ada.say("/status");
    ada.tells("bad_signature");
    liar.handle.kill().await;
    // A hundred thousand keys without a message.
    let ghosts = Liar::joins(&ada, 67).await;
    let key = |number: u64| Key { at: now - 1_000_000 + number, id: u128::from(number).to_be_bytes() };
    ghosts.holds((0..100_000).map(key).collect()).await;
    // Meanwhile honest ones meet, talk and catch up.
    let mut bob = house.joins("bob", &ada);
    bob.tells("ada~");
    ada.tells("bob~");
    bob.say("among us");
    ada.hears("among us");
    let carol = house.joins("carol", &bob);
    carol.hears("among us");
    // Signed as they should be, but too old: refused one by one.
    let mut late = Liar::joins(&carol, 68).await;
    let many: Vec<Envelope> = (0..40).map(|seq| late.envelope(seq, now - 40 * 86_400_000 + seq)).collect();
    late.holds(many.iter().map(Dated::key).collect()).await;
    let give = |keys: &[Key]| many.iter().filter(|one| keys.contains(&one.key())).cloned().collect();
    let asked = late.answers(give, Duration::from_secs(3)).await;
    assert!(asked >= 40, "{asked}");
    for chat in [&ada, &bob, &carol] {
        assert!(chat.heard().iter().all(|line| !line.contains("lie ")), "{:?}", chat.heard());
    }
    ada.say("still here");
    carol.hears(": still here");
}

/// A neighbor that makes a node compare without end loses its link; another one is served as before.
#[test]
fn who_compares_without_end_is_cut_off() {
    let at = |port: u8| {
        Peer::new(Identity::from_bytes([port; 32]), SocketAddr::from(([127, 0, 0, 1], u16::from(port))))
    };
    let settings = config(vec![at(3)]);
    let (mut node, mut rng) = (ChatNode::new(at(1), true, None), NodeRng::new(7));
    let mut tell = |input| {
        let mut actions: Vec<ActionOf<ChatNode>> = Vec::new();
        let now = Time::from_secs(1);
        node.handle(input, &mut Context { now, config: &settings, rng: &mut rng, effects: &mut actions });
        actions
    };
    tell(Input::Start);
    for peer in [at(2), at(3)] {
        let message = random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true };
        tell(Input::Message { from: peer, message: Message::Flood(Layer::Overlay(message)) });
    }
    tell(Input::Command(Command::History(HistoryCommand::Remember((0..100_000).map(Key::at).collect()))));
    let says = |from, message| {
        let message = HistoryMessage::Comparison(Box::new(message));
        Input::Message { from, message: Message::History(message) }
    };
    let ranges = vec![Range { end: Key::END, content: Content::Sum(1) }];
    let endless = Comparison::Ranges { salt: 1, from: Key::FIRST, ranges };
    let (mut answers, mut is_cut) = (0, false);
    for _ in 0..200 {
        let actions = tell(says(at(2), endless.clone()));
        let is_to = |action: &&ActionOf<ChatNode>| matches!(action, Action::Send { to, .. } if *to == at(2));
        answers += actions.iter().filter(is_to).count();
        is_cut |= actions.contains(&Action::Disconnect(at(2)));
    }
    assert!(is_cut && answers < 100, "{answers} answers");
    // It is not looked for again either, as one that was lost would be.
    let (mut timers, mut asked) = (Vec::new(), 0);
    for _ in 0..100 {
        let actions = match timers.pop() {
            Some(timer) => tell(Input::Timer(timer)),
            None => tell(Input::LinkDown(at(3))),
        };
        for action in actions {
            match action {
                Action::SetTimer { timer, .. } => timers.insert(0, timer),
                Action::Send { to, .. } => {
                    assert_ne!(to, at(2));
                    asked += 1;
                }
                Action::Disconnect(_) | Action::Emit(_) => {}
            }
        }
    }
    assert!(asked > 0, "the other is looked for");
    let message = random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true };
    tell(Input::Message { from: at(3), message: Message::Flood(Layer::Overlay(message)) });
    let wanted = tell(says(at(3), Comparison::Want(vec![Key::at(5)])));
    assert!(
        wanted.contains(&Action::Emit(Event::Wanted { from: at(3), keys: vec![Key::at(5)] })),
        "{wanted:?}"
    );
}
