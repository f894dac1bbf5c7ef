//! Handshakes in memory: what must succeed, and everything that must not.

use super::*;
use proptest::prelude::*;

fn network(name: &str, key: Option<u8>) -> Network {
    Network { name: name.to_owned(), key: key.map(|byte| [byte; 32]) }
}

fn credentials(secret: u8, network: &Network) -> Credentials {
    Credentials::new(Keypair::from_secret(&[secret; 32]), network).expect("randomness")
}

fn about(port: u16) -> About {
    About::new(port, 7, 1)
}

struct Pair {
    dialer: Handshake,
    acceptor: Handshake,
    ada: Credentials,
    bob: Credentials,
}

fn pair(dialer: &Network, acceptor: &Network) -> Pair {
    let (ada, bob) = (credentials(1, dialer), credentials(2, acceptor));
    Pair {
        dialer: Handshake::dialer(&ada).expect("built"),
        acceptor: Handshake::acceptor(&bob).expect("built"),
        ada,
        bob,
    }
}

type Ends = (Box<dyn Cipher>, Box<dyn Cipher>);

/// A whole handshake, with `change` applied to each message.
fn shake(pair: Pair, mut change: impl FnMut(usize, &mut Vec<u8>)) -> Result<Ends, usize> {
    let Pair { mut dialer, mut acceptor, ada, bob } = pair;
    let mut first = dialer.write(&[]).map_err(|_| 0usize)?;
    change(1, &mut first);
    acceptor.read(&first).map_err(|_| 1usize)?;
    let mut second = acceptor.write(&bob.hello(about(2)).encode()).map_err(|_| 0usize)?;
    change(2, &mut second);
    let payload = dialer.read(&second).map_err(|_| 2usize)?;
    let hello = dialer.meet(&payload).map_err(|_| 2usize)?;
    assert_eq!(hello.identity, bob.keypair.identity());
    let mut third = dialer.write(&ada.hello(about(1)).encode()).map_err(|_| 0usize)?;
    change(3, &mut third);
    let payload = acceptor.read(&third).map_err(|_| 3usize)?;
    let hello = acceptor.meet(&payload).map_err(|_| 3usize)?;
    assert_eq!(hello.identity, ada.keypair.identity());
    Ok((dialer.finish().map_err(|_| 4usize)?, acceptor.finish().map_err(|_| 4usize)?))
}

fn sealed(cipher: &mut dyn Cipher, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    cipher.seal(text, &mut out).expect("short enough");
    out
}

fn opened(cipher: &mut dyn Cipher, sealed: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut out = Vec::new();
    cipher.open(sealed, &mut out).map(|()| out)
}

#[test]
fn both_sides_learn_who_is_there_and_talk() {
    for network in [network("a", None), network("a", Some(7))] {
        let (mut ada, mut bob) = shake(pair(&network, &network), |_, _| {}).expect("a handshake");
        for text in [&b"hello"[..], &[], &[1; 65_519]] {
            let frame = sealed(ada.as_mut(), text);
            assert_eq!(frame.len(), text.len() + TAG);
            assert_eq!(opened(bob.as_mut(), &frame).as_deref(), Ok(text));
            let back = sealed(bob.as_mut(), text);
            assert_eq!(opened(ada.as_mut(), &back).as_deref(), Ok(text));
        }
        ada.rekey_sealing();
        let frame = sealed(ada.as_mut(), b"fresh");
        bob.rekey_opening();
        assert_eq!(opened(bob.as_mut(), &frame).as_deref(), Ok(&b"fresh"[..]));
    }
}

/// With the key in the first message the acceptor never answers a stranger.
#[test]
fn another_network_or_key_ends_at_the_first_message_that_shows_it() {
    let cases = [
        ("another name", network("a", None), network("b", None), 2),
        ("another key", network("a", Some(1)), network("a", Some(2)), 1),
        ("another name, same key", network("a", Some(1)), network("b", Some(1)), 1),
        ("no key", network("a", None), network("a", Some(1)), 1),
    ];
    for (what, ours, theirs, place) in cases {
        assert_eq!(shake(pair(&ours, &theirs), |_, _| {}).err(), Some(place), "{what}");
    }
}

