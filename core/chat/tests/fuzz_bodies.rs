//! The bodies of the fuzz targets on random bytes, and on what fuzzers found worth keeping.

use proptest::prelude::*;

#[expect(unreachable_pub, reason = "a library in its own folder")]
#[path = "../fuzz/src/lib.rs"]
mod bodies;

#[path = "../../tests/common/corpus.rs"]
mod corpus;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Mostly small numbers, which lengths and kinds are made of.
    prop::collection::vec(prop_oneof![3 => 0u8..16, 1 => any::<u8>()], 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn packet(data in bytes()) {
        bodies::packet(&data);
    }

    #[test]
    fn envelope(data in bytes()) {
        bodies::envelope(&data);
    }

    #[test]
    fn chat_message(data in bytes()) {
        bodies::chat_message(&data);
    }

    #[test]
    fn history(data in bytes()) {
        bodies::history(&data);
    }

    #[test]
    fn stored_state(data in bytes()) {
        bodies::stored_state(&data);
    }
}

/// Each file of the corpus, through its target.
#[test]
fn the_corpus() {
    corpus::through(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("packet", bodies::packet),
            ("envelope", bodies::envelope),
            ("chat_message", bodies::chat_message),
            ("history", bodies::history),
            ("stored_state", bodies::stored_state),
        ],
    );
}
