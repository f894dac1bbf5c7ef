//! A node in a process of its own, so that its memory and its files can be bounded and measured, attacked from
//! this process while an honest friend goes on talking with it.
//!
//! Not run by the usual harness: this program is also the node's process.

#![expect(clippy::print_stdout, reason = "a program that talks with its parent")]

mod attacks;
mod namespace;
mod node;

use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().expect("a runtime");
    if let [mode, rest @ ..] = &args[..]
        && let Some(role) = role(&runtime, mode, rest)
    {
        return match role {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("failed {error}");
                ExitCode::FAILURE
            }
        };
    }
    if !cfg!(target_os = "linux") {
        println!("SKIPPED: the figures of a process are read from /proc");
        return ExitCode::SUCCESS;
    }
    let wanted = |name: &str| {
        let mut filters = args.iter().filter(|arg| !arg.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    let mut worst = ExitCode::SUCCESS;
    for name in TESTS.into_iter().filter(|name| wanted(name)) {
        let result = runtime.block_on(bounded(test(name)));
        if result.is_err() {
            worst = ExitCode::FAILURE;
        }
        report(name, result);
    }
    worst
}

const TESTS: [&str; 5] = [
    "files_run_out",
    "a_stopped_process_goes_on",
    "memory_is_bounded",
    "memory_is_bounded_from_other_addresses",
    "a_lab_of_sixty_withstands",
];

async fn test(name: &str) -> Result<Option<()>> {
    match name {
        "files_run_out" => attacks::files_run_out().await.map(Some),
        "a_stopped_process_goes_on" => attacks::a_stopped_process_goes_on().await.map(Some),
        "memory_is_bounded" => attacks::memory_is_bounded().await.map(Some),
        "a_lab_of_sixty_withstands" => attacks::a_lab_of_sixty_withstands().await.map(Some),
        _ => namespace::run().await,
    }
}

/// Plays the part that the parent gave to this process, if it gave one.
fn role(runtime: &Runtime, mode: &str, rest: &[String]) -> Option<Result<()>> {
    match (mode, rest) {
        (node::MODE, [profile, listen]) => Some(runtime.block_on(node::run(profile, listen))),
        (namespace::MODE, []) => Some(runtime.block_on(bounded(namespace::attack()))),
        _ => None,
    }
}

/// No attack lasts longer than this, not even on a busy machine.
async fn bounded<T>(attack: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(Duration::from_secs(90), attack).await?
}

fn report(name: &str, result: Result<Option<()>>) {
    match result {
        Ok(Some(())) => println!("test {name} ... ok"),
        Ok(None) => println!("test {name} ... SKIPPED: no network namespace can be made here"),
        Err(error) => println!("test {name} ... FAILED: {error}"),
    }
}
