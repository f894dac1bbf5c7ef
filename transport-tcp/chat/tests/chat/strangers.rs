//! What others send that a chat must not believe, or must not show as it is.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use floodnet_chat::keys::Key;
use floodnet_chat::replay::Replay;
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat_app::cipher::Cipher;
use floodnet_chat_app::node::Message;
use floodnet_chat_app::validator::{ChatValidator, Clocks, quota_limits};
use floodnet_core::broadcast::flood;
use floodnet_core::node::Layer;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::Profile;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::validator::{Acceptance, LinkInfo, Validator};

use crate::binary;
use crate::process::Start;

const NET: NetworkId = NetworkId([3; 16]);

/// Every kind and every length: each message is only believed with the signature of its author.
#[test]
fn no_forged_message_passes_however_long() {
    let clocks = Clocks::start();
    let now = clocks.read().unix_ms;
    let validator = ChatValidator::new(NET, quota_limits(Profile::Lab), Replay::new(now - 1_000), clocks);
    let keypair = Keypair::from_secret(&[1; 32]);
    let at = "127.0.0.1:9".parse().expect("an address");
    let link = LinkInfo { peer: Peer::new(keypair.identity(), at), remote: at, is_outgoing: false, id: 1 };
    let cipher = Cipher::new(keypair);
    let flooded = |payload| Message::Flood(Layer::Broadcast(flood::Message { hops: 1, payload }));
    let mut seq = 0;
    for kind in [Kind::Say, Kind::Direct, Kind::Presence] {
        for length in [0, 1, 63, 64, 65, 256, 1_024, 4_096] {
            seq += 1;
            let body = vec![b'x'; length];
            let draft = Draft { network: NET, kind, seq, unix_ms: now, body: &body };
            let Some(good) = Envelope::sign(&draft, &cipher) else { continue };
            // The last byte of the signature, its first, and the last of the body.
            for back in [1, 64, 65].into_iter().take(if length == 0 { 2 } else { 3 }) {
                let mut bytes = good.bytes().to_vec();
                let place = bytes.len() - back;
                bytes[place] ^= 1;
                let forged = Envelope::parse(bytes.into()).expect("well-formed");
                let word = validator.validate(&flooded(forged), &link);
                assert_eq!(word, Acceptance::Reject("bad_signature"), "{kind:?} {length} {back}");
            }
            assert_eq!(
                validator.validate(&flooded(good.clone()), &link),
                Acceptance::Accept,
                "{kind:?} {length}"
            );
            assert_eq!(validator.validate_in_order(&flooded(good), &link), Acceptance::Accept);
        }
    }
}

/// What the user's key has signed and this program has not sent is of another program: but not what it said itself, nor
/// what a former life has left under way, nor what somebody forges.
#[test]
fn another_program_with_the_users_key_is_noticed() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    let clocks = Clocks::start_ahead(&AHEAD);
    let started = clocks.read().unix_ms;
    let keypair = Keypair::from_secret(&[1; 32]);
    let cipher = Cipher::new(keypair.clone());
    let own = Key(*keypair.identity().as_bytes());
    let replay = Replay::new(started - 60_000);
    let validator = ChatValidator::new(NET, quota_limits(Profile::Lab), replay, clocks).of(own);
    AHEAD.store(60, Relaxed);
    let at = "127.0.0.1:9".parse().expect("an address");
    let peer = Peer::new(Keypair::from_secret(&[2; 32]).identity(), at);
    let link = LinkInfo { peer, remote: at, is_outgoing: false, id: 1 };
    let says = |seq, unix_ms, by: &Cipher| {
        let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body: b"x" };
        Envelope::sign(&draft, by).expect("short")
    };
    let is_noticed = |payload: Envelope| {
        validator.validate(&Message::Flood(Layer::Broadcast(flood::Message { hops: 1, payload })), &link);
        validator.take_twin()
    };
    let said = says(1, started + 30_000, &cipher);
    validator.lock().said(&said);
    assert!(!is_noticed(said), "it said that itself");
    assert!(!is_noticed(says(2, started - 100, &cipher)), "of a former life");
    assert!(
        !is_noticed(says(3, started + 31_000, &Cipher::new(Keypair::from_secret(&[3; 32])))),
        "of another"
    );
    let mut forged = says(4, started + 32_000, &cipher).bytes().to_vec();
    *forged.last_mut().expect("a signature") ^= 1;
    assert!(!is_noticed(Envelope::parse(forged.into()).expect("well-formed")), "forged");
    // Its counts may be lower than those of this program.
    assert!(is_noticed(says(0, started + 33_000, &cipher)));
    assert!(!validator.take_twin(), "taken");
}

/// In a pipe as on a terminal, said to all or to one: nothing that others write moves the cursor or turns the text.
#[test]
fn what_others_write_is_escaped_in_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |name: &str, peer: &str| {
        Start::new(binary(), folder.path().join(name), name).peers(&[peer.to_owned()]).spawn()
    };
    let ada = start("ada", "127.0.0.1:1");
    let mut bob = start("bob", &ada.address());
    bob.tells("ada~");
    ada.tells("bob~");
    bob.say("@ada secretly \u{1b}[2J\u{202e} end");
    ada.hears(" -> you: secretly \\u{1b}[2J\\u{202e} end");
    bob.say("openly \u{1b}[2J\u{202e} end");
    ada.hears(": openly \\u{1b}[2J\\u{202e} end");
    assert!(bob.ends().success());
}

/// From the first moment of a run what is kept says that it runs. Else the run after one that was killed would believe
/// that it had ended in order, and take once more what had been taken.
#[test]
fn a_run_is_marked_as_running_before_it_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = || {
        let chat =
            Start::new(binary(), folder.path().join("ada"), "ada").peers(&["127.0.0.1:1".to_owned()]).spawn();
        chat.tells("listening on ");
        chat
    };
    let taken = || {
        let mut files = fs::read_dir(folder.path().join("ada")).expect("a folder").flatten();
        let file =
            files.find(|file| file.file_name().to_string_lossy().starts_with("taken-")).expect("a file");
        fs::read_to_string(file.path()).expect("text")
    };
    for _ in 0..2 {
        let mut chat = start();
        assert!(taken().contains("running ") && !taken().contains("end "), "{}", taken());
        assert!(chat.ends().success());
        assert!(taken().contains("end "), "{}", taken());
    }
    start().kill();
    assert!(taken().contains("running "), "{}", taken());
}
