//! Bugs are planted one by one, and the swarm test finds each. Needs a build with them:
//!
//! ```sh
//! cargo test --release -p sim-cli --features planted --test planted -- --nocapture
//! ```

use std::num::NonZeroUsize;

use floodnet_core::planted::{Bug, plant};
use sim_cli::registry::Registry;
use sim_cli::swarm::campaign::{Campaign, Tried};
use sim_cli::swarm::draw::Protocols;

/// Each bug must be found within so many scenarios.
const WITHIN: u64 = 1_000;

fn try_until_found(registry: &Registry, count: u64) -> Tried {
    let campaign = Campaign { first: Vec::new(), base: 0, count, protocols: Protocols::Builtin };
    let jobs = const { NonZeroUsize::new(2).unwrap() };
    campaign.run(registry, jobs, |tried| tried.is_sound()).unwrap()
}

/// One test, since a bug is at work in the whole process.
#[test]
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn every_planted_bug_is_found() {
    let registry = Registry::builtin();
    plant(None);
    let healthy = try_until_found(&registry, 300);
    assert_eq!(healthy.first(), None, "nothing is wrong without a bug: {:?}", healthy.failures);

    println!("\n  {:<18} {:>5}  invariant", "planted", "after");
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        plant(Some(bug));
        let tried = try_until_found(&registry, WITHIN);
        match tried.first() {
            Some((invariant, after)) => {
                println!(
                    "  {:<18} {after:>5}  {} {}",
                    format!("{bug:?}"),
                    invariant.code(),
                    invariant.says()
                );
            }
            None => {
                println!("  {:<18} {:>5}  not found", format!("{bug:?}"), "");
                missed.push(bug);
            }
        }
    }
    plant(None);
    assert!(missed.is_empty(), "not found within {WITHIN} scenarios: {missed:?}");
}
