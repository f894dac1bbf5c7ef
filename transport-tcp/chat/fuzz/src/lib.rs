//! What fuzzers of the program `chat` run: a function which takes any bytes and panics when something is wrong.
//!
//! `cargo test` runs the same function on random bytes and on the corpus beside this folder, so that it stays sound;
//! `transport-tcp/chat/fuzz/README.md` says how to run it for long.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use floodnet_chat::history::Rates;
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::cipher::Cipher;
use floodnet_chat_app::history::{Bounds, History, Source};
use floodnet_tcp::identity::Keypair;

const NET: NetworkId = NetworkId([3; 16]);
const NOW: u64 = 1_764_000_000_000;
const BOUNDS: Bounds = Bounds { keep_ms: 86_400_000, bytes: 1 << 20 };
const RATES: Rates = Rates { author: 100, all: 100 };
/// Messages in the file that is damaged.
const MESSAGES: u64 = 40;

fn author() -> Keypair {
    Keypair::from_secret(&[1; 32])
}

fn message(seq: u64) -> Envelope {
    let text = format!("true {seq}");
    let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms: NOW + seq, body: text.as_bytes() };
    Envelope::sign(&draft, &Cipher::new(author())).expect("short")
}

/// The bytes of a small history, without its log.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("history");
    let mut notes = Vec::new();
    let mut history = History::open(&path, NET, (BOUNDS, RATES), &mut notes).expect("a new file");
    for seq in 0..MESSAGES {
        history.put(&message(seq), "ada", Source::Live, NOW).expect("written");
    }
    drop(history);
    fs::read(&path).expect("there")
});

/// A history's file with changes: five bytes for each, a place, how many bytes less there are at the end if it is the
/// first, and a byte.
pub fn history_store(data: &[u8]) {
    let mut bytes = WHOLE.clone();
    for (number, change) in data.chunks_exact(5).enumerate() {
        let [a, b, c, cut, byte] = *change else { unreachable!("five") };
        let at = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if number == 0 {
            bytes.truncate(bytes.len() - bytes.len() * usize::from(cut) / 256);
        }
        let len = bytes.len();
        if let Some(place) = bytes.get_mut(at % len.max(1)) {
            *place = byte;
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("history");
    fs::write(&path, &bytes).expect("ours");
    let (read, notes) = read_all(&path);
    if data.is_empty() {
        assert_eq!((read as u64, notes.len()), (MESSAGES, 0));
    }
    for note in notes {
        assert!(note.contains("is damaged"), "{note}");
        let aside = folder.path().join("history.damaged-1");
        assert_eq!(fs::read(aside).expect("kept"), bytes);
    }
}

/// Opens a file and does with it all that a chat does; gives how many messages were believed.
fn read_all(path: &Path) -> (usize, Vec<String>) {
    let mut notes = Vec::new();
    let Ok(mut history) = History::open(path, NET, (BOUNDS, RATES), &mut notes) else { return (0, notes) };
    let keys = history.keys().unwrap_or_default();
    let (found, _) = history.get(&keys).unwrap_or_default();
    let past = history.last(1_000).unwrap_or_default();
    for envelope in found.iter().chain(past.iter().map(|past| &past.envelope)) {
        assert_eq!(envelope, &message(envelope.seq()), "somebody has signed it");
    }
    let _ = history.put(&message(99), "", Source::CaughtUp, NOW);
    let _ = history.expire(Some(NOW));
    let _ = history.shrink();
    (found.len(), notes)
}
