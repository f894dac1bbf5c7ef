//! Sixty chats as sixty processes: time to join, share of messages delivered, time to heal when 30 % are
//! killed at once.
//!
//! ```sh
//! cargo build --release -p floodnet-chat-app --bin chat --example swarm
//! target/release/examples/swarm --processes 60 --kill 0.3 --repeat 20
//! ```
//! Takes about 50 s for each repetition; all processes listen on loopback and end with this one.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

#[path = "../tests/chat/process.rs"]
#[expect(dead_code, reason = "shared with the tests, which use the rest")]
mod process;
#[path = "../tests/chat/swarm.rs"]
mod swarm;

#[derive(Parser)]
struct Args {
    /// Processes in each swarm.
    #[arg(long, default_value_t = 60)]
    processes: usize,
    /// Share that is killed at once.
    #[arg(long, default_value_t = 0.3)]
    kill: f64,
    /// Swarms, one after the other.
    #[arg(long, default_value_t = 20)]
    repeat: usize,
    /// Seconds to watch after the kill.
    #[arg(long, default_value_t = 15)]
    watch: u64,
    /// The program; as a rule the one beside this.
    #[arg(long)]
    chat: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("chat"));
    let Some(chat) = args.chat.clone().or_else(beside).filter(|path| path.exists()) else {
        print("build the program first: cargo build --release -p floodnet-chat-app --bin chat");
        return ExitCode::from(2);
    };
    if args.processes < 3 || !(0.0..=0.9).contains(&args.kill) {
        print("at least 3 processes, and at most a share of 0.9 killed");
        return ExitCode::from(2);
    }
    print(&format!("{} processes, {} % killed at once", args.processes, args.kill * 100.0));
    print("  run   join p50   join max   delivered   healed 99.5 %   healed all   delivered after");
    let mut is_good = true;
    for number in 1..=args.repeat {
        let outcome = swarm::run(&chat, args.processes, args.kill, Duration::from_secs(args.watch));
        let swarm::Outcome { join: [median, last], before, heal: [most, all], after } = outcome;
        let ms = |time: Duration| format!("{} ms", time.as_millis());
        let healed = |time: Option<Duration>| time.map_or("never".to_owned(), ms);
        print(&format!(
            "{number:5} {:>10} {:>10} {:>9.3} % {:>15} {:>12} {:>15.3} %",
            ms(median),
            ms(last),
            before * 100.0,
            healed(most),
            healed(all),
            after * 100.0
        ));
        is_good &= after >= 1.0 && all.is_some();
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
