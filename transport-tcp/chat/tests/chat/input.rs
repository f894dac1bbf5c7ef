//! What is typed or piped: all of it is sent as it is, or told and counted.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::binary;
use crate::process::{Chat, Start};

struct Pair {
    folder: tempfile::TempDir,
    listener: Chat,
}

impl Pair {
    /// Somebody who listens.
    fn new(profile: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = start(&folder, "ada", profile).peers(&["127.0.0.1:1".to_owned()]).spawn();
        Self { folder, listener }
    }

    /// A pipe into the listener's room, through this address.
    fn sender(&self, args: &[&str], profile: &str, at: String) -> Chat {
        start(&self.folder, "pipe", profile).args(args).peers(&[at]).spawn()
    }

    /// Bob on a terminal, in the listener's room.
    fn terminal(&self) -> PtySession {
        let at = self.listener.address();
        let mut command = Command::new(binary());
        command.args([
            "--listen",
            "127.0.0.1:0",
            "--profile",
            "lab",
            "--name",
            "bob",
            "--peer",
            &at,
            "--data",
        ]);
        command.arg(self.folder.path().join("bob")).env("NO_COLOR", "1").env("TERM", "xterm");
        spawn_command(command, Some(20_000)).expect("a terminal")
    }

    /// The lines heard, without the name of their author.
    fn heard(&self) -> Vec<String> {
        let heard = self.listener.heard();
        heard.iter().map(|line| line.split_once(": ").expect("an author").1.to_owned()).collect()
    }

    /// What is heard of this input, the exit code, and what the sender tells at its end.
    fn pipe(self, args: &[&str], input: &[u8]) -> (Vec<String>, Option<i32>, Vec<String>) {
        let mut sender = self.sender(args, "lab", self.listener.address());
        sender.write(input);
        let code = sender.ends().code();
        // Goodbyes come behind what was said.
        self.listener.tells("left");
        (self.heard(), code, sender.told())
    }
}

fn start(folder: &tempfile::TempDir, name: &str, profile: &str) -> Start {
    let start = Start::bare(binary(), folder.path().join(name));
    start.args(&["--name", name, "--listen", "127.0.0.1:0", "--profile", profile])
}

fn has(told: &[String], what: &str) -> bool {
    told.iter().any(|line| line.contains(what))
}

#[test]
fn a_line_that_is_too_long_is_refused_as_a_whole() {
    let pad = "y".repeat(65_536);
    let input = format!("{pad}TAIL IS SAID\n{pad}/name mallory\n{pad}exit\n{}\nafter\n", "z".repeat(4_097));
    let (heard, code, told) = Pair::new("lab").pipe(&[], input.as_bytes());
    assert_eq!((heard, code), (vec!["after".to_owned()], Some(1)));
    assert!(!has(&told, "mallory") && has(&told, "4 of 5 lines of the input were not sent"), "{told:?}");
}

#[test]
fn lines_end_in_three_ways_and_bytes_are_not_lost() {
    let input = b"one\rtwo\r\nthree\0x\n    four\tcolumns\n\ncaf\xe9 \xff\nno end";
    let (heard, code, told) = Pair::new("lab").pipe(&[], input);
    let expected = ["one", "two", "three\\u{0}x", "    four\tcolumns", "caf\\xe9 \\xff", "no end"];
    assert_eq!((heard, code), (expected.map(String::from).to_vec(), Some(0)));
    assert!(has(&told, "not all UTF-8"), "{told:?}");
}

#[test]
fn what_looks_like_a_command_and_is_none_is_counted() {
    let input = "first\n@@ -1 +1 @@\n/usr/bin/env python\n@nobody/here hi\nset username a b\nlast\n";
    let (heard, code, told) = Pair::new("lab").pipe(&[], input.as_bytes());
    assert_eq!((heard, code), (vec!["first".to_owned(), "last".to_owned()], Some(1)));
    assert!(has(&told, "4 of 6 lines of the input were not sent or not done"), "{told:?}");
    // Refused as it is read. Who might come yet is waited for, and only then is nobody called so "here".
    assert!(has(&told, "nobody can be called nobody/here") && !has(&told, "nobody called"), "{told:?}");
}

#[test]
fn the_text_of_others_holds_no_commands() {
    let text = "exit\n@@ -1 +1 @@\n#!/usr/bin/env sh\n/quit\n/usr/bin/env\n@bob hi\nset username x\n  end\n";
    let (heard, code, _) = Pair::new("lab").pipe(&["--text"], text.as_bytes());
    assert_eq!((heard, code), (text.lines().map(String::from).collect(), Some(0)));
}

/// Others take a hundred lines at once of one author, and then ten a second.
#[test]
fn a_pipe_is_as_fast_as_the_others_listen() {
    let pair = Pair::new("lan");
    let mut sender = pair.sender(&[], "lan", pair.listener.address());
    let lines: Vec<String> = (0..130).map(|number| format!("line {number}")).collect();
    sender.write((lines.join("\n") + "\n").as_bytes());
    assert!(sender.ends().success());
    assert_eq!(pair.heard(), lines);
}

