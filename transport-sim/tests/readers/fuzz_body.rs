//! The body of the fuzz target on random files, and on what was found worth keeping.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// What stands in cells.
const CELLS: [&str; 22] = [
    "0", "1", "2", "3", "7", "10", "0.5", "1e1", "", " ", "-1", "a", "b", "nan", "\"1\"", "\"a\"", "slot",
    "up_s", "down_s", "source", "target", "weight",
];

/// What damages a file.
const PIECES: [&str; 20] = [
    "\n", "\r", "\r\n", ",", ";", "\t", " ", "\"", "\"\"", "#", " # 1,2", "%", "\u{feff}", "9", "-", ".",
    "e", "٣", "\u{a0}", "\0",
];

/// A table, most often square, with one separator.
fn table() -> impl Strategy<Value = String> {
    let separator = prop::sample::select(vec![",", ";", "\t", " ", ", "]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let heading = prop::sample::select(vec!["", "slot,up_s,down_s\n", ",a,b\n", "a,b\n", "source,target\n"]);
    (1..5usize, 0..2usize, separator, end, heading).prop_flat_map(|(size, more, separator, end, heading)| {
        // Mostly numbers, so that many tables are read.
        let cell = prop_oneof![4 => 0..6usize, 1 => 0..CELLS.len()].prop_map(|at| CELLS[at]);
        let row = prop::collection::vec(cell, size + more).prop_map(move |row| row.join(separator));
        let count = prop_oneof![Just(1), Just(2), Just(size), Just(size), Just(size + 1)];
        let rows = count.prop_flat_map(move |count| prop::collection::vec(row.clone(), count));
        rows.prop_map(move |rows| heading.replace(',', separator).replace('\n', end) + &rows.join(end) + end)
    })
}

/// Some pieces of a file are others.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0usize..3, prop::sample::select(PIECES.to_vec()));
    (table(), prop::collection::vec(change, 0..4)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (at, gone, put) in changes {
            let start = at.index(bytes.len() + 1);
            let end = (start + gone).min(bytes.len());
            bytes.splice(start..end, put.bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tables(text in table()) {
        bodies::tables(text.as_bytes());
    }

    #[test]
    fn damaged_tables(data in damaged()) {
        bodies::tables(&data);
    }

    #[test]
    fn pieces(pieces in prop::collection::vec(prop::sample::select([&CELLS[..], &PIECES[..]].concat()), 0..24)) {
        bodies::tables(pieces.concat().as_bytes());
    }

    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..60)) {
        bodies::tables(&data);
    }
}

/// Enough of the random tables are read, of each kind, for the comparison to say something.
#[test]
fn many_tables_are_read() {
    let mut runner = TestRunner::deterministic();
    let mut read = [0; 3];
    for _ in 0..5_000 {
        let text = table().new_tree(&mut runner).expect("a table").current();
        for (count, is_read) in read.iter_mut().zip(bodies::tables(text.as_bytes())) {
            *count += u32::from(is_read);
        }
    }
    assert!(read.iter().all(|count| *count >= 20), "edges, matrices, sessions: {read:?} of 5,000");
}

/// Each file of the corpus.
#[test]
fn the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/tables");
    let corpus: Vec<_> = fs::read_dir(folder).expect("a corpus").flatten().collect();
    assert!(corpus.len() >= 10);
    for entry in corpus {
        bodies::tables(&fs::read(entry.path()).expect("a file"));
    }
}
