//! The file in which a chat keeps what was said.

use std::fs;
use std::path::PathBuf;

use floodnet_chat::history::{Rates, SPAN_MS};
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::cipher::Cipher;
use floodnet_chat_app::history::{Bounds, History, Put, Source};
use floodnet_core::reconcile::{Dated, Key};
use floodnet_tcp::identity::Keypair;

const NET: NetworkId = NetworkId([3; 16]);
const NOW: u64 = 1_764_000_000_000;
const DAY: u64 = 86_400_000;
const BOUNDS: Bounds = Bounds { keep_ms: 30 * DAY, bytes: 64 << 20 };
const RATES: Rates = Rates { author: 5, all: 8 };

fn author(number: u8) -> Cipher {
    Cipher::new(Keypair::from_secret(&[number; 32]))
}

fn message(from: u8, seq: u64, unix_ms: u64, text: &str) -> Envelope {
    let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body: text.as_bytes() };
    Envelope::sign(&draft, &author(from)).expect("short")
}

struct Store {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history");
        Self { _folder: folder, path }
    }

    fn open(&self, bounds: Bounds) -> History {
        let mut notes = Vec::new();
        let history = History::open(&self.path, NET, (bounds, RATES), &mut notes).expect("it opens");
        assert!(notes.is_empty(), "{notes:?}");
        history
    }
}

fn texts(history: &History) -> Vec<String> {
    let text =
        |past: &floodnet_chat_app::history::Past| String::from_utf8_lossy(past.envelope.body()).into_owned();
    history.last(1_000).expect("it reads").iter().map(text).collect()
}

#[test]
fn what_is_put_is_there_after_it_was_opened_again() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    // Not in the order of their times.
    for (seq, at) in [(1, NOW), (2, NOW - 5_000), (3, NOW - 60_000)] {
        let put = history.put(&message(1, seq, at, &format!("at {seq}")), "ada", Source::Live, NOW);
        assert_eq!(put.expect("written"), Put::New);
    }
    drop(history);
    let mut history = store.open(BOUNDS);
    assert_eq!(texts(&history), ["at 3", "at 2", "at 1"]);
    assert_eq!(history.last(2).expect("it reads").len(), 2);
    assert_eq!(history.since(NOW - 10_000, 9).expect("it reads")[0].nick, "ada");
    let keys = history.keys().expect("it reads");
    assert_eq!(keys.iter().map(|key| key.at).collect::<Vec<u64>>(), [NOW - 60_000, NOW - 5_000, NOW]);
    let unknown = Key::at(NOW - 1);
    let (found, missing) = history.get(&[keys[0], unknown]).expect("it reads");
    assert_eq!((found.len(), missing), (1, vec![unknown]));
}

#[test]
fn a_history_takes_each_message_once_and_each_count_of_an_author_once() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    let mut put = |envelope: &Envelope, source| history.put(envelope, "", source, NOW).expect("written");
    let first = message(1, 7, NOW, "first");
    assert_eq!(put(&first, Source::Live), Put::New);
    for source in [Source::Live, Source::CaughtUp] {
        assert_eq!(put(&first, source), Put::Known);
        // Another message under the same count: the live gate would not have let it in either.
        assert_eq!(put(&message(1, 7, NOW, "another"), source), Put::Refused("old_count"));
        assert_eq!(put(&message(1, 7, NOW - 90_000, "another"), source), Put::Refused("old_count"));
    }
    assert_eq!(put(&message(2, 7, NOW, "of another"), Source::CaughtUp), Put::New);
}

#[test]
fn what_is_caught_up_obeys_time_and_rates() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    let mut seq = 0;
    let mut put = |from: u8, at: u64| {
        seq += 1;
        history.put(&message(from, seq, at, "x"), "", Source::CaughtUp, NOW).expect("written")
    };
    assert_eq!(put(1, NOW - 30 * DAY), Put::New);
    assert_eq!(put(1, NOW - 30 * DAY - 1), Put::Refused("too_old"));
    assert_eq!(put(1, NOW + 120_000), Put::New);
    assert_eq!(put(1, NOW + 120_001), Put::Refused("too_far_ahead"));
    assert_eq!(put(1, u64::MAX), Put::Refused("too_far_ahead"));
    // Of one author about one time, and of all.
    let at = NOW - DAY;
    let taken = (0..9).filter(|number| put(2, at + number) == Put::New).count();
    assert_eq!(taken, 5, "as many as the rate allows");
    assert_eq!(put(2, at + 5), Put::Refused("too_much_of_author"));
    let others = (3..9).filter(|from| put(*from, at) == Put::New).count();
    assert_eq!(others, 3, "eight in all");
    assert_eq!(put(9, at), Put::Refused("too_much_in_all"));
    assert_eq!(put(2, at + SPAN_MS), Put::New, "another time");
}

