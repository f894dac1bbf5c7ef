//! The program `chat` as a person meets it: real processes on real sockets.

mod capture;
mod dialogue;
mod eclipse;
mod find;
mod history;
mod history_store;
mod house;
mod input;
mod output;
mod person;
mod process;
mod state;
mod strangers;
#[expect(dead_code, reason = "times are read by the example that measures them")]
mod swarm;
mod window;
mod wire;

use std::path::Path;

/// The program under test.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chat"))
}
