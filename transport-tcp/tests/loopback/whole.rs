//! Honest nodes: they join, deliver, and survive each other's ends.

use std::collections::BTreeSet;

use floodnet_tcp::identity::Keypair;

use super::links::settled_pair;
use super::stranger::{Face, Stranger};
use super::*;

#[tokio::test]
async fn five_nodes_join_through_the_first_and_a_message_reaches_all() {
    let mut nodes = start_all(5, 2).await;
    settled(&nodes, 2).await;
    let hello = content("hello");
    nodes[3].publish(hello.clone()).await.expect("it runs");
    for at in [0, 1, 2, 4] {
        delivers(&mut nodes[at], &hello).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_nodes_become_one_network() {
    let mut nodes = start_all(30, 4).await;
    settled(&nodes, 4).await;
    let hello = content("to thirty");
    nodes[7].publish(hello.clone()).await.expect("it runs");
    for (at, node) in nodes.iter_mut().enumerate() {
        if at != 7 {
            delivers(node, &hello).await;
        }
    }
}

#[tokio::test]
async fn a_killed_node_is_noticed_and_replaced() {
    let mut nodes = start_all(6, 2).await;
    settled(&nodes, 2).await;
    let victim = nodes.remove(3);
    let gone = victim.me();
    assert!(nodes.iter().any(|node| node.neighbors().borrow().contains(&gone)), "somebody held it");
    victim.kill().await;
    for node in &nodes {
        holds(node, "the victim gone", |held| !held.contains(&gone)).await;
    }
    settled(&nodes, 2).await;
    let after = content("after the crash");
    nodes[0].publish(after.clone()).await.expect("it runs");
    for node in &mut nodes[1..] {
        delivers(node, &after).await;
    }
}

#[tokio::test]
async fn what_was_published_before_leaving_still_arrives() {
    let mut nodes = start_all(2, 2).await;
    holds(&nodes[0], "a neighbor", |neighbors| !neighbors.is_empty()).await;
    let leaver = nodes.pop().expect("two nodes");
    holds(&leaver, "a neighbor", |neighbors| !neighbors.is_empty()).await;
    let last_words: Vec<Content> =
        (0u32..100).map(|number| Content::new(number.to_be_bytes().to_vec().into())).collect();
    for words in &last_words {
        leaver.publish(words.clone()).await.expect("it runs");
    }
    in_time("to leave", leaver.leave()).await.expect("no panic");
    for words in &last_words {
        delivers(&mut nodes[0], words).await;
    }
    holds(&nodes[0], "nobody", Vec::is_empty).await;
}

#[tokio::test]
async fn an_entry_node_that_comes_up_later_is_found() {
    let place = Reserved::new();
    let early = start(2, &[Peer::at(place.address)], options(quick())).await;
    counted(&early, "a dial", |stats| stats.dialed > 0).await;
    let late = start(2, &[], Options { listen: place.address, ..options(quick()) }).await;
    holds(&early, "the entry node", |held| held.as_slice() == [late.me()]).await;
    holds(&late, "the newcomer", |held| held.as_slice() == [early.me()]).await;
}

/// Both dial at once, each the other's address without knowing who is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_dial_each_other_at_once_have_one_link() {
    for round in 0..30u8 {
        let places = [Reserved::new(), Reserved::new()];
        let options = |at: u8| Options {
            listen: places[usize::from(at)].address,
            keypair: Some(Keypair::from_secret(&[2 * round + at + 1; 32])),
            ..options(quick())
        };
        let entry = places.iter().rev().map(|place| [Peer::at(place.address)]).collect::<Vec<_>>();
        let (mut ada, bob) = tokio::join!(start(1, &entry[0], options(0)), start(1, &entry[1], options(1)));
        holds(&ada, "bob", |held| held.as_slice() == [bob.me()]).await;
        holds(&bob, "ada", |held| held.as_slice() == [ada.me()]).await;
        let hello = content("one link");
        bob.publish(hello.clone()).await.expect("it runs");
        delivers(&mut ada, &hello).await;
        counted(&ada, "one link", |_| ada.links() == 1 && bob.links() == 1).await;
    }
}

/// All know all by address and by identity, and everybody dials everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_mutual_dials_ends_with_one_link_for_each_pair() {
    let mut nodes = start_all(8, 7).await;
    settled(&nodes, 7).await;
    let links = async {
        while nodes.iter().any(|node| node.links() != 7) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("a link for each pair", links).await;
    let hello = content("complete");
    nodes[3].publish(hello.clone()).await.expect("it runs");
    for (at, node) in nodes.iter_mut().enumerate() {
        if at != 3 {
            delivers(node, &hello).await;
        }
    }
}

/// Nodes that listen on a wildcard do not know their own address; who hears from them does.
#[tokio::test]
async fn a_node_on_a_wildcard_address_is_found_where_it_is() {
    let wildcard = || Options { listen: "0.0.0.0:0".parse().expect("an address"), ..options(quick()) };
    let first = start(2, &[], wildcard()).await;
    let loopback = |peer: Peer| Peer::at(SocketAddr::new([127, 0, 0, 1].into(), peer.address().port()));
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(start(2, &[loopback(first.me())], wildcard()).await);
    }
    let nodes: Vec<Running> = std::iter::once(first).chain(others).collect();
    settled(&nodes, 2).await;
    let addresses: BTreeSet<String> = nodes
        .iter()
        .flat_map(|node| {
            node.neighbors().borrow().iter().map(|peer| peer.address().ip().to_string()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(addresses, BTreeSet::from(["127.0.0.1".to_owned()]));
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
#[tokio::test]
async fn nodes_meet_over_ipv6() {
    let listen: SocketAddr = "[::1]:0".parse().expect("an address");
    if std::net::TcpListener::bind(listen).is_err() {
        eprintln!("SKIPPED: this machine has no IPv6 loopback");
        return;
    }
    let first = start(2, &[], Options { listen, ..options(quick()) }).await;
    let second = start(2, &[Peer::at(first.me().address())], Options { listen, ..options(quick()) }).await;
    holds(&first, "the other", |held| held.as_slice() == [second.me()]).await;
    holds(&second, "the first", |held| held.as_slice() == [first.me()]).await;
}

#[tokio::test]
async fn a_taken_port_is_passed_over() {
    let first = start(2, &[], options(quick())).await;
    let listen = first.me().address();
    let second = start(2, &[], Options { listen, ports: 20, ..options(quick()) }).await;
    assert!(second.me().address().port() > listen.port());
    let config =
        Config { overlay: random_walk::Config::new(Vec::new()), broadcast: flood::Config::default() };
    let refused = spawn(flood_node, config, Options { listen, ..options(quick()) }).await;
    assert_eq!(refused.expect_err("taken").kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn who_leaves_says_goodbye() {
    let nodes = start_all(2, 2).await;
    settled(&nodes, 1).await;
    let [stays, leaves]: [Running; 2] = nodes.try_into().expect("two");
    in_time("to leave", leaves.leave()).await.expect("no panic");
    holds(&stays, "nobody", Vec::is_empty).await;
    counted(&stays, "the goodbye", |stats| (stats.goodbyes, stats.broken) == (1, 0)).await;
}

#[tokio::test]
async fn a_restarted_node_keeps_its_identity_and_is_taken_back() {
    let keypair = Keypair::from_secret(&[77; 32]);
    let first = start(2, &[], options(quick())).await;
    for life in 0..3u64 {
        let options = Options { keypair: Some(keypair.clone()), seed: Some(life), ..options(quick()) };
        let again = start(2, &[Peer::at(first.me().address())], options).await;
        assert_eq!(again.me().identity(), Some(keypair.identity()));
        holds(&first, "it", |held| held.as_slice() == [again.me()]).await;
        holds(&again, "the first", |held| held.as_slice() == [first.me()]).await;
        again.kill().await;
        holds(&first, "nobody", Vec::is_empty).await;
    }
}

#[tokio::test]
async fn a_node_that_dials_itself_finds_out() {
    let place = Reserved::new();
    let options = Options { listen: place.address, ..options(quick()) };
    let alone = start(2, &[Peer::at(place.address)], options).await;
    counted(&alone, "itself", |stats| stats.own_dials > 0).await;
    assert_eq!(alone.links(), 0);
}

/// They advertise a port at which nobody answers, as behind a NAT: they can dial, and nobody can dial them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_cannot_be_dialed_join_too() {
    let mut nodes = start_all(12, 3).await;
    let entry = [nodes[0].me()];
    for seed in 13..=16 {
        // Each behind a door of its own: who shares an address shares its few places.
        let nobody = Some(SocketAddr::from(([127, 0, 0, 1], seed as u16 - 12)));
        let options = Options { seed: Some(seed), advertise: nobody, ..options(quick()) };
        nodes.push(start(3, &entry, options).await);
    }
    // Two of them cannot have each other.
    settled(&nodes, 2).await;
    let hello = content("from behind a closed door");
    nodes[15].publish(hello.clone()).await.expect("it runs");
    for node in &mut nodes[..15] {
        delivers(node, &hello).await;
    }
}

/// Its peer does not know yet that it was gone, and would believe in the former link for two minutes.
#[tokio::test]
async fn who_comes_back_joins_at_once() {
    let patient = Duration::from_secs(120);
    let limits = Limits { dead: patient, probe: patient, ..quick() };
    let node = start(2, &[], options(limits.clone())).await;
    let mut former = Stranger::welcomed(node.me(), &Face::new(1)).await;
    former.accept_as_neighbor().await;
    holds(&node, "the former life", |held| held.len() == 1).await;
    let keypair = Some(Keypair::from_secret(&[1; 32]));
    let back = start(2, &[node.me()], Options { keypair, ..options(limits) }).await;
    assert_eq!(node.neighbors().borrow().as_slice(), [back.me()], "the same peer");
    holds(&back, "its peer", |held| held.as_slice() == [node.me()]).await;
    in_time("the former link is closed", former.is_closed()).await;
    settled_pair(&node, &back).await;
    assert_eq!((node.stats().duplicate_links, node.stats().dead), (0, 0));
}

/// What a peer has read is known by a pong; what nobody was there to read stays unconfirmed.
#[tokio::test]
async fn the_application_learns_what_a_peer_has_read() {
    let asks = || Options { receipts: true, ..options(quick()) };
    let mut first = start(2, &[], options(quick())).await;
    let second = start(2, &[first.me()], Options { seed: Some(2), ..asks() }).await;
    let mut unconfirmed = second.unconfirmed();
    holds(&second, "a neighbor", |neighbors| !neighbors.is_empty()).await;
    for text in ["one", "two", "three"] {
        second.publish(content(text)).await.expect("it runs");
        delivers(&mut first, &content(text)).await;
    }
    in_time("all are read", unconfirmed.wait_for(std::collections::BTreeSet::is_empty))
        .await
        .expect("it runs");
    let alone = start(2, &[], Options { seed: Some(3), ..asks() }).await;
    let mut unconfirmed = alone.unconfirmed();
    alone.publish(content("nobody")).await.expect("it runs");
    in_time("it is given", unconfirmed.wait_for(|unconfirmed| unconfirmed.contains(&1)))
        .await
        .expect("it runs");
}
