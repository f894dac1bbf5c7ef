//! What the messages of these protocols weigh and look like, and what arbitrary bytes can do.

use floodnet_core::broadcast::plumtree;
use floodnet_core::content::{Content, ContentId};
use floodnet_core::node::Layer;
use floodnet_core::overlay::cyclon::{self, Entries, Entry};
use floodnet_core::overlay::hyparview::{self, Peers, Shuffle};
use floodnet_core::overlay::swim::{self, Request, Standing, Update, Updates};
use floodnet_core::wire::{self, DecodeError, VERSION, Wire};
use proptest::prelude::*;

type Tree = plumtree::Message<Content, ContentId>;
type Views = Layer<hyparview::Message<u32>, Tree>;
type Group = Layer<swim::Message<u32>, super::Flooded<Content>>;
type Lists = Layer<cyclon::Message<u32>, super::Flooded<Content>>;

fn content(bytes: &[u8]) -> Content {
    Content::new(bytes::Bytes::copy_from_slice(bytes))
}

fn peers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..20)
}

fn hyparview() -> impl Strategy<Value = hyparview::Message<u32>> {
    use hyparview::Message as M;
    prop_oneof![
        Just(M::Join),
        (any::<u32>(), any::<u8>()).prop_map(|(joiner, hop_limit)| M::ForwardJoin { joiner, hop_limit }),
        any::<bool>().prop_map(|urgent| M::Neighbor { urgent }),
        Just(M::Accepted),
        Just(M::Refused),
        Just(M::Disconnect),
        (any::<u32>(), any::<u8>(), peers()).prop_map(|(origin, hop_limit, peers)| M::Shuffle(Box::new(
            Shuffle { origin, hop_limit, peers }
        ))),
        peers().prop_map(|peers| M::ShuffleReply(Box::new(Peers(peers)))),
    ]
}

fn cyclon() -> impl Strategy<Value = cyclon::Message<u32>> {
    use cyclon::Message as M;
    let entry = (any::<u32>(), any::<u16>()).prop_map(|(peer, age)| Entry { peer, age });
    let entries = prop::collection::vec(entry, 0..20).prop_map(|entries| Box::new(Entries(entries)));
    prop_oneof![
        Just(M::Join),
        (any::<u32>(), any::<u8>()).prop_map(|(joiner, hop_limit)| M::JoinWalk { joiner, hop_limit }),
        any::<u32>().prop_map(|peer| M::Welcome { peer }),
        entries.clone().prop_map(M::Shuffle),
        entries.prop_map(M::Answer),
    ]
}

fn swim() -> impl Strategy<Value = swim::Message<u32>> {
    use swim::Message as M;
    let standing = prop_oneof![
        Just(Standing::Alive),
        any::<u32>().prop_map(|by| Standing::Suspect { by }),
        Just(Standing::Failed)
    ];
    let update = (any::<u32>(), any::<u32>(), standing).prop_map(|(peer, incarnation, standing)| Update {
        peer,
        incarnation,
        standing,
    });
    let updates = prop::collection::vec(update, 0..20).prop_map(Updates::from);
    let probe = any::<u32>();
    prop_oneof![
        Just(M::Join),
        updates.clone().prop_map(M::Members),
        (probe, updates.clone()).prop_map(|(probe, updates)| M::Ping { probe, updates }),
        (any::<u32>(), any::<u32>(), updates.clone())
            .prop_map(|(probe, target, updates)| M::PingReq(Box::new(Request { probe, target, updates }))),
        (any::<u32>(), updates.clone()).prop_map(|(probe, updates)| M::Ack { probe, updates }),
        any::<u32>().prop_map(|probe| M::Nack { probe }),
        updates.clone().prop_map(M::Gossip),
        updates.prop_map(M::Sync),
    ]
}

fn plumtree() -> impl Strategy<Value = Tree> {
    use plumtree::Message as M;
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let id = || any::<u32>().prop_map(|number| ContentId::of(&number.to_be_bytes()));
    prop_oneof![
        (bytes(), any::<u16>()).prop_map(|(bytes, hops)| M::Gossip { payload: content(&bytes), hops }),
        (id(), any::<u16>()).prop_map(|(id, hops)| M::IHave { id, hops }),
        prop::option::of(id()).prop_map(|id| M::Graft { id }),
        Just(M::Prune),
    ]
}

