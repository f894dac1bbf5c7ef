//! Nonsense at every stage of a connection, while an honest pair goes on talking.

use super::hostile::Pair;
use super::stranger::{Face, Stranger};
use super::*;

/// A thousand kinds of nonsense at every stage of a connection, twenty thousand times in all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_malformed_inputs() {
    let mut pair = Pair::start(options(quick())).await;
    let address = pair.victim.me();
    let attack = async {
        let mut tasks = tokio::task::JoinSet::new();
        for worker in 0..4u64 {
            tasks.spawn(async move {
                let mut random = floodnet_core::rng::NodeRng::new(worker);
                let mut inputs = 0;
                while inputs < 5_000 {
                    inputs += malformed(address, &mut random, u8::try_from(worker).expect("few")).await;
                }
                inputs
            });
        }
        tasks.join_all().await.into_iter().sum::<u32>()
    };
    let inputs = pair.talk_through(attack).await;
    let stats = pair.victim.stats();
    assert!(inputs >= 20_000);
    assert_eq!(stats.panicked, 0);
    let ends = stats.bad_handshakes
        + stats.bad_frames
        + stats.tampered
        + stats.broken
        + stats.goodbyes
        + stats.wrong_identity
        + stats.wrong_version;
    assert!(ends > 1_000, "{stats:?}");
    assert_eq!(pair.victim.neighbors().borrow().as_slice(), [pair.friend.me()]);
}

/// One connection with nonsense at a random stage; gives how many inputs it was.
async fn malformed(address: Peer, random: &mut floodnet_core::rng::NodeRng, worker: u8) -> u32 {
    let mut bytes = |most: u32| -> Vec<u8> {
        let length = random.below(most + 1);
        (0..length).map(|_| u8::try_from(random.below(256)).expect("a byte")).collect()
    };
    let kind = bytes(1).len() + 2 * bytes(1).len();
    let mut stranger = Stranger::dial(address).await;
    if kind == 0 {
        // Before the handshake: any bytes, or the right length with wrong content.
        let length = [0, 32];
        let garbage = bytes(200);
        stranger
            .write(&if garbage.len() % 2 == 0 { garbage } else { [&length[..], &[7; 32]].concat() })
            .await;
        stranger.write(&bytes(300)).await;
        drop(stranger);
        return 1;
    }
    let secret = 100 + worker;
    if !stranger.shake(&Face::new(secret)).await {
        return 1;
    }
    // A second connection of one identity may come before the end of the first was noticed.
    if stranger.read_frame().await.is_none_or(|frame| frame[0] != 5) {
        return 1;
    }
    if kind == 1 {
        // Unsealed bytes.
        stranger.write(&bytes(500)).await;
        return 1;
    }
    // Sealed nonsense: messages that decode and messages that do not, until the node has had enough.
    let mut inputs = 0;
    for _ in 0..30 {
        inputs += 1;
        let mut packet = vec![0, 1, 0];
        packet.extend(bytes(3));
        match packet.len() {
            // Well formed, and of no sense.
            4 => packet = b"\0\x01\0\x01".to_vec(),
            5 => packet = b"\0\x01\x01\xff\xff".to_vec(),
            _ => {}
        }
        stranger.send(&packet).await;
    }
    inputs
}
