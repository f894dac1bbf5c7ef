//! The bodies of the fuzzers on random bytes and on the corpus, so that they stay sound.

use floodnet_core::wire;
use proptest::prelude::*;

#[expect(unreachable_pub, reason = "public for the fuzz targets, which take it as a library")]
#[path = "../fuzz/src/lib.rs"]
mod bodies;

#[path = "../../core/tests/common/corpus.rs"]
mod corpus;

use bodies::{frames, handshake, hello, key_file, packet, session};

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_fail(input: Vec<u8>) {
        frames(&input);
        packet(&input);
        hello(&input);
        key_file(&input);
    }

    /// Inputs that begin well, so that more of them get further.
    #[test]
    fn nor_what_nearly_is_right(
        rest: Vec<u8>,
        kind in 0u8..10,
        // A message of the overlay says by these what follows.
        flags in 0u8..8,
        layer in 0u8..3,
        length in 0u8..40,
    ) {
        frames(&[&[0, length, kind], &rest[..], &[0, 1, 1]].concat());
        packet(&[&[wire::VERSION, layer, kind | flags << 4], &rest[..]].concat());
        hello(&[&[9; 100], &rest[..]].concat());
        key_file(&[b"floodnet-key-v1 secret ", &rest[..]].concat());
    }
}

/// What fuzzing has found worth keeping.
#[test]
fn the_corpus_is_borne() {
    corpus::through(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("frames", frames),
            ("packet", packet),
            ("hello", hello),
            ("handshake", handshake),
            ("session", session),
            ("key_file", key_file),
        ],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn handshakes_and_links_bear_everything(input: Vec<u8>, choice in 0u8..4) {
        handshake(&[&[choice], &input[..]].concat());
        handshake(&[&[choice], &[5; 48][..]].concat());
        session(&input);
    }
}
