//! The screen of its own: on terminals, and on the way out of it.

use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};

use crate::binary;
use crate::house::House;
use crate::process::Chat;

/// What a program prints last to give a terminal back: the mouse, the paste, the other screen, the cursor.
const GIVEN_BACK: &str = "\u{1b}[?1049l";

fn window(house: &House, ada: &Chat) -> PtySession {
    // A terminal of its own has no size.
    let mut command = Command::new("sh");
    command.args(["-c", "stty rows 24 cols 80 && exec \"$0\" \"$@\""]).arg(binary());
    command.args(["--tui", "--listen", "127.0.0.1:0", "--profile", "lab", "--name", "bob"]);
    command.args(["--peer", &ada.address(), "--data"]);
    command.arg(house.data("bob")).env("NO_COLOR", "1").env("TERM", "xterm");
    let mut session = spawn_command(command, Some(20_000)).expect("a terminal");
    session.exp_string("\u{1b}[?1049h").expect("a screen of its own");
    session.exp_string("connected").expect("a neighbor");
    session
}

fn types(session: &mut PtySession, keys: &str) {
    session.send(keys).expect("it reads");
    session.flush().expect("it reads");
}

#[test]
fn one_talks_in_a_window_and_leaves_it() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = window(&house, &ada);
    types(&mut bob, "hello\r");
    ada.hears(": hello");
    types(&mut bob, "\u{1b}[200~one\rtwo\u{1b}[201~\r");
    ada.hears("one");
    ada.say("unheard-of");
    bob.exp_string("unheard-of").expect("shown");
    types(&mut bob, "never\x03/quit\r");
    bob.exp_string(GIVEN_BACK).expect("given back");
    bob.exp_eof().expect("it ends");
    assert!(ada.heard().iter().all(|line| !line.contains("never")), "{:?}", ada.heard());
}

#[cfg(unix)]
#[test]
fn a_signal_and_ctrl_c_give_the_terminal_back() {
    let house = House::new();
    let ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = window(&house, &ada);
    bob.process_mut().signal(rexpect::process::Signal::SIGTERM).expect("it runs");
    bob.exp_string(GIVEN_BACK).expect("given back after the signal");
    bob.exp_eof().expect("it ends");
    let mut bob = window(&house, &ada);
    types(&mut bob, "\x03");
    bob.exp_string(GIVEN_BACK).expect("given back after Ctrl-C");
    bob.exp_eof().expect("it ends");
}

#[test]
fn without_a_terminal_there_is_no_window() {
    let house = House::new();
    let mut command = Command::new(binary());
    command.args(["--tui", "--data"]).arg(house.data("x")).stdin(Stdio::null());
    let output = command.output().expect("it runs");
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--tui needs a terminal"), "{told}");
    assert!(output.stdout.is_empty() && !house.data("x").exists(), "nothing is begun");
}