fn comes_back<M: Wire + PartialEq + std::fmt::Debug>(message: &M) -> Result<(), TestCaseError> {
    let bytes = wire::encode(message);
    prop_assert_eq!(bytes.len(), wire::packet_size(message) as usize);
    let back = wire::decode::<M>(&bytes);
    prop_assert_eq!(back.as_ref(), Ok(message));
    Ok(())
}

proptest! {
    #[test]
    fn packets_come_back_as_they_went(
        overlay in hyparview(), lists in cyclon(), group in swim(), tree in plumtree()
    ) {
        comes_back::<Group>(&Layer::Overlay(group))?;
        comes_back::<Views>(&Layer::Overlay(overlay))?;
        comes_back::<Views>(&Layer::Broadcast(tree))?;
        comes_back::<Lists>(&Layer::Overlay(lists))?;
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        head in (0u8..2, 0u8..10), rest in prop::collection::vec(prop_oneof![0u8..6, any::<u8>()], 0..40)
    ) {
        let bytes = [vec![VERSION, head.0, head.1], rest].concat();
        if let Ok(message) = wire::decode::<Views>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes.clone());
        }
        if let Ok(message) = wire::decode::<Group>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes.clone());
        }
        if let Ok(message) = wire::decode::<Lists>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes);
        }
    }
}

/// A change here is a change of the wire format: [`VERSION`] goes up with it.
#[test]
fn golden_bytes() {
    let overlay = |message| wire::encode::<Views>(&Layer::Overlay(message));
    for (message, number) in [
        (hyparview::Message::Join, 0),
        (hyparview::Message::Neighbor { urgent: false }, 2),
        (hyparview::Message::Neighbor { urgent: true }, 3),
        (hyparview::Message::Accepted, 4),
        (hyparview::Message::Refused, 5),
        (hyparview::Message::Disconnect, 6),
    ] {
        assert_eq!(overlay(message), [VERSION, 0, number]);
    }
    let join = hyparview::Message::ForwardJoin { joiner: 0x0102_0304, hop_limit: 6 };
    assert_eq!(overlay(join), [VERSION, 0, 1, 1, 2, 3, 4, 6]);
    let shuffle = Shuffle { origin: 7, hop_limit: 5, peers: vec![8] };
    assert_eq!(
        overlay(hyparview::Message::Shuffle(Box::new(shuffle))),
        [VERSION, 0, 7, 0, 0, 0, 7, 5, 1, 0, 0, 0, 8]
    );
    let lists = |message| wire::encode::<Lists>(&Layer::Overlay(message));
    let entry = Entry { peer: 9, age: 0x0102 };
    assert_eq!(
        lists(cyclon::Message::Answer(Box::new(Entries(vec![entry])))),
        [VERSION, 0, 4, 1, 0, 0, 0, 9, 1, 2]
    );
    let group = |message| wire::encode::<Group>(&Layer::Overlay(message));
    let suspect = Update { peer: 7, incarnation: 2, standing: Standing::Suspect { by: 8 } };
    assert_eq!(
        group(swim::Message::Ack { probe: 5, updates: vec![suspect].into() }),
        [VERSION, 0, 4, 0, 0, 0, 5, 1, 1, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 8]
    );
    assert_eq!(group(swim::Message::Nack { probe: 5 }), [VERSION, 0, 5, 0, 0, 0, 5]);
    let tree = |message| wire::encode::<Views>(&Layer::Broadcast(message));
    let gossip = plumtree::Message::Gossip { payload: content(b"hey"), hops: 0x0203 };
    assert_eq!(tree(gossip), [VERSION, 1, 0, 2, 3, b'h', b'e', b'y']);
    assert_eq!(tree(plumtree::Message::Prune), [VERSION, 1, 4]);
}

#[test]
fn lists_that_are_too_long_are_refused_before_they_are_read() {
    let long = [VERSION, 0, 8, 65, 0, 0];
    assert_eq!(wire::decode::<Views>(&long), Err(DecodeError::Content));
    let cut = [VERSION, 0, 8, 64, 0, 0];
    assert_eq!(wire::decode::<Views>(&cut), Err(DecodeError::TooShort));
    assert_eq!(wire::decode::<Group>(&[VERSION, 0, 6, 65]), Err(DecodeError::Content));
    assert_eq!(wire::decode::<Lists>(&[VERSION, 0, 3, 65]), Err(DecodeError::Content));
}
