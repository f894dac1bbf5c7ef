//! A gate against getting slower: how many instructions fixed small runs take, as valgrind counts them, held
//! against the counts that were accepted last (`benches/counts.toml`).
//!
//! ```sh
//! cargo run --release --bin counts               # compare: exit code 1 beyond the tolerance
//! cargo run --release --bin counts -- --accept   # write what is counted now
//! ```
//!
//! Times on shared machines differ by a quarter from one hour to the next; counts repeat to a fraction of a per
//! mille. What is counted is the run alone, from making the nodes to the digest: not the drawing of plan and
//! graph. A gain beyond the tolerance fails as well, for with a count that is too high the next loss would
//! pass: accept it. A count says what the processor is asked to do, not how long memory keeps it waiting;
//! that, the benches tell.
//!
//! Counts depend on the compiler: with another one than accepted the differences are shown, loudly, and nothing
//! fails. Without valgrind nothing is counted, loudly as well. The processor matters little, as valgrind shows
//! programs one of its own making; only where the real one lacks AVX2 other copying loops may run.
//!
//! Valgrind is all that this needs. Harnesses for the same, such as gungraun, want a second program of just
//! their version installed beside it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]

mod accepted;
mod callgrind;

use std::collections::BTreeMap;
use std::process::ExitCode;

use accepted::{Accepted, BUILT, Count};
use floodnet_benches::workload::{self, FloodSize, Walk, Workload};
use floodnet_sim::spec::Transport;
use floodnet_sim::{Outcome, SimProtocol};

/// The runs that are counted: some 100,000 inputs each, which take valgrind a second or two.
const RUNS: [&str; 4] = ["flood", "flood-stream", "join", "churn"];

const USAGE: &str = "usage: counts [--accept]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        // What valgrind is given to run.
        [callgrind::RUN, name] => run(name).map(|inputs| println!("{inputs}")),
        _ if cfg!(debug_assertions) => {
            Err("counts of a debug build mean nothing: run with --release".to_owned())
        }
        [] => compare(),
        ["--accept"] => accept(),
        _ => Err(USAGE.to_owned()),
    };
    floodnet_benches::exit_code(done)
}

/// Does the named run, and returns how many inputs were handled.
fn run(name: &str) -> Result<u64, String> {
    let flood = |transport| workload::flood(FloodSize::new(1_000, 20), transport);
    Ok(match name {
        "flood" => counted_run(&flood(Transport::Datagram)).inputs,
        "flood-stream" => counted_run(&flood(Transport::Stream)).inputs,
        "join" => counted_run(&workload::join(2_000, Walk::Default)).inputs,
        "churn" => counted_run(&workload::churn(1_000)).inputs,
        _ => return Err(format!("no run is called {name}")),
    })
}

/// What is counted. Its name is given to valgrind (the constant `COUNTED` of [`callgrind`]): what it calls counts, what is
/// around it does not.
#[inline(never)]
fn counted_run<P: SimProtocol>(workload: &Workload<P>) -> Outcome<P> {
    workload.run()
}

/// Counts everything; none without valgrind.
fn count() -> Result<Option<BTreeMap<String, Count>>, String> {
    if !callgrind::is_there() {
        eprintln!("WARNING: valgrind is not installed: NO INSTRUCTIONS WERE COUNTED, nothing is known");
        return Ok(None);
    }
    let mut counts = BTreeMap::new();
    for name in RUNS {
        counts.insert(name.to_owned(), callgrind::count(name)?);
    }
    Ok(Some(counts))
}

fn accept() -> Result<(), String> {
    let Some(counts) = count()? else { return Err("there is nothing to accept".to_owned()) };
    let before = Accepted::read()?;
    print!("{}", before.table(&counts));
    Accepted { built: BUILT.to_owned(), counts, ..before }.write()?;
    println!("accepted: commit {}", accepted::FILE);
    Ok(())
}

fn compare() -> Result<(), String> {
    let Some(counts) = count()? else { return Ok(()) };
    let accepted = Accepted::read()?;
    print!("{}", accepted.table(&counts));
    let beyond = accepted.beyond(&counts);
    if accepted.built != BUILT {
        eprintln!(
            "WARNING: THE COUNTS ARE OF ANOTHER COMPILER, so nothing is decided; differences mean little"
        );
        eprintln!("  accepted: {}\n  this one: {BUILT}", accepted.built);
        return Ok(());
    }
    if beyond.is_empty() {
        println!("all within {} % of what was accepted", accepted.tolerance_percent);
        return Ok(());
    }
    Err(format!(
        "{} changed by more than {} %. If that is meant, accept and commit it:\n  \
         cargo run --release --bin counts -- --accept",
        beyond.join(", "),
        accepted.tolerance_percent
    ))
}
