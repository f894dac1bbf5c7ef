//! The published test vector (of the Cacophony project, as the `snow` package brings it) for the pattern of open
//! networks: what goes over the wire is what the Noise framework says. There is none for `XXpsk0`.

use snow::{Builder, HandshakeState};

/// Prologue, static and ephemeral keys of both sides, then payloads and ciphertexts in turn; in
/// hexadecimal.
struct Vector {
    pattern: &'static str,
    prologue: &'static str,
    dialer: [&'static str; 2],
    acceptor: [&'static str; 2],
    messages: [[&'static str; 2]; 6],
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn state(vector: &Vector, keys: [&str; 2], is_dialer: bool) -> HandshakeState {
    let [fixed, ephemeral] = keys.map(bytes);
    let prologue = bytes(vector.prologue);
    let builder = Builder::new(vector.pattern.parse().expect("a pattern"))
        .prologue(&prologue)
        .and_then(|builder| builder.local_private_key(&fixed))
        .expect("a builder")
        .fixed_ephemeral_key_for_testing_only(&ephemeral);
    if is_dialer { builder.build_initiator() } else { builder.build_responder() }.expect("a handshake")
}

#[test]
fn the_library_speaks_noise() {
    let vector = &VECTOR;
    let mut sides = [state(vector, vector.dialer, true), state(vector, vector.acceptor, false)];
    let (mut out, mut back) = ([0; 200], [0; 200]);
    for (at, [payload, ciphertext]) in vector.messages[..3].iter().enumerate() {
        let payload = bytes(payload);
        let written = sides[at % 2].write_message(&payload, &mut out).expect("written");
        assert_eq!(out[..written], bytes(ciphertext), "message {at} of {}", vector.pattern);
        let read = sides[(at + 1) % 2].read_message(&out[..written], &mut back).expect("read");
        assert_eq!(back[..read], payload);
    }
    let mut sides = sides.map(|side| side.into_transport_mode().expect("finished"));
    for (at, [payload, ciphertext]) in vector.messages.iter().enumerate().skip(3) {
        let written = sides[at % 2].write_message(&bytes(payload), &mut out).expect("written");
        assert_eq!(out[..written], bytes(ciphertext), "message {at} of {}", vector.pattern);
        sides[(at + 1) % 2].read_message(&out[..written], &mut back).expect("read");
    }
}

const VECTOR: Vector = Vector {
    pattern: "Noise_XX_25519_ChaChaPoly_BLAKE2s",
    prologue: "4a6f686e2047616c74",
    dialer: [
        "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
    ],
    acceptor: [
        "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
    ],
    messages: [
        [
            "4c756477696720766f6e204d69736573",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573",
        ],
        [
            "4d757272617920526f746862617264",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088437c365eb362a1c991b0557fe8a7fb187d99346765d93ec63db6c1b01504ebeec55a2298d2dbff80eff034d20595153f63a196a6cead1e11b2bb13e336fa13616dd3e8b0a070c882ed3f1a78c7c06c93",
        ],
        [
            "462e20412e20486179656b",
            "46c3307de83b014258717d97781c1f50936d8b7d50c0722a1739654d10392d415b670c114f79b9a4f80541570f77ce88802efa4220cff733e7b5668ba38059ec904b4b8eef9448085faf51",
        ],
        ["4361726c204d656e676572", "d5e83adfaac5dc324a68f1862df54549e56d209fba707205f328b2"],
        [
            "4a65616e2d426170746973746520536179",
            "d102c9029b1f55c788f561ba7737afbccef9c9f1bf2f238167fd40ba9c1c134867",
        ],
        [
            "457567656e2042f6686d20766f6e2042617765726b",
            "cb1ce80960382c6d5d5e740ffb724d1432f0310b200fb6f8424120f506092744baa415e155",
        ],
    ],
};