/// The sender waits until its neighbor has all of it, though others talk meanwhile, so that something of theirs is
/// unread when it ends.
#[test]
fn a_pipe_over_a_slow_line_ends_when_all_is_there() {
    let mut pair = Pair::new("lan");
    let line = slow_line(pair.listener.address(), 60_000);
    let mut sender = pair.sender(&[], "lan", line);
    let lines: Vec<String> = (0..60).map(|number| format!("line {number} {}", "b".repeat(3_000))).collect();
    sender.write((lines.join("\n") + "\n").as_bytes());
    for number in 0..40 {
        pair.listener.say(&format!("noise {number} {}", "n".repeat(2_000)));
    }
    assert!(sender.ends().success(), "{:?}", sender.told());
    assert_eq!(pair.heard(), lines);
}

/// A line to `to` that carries so many bytes a second, each way.
fn slow_line(to: String, rate: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("free");
    let address = listener.local_addr().expect("bound").to_string();
    std::thread::spawn(move || {
        for inner in listener.incoming().map_while(Result::ok) {
            let Ok(outer) = TcpStream::connect(&to) else { continue };
            let back = (outer.try_clone().expect("a copy"), inner.try_clone().expect("a copy"));
            std::thread::spawn(move || carry(inner, outer, rate));
            std::thread::spawn(move || carry(back.0, back.1, rate));
        }
    });
    address
}

fn carry(mut from: TcpStream, mut to: TcpStream, rate: usize) {
    let mut buffer = vec![0; rate / 20];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        std::thread::sleep(Duration::from_secs_f64(count as f64 / rate as f64));
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// A person on a terminal. What is pasted in brackets is one message; what is typed ahead is read line by line.
#[test]
fn pastes_and_what_is_typed_ahead_arrive() {
    let pair = Pair::new("lab");
    let mut bob = pair.terminal();
    bob.exp_string("is here").expect("connected and introduced");
    bob.send("\x1b[200~one\n\ttwo\r\n\n  three\x1b[201~\r").expect("it reads");
    bob.flush().expect("it reads");
    pair.listener.hears("three");
    let ahead: Vec<String> = (0..40).map(|number| format!("ahead {number} end")).collect();
    bob.send(&(ahead.join("\r") + "\r")).expect("it reads");
    bob.flush().expect("it reads");
    pair.listener.hears("ahead 39 end");
    bob.send("\tcolumns\tand\r").expect("it reads");
    bob.flush().expect("it reads");
    pair.listener.hears("columns");
    bob.send_line("exit").expect("it reads");
    bob.exp_eof().expect("it ends");
    let expected: Vec<String> = std::iter::once("one\\n\ttwo\\n\\n  three".to_owned())
        .chain(ahead)
        .chain(["\tcolumns\tand".to_owned()])
        .collect();
    assert_eq!(pair.heard(), expected);
}

/// A folder is no input; the chat says so and does not seem to have done its work.
#[cfg(unix)]
#[test]
fn an_input_that_cannot_be_read_is_no_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let unreadable = std::fs::File::open(folder.path()).expect("there");
    let mut command = Command::new(binary());
    command.args(["--listen", "127.0.0.1:0", "--peer", "127.0.0.1:1", "--data"]).arg(folder.path().join("a"));
    let ended = command.stdin(unreadable).output().expect("it runs");
    let told = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("cannot read the input"), "{told}");
}

/// Its only neighbor is killed while it sends: what nobody has read for sure is counted.
#[test]
fn what_was_on_its_way_to_somebody_killed_is_counted() {
    let mut pair = Pair::new("lab");
    // The line takes everything at once and is slow to hand it over.
    let line = slow_line(pair.listener.address(), 30_000);
    let mut sender = pair.sender(&[], "lab", line);
    let lines: Vec<String> = (0..40).map(|number| format!("line {number} {}", "b".repeat(3_000))).collect();
    sender.write((lines.join("\n") + "\n").as_bytes());
    pair.listener.hears("line 20 ");
    pair.listener.kill();
    assert_eq!(sender.ends().code(), Some(1));
    let told = sender.told();
    let word =
        told.iter().find(|line| line.contains("of 40 lines of the input were not sent")).expect("told");
    let unsent: usize =
        word.trim_start_matches("! ").split(' ').next().expect("a number").parse().expect("one");
    // What is confirmed was read and, but for the last of it, shown; what was shown may not be confirmed.
    const UNDER_WAY: usize = 11;
    assert!(
        unsent + pair.heard().len() + UNDER_WAY >= 40 && unsent < 40,
        "{unsent} of 40, {} heard",
        pair.heard().len()
    );
}

/// A terminal of another character set: the byte spoils its line, which is told, and the next line is taken.
#[test]
fn a_byte_that_is_no_text_spoils_its_line_only() {
    let pair = Pair::new("lab");
    let mut bob = pair.terminal();
    let mut keyboard = bob.process().get_file_handle().expect("its other end");
    bob.exp_string("is here").expect("connected and introduced");
    // The byte may begin a character: the next one tells.
    keyboard.write_all(b"caf\xe9 ").expect("it reads");
    bob.exp_string("not UTF-8 was typed").expect("told at once");
    keyboard.write_all(b"/quit\r").expect("it reads");
    bob.exp_string("not sent: not all of that line is UTF-8").expect("told");
    keyboard.write_all(b"after\r").expect("it reads");
    pair.listener.hears("after");
    bob.send_line("exit").expect("it reads");
    bob.exp_eof().expect("it ends");
    assert_eq!(pair.heard(), ["after"]);
}
