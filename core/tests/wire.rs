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
        any::<(u32, u8, u16)>().prop_map(|(joiner, hop_limit, ticket)| Join::Join {
            joiner,
            hop_limit,
            ticket
        }),
        any::<(u32, u8, u16, u32)>().prop_map(|(joiner, hop_limit, ticket, via)| Join::JoinVia {
            joiner,
            hop_limit,
            ticket,
            via
        }),
        any::<(u32, u16)>().prop_map(|(joiner, ticket)| Join::Offer { joiner, ticket }),
        any::<(u32, u16)>().prop_map(|(peer, ticket)| Join::Referral { peer, ticket }),
        any::<(Option<u32>, u16, bool)>().prop_map(|(in_place_of, ticket, dialed)| Join::JoinAck {
            in_place_of,
            ticket,
            dialed
        }),
        any::<(u16, bool)>().prop_map(|(ticket, dialed)| Join::Invite { ticket, dialed }),
        Just(Join::Accepted),
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
    let near = (0u8..3, 0u8..3, prop_oneof![0u8..10, any::<u8>()], prop::collection::vec(any::<u8>(), 0..12))
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
    let (joiner, hop_limit) = (0x0102_0304, 5);
    assert_eq!(overlay(Join::Join { joiner, hop_limit, ticket: 0 }), [VERSION, 0, 0, 1, 2, 3, 4, 5]);
    assert_eq!(
        overlay(Join::Join { joiner, hop_limit, ticket: 0x0a0b }),
        [VERSION, 0, 0x10, 10, 11, 1, 2, 3, 4, 5]
    );
    let via = Join::JoinVia { joiner, hop_limit, ticket: 0x0a0b, via: 0x0607_0809 };
    assert_eq!(overlay(via), [VERSION, 0, 0x13, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let (none, other, ticket) = (None, Some(joiner), 0x0a0b);
    for (message, kind) in [
        (Join::JoinAck { in_place_of: none, ticket: 0, dialed: true }, 1),
        (Join::JoinAck { in_place_of: none, ticket: 0, dialed: false }, 0x41),
        (Join::Displaced { for_joiner: none }, 2),
        (Join::Refused { take_back: none }, 6),
        (Join::Invite { ticket: 0, dialed: true }, 7),
        (Join::Invite { ticket: 0, dialed: false }, 0x47),
        (Join::Accepted, 8),
    ] {
        assert_eq!(overlay(message), [VERSION, 0, kind]);
    }
    for (message, kind) in [
        (Join::JoinAck { in_place_of: other, ticket: 0, dialed: true }, 0x21),
        (Join::Displaced { for_joiner: other }, 0x22),
        (Join::Refused { take_back: other }, 0x26),
    ] {
        assert_eq!(overlay(message), [VERSION, 0, kind, 1, 2, 3, 4]);
    }
    for (message, kind) in [
        (Join::Offer { joiner, ticket }, 0x14),
        (Join::Referral { peer: joiner, ticket }, 0x15),
        (Join::JoinAck { in_place_of: other, ticket, dialed: true }, 0x31),
    ] {
        assert_eq!(overlay(message), [VERSION, 0, kind, 10, 11, 1, 2, 3, 4]);
    }
    let flood = Flood { hops: 0x0203, payload: content(b"hey") };
    assert_eq!(wire::encode::<Packet>(&Layer::Broadcast(flood)), [VERSION, 1, 2, 3, b'h', b'e', b'y']);
    let empty = Flood { hops: 1, payload: content(b"") };
    assert_eq!(wire::encode::<Packet>(&Layer::Broadcast(empty)), [VERSION, 1, 0, 1]);
    let greeting = |message| wire::encode::<FixedPacket>(&Layer::Overlay(message));
    assert_eq!(greeting(fixed::Message::Hello), [VERSION, 0, 0]);
    assert_eq!(greeting(fixed::Message::Welcome), [VERSION, 0, 1]);
}

#[test]
fn what_is_no_message_is_refused_by_its_reason() {
    let refused = |bytes: &[u8]| wire::decode::<Packet>(bytes).expect_err("no packet");
    assert_eq!(refused(&[]), DecodeError::TooShort);
    assert_eq!(refused(&[VERSION]), DecodeError::TooShort);
    assert_eq!(refused(&[VERSION, 2]), DecodeError::Kind(2));
    for kind in [9, 0x0f, 0x12, 0x18, 0x20, 0x25, 0x27, 0x28, 0x42, 0x80] {
        assert_eq!(refused(&[VERSION, 0, kind]), DecodeError::Kind(kind));
    }
    assert_eq!(refused(&[VERSION, 0, 0x11, 0, 0]), DecodeError::Content, "no ticket has a shorter encoding");
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
