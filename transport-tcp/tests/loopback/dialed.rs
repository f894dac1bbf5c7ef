//! Whom a node dials, and whom it does not.

use floodnet_core::overlay::random_walk::Message;
use floodnet_core::protocol::Types;
use floodnet_core::wire;
use tokio::net::TcpListener;

use super::stranger::{Face, Stranger};
use super::*;

/// The dialer's side against a stranger that listens.
#[tokio::test]
async fn who_answers_must_be_who_was_dialed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let expected = Peer::new(Face::new(1).claims, address);
    let node = start(2, &[expected], options(quick())).await;
    let impostor = in_time("a dial", Stranger::take_dial(&listener, &Face::new(2))).await;
    assert!(!impostor.has_met(), "it learns nothing of the node");
    counted(&node, "the wrong one", |stats| stats.wrong_identity == 1).await;
    let mut right = in_time("a dial", Stranger::take_dial(&listener, &Face::new(1))).await;
    assert!(right.has_met());
    right.welcome(1).await;
    let join = in_time("its request", right.read_frame()).await.expect("a packet");
    // The kind is in the lower half of its byte; a ticket may follow.
    let is_join = matches!(join[..4], [0, 1, 0, kind] if matches!(kind & 0xf, 0 | 3));
    assert!(is_join, "a packet, its version, the overlay's, a JOIN: {join:?}");
}

/// A referral is followed if it carries the ticket of the request, and no other one is.
#[tokio::test]
async fn who_is_referred_to_another_dials_it() {
    let (listener, place) = listens().await;
    let (target, right) = listens().await;
    let (trap, wrong) = listens().await;
    let node = start(2, &[Peer::at(place)], options(quick())).await;
    let mut asked = in_time("a dial", Stranger::take_dial(&listener, &Face::new(1))).await;
    asked.welcome(1).await;
    let request = in_time("its request", asked.read_frame()).await.expect("a packet");
    let ticket = match wire::decode::<<FloodNode as Types>::Message>(&request[1..]) {
        Ok(Layer::Overlay(Message::Join { ticket, .. } | Message::JoinVia { ticket, .. })) => ticket,
        other => panic!("{other:?}"),
    };
    assert_ne!(ticket, 0, "it waits for an answer");
    let refer = |ticket, secret, place| {
        let peer = Peer::new(Face::new(secret).claims, place);
        let message: <FloodNode as Types>::Message = Layer::Overlay(Message::Referral { peer, ticket });
        wire::encode(&message)
    };
    for other in [0, ticket.wrapping_add(1).max(1)] {
        asked.send_packet(&refer(other, 2, wrong)).await;
    }
    asked.send_packet(&refer(ticket, 3, right)).await;
    let mut joined = in_time("the referral", Stranger::take_dial(&target, &Face::new(3))).await;
    joined.welcome(1).await;
    // It was sent behind the others, which are dealt with by now.
    assert!(tokio::time::timeout(Duration::ZERO, trap.accept()).await.is_err(), "not asked for");
    joined.accept_as_neighbor().await;
    holds(&node, "who was named", |held| held.iter().any(|peer| peer.address() == right)).await;
}

/// Who leaves, or is cut for what it sends, is not dialed again at once, though it is the only peer that the node knows:
/// unlike one whose link just broke.
#[tokio::test]
async fn who_parted_on_purpose_is_not_dialed_at_once() {
    let (done, leaving) = (&[3, 0][..], &[3, 1][..]);
    for (goodbye, is_dialed) in [(done, true), (leaving, false)] {
        let (listener, place) = listens().await;
        let node = start(2, &[], options(quick())).await;
        let face = Face { port: place.port(), ..Face::new(1) };
        let mut stranger = Stranger::welcomed(node.me(), &face).await;
        stranger.send_packet(&[1, 0, 1]).await;
        holds(&node, "the stranger", |held| held.len() == 1).await;
        stranger.send(goodbye).await;
        if is_dialed {
            in_time("a dial", listener.accept()).await.expect("a connection");
        } else {
            counted(&node, "no dial", |stats| stats.dial_parted > 0).await;
            assert_eq!(node.stats().dialed, 0);
            // Whoever comes back is welcome.
            let mut back = Stranger::welcomed(node.me(), &Face { session: 8, ..face }).await;
            back.accept_as_neighbor().await;
            holds(&node, "the stranger again", |held| held.len() == 1).await;
        }
    }
}

async fn listens() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}
