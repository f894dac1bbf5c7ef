//! What is heard: all of it is written, or the chat ends and says so.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rexpect::session::spawn_command;

use crate::binary;
use crate::process::{Chat, Start};

fn listener(folder: &tempfile::TempDir, peer: &str) -> Start {
    Start::new(binary(), folder.path().join("ada"), "ada").peers(&[peer.to_owned()])
}

fn speaker(folder: &tempfile::TempDir, chat: &Chat) -> Chat {
    Start::new(binary(), folder.path().join("bob"), "bob").peers(&[chat.address()]).spawn()
}

#[test]
fn a_reader_that_goes_away_ends_the_chat() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut chat, out) = listener(&folder, "127.0.0.1:1").spawn_unread();
    chat.tells("listening on");
    drop(out);
    // Nothing is said, and its input goes on.
    assert_eq!(chat.has_ended().code(), Some(141));
    let (mut chat, out) = listener(&folder, "127.0.0.1:1").spawn_unread();
    let mut bob = speaker(&folder, &chat);
    bob.tells("connected");
    bob.say("hello");
    let mut first = String::new();
    let mut out = BufReader::new(out);
    out.read_line(&mut first).expect("text");
    assert!(first.ends_with(": hello\n"), "{first}");
    drop(out);
    bob.say("who hears this?");
    assert_eq!(chat.has_ended().code(), Some(141));
}

/// A device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_chat_with_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there");
    let mut chat = listener(&folder, "127.0.0.1:1").spawn_to(Stdio::from(full));
    let mut bob = speaker(&folder, &chat);
    bob.tells("connected");
    bob.say("hello");
    assert_eq!(chat.has_ended().code(), Some(1));
    chat.tells("cannot write what is heard: No space left");
}

#[test]
fn a_slow_reader_gets_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut chat, out) = listener(&folder, "127.0.0.1:1").spawn_unread();
    let mut bob = speaker(&folder, &chat);
    let lines: Vec<String> = (0..2_500).map(|number| format!("line {number} {}", "x".repeat(500))).collect();
    bob.write((lines.join("\n") + "\n").as_bytes());
    assert!(bob.ends().success(), "{:?}", bob.told());
    chat.tells("left");
    // Only now the first byte is read. The chat ends when all is written.
    let reader = std::thread::spawn(move || BufReader::new(out).lines().collect::<Result<Vec<_>, _>>());
    assert!(chat.ends().success());
    let heard = reader.join().expect("no panic").expect("text");
    let heard: Vec<&str> = heard.iter().map(|line| line.split_once(": ").expect("an author").1).collect();
    assert_eq!(heard, lines);
}

/// How a further row begins, as the terminal's bytes are read here: one character each.
const MARGIN: &str = "       \u{e2}\u{94}\u{82} ";

/// On a terminal, the rows of a message after its first are marked, whatever is in it and however narrow it is.
#[test]
fn no_row_on_a_terminal_looks_like_somebody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bob =
        Start::new(binary(), folder.path().join("bob"), "bob").peers(&["127.0.0.1:1".to_owned()]).spawn();
    let mut command = Command::new(binary());
    command.args(["--listen", "127.0.0.1:0", "--profile", "lab", "--name", "ada", "--peer", &bob.address()]);
    command.arg("--data").arg(folder.path().join("ada")).env("NO_COLOR", "1").env("TERM", "xterm");
    let mut ada = spawn_command(command, Some(20_000)).expect("a terminal");
    bob.tells("ada~");
    bob.say(&format!("{}10:15:02 carol: I owe bob money", "padding ".repeat(30)));
    bob.say("last");
    let shown = ada.exp_regex(r"last").expect("it comes").0;
    let rows: Vec<&str> =
        shown.split(['\r', '\n']).filter(|row| row.contains("padding") || row.contains("carol")).collect();
    assert!(rows.len() > 2, "{shown}");
    assert!(rows.iter().skip(1).all(|row| row.contains(MARGIN)), "{rows:?}");
    ada.send_line("exit").expect("it reads");
    ada.exp_eof().expect("it ends");
}
