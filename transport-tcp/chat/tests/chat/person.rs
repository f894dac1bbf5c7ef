//! What a person at a terminal and a program at a pipe expect of a chat.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::binary;
use crate::house::House;
use crate::process::{Chat, Start};

/// Bob at a terminal, where ada's chat is.
fn terminal(house: &House, ada: &Chat) -> PtySession {
    let mut session = terminal_at(house, &[ada]);
    session.exp_string("ada~").expect("connected and introduced");
    session
}

/// Bob at a terminal, who looks for others where these are.
fn terminal_at(house: &House, others: &[&Chat]) -> PtySession {
    let mut command = Command::new(binary());
    command.args(["--listen", "127.0.0.1:0", "--profile", "lab", "--name", "bob"]);
    for other in others {
        command.args(["--peer", &other.address()]);
    }
    command.arg("--data").arg(house.data("bob")).env("NO_COLOR", "1").env("TERM", "xterm");
    spawn_command(command, Some(20_000)).expect("a terminal")
}

fn types(session: &mut PtySession, keys: &str) {
    session.send(keys).expect("it reads");
    session.flush().expect("it reads");
}

#[test]
fn ctrl_c_takes_a_line_away_and_leaves_only_from_an_empty_one() {
    let house = House::new();
    let ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = terminal(&house, &ada);
    types(&mut bob, "never said\x03said\r");
    ada.hears(": said");
    assert!(ada.heard().iter().all(|line| !line.contains("never")), "{:?}", ada.heard());
    types(&mut bob, "\x03");
    bob.exp_eof().expect("it ends");
    ada.tells("left");
}

#[test]
fn names_and_commands_are_completed_and_own_lines_have_their_time() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = terminal(&house, &ada);
    ada.say("here");
    bob.exp_string(": here").expect("heard, so named");
    // The names are collected each second.
    bob.exp_regex(r"\d\d:\d\d:\d\d bob> ").expect("the time before the line");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    types(&mut bob, "@ad\tpsst\r");
    ada.hears("-> you: psst");
    types(&mut bob, "/sta\t\r");
    bob.exp_string("listening   ").expect("the status");
    types(&mut bob, "a\tb\r");
    ada.hears(": a\tb");
}

#[test]
fn who_is_named_hears_a_bell_and_sees_a_mark() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = terminal(&house, &ada);
    ada.say("/me waves");
    bob.exp_regex(r"\d\d:\d\d:\d\d [^ ]+ ada~[a-z2-7-]{19} waves").expect("what she does");
    ada.say("are you there, Bob?");
    bob.exp_regex("\x07\\d\\d:\\d\\d:\\d\\d [^ ]+ ada~[a-z2-7-]{19}: are you there, Bob\\?")
        .expect("a bell and a mark");
    types(&mut bob, "/who\r");
    bob.exp_string("bob (1 unread)> ").expect("it waits");
    types(&mut bob, "yes\r");
    ada.hears(": yes");
    types(&mut bob, "/unread\r");
    bob.exp_string("nobody has named you").expect("answered");
}

#[test]
fn strangers_do_not_fill_a_screen_and_may_be_ignored() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let mut bob = terminal(&house, &ada);
    for number in 0..300 {
        ada.say(&format!("flood {number}"));
    }
    bob.exp_regex(r"\* \d+ lines of 1 stranger were too many to show; /history has them").expect("told");
    types(&mut bob, "/ignore AD*\r");
    bob.exp_string("strangers called AD* are not shown any more").expect("done");
    ada.say("unseen");
    ada.say("set username eve");
    bob.exp_regex("ada~[a-z2-7-]{19} is called eve now").expect("another name");
    ada.say("seen");
    let before = bob.exp_string(": seen").expect("shown");
    assert!(!before.contains("unseen"), "{before}");
    types(&mut bob, "/quit\r");
    bob.exp_eof().expect("it ends");
    // The pattern is there in the next run.
    let mut bob = house.start("bob", &ada.address()).spawn();
    bob.say("/ignore");
    bob.tells("AD*");
}

