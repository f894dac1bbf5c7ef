//! The bodies of the fuzz targets on random bytes, and on what fuzzers found worth keeping.

use std::path::Path;

use proptest::prelude::*;

#[expect(unreachable_pub, reason = "a library in its own folder")]
#[path = "../fuzz/src/lib.rs"]
mod bodies;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Mostly small numbers, which lengths and kinds are made of.
    prop::collection::vec(prop_oneof![3 => 0u8..16, 1 => any::<u8>()], 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn state_machine(data in bytes()) {
        bodies::state_machine(&data);
    }
}

/// Each file of the corpus, through its target.
#[test]
fn the_corpus() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 1] = [("state_machine", bodies::state_machine)];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut count = 0;
        for entry in std::fs::read_dir(folder).expect("a folder for each target") {
            target(&std::fs::read(entry.expect("an entry").path()).expect("a file"));
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}
