//! `chat`: see `chat --help`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use floodnet_chat_app::app::{Failure, run};
use floodnet_chat_app::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let code = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(run(args));
            // A thread may still wait for input.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::Failed(error.to_string())),
    };
    code.unwrap_or_else(|failure| {
        let _ = writeln!(std::io::stderr(), "chat: {}", failure.text());
        failure.code()
    })
}
