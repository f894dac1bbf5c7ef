//! The body of the fuzz target on random bytes, and on what fuzzers found worth keeping.

use proptest::prelude::*;

#[expect(unreachable_pub, reason = "a library in its own folder")]
#[path = "../fuzz/src/lib.rs"]
mod bodies;

#[path = "../../../core/tests/common/corpus.rs"]
mod corpus;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn history_store(data in prop::collection::vec(any::<u8>(), 0..60)) {
        bodies::history_store(&data);
    }
}

/// Each file of the corpus.
#[test]
fn the_corpus() {
    corpus::through(env!("CARGO_MANIFEST_DIR"), &[("history_store", bodies::history_store)]);
}
