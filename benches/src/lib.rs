//! How fast floodnet is, and what guards it: criterion benches, a gate on instruction counts, and a study of
//! how the cost grows. This library holds what they share: the workloads.
//!
//! | command | what it does | takes |
//! |---|---|---|
//! | `cargo bench` | all benches, full sizes | minutes, 2 GB |
//! | `cargo bench --bench engine -- flood` | those of one subject | |
//! | `cargo bench -- --test` | the short mode: each bench runs once, small | seconds |
//! | `cargo run --release --bin counts` | the gate, see `src/bin/counts` | seconds |
//! | `cargo run --release --bin scaling` | the study, see `src/bin/scaling` | minutes, 5 GB |
//!
//! # Benches
//!
//! | subject | what is measured | unit |
//! |---|---|---|
//! | `flood` | the yardstick: a flood over a random graph by datagrams | packets per second |
//! | `join` | many nodes join one network within a minute | nodes per second |
//! | `churn` | nodes come and go all the time | inputs per second |
//! | `heap` | the windowed engine against one heap in global order | packets per second |
//! | `wire` | messages to bytes and back | messages and bytes per second |
//!
//! All run the real protocols of `floodnet-core`, with the digest on and nothing else observed. One binary
//! holds all subjects: each further one would be linked and optimized again for the same engine.
//!
//! # The short mode
//!
//! Criterion runs each bench once and reports nothing when it is given `--test`, or is not started by
//! `cargo bench` at all; [`is_short`] follows the same rule, and [`sizes`] then gives the least size alone.
//! So a change that breaks a bench is found at once, in debug builds of `cargo test --benches` too.
//!
//! # Times and counts
//!
//! A time is worth what the machine is at that moment; of benches of 10,000 nodes and less, expect 25 % from
//! one hour to the next, and compare only what was measured in turn. The gate counts instructions instead,
//! which repeat, but says nothing about memory that is far away: a change can leave all counts alone and make
//! a million nodes half as fast. Look at both.

pub mod workload;

/// Says what went wrong, if anything did, and how the program ends.
#[expect(clippy::print_stderr, reason = "said by commands")]
pub fn exit_code(done: Result<(), String>) -> std::process::ExitCode {
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Whether benches shall only show that they work: see the head of this page.
#[must_use]
pub fn is_short() -> bool {
    let given = |flag: &str| std::env::args().skip(1).any(|argument| argument == flag);
    given("--test") || !given("--bench")
}

/// The sizes to run: all, in the short mode only the first, which must be the least.
pub fn sizes<T>(all: &[T]) -> &[T] {
    let count = if is_short() { 1 } else { all.len() };
    &all[..count.min(all.len())]
}
