//! What fuzzers found worth keeping, for the tests of every crate that has fuzz targets.

use std::path::Path;

/// The body of a fuzz target.
type Body = fn(&[u8]);

/// Gives each file of `fuzz/corpus/NAME` in the folder of a crate to the body of the target NAME.
pub(crate) fn through(package: &str, targets: &[(&str, Body)]) {
    for (name, body) in targets {
        let folder = Path::new(package).join("fuzz/corpus").join(name);
        let mut count = 0;
        for entry in std::fs::read_dir(folder).expect("a folder for each target") {
            body(&std::fs::read(entry.expect("an entry").path()).expect("a file"));
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}
