//! Twice in one process, and on 2, 3 and 7 threads: the same bytes in every table.

use std::num::NonZeroUsize;

use sim_cli::lab::verify::verify;
use sim_cli::registry::Registry;

use crate::cases;

#[test]
fn every_case_on_any_number_of_threads() {
    let (registry, folder) = (Registry::builtin(), cases::folder());
    let jobs = [2, 3, 7].map(|jobs| NonZeroUsize::new(jobs).unwrap());
    for name in cases::names() {
        let scenario = cases::scenario(name, "", &[], folder.path(), &registry);
        let verified = verify(&scenario, registry.lab(), &jobs, &mut |_| true).unwrap();
        assert!(verified.complete && verified.difference.is_none(), "{name}: {verified:#?}");
        assert_eq!(verified.ways.len(), 5);
        assert!(verified.ways.iter().all(|(_, digest)| *digest == verified.ways[0].1), "{name}");
    }
}
