//! The wire format: what every message weighs, what it looks like, and what arbitrary bytes can do.

use bytes::Bytes;
use floodnet_core::broadcast::flood;
use floodnet_core::content::Content;
use floodnet_core::node::Layer;
use floodnet_core::observe::Payload;
use floodnet_core::overlay::{fixed, random_walk};
use floodnet_core::wire::{self, DecodeError, MAX_PACKET, VERSION};
use proptest::prelude::*;

type Join = random_walk::Message<u32>;
type Flood = flood::Message<Content>;
type Packet = Layer<Join, Flood>;
type FixedPacket = Layer<fixed::Message, Flood>;

fn content(bytes: &[u8]) -> Content {
    Content::new(Bytes::copy_from_slice(bytes))
}

fn joins() -> impl Strategy<Value = Join> {
    prop_oneof![
        (any::<u32>(), any::<u8>()).prop_map(|(joiner, hop_limit)| Join::Join { joiner, hop_limit }),
        (any::<u32>(), any::<u8>(), any::<u32>()).prop_map(|(joiner, hop_limit, via)| Join::JoinVia {
            joiner,
            hop_limit,
            via
        }),
        any::<u32>().prop_map(|joiner| Join::Offer { joiner }),
        any::<u32>().prop_map(|peer| Join::Referral { peer }),
        any::<(Option<u32>, bool)>().prop_map(|(in_place_of, dialed)| Join::JoinAck { in_place_of, dialed }),
        any::<Option<u32>>().prop_map(|for_joiner| Join::Displaced { for_joiner }),
        any::<Option<u32>>().prop_map(|take_back| Join::Refused { take_back }),
    ]
}

fn greetings() -> impl Strategy<Value = fixed::Message> {
    prop_oneof![Just(fixed::Message::Hello), Just(fixed::Message::Welcome)]
}

fn floods() -> impl Strategy<Value = Flood> {
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    (any::<u16>(), bytes).prop_map(|(hops, bytes)| Flood { hops, payload: content(&bytes) })
}

fn packets() -> impl Strategy<Value = Packet> {
    prop_oneof![joins().prop_map(Layer::Overlay), floods().prop_map(Layer::Broadcast)]
}

/// Bytes near to packets: some of them decode.
fn near_packets() -> impl Strategy<Value = Vec<u8>> {
    let near = (0u8..3, 0u8..3, 0u8..13, prop::collection::vec(any::<u8>(), 0..12))
        .prop_map(|(version, layer, kind, rest)| [vec![version, layer, kind], rest].concat());
    prop_oneof![near, prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #[test]
    fn packets_come_back_as_they_went(message in packets()) {
        let bytes = wire::encode(&message);
        prop_assert_eq!(bytes.len(), wire::packet_size(&message) as usize);
        prop_assert_eq!(wire::decode(&bytes), Ok(message));
    }

    #[test]
    fn greetings_come_back_as_they_went(message in greetings()) {
        let message: FixedPacket = Layer::Overlay(message);
        let bytes = wire::encode(&message);
        prop_assert_eq!(bytes.len(), wire::packet_size(&message) as usize);
        prop_assert_eq!(wire::decode(&bytes), Ok(message));
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(bytes in near_packets()) {
        if let Ok(message) = wire::decode::<Packet>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes.clone());
        }
        if let Ok(message) = wire::decode::<FixedPacket>(&bytes) {
            prop_assert_eq!(wire::encode(&message), bytes);
        }
    }

    /// Control messages have a fixed length. Content takes the rest of its packet, so there only the head
    /// can be cut.
    #[test]
    fn a_cut_packet_is_an_error(message in packets()) {
        let bytes = wire::encode(&message);
        let head = match message {
            Layer::Overlay(_) => bytes.len(),
            Layer::Broadcast(_) => 4,
        };
        for end in 0..head {
            prop_assert_eq!(wire::decode::<Packet>(&bytes[..end]), Err(DecodeError::TooShort));
        }
    }

    #[test]
    fn bytes_behind_a_control_message_are_an_error(message in joins(), tail in prop::collection::vec(any::<u8>(), 1..9)) {
        let bytes = [wire::encode::<Packet>(&Layer::Overlay(message)), tail].concat();
        prop_assert_eq!(wire::decode::<Packet>(&bytes), Err(DecodeError::Trailing));
    }

    #[test]
    fn other_versions_are_refused(message in packets(), version in any::<u8>()) {
        let mut bytes = wire::encode(&message);
        bytes[0] = version;
        let expected = if version == VERSION { Ok(message) } else { Err(DecodeError::Version(version)) };
        prop_assert_eq!(wire::decode::<Packet>(&bytes), expected);
    }

    /// The name of content is a function of its bytes: it survives the way, and differs between contents.
    #[test]
    fn content_keeps_its_name(one in prop::collection::vec(any::<u8>(), 0..40), other in prop::collection::vec(any::<u8>(), 0..40)) {
        let sent = Flood { hops: 1, payload: content(&one) };
        let came: Flood = wire::decode(&wire::encode(&sent)).expect("an encoding");
        prop_assert_eq!(came.payload.id(), sent.payload.id());
        prop_assert_eq!(came.payload.bytes().as_ref(), one.as_slice());
        prop_assert_eq!(content(&other).id() == sent.payload.id(), one == other);
    }
}

