//! The screen of its own: on terminals, and on the way out of it.

use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};

use crate::binary;
use crate::house::House;
use crate::process::Chat;

/// Runs the chat on a terminal of a size, and then tells how it ended and in which state it left the terminal. A signal
/// to all of them is for the chat.
const SCRIPT: &str =
    r#"stty rows 24 cols 80; trap "" TERM; echo "pid $$."; "$0" "$@"; echo "code $?."; stty -a; echo end"#;

/// A chat with a window in ada's room, and the number of its processes.
fn window(house: &House, ada: &Chat) -> (PtySession, String) {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).arg(binary());
    command.args(["--tui", "--listen", "127.0.0.1:0", "--profile", "lab", "--name", "bob"]);
    command.args(["--peer", &ada.address(), "--data"]);
    command.arg(house.data("bob")).env("NO_COLOR", "1").env("TERM", "xterm");
    let mut session = spawn_command(command, Some(20_000)).expect("a terminal");
    session.exp_string("pid ").expect("it starts");
    let pid = session.exp_string(".").expect("a number");
    session.exp_string("\u{1b}[?1049h").expect("a screen of its own");
    session.exp_string("connected").expect("a neighbor");
    (session, pid)
}

fn types(session: &mut PtySession, keys: &str) {
    session.send(keys).expect("it reads");
    session.flush().expect("it reads");
}

/// Waits for the end, and tells what was shown until the window was gone.
fn ends(mut session: PtySession, code: u8) -> String {
    let shown = session.exp_string("\u{1b}[?1049l").expect("the other screen again");
    session.exp_string(&format!("code {code}.")).expect("it ends so");
    let state = session.exp_string("end").expect("the state of the terminal");
    for mode in ["icanon", "isig", "opost"] {
        assert!(state.split_whitespace().any(|word| word == mode), "{mode}: {state}");
    }
    for (mode, off) in [("the mouse", "\u{1b}[?1000l"), ("pastes", "\u{1b}[?2004l")] {
        assert!(shown.contains(off), "{mode}");
    }
    shown
}

#[test]
fn one_talks_in_a_window_and_leaves_it() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let (mut bob, _) = window(&house, &ada);
    types(&mut bob, "hello\r");
    ada.hears(": hello");
    types(&mut bob, "\u{1b}[200~one\rtwo\u{1b}[201~\r");
    ada.hears("one");
    ada.say("unheard-of");
    bob.exp_string("unheard-of").expect("shown");
    // A flag is a letter after which all is drawn again, as it is after Ctrl-L.
    types(&mut bob, "never \u{1f1e9}\u{1f1ea}\x7f\x0c\x03/quit\r");
    ends(bob, 0);
    assert!(ada.heard().iter().all(|line| !line.contains("never")), "{:?}", ada.heard());
}

#[test]
fn a_signal_and_ctrl_c_give_the_terminal_back() {
    let house = House::new();
    let ada = house.first("ada");
    ada.tells("listening on ");
    let (bob, pid) = window(&house, &ada);
    let group = format!("-{pid}");
    assert!(Command::new("kill").args(["-TERM", "--", &group]).status().expect("it runs").success());
    ends(bob, 130);
    let (mut bob, _) = window(&house, &ada);
    types(&mut bob, "x\x03\x03");
    ends(bob, 130);
    let (mut bob, _) = window(&house, &ada);
    types(&mut bob, "\x04");
    ends(bob, 0);
}

#[test]
fn ctrl_c_does_not_wait_for_a_line_that_waits() {
    let house = House::new();
    let ada = house.first("ada");
    ada.tells("listening on ");
    let (mut bob, _) = window(&house, &ada);
    // It is waited for somebody of that name, for two seconds.
    types(&mut bob, "@nemo psst\r@nemo again\r\x03");
    let shown = ends(bob, 130);
    assert!(!shown.contains("nobody is called"), "{shown}");
}

/// A direct message that was seen is not told of again.
#[test]
fn an_open_conversation_is_read() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let (mut bob, _) = window(&house, &ada);
    ada.tells("bob");
    ada.say("@bob earlier");
    bob.exp_string("\u{7}").expect("it rings");
    types(&mut bob, "/unread\r");
    bob.exp_string("earlier").expect("it was not read");
    ada.say("@bob later");
    // The next conversation is the one with ada.
    types(&mut bob, "\x0e");
    bob.exp_string("later").expect("it is seen");
    types(&mut bob, "/unread\r");
    bob.exp_string("waits").expect("none waits for an answer");
    types(&mut bob, "/quit\r");
    ends(bob, 0);
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
    let mut command = Command::new(binary());
    command.args(["--tui", "--data"]).arg(house.data("x")).env("TERM", "dumb");
    let mut session = spawn_command(command, Some(20_000)).expect("a terminal");
    session.exp_string("TERM=dumb").expect("it says why");
    session.exp_eof().expect("it ends");
    assert!(!house.data("x").exists(), "nothing is begun");
}
