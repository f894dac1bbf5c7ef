//! `chat`: see `chat --help`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use floodnet_chat_app::app::{Failure, run};
use floodnet_chat_app::args::Args;
use floodnet_chat_app::screen::restore;

fn main() -> ExitCode {
    let args = Args::parse();
    if args.man || args.completions.is_some() {
        return match write_about(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(io::stderr(), "chat: {error}");
                ExitCode::FAILURE
            }
        };
    }
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
    restore();
    code.unwrap_or_else(|failure| {
        let _ = writeln!(io::stderr(), "chat: {}", failure.text());
        failure.code()
    })
}

/// What a package of this program installs beside it: its manual page, or a script for a shell.
fn write_about(args: &Args) -> io::Result<()> {
    let (mut out, mut command) = (Vec::new(), Args::command());
    match args.completions {
        Some(shell) => clap_complete::generate(shell, &mut command, "chat", &mut out),
        None => clap_mangen::Man::new(command).render(&mut out)?,
    }
    io::stdout().write_all(&out)
}