/// A change here is a change of the wire format: nodes of before and after do not understand each other,
/// so [`VERSION`] goes up with it.
#[test]
fn golden_bytes() {
    assert_eq!(VERSION, 1);
    let overlay = |message| wire::encode::<Packet>(&Layer::Overlay(message));
    assert_eq!(overlay(Join::Join { joiner: 0x0102_0304, hop_limit: 5 }), [1, 0, 0, 1, 2, 3, 4, 5]);
    let via = Join::JoinVia { joiner: 0x0102_0304, hop_limit: 5, via: 0x0607_0809 };
    assert_eq!(overlay(via), [1, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let (none, other) = (None, Some(0x0102_0304));
    for (message, kind) in [
        (Join::JoinAck { in_place_of: none, dialed: true }, 1),
        (Join::Displaced { for_joiner: none }, 2),
        (Join::JoinAck { in_place_of: none, dialed: false }, 6),
        (Join::Refused { take_back: none }, 10),
    ] {
        assert_eq!(overlay(message), [1, 0, kind]);
    }
    for (message, kind) in [
        (Join::Offer { joiner: 0x0102_0304 }, 4),
        (Join::Referral { peer: 0x0102_0304 }, 5),
        (Join::JoinAck { in_place_of: other, dialed: true }, 7),
        (Join::JoinAck { in_place_of: other, dialed: false }, 8),
        (Join::Displaced { for_joiner: other }, 9),
        (Join::Refused { take_back: other }, 11),
    ] {
        assert_eq!(overlay(message), [1, 0, kind, 1, 2, 3, 4]);
    }
    let flood = Flood { hops: 0x0203, payload: content(b"hey") };
    assert_eq!(wire::encode::<Packet>(&Layer::Broadcast(flood)), [1, 1, 2, 3, b'h', b'e', b'y']);
    let empty = Flood { hops: 1, payload: content(b"") };
    assert_eq!(wire::encode::<Packet>(&Layer::Broadcast(empty)), [1, 1, 0, 1]);
    let greeting = |message| wire::encode::<FixedPacket>(&Layer::Overlay(message));
    assert_eq!(greeting(fixed::Message::Hello), [1, 0, 0]);
    assert_eq!(greeting(fixed::Message::Welcome), [1, 0, 1]);
}

#[test]
fn what_is_no_message_is_refused_by_its_reason() {
    let refused = |bytes: &[u8]| wire::decode::<Packet>(bytes).expect_err("no packet");
    assert_eq!(refused(&[]), DecodeError::TooShort);
    assert_eq!(refused(&[VERSION]), DecodeError::TooShort);
    assert_eq!(refused(&[VERSION, 2]), DecodeError::Kind(2));
    assert_eq!(refused(&[VERSION, 0, 12]), DecodeError::Kind(12));
    assert_eq!(wire::decode::<FixedPacket>(&[VERSION, 0, 2]), Err(DecodeError::Kind(2)));
}

#[test]
fn the_longest_packet_passes_and_one_byte_more_does_not() {
    let mut bytes = vec![VERSION, 1, 0, 1];
    bytes.resize(MAX_PACKET, 7);
    assert!(wire::decode::<Packet>(&bytes).is_ok());
    bytes.push(7);
    assert_eq!(wire::decode::<Packet>(&bytes), Err(DecodeError::TooLong));
}