#[test]
fn a_program_gets_json_or_times() {
    let house = House::new();
    let mut ada = house.first("ada");
    let json = house.start("json", &ada.address()).args(&["--format", "json"]).spawn();
    let timed = house.start("timed", &ada.address()).args(&["--timestamps"]).spawn();
    for chat in [&json, &timed] {
        chat.tells("ada~");
    }
    ada.say("two\ttabs \u{1b}[2J");
    json.hears("two");
    timed.hears("two");
    let object: serde_json::Value = serde_json::from_str(&json.heard()[0]).expect("an object");
    assert_eq!(object["text"], "two\ttabs \u{1b}[2J");
    assert_eq!((&object["direct"], &object["caught_up"]), (&false.into(), &false.into()));
    assert!(object["from"].as_str().is_some_and(|from| from.starts_with("ada~")), "{object}");
    let line = &timed.heard()[0];
    assert!(
        line.starts_with("[20") && line.contains("Z] ada~") && line.ends_with(": two\ttabs \\u{1b}[2J"),
        "{line}"
    );
}

#[test]
fn the_program_tells_of_itself() {
    for (args, expected) in [
        (vec!["--man"], ".TH chat"),
        (vec!["--completions", "bash"], "_chat"),
        (vec!["--completions", "zsh"], "#compdef chat"),
    ] {
        let output = Command::new(binary()).args(&args).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && text.contains(expected), "{args:?}: {text}");
    }
}

#[test]
fn one_goes_from_room_to_room_without_a_restart() {
    let house = House::new();
    let mut ada = house.first("ada");
    ada.tells("listening on ");
    let mut carol = house.start("carol", "127.0.0.1:1").args(&["--room", "den"]).spawn();
    carol.tells("listening on ");
    let mut bob = terminal_at(&house, &[&ada, &carol]);
    bob.exp_string("ada~").expect("connected and introduced");
    types(&mut bob, "/room den nokey\r");
    bob.exp_string("there is no key file nokey").expect("so nothing is left");
    types(&mut bob, "still here\r");
    ada.hears(": still here");
    types(&mut bob, "/room den\r");
    bob.exp_string("this is room den, open to all").expect("entered");
    ada.tells("left");
    carol.tells("bob~");
    types(&mut bob, "in the den\r");
    carol.hears(": in the den");
    carol.say("welcome");
    bob.exp_string(": welcome").expect("heard");
    types(&mut bob, "set username rob\r");
    bob.exp_string("rob> ").expect("another name, which goes with him");
    types(&mut bob, "/room -\r");
    bob.exp_string("this is the open room").expect("back");
    bob.exp_string("still here").expect("what was said before");
    bob.exp_string("connected").expect("the others are there");
    ada.tells("rob~");
    types(&mut bob, "back again\r");
    ada.hears(": back again");
    assert!(ada.heard().iter().all(|line| !line.contains("den") && !line.contains("welcome")));
    types(&mut bob, "/quit\r");
    bob.exp_eof().expect("it ends");
    ada.say("/room den");
    ada.tells("a pipe stays in its room");
}

/// The later of two programs with one key has the links, and the earlier one is told why nobody hears it.
#[test]
fn who_starts_a_copy_of_a_chat_is_told() {
    let house = House::new();
    let ada = house.first("ada");
    let first = house.joins("first", &ada);
    std::fs::create_dir(house.data("copy")).expect("new");
    std::fs::copy(house.data("first").join("key"), house.data("copy").join("key")).expect("ours");
    let _copy = house.joins("copy", &ada);
    first.tells("another chat with your key was started later");
}

#[cfg(unix)]
#[test]
fn without_a_variable_the_system_knows_the_user() {
    let house = House::new();
    let expected =
        nix::unistd::User::from_uid(nix::unistd::getuid()).expect("it answers").expect("known").name;
    let start = Start::bare(binary(), house.data("x")).without(&["USER", "USERNAME"]);
    let chat = start.args(&["--listen", "127.0.0.1:0", "--peer", "127.0.0.1:1"]).spawn();
    chat.tells(&format!("you are {expected}~"));
}
