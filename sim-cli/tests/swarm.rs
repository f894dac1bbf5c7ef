//! The swarm test at its least size, and protocols of one's own in it. `sim-cli swarm -n 10000` is the long
//! one; `tests/faulty.rs` says what it finds.

use std::num::NonZeroUsize;

use sim_cli::lab::check::Again;
use sim_cli::lab::simulate::check;
use sim_cli::lab::swarm::campaign::{Campaign, Tried};
use sim_cli::lab::swarm::draw::{ProtocolChoice, draw};
use sim_cli::lab::swarm::seeds;
use sim_cli::registry::Registry;

fn campaign(base: u64, count: u64) -> Campaign {
    Campaign::new(&seeds::kept(), base, count, ProtocolChoice::Builtin)
}

fn run(campaign: &Campaign, jobs: usize) -> Tried {
    campaign.run(Registry::builtin().lab(), NonZeroUsize::new(jobs).unwrap(), |_| true).unwrap()
}

#[test]
fn every_invariant_holds_in_random_scenarios() {
    let tried = run(&campaign(0, 240), 2);
    assert!(tried.is_sound(), "{:#?}, not one: {:?}", tried.failures, tried.unhealed);
    assert_eq!(tried.scenarios, 240, "those that failed before are among them");
    assert!(tried.promised_to_heal > 60, "liveness was judged in {} only", tried.promised_to_heal);
}

/// On any number of threads, and once more.
#[test]
fn a_campaign_comes_to_the_same_again() {
    let alone = run(&campaign(5_000, 16), 1);
    assert_eq!(alone, run(&campaign(5_000, 16), 3));
    assert!(alone.inputs > 10_000, "{} inputs", alone.inputs);
}

/// With the tables of one scenario everywhere.
#[test]
fn protocols_can_be_given() {
    let registry = Registry::builtin();
    let given = draw(1, &ProtocolChoice::Builtin).scenario(registry.tables()).unwrap();
    let protocols =
        ProtocolChoice::Given { overlay: given.overlay.clone(), broadcast: given.broadcast.clone() };
    for seed in 0..4 {
        let scenario = draw(seed, &protocols).scenario(registry.tables()).unwrap();
        assert_eq!((&scenario.overlay, &scenario.broadcast), (&given.overlay, &given.broadcast));
        let checked = check(&scenario, registry.lab(), Again::ByHeap).unwrap();
        assert_eq!(checked.violation, None);
    }
}
