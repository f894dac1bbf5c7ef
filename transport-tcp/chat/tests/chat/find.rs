//! How chats of one room find each other.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use crate::binary;
use crate::process::{Chat, Start};

/// A machine whose first port of chats is taken by another program, which never answers.
struct Machine {
    folder: tempfile::TempDir,
    taken: TcpListener,
}

impl Machine {
    fn new() -> Self {
        let taken = TcpListener::bind("127.0.0.1:0").expect("free");
        Self { folder: tempfile::tempdir().expect("a folder"), taken }
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Somebody in a room who was told nothing about the others.
    fn start(&self, name: &str, room: &str) -> Chat {
        let first = self.taken.local_addr().expect("bound").port().to_string();
        let start = Start::bare(binary(), self.data(name));
        start.args(&["--name", name, "--room", room, "--first-port", &first, "--profile", "lab"]).spawn()
    }
}

#[test]
fn chats_of_one_machine_meet_though_their_port_is_taken() {
    let machine = Machine::new();
    let other = machine.start("other", "elsewhere");
    other.tells("listening on");
    let mut ada = machine.start("ada", "den");
    ada.tells("nobody here yet, looking at ports ");
    ada.tells("answers, but is not of this room");
    let mut bob = machine.start("bob", "den");
    bob.tells("connected");
    bob.say("found you");
    ada.hears("bob~");
    ada.hears("found you");
    assert!(!other.has_told("connected") && other.heard().is_empty(), "another room");
    assert!(bob.ends().success() && ada.ends().success());
}

#[test]
fn who_answers_instead_is_told() {
    let machine = Machine::new();
    let taken = machine.taken.local_addr().expect("bound").to_string();
    let stranger = machine.start("stranger", "elsewhere");
    let room = |name: &str, peer: &str| {
        let start = Start::new(binary(), machine.data(name), name).args(&["--room", "den"]);
        start.peers(&[peer.to_owned()]).spawn()
    };
    for (name, peer, expected) in [
        ("a", stranger.address(), "answers, but is not of this room"),
        ("b", taken, "answers, but is not of this room"),
        ("c", "127.0.0.1:1".to_owned(), "nobody answers at 127.0.0.1:1"),
    ] {
        let chat = room(name, &peer);
        chat.tells(&format!("nobody here yet, looking at {peer}"));
        chat.tells(expected);
        chat.tells("others come here with: chat --peer 127.0.0.1:");
    }
}

#[test]
fn a_ticket_leads_into_a_private_room() {
    let machine = Machine::new();
    let key = machine.data("room-key");
    assert!(Command::new(binary()).arg("--make-key").arg(&key).status().expect("it runs").success());
    let key = key.to_str().expect("plain");
    let start = Start::new(binary(), machine.data("ada"), "ada").args(&["--room", "den", "--key-file", key]);
    let mut ada = start.peers(&["127.0.0.1:1".to_owned()]).spawn();
    ada.say("/invite");
    ada.tells("give it to nobody else");
    let told = ada.told();
    let ticket = told.iter().find_map(|line| line.trim().starts_with("floodnet:").then(|| line.trim()));
    let ticket = ticket.expect("just told");
    let mut bob = Start::new(binary(), machine.data("bob"), "bob").args(&[ticket]).spawn();
    bob.tells("this is room den, private");
    bob.tells("connected");
    bob.say("let in");
    ada.hears("let in");
    assert!(bob.ends().success());
    let mut cut =
        Start::new(binary(), machine.data("eve"), "eve").args(&[&ticket[..ticket.len() - 3]]).spawn();
    assert_eq!(cut.ends().code(), Some(2));
    cut.tells("the ticket is not whole");
}

#[test]
fn a_name_that_leads_nowhere_does_not_keep_from_the_others() {
    let machine = Machine::new();
    let ada = Start::new(binary(), machine.data("ada"), "ada").peers(&["127.0.0.1:1".to_owned()]).spawn();
    let by_name = ada.address().replace("127.0.0.1", "localhost");
    let peers = ["no.such.host.invalid".to_owned(), by_name];
    let mut bob = Start::new(binary(), machine.data("bob"), "bob").peers(&peers).spawn();
    bob.tells("no.such.host.invalid");
    bob.tells("connected");
    bob.say("hello");
    ada.hears("hello");
    assert!(bob.ends().success());
    let log = std::fs::read_to_string(machine.data("bob").join("log")).expect("written");
    assert!(log.contains("link up"), "{log}");
}
