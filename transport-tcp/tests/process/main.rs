//! A node in a process of its own, so that its memory and its files can be bounded and measured, attacked from
//! this process while an honest friend goes on talking with it.
//!
//! Not run by the usual harness: this program is also the node's process.

#![expect(clippy::print_stdout, reason = "a program that talks with its parent")]

mod attacks;
mod node;

use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().expect("a runtime");
    if let [mode, profile] = &args[..]
        && mode == node::MODE
    {
        return match runtime.block_on(node::run(profile)) {
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
    for name in ["files_run_out", "a_stopped_process_goes_on", "memory_is_bounded"] {
        if !wanted(name) {
            continue;
        }
        let result = match name {
            "files_run_out" => runtime.block_on(bounded(attacks::files_run_out())),
            "memory_is_bounded" => runtime.block_on(bounded(attacks::memory_is_bounded())),
            _ => runtime.block_on(bounded(attacks::a_stopped_process_goes_on())),
        };
        if result.is_err() {
            worst = ExitCode::FAILURE;
        }
        report(name, result);
    }
    worst
}

/// No attack lasts longer than this, not even on a busy machine.
async fn bounded(attack: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(Duration::from_secs(90), attack).await?
}

fn report(name: &str, result: Result<()>) {
    match result {
        Ok(()) => println!("test {name} ... ok"),
        Err(error) => println!("test {name} ... FAILED: {error}"),
    }
}