#[test]
fn presences_and_messages_of_other_rooms_are_not_kept() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    let draft = Draft { network: NET, kind: Kind::Presence, seq: 1, unix_ms: NOW, body: b"\x01ada" };
    let presence = Envelope::sign(&draft, &author(1)).expect("short");
    let draft = Draft { network: NetworkId([4; 16]), kind: Kind::Say, ..draft };
    let elsewhere = Envelope::sign(&draft, &author(1)).expect("short");
    for (envelope, reason) in [(presence, "not_kept"), (elsewhere, "other_network")] {
        let put = history.put(&envelope, "", Source::Live, NOW).expect("written");
        assert_eq!(put, Put::Refused(reason));
    }
}

#[test]
fn age_and_bytes_are_bounded_and_what_is_gone_does_not_come_back() {
    let store = Store::new();
    let mut history = store.open(Bounds { bytes: 400_000, ..BOUNDS });
    let text = "x".repeat(900);
    for seq in 0..600 {
        history.put(&message(1, seq, NOW - DAY + seq, &text), "", Source::Live, NOW).expect("written");
        history.expire(None).expect("written");
    }
    let len = history.count().expect("it reads");
    assert!((100..500).contains(&len), "{len} messages");
    assert!(fs::metadata(&store.path).expect("there").len() < 1_000_000);
    let oldest = message(1, 0, NOW - DAY, &text);
    assert!(history.floor() > oldest.key());
    for source in [Source::Live, Source::CaughtUp] {
        let put = history.put(&oldest, "", source, NOW).expect("written");
        assert_eq!(put, Put::Refused("too_old"));
    }
    // Without a clock that others agree with, nothing goes for its age.
    history.expire(None).expect("written");
    assert_eq!(history.count().expect("it reads"), len);
    assert!(history.expire(Some(NOW + 40 * DAY)).expect("written"));
    assert_eq!(history.count().expect("it reads"), 0);
    let floor = history.floor();
    drop(history);
    assert_eq!(store.open(BOUNDS).floor(), floor, "it is known after a restart");
}

/// The bound may be another one than in the run before, in which nothing may be said.
#[test]
fn a_smaller_bound_holds_from_the_start() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    let text = "x".repeat(900);
    for seq in 0..200 {
        history.put(&message(1, seq, NOW - DAY + seq, &text), "", Source::Live, NOW).expect("written");
    }
    drop(history);
    let mut history = store.open(Bounds { bytes: 100_000, ..BOUNDS });
    assert!(history.expire(None).expect("written"), "before anything else is written");
    let len = history.count().expect("it reads");
    assert!((20..100).contains(&len), "{len} messages");
}

#[test]
fn a_later_version_is_left_alone_and_a_second_program_is_told() {
    let store = Store::new();
    let history = store.open(BOUNDS);
    let again = History::open(&store.path, NET, (BOUNDS, RATES), &mut Vec::new()).expect_err("in use");
    assert!(again.contains("another program has it open") && again.contains("--no-history"), "{again}");
    drop(history);
    let later = rusqlite::Connection::open(&store.path).expect("a file");
    later.pragma_update(None, "user_version", 2).expect("ours");
    drop(later);
    let refused = History::open(&store.path, NET, (BOUNDS, RATES), &mut Vec::new()).expect_err("later");
    assert!(refused.contains("a later version of chat"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let store = Store::new();
    let target = store.path.with_extension("elsewhere");
    std::os::unix::fs::symlink(&target, &store.path).expect("a link");
    let refused = History::open(&store.path, NET, (BOUNDS, RATES), &mut Vec::new()).expect_err("a link");
    assert!(refused.contains("link") && !target.exists(), "{refused}");
}

/// What somebody has written into the file is neither shown nor given to others.
#[test]
fn forged_rows_are_not_believed() {
    let store = Store::new();
    let mut history = store.open(BOUNDS);
    for seq in 0..3 {
        history
            .put(&message(1, seq, NOW + seq, &format!("true {seq}")), "", Source::Live, NOW)
            .expect("written");
    }
    let keys = history.keys().expect("it reads");
    drop(history);
    let file = rusqlite::Connection::open(&store.path).expect("a file");
    let mut bytes = message(1, 0, NOW, "true 0").bytes().to_vec();
    let body = bytes.len() - 65;
    bytes[body] ^= 1;
    file.execute("UPDATE messages SET bytes = ? WHERE at = ?", (bytes, NOW.cast_signed())).expect("ours");
    file.execute("UPDATE messages SET at = at + 100 WHERE at = ?", [(NOW + 1).cast_signed()]).expect("ours");
    file.execute("UPDATE messages SET id = x'00' WHERE at = ?", [(NOW + 2).cast_signed()]).expect("ours");
    drop(file);
    let mut history = store.open(BOUNDS);
    assert!(texts(&history).is_empty(), "{:?}", texts(&history));
    let (found, missing) = history.get(&keys).expect("it reads");
    assert_eq!((found.len(), missing.len()), (0, 3));
    assert!(history.get(&history.keys().expect("it reads")).expect("it reads").0.is_empty());
}
