//! The form of messages.

use bytes::Bytes;
use floodnet_chat::keys::Identity;
use floodnet_chat::signed_message::{Draft, Envelope, HEADER, Kind, MAX_BODY, MAX_ENVELOPE, SIGNATURE};
use floodnet_core::observe::Payload;
use floodnet_core::wire::{self, DecodeError};
use proptest::prelude::*;

use crate::toy::Toy;
use crate::{NET, NOW, said, toy};

#[test]
fn golden_bytes_of_an_envelope() {
    let envelope = said(1, 2, 3, b"hi");
    let mut expected = vec![7; 16];
    expected.push(1);
    expected.extend(Toy::new(1).key().0);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
    expected.extend(b"hi");
    let signed = [floodnet_chat::signed_message::DOMAIN, &expected].concat();
    assert_eq!(envelope.id().0, *blake3::hash(&signed).as_bytes());
    expected.extend(Toy::new(1).sign(&signed).0);
    assert_eq!(envelope.bytes().as_ref(), expected);
    assert_eq!(envelope.body(), b"hi");
    assert!(envelope.is_authentic(&toy()));
}

#[test]
fn every_changed_byte_is_noticed_and_a_second_signature_is_no_second_message() {
    let envelope = said(1, 2, NOW, b"hello");
    for at in 0..envelope.bytes().len() {
        let mut bytes = envelope.bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = Envelope::parse(bytes.into()) else { continue };
        assert!(!changed.is_authentic(&toy()), "byte {at}");
        let in_signature = at >= envelope.bytes().len() - SIGNATURE;
        assert_eq!(changed.id() == envelope.id(), in_signature, "byte {at}");
    }
}

#[test]
fn sizes_of_envelopes_are_bounded() {
    let shortest = vec![0u8; HEADER + SIGNATURE];
    assert_eq!(Envelope::parse(shortest.clone().into()), Err(DecodeError::Kind(0)));
    assert_eq!(Envelope::parse(shortest[1..].to_vec().into()), Err(DecodeError::TooShort));
    assert_eq!(Envelope::parse(vec![0; MAX_ENVELOPE + 1].into()), Err(DecodeError::TooLong));
    let draft = Draft { network: NET, kind: Kind::Say, seq: 0, unix_ms: 0, body: &[0; MAX_BODY + 1] };
    assert_eq!(Envelope::sign(&draft, &toy()), None);
    let longest = Draft { body: &[0; MAX_BODY], ..draft };
    assert_eq!(Envelope::sign(&longest, &toy()).map(|e| e.bytes().len()), Some(MAX_ENVELOPE));
}

proptest! {
    #[test]
    fn envelopes_come_back_as_they_went(by: u64, seq: u64, unix_ms: u64, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let envelope = said(by, seq, unix_ms, &body);
        let packet = wire::encode(&envelope);
        let back: Envelope = wire::decode(&packet).expect("just encoded");
        prop_assert_eq!(&back, &envelope);
        prop_assert_eq!((back.seq(), back.unix_ms(), back.body()), (seq, unix_ms, body.as_slice()));
        prop_assert!(back.is_authentic(&toy()));
    }

    #[test]
    fn any_bytes_are_an_envelope_or_not(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(envelope) = Envelope::parse(Bytes::from(bytes.clone())) {
            prop_assert_eq!(envelope.bytes().as_ref(), bytes.as_slice());
            prop_assert!(!envelope.is_authentic(&toy()));
        }
    }
}
