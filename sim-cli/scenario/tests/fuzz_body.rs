//! The body of the fuzz target on random texts, and on what was found worth keeping.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../fuzz/bodies.rs"]
mod bodies;

#[path = "../../../core/tests/common/corpus.rs"]
mod corpus;

/// Scenarios that hold most of the language.
fn scenarios() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = fs::read_dir(folder).expect("the scenarios").flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).expect("a scenario")).collect()
}

/// A scenario in which some bytes are others, and some parts are missing or twice.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0usize..12, "[ -~\n]{0,6}");
    (prop::sample::select(scenarios()), prop::collection::vec(change, 0..6)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (at, gone, put) in changes {
            let start = at.index(bytes.len() + 1);
            let end = (start + gone).min(bytes.len());
            bytes.splice(start..end, put.into_bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_scenarios(data in damaged()) {
        bodies::scenario(&data);
    }

    #[test]
    fn values_put_in(key in "[a-z_.0-9]{1,20}", value in "[ -~]{0,20}") {
        for text in scenarios().into_iter().take(2) {
            bodies::scenario(format!("{text}\0{key}={value}").as_bytes());
        }
    }

    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..300)) {
        bodies::scenario(&data);
    }
}

/// Each file of the corpus, and the scenarios of this repository.
#[test]
fn the_corpus() {
    corpus::through(env!("CARGO_MANIFEST_DIR"), &[("scenario", bodies::scenario)]);
    scenarios().iter().for_each(|text| bodies::scenario(text.as_bytes()));
}
