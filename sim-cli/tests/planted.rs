//! Bugs are planted one by one, and the swarm test finds each. Needs a build with them:
//!
//! ```sh
//! cargo test -p sim-cli --features planted --test planted -- --nocapture
//! ```

use std::num::NonZeroUsize;
use std::time::Duration;

use floodnet_core::planted::{Bug, plant};
use sim_cli::lab::hunt::{Found, Hunt, by_invariant};
use sim_cli::lab::swarm::campaign::{Campaign, Tried};
use sim_cli::lab::swarm::draw::{ProtocolChoice, draw};
use sim_cli::registry::Registry;

/// Each bug must be found within so many scenarios.
const WITHIN: u64 = 1_000;
const JOBS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn try_until_found(registry: &Registry, count: u64) -> Tried {
    let campaign = Campaign { first: Vec::new(), base: 0, count, choice: ProtocolChoice::Builtin };
    campaign.run(registry.lab(), JOBS, Tried::is_sound).unwrap()
}

/// How many nodes the smallest scenario has that breaks the same invariant, as far as one comes soon.
fn small(registry: &Registry, tried: &Tried) -> Option<u32> {
    let failure = tried.failures.first()?;
    let scenario = draw(failure.seed, &ProtocolChoice::Builtin).scenario(registry.tables()).ok()?;
    let judge = by_invariant(failure.violation.invariant, registry.lab());
    let hunt = Hunt::new(registry.lab(), &judge, JOBS, Duration::from_secs(2), &|| false);
    let found = hunt.shrink(Found { scenario, what: failure.violation.to_string() }, |_| ());
    found.scenario.nodes.count
}

/// One test, since a bug is at work in the whole process.
#[test]
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn every_planted_bug_is_found() {
    let registry = Registry::builtin();
    plant(None);
    let healthy = try_until_found(&registry, 300);
    assert_eq!(healthy.first(), None, "nothing is wrong without a bug: {:?}", healthy.failures);

    println!("\n| planted | found after | small: nodes | by |\n|---|---|---|---|");
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        plant(Some(bug));
        let tried = try_until_found(&registry, WITHIN);
        let Some((invariant, after)) = tried.first() else {
            missed.push(bug);
            continue;
        };
        let nodes = small(&registry, &tried).map_or_else(|| "-".to_owned(), |nodes| nodes.to_string());
        println!("| {bug:?} | {after} | {nodes} | {} {} |", invariant.code(), invariant.says());
    }
    plant(None);
    assert!(missed.is_empty(), "not found within {WITHIN} scenarios: {missed:?}");
}
