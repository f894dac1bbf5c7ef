//! What a node lets in at the beginning of a connection, and what it does not even wait for.

use floodnet_tcp::identity::Keypair;
use floodnet_tcp::options::Network;

use super::stranger::{Face, Stranger};
use super::*;

/// Somebody who has stolen the node's key, or a node that was started twice with one key.
#[tokio::test]
async fn a_visitor_with_the_nodes_own_identity_is_not_let_in() {
    let keypair = Some(Keypair::from_secret(&[3; 32]));
    let node = start(2, &[], Options { keypair, ..options(quick()) }).await;
    let mut double = Stranger::dial(node.me()).await;
    assert!(double.shake(&Face::new(3)).await, "until then nobody knows who it is");
    assert_eq!(in_time("the end", double.is_closed()).await, 0, "not a byte of an answer");
    counted(&node, "it", |stats| stats.own_dials == 1).await;
    assert_eq!((node.stats().welcomed, node.links()), (0, 0));
    // Anybody else is.
    Stranger::welcomed(node.me(), &Face::new(4)).await;
}

/// The first message has one length alone. Whoever announces another is shown the door before it has sent it, so that
/// nobody has more kept for it than that.
#[tokio::test]
async fn a_first_message_of_another_length_is_not_waited_for() {
    let private = Network { name: "room".to_owned(), key: Some([1; 32]) };
    for (network, right) in [(Network::default(), 32_u16), (private, 48)] {
        // Longer than the test is patient: only the length can end it.
        let limits = Limits { handshake: 2 * PATIENCE, ..quick() };
        let node = start(2, &[], Options { network: network.clone(), ..options(limits) }).await;
        let wrong = [0, 1, right - 1, right + 1, 1_024, 1_025, u16::MAX];
        for (count, length) in (1..).zip(wrong) {
            let mut stranger = Stranger::dial(node.me()).await;
            stranger.write(&length.to_be_bytes()).await;
            let what = format!("the end of {length} bytes");
            assert_eq!(in_time(&what, stranger.is_closed()).await, 0);
            counted(&node, &what, |stats| stats.bad_handshakes == count).await;
        }
        Stranger::welcomed(node.me(), &Face { network, ..Face::new(1) }).await;
    }
}
