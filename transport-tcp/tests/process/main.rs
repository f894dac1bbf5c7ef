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
        return code("node", runtime.block_on(node::run(profile)));
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
    if wanted("files") {
        let result = runtime.block_on(bounded(attacks::files_run_out()));
        worst = code("files_run_out", result);
    }
    if wanted("memory") && worst == ExitCode::SUCCESS {
        let result = runtime.block_on(bounded(attacks::memory_is_bounded()));
        worst = code("memory_is_bounded", result);
    }
    worst
}

/// No attack lasts longer than this, not even on a busy machine.
async fn bounded(attack: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(Duration::from_secs(90), attack).await?
}

fn code(name: &str, result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => {
            println!("test {name} ... ok");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("test {name} ... FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}