#[test]
fn a_changed_bit_anywhere_ends_it() {
    let network = network("a", Some(3));
    let lengths = {
        let mut lengths = [0; 4];
        shake(pair(&network, &network), |at, message| lengths[at] = message.len()).expect("unchanged");
        lengths
    };
    assert_eq!(lengths, [0, 48, 32 + 48 + Hello::BYTES + TAG, 48 + Hello::BYTES + TAG]);
    for (at, length) in lengths.into_iter().enumerate().skip(1) {
        for place in 0..length {
            let flip = |now: usize, message: &mut Vec<u8>| {
                if now == at {
                    message[place] ^= 1;
                }
            };
            // The top bit of an X25519 key is ignored there, but it is hashed into the transcript.
            let end = shake(pair(&network, &network), flip).err();
            assert!(end == Some(at) || end == Some(at + 1), "message {at}, byte {place}: {end:?}");
        }
    }
}

#[test]
fn any_changed_bit_of_a_frame_is_noticed() {
    let open = network("a", None);
    for place in 0..(5 + TAG) {
        let (mut ada, mut bob) = shake(pair(&open, &open), |_, _| {}).expect("a handshake");
        let mut frame = sealed(ada.as_mut(), b"hello");
        frame[place] ^= 0x80;
        assert_eq!(opened(bob.as_mut(), &frame), Err(Broken), "byte {place}");
    }
}

#[test]
fn frames_cannot_be_repeated_left_out_or_swapped() {
    let open = network("a", None);
    let frames = |cipher: &mut dyn Cipher| [sealed(cipher, b"1"), sealed(cipher, b"2")];
    let (mut ada, mut bob) = shake(pair(&open, &open), |_, _| {}).expect("a handshake");
    let [one, _] = frames(ada.as_mut());
    assert!(opened(bob.as_mut(), &one).is_ok());
    assert_eq!(opened(bob.as_mut(), &one), Err(Broken), "repeated");
    let (mut ada, mut bob) = shake(pair(&open, &open), |_, _| {}).expect("a handshake");
    let [_, two] = frames(ada.as_mut());
    assert_eq!(opened(bob.as_mut(), &two), Err(Broken), "left out");
    let (mut ada, _) = shake(pair(&open, &open), |_, _| {}).expect("a handshake");
    let [one, _] = frames(ada.as_mut());
    assert_eq!(opened(ada.as_mut(), &one), Err(Broken), "sent back");
}

/// Who holds another channel key cannot show somebody's identity with a signature that it has seen.
#[test]
fn an_identity_cannot_be_borrowed() {
    let network = network("a", None);
    let (ada, bob, mallory) = (credentials(1, &network), credentials(2, &network), credentials(3, &network));
    let mut dialer = Handshake::dialer(&mallory).expect("built");
    let mut acceptor = Handshake::acceptor(&bob).expect("built");
    acceptor.read(&dialer.write(&[]).expect("written")).expect("read");
    dialer.read(&acceptor.write(&bob.hello(about(2)).encode()).expect("written")).expect("read");
    let payload =
        acceptor.read(&dialer.write(&ada.hello(about(1)).encode()).expect("written")).expect("read");
    assert_eq!(acceptor.meet(&payload), Err(Refusal::Forged));
    let own = Hello { identity: ada.keypair.identity(), ..mallory.hello(about(1)) };
    assert_eq!(
        acceptor.meet(&own.encode()),
        Err(Refusal::Forged),
        "another's name under one's own signature"
    );
    assert_eq!(acceptor.meet(b"short"), Err(Refusal::Malformed));
}

proptest! {
    #[test]
    fn garbage_ends_a_handshake(first: Vec<u8>, second: Vec<u8>) {
        let network = network("a", Some(1));
        let Pair { mut dialer, mut acceptor, .. } = pair(&network, &network);
        prop_assert!(acceptor.read(&first).is_err());
        dialer.write(&[]).expect("written");
        prop_assert!(dialer.read(&second).is_err());
    }
}
