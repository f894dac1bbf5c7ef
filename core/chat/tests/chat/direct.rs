//! Sealed messages.

use floodnet_chat::direct::{self, Label, Unreadable};
use floodnet_chat::keys::{Identity, Key};
use floodnet_chat::signed_message::NetworkId;

use crate::NET;
use crate::toy::Toy;

fn label(from: &Toy, to: Key) -> Label {
    Label { network: NET, sender: from.key(), recipient: to, unix_ms: 5, seq: 6 }
}

#[test]
fn a_sealed_message_reaches_its_reader_alone_and_cannot_be_passed_on() {
    let (mut alice, mut bob, carol) = (Toy::new(1), Toy::new(2), Toy::new(3));
    let to_bob = label(&alice, bob.key());
    let body = direct::seal(&to_bob, "for bob", &mut alice).expect("short");
    assert_eq!(direct::open(&to_bob, &body, &bob), Ok("for bob".to_string()));
    let to_carol = Label { recipient: carol.key(), ..to_bob };
    assert_eq!(direct::open(&to_carol, &body, &carol), Err(Unreadable::NotForMe));
    // Bob seals Alice's signed words again, for Carol.
    let plain = bob.open(&body).expect("his");
    let again = bob.seal(&carol.key(), &plain).expect("sealed");
    assert_eq!(direct::open(&to_carol, &again, &carol), Err(Unreadable::Wrong("direct_recipient")));
    // In an envelope of his own, or of another time.
    let by_bob = Label { sender: bob.key(), ..to_bob };
    assert_eq!(direct::open(&by_bob, &body, &bob), Err(Unreadable::Wrong("direct_envelope")));
    let later = Label { seq: 7, ..to_bob };
    assert_eq!(direct::open(&later, &body, &bob), Err(Unreadable::Wrong("direct_envelope")));
    let elsewhere = Label { network: NetworkId([0; 16]), ..to_bob };
    assert_eq!(direct::open(&elsewhere, &body, &bob), Err(Unreadable::Wrong("direct_signature")));
}

#[test]
fn every_byte_inside_counts() {
    let (mut alice, mut bob) = (Toy::new(1), Toy::new(2));
    let label = label(&alice, bob.key());
    let body = direct::seal(&label, "hi", &mut alice).expect("short");
    let plain = bob.open(&body).expect("his");
    for at in 0..plain.len() {
        let mut changed = plain.clone();
        changed[at] ^= 1;
        let body = bob.seal(&bob.key(), &changed).expect("sealed");
        assert!(matches!(direct::open(&label, &body, &bob), Err(Unreadable::Wrong(_))), "byte {at}");
    }
}

#[test]
fn lengths_are_padded_and_bounded() {
    let (mut alice, bob) = (Toy::new(1), Toy::new(2));
    let label = label(&alice, bob.key());
    let mut sizes: Vec<usize> = (0..=direct::MAX_TEXT)
        .map(|length| direct::seal(&label, &"x".repeat(length), &mut alice).expect("short enough").len())
        .collect();
    assert_eq!(
        direct::open(
            &label,
            &direct::seal(&label, &"y".repeat(direct::MAX_TEXT), &mut alice).expect("fits"),
            &bob
        )
        .map(|text| text.len()),
        Ok(direct::MAX_TEXT)
    );
    sizes.dedup();
    assert_eq!(sizes, direct::SIZES.map(|size| size + 48));
    assert_eq!(direct::seal(&label, &"x".repeat(direct::MAX_TEXT + 1), &mut alice), None);
}
