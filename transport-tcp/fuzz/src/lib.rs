//! The bodies of the fuzzers: one function for each kind of bytes that come from strangers. Each asserts what must
//! hold whatever the bytes are.
//!
//! `cargo test -p floodnet-tcp --test fuzz` calls them on random bytes and on the corpus; `README.md` in this
//! folder says how to run them for long.

use bytes::BytesMut;
use floodnet_core::wire;
use floodnet_tcp::FloodNode;
use floodnet_tcp::frame::{self, Frame, Reason};
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::MAX_PACKET;
use floodnet_tcp::options::Network;
use floodnet_tcp::secure::{Cipher, Credentials, Handshake, Hello, MAX_HANDSHAKE};

type Message = <FloodNode as floodnet_core::protocol::Types>::Message;

/// A stream of frames, and what each says.
pub fn frames(input: &[u8]) {
    let mut buffer = BytesMut::from(input);
    let mut taken = 0;
    while let Ok(Some(frame)) = frame::split(&mut buffer, 1, MAX_PACKET + 17) {
        taken += frame::LENGTH + frame.len();
        if let Ok(decoded) = Frame::decode(&frame)
            && decoded != Frame::Goodbye(Reason::Other)
        {
            let mut again = Vec::new();
            decoded.encode(&mut again);
            assert_eq!(again, frame, "one encoding");
        }
    }
    assert_eq!(taken + buffer.len(), input.len(), "nothing is lost");
}

/// A packet of the chat's protocol.
pub fn packet(input: &[u8]) {
    if let Ok(message) = wire::decode::<Message>(input) {
        assert_eq!(wire::encode(&message), input, "one encoding");
    }
}

/// What the other side of a handshake says of itself: nobody else's signature fits.
pub fn hello(input: &[u8]) {
    let key = [7; 32];
    if let Ok(hello) = Hello::decode(input) {
        assert_eq!(hello.encode(), &input[..Hello::BYTES], "one encoding");
    }
    assert!(Hello::verified(input, &key).is_err(), "a signature came out of nowhere");
}

/// A stored key.
pub fn key_file(input: &[u8]) {
    if let Some(keypair) = Keypair::from_file_text(input) {
        assert!(keypair.identity().verify(b"text", &keypair.sign(b"text")), "a key that works");
    }
}

/// Handshakes of both roles with garbage, in an open and in a private network. The first byte chooses.
pub fn handshake(input: &[u8]) {
    let Some((&choice, message)) = input.split_first() else { return };
    let network = Network { name: "fuzz".to_owned(), key: (choice & 1 != 0).then_some([1; 32]) };
    let Ok(credentials) = Credentials::new(Keypair::from_secret(&[2; 32]), &network) else { return };
    if choice & 2 == 0 {
        let Ok(mut acceptor) = Handshake::acceptor(&credentials) else { return };
        let read = acceptor.read(message);
        assert!(read.is_err() || choice & 1 == 0, "a key came out of nowhere");
        assert!(read.is_err() || message.len() <= MAX_HANDSHAKE);
    } else {
        let Ok(mut dialer) = Handshake::dialer(&credentials) else { return };
        assert!(dialer.write(&[]).is_ok());
        assert!(dialer.read(message).is_err(), "a proof came out of nowhere");
    }
}

/// A link whose frames are cut, changed, repeated, left out and swapped as the bytes say: what comes out is a
/// beginning of what went in.
pub fn session(input: &[u8]) {
    let Some((mut sender, mut receiver)) = link() else { return };
    let (mut sent, mut frames): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    for chunk in input.chunks(5) {
        let mut frame = Vec::new();
        if sender.seal(chunk, &mut frame).is_err() {
            return;
        }
        sent.push(chunk.to_vec());
        frames.push(frame);
    }
    for (at, &byte) in input.iter().enumerate() {
        let count = frames.len();
        let place = at % count.max(1);
        match (byte % 8, frames.get_mut(place)) {
            (0, Some(frame)) => {
                let length = frame.len();
                if let Some(changed) = frame.get_mut(usize::from(byte) % length.max(1)) {
                    *changed ^= byte | 1;
                }
            }
            (1, Some(frame)) => frame.truncate(usize::from(byte >> 3)),
            (2, Some(_)) => frames.swap(place, usize::from(byte) % count),
            (3, Some(frame)) => {
                let again = frame.clone();
                frames.insert(place, again);
            }
            (4, Some(_)) => drop(frames.remove(place)),
            _ => {}
        }
    }
    let mut opened = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        if receiver.open(frame, &mut opened).is_err() {
            return;
        }
        assert_eq!(Some(&opened), sent.get(at), "only what was sent, in order");
    }
}

/// Both ends of a channel.
fn link() -> Option<(Box<dyn Cipher>, Box<dyn Cipher>)> {
    let network = Network::default();
    let credentials = Credentials::new(Keypair::from_secret(&[2; 32]), &network).ok()?;
    let mut dialer = Handshake::dialer(&credentials).ok()?;
    let mut acceptor = Handshake::acceptor(&credentials).ok()?;
    acceptor.read(&dialer.write(&[]).ok()?).ok()?;
    dialer.read(&acceptor.write(&[]).ok()?).ok()?;
    acceptor.read(&dialer.write(&[]).ok()?).ok()?;
    Some((dialer.finish().ok()?, acceptor.finish().ok()?))
}
