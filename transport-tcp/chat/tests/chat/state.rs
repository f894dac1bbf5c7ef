//! What is kept from one run to the next, whole or damaged.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::binary;
use crate::house::House;
use crate::process::{PATIENCE, Start};

/// Waits until the file whose name begins so contains `what`.
fn waits_for(house: &House, name: &str, begins: &str, what: &str) {
    let until = Instant::now() + PATIENCE;
    let contains = |path| fs::read_to_string(path).is_ok_and(|text| text.contains(what));
    while !house.find(name, begins).is_some_and(contains) {
        assert!(Instant::now() < until, "{what} is not saved");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The file whose name begins so.
fn file(house: &House, name: &str, begins: &str) -> PathBuf {
    house.find(name, begins).unwrap_or_else(|| panic!("no file {begins}"))
}

#[test]
fn who_was_there_before_comes_back_without_the_entry_node() {
    let house = House::new();
    let mut entry = house.start("entry", "127.0.0.1:1").spawn();
    let mut bob = house.start("bob", &entry.address()).spawn();
    let mut carol = house.start("carol", &entry.address()).spawn();
    for chat in [&bob, &carol] {
        chat.tells("connected");
        chat.tells("entry~");
    }
    bob.tells("carol~");
    bob.say("@carol remember me");
    carol.hears("remember me");
    let me = carol.heard()[0].clone();
    // A process that is killed leaves what it saved last; peers are saved within a second.
    let bob_at = bob.address();
    waits_for(&house, "carol", "peers-", &bob_at);
    carol.kill();
    entry.kill();
    let mut carol =
        Start::new(binary(), house.data("carol"), "carol").peers(&["127.0.0.1:1".to_owned()]).spawn();
    carol.tells("connected");
    bob.say("@carol welcome back");
    carol.hears("-> you: welcome back");
    assert!(!bob.has_told("NOT your contact"), "the same key");
    assert!(carol.heard().iter().all(|line| !line.contains("remember me")), "not twice, as {me}");
    assert!(carol.ends().success());
}

#[test]
fn damaged_files_are_told_kept_aside_and_survived() {
    let house = House::new();
    let ada = house.start("ada", "127.0.0.1:1").spawn();
    let mut bob = house.start("bob", &ada.address()).spawn();
    bob.tells("ada~");
    bob.say("@ada hello");
    ada.hears("hello");
    bob.tells("your contact ada");
    bob.say("set username robert");
    bob.tells("you are called robert now");
    assert!(bob.ends().success());

    // One file is cut, in another a bit is flipped, a third is empty.
    let contacts = file(&house, "bob", "contacts");
    let text = fs::read(&contacts).expect("saved");
    fs::write(&contacts, &text[..text.len() - 5]).expect("written");
    let me = file(&house, "bob", "me");
    let mut bytes = fs::read(&me).expect("saved");
    let place = bytes.len() - 4;
    bytes[place] ^= 1;
    fs::write(&me, &bytes).expect("written");
    fs::write(file(&house, "bob", "taken-"), "").expect("written");

    let data = house.data("bob");
    let plain = ["--listen", "127.0.0.1:0", "--profile", "lab", "--plain"];
    let mut bob = Start::bare(binary(), data).args(&plain).peers(&[ada.address()]).spawn();
    for what in ["contacts is damaged", "0 contacts could be read", "me is damaged", "taken-"] {
        bob.tells(what);
    }
    bob.tells("you are robert~");
    bob.tells("connected");
    bob.say("still here");
    ada.hears("robert~");
    ada.hears("still here");
    assert!(house.data("bob").join("contacts.damaged-1").exists());
    assert!(bob.ends().success());
}

#[test]
fn a_damaged_key_is_never_replaced() {
    let house = House::new();
    let mut ada = house.start("ada", "127.0.0.1:1").spawn();
    ada.tells("you are ada~");
    assert!(ada.ends().success());
    let key = file(&house, "ada", "key");
    let text = fs::read(&key).expect("saved");
    for damaged in [&text[..text.len() / 2], b"", b"floodnet-key-v1 secret 00 public 00"] {
        fs::write(&key, damaged).expect("written");
        let mut ada = house.start("ada", "127.0.0.1:1").spawn();
        assert_eq!(ada.ends().code(), Some(1));
        ada.tells("is damaged: restore it from a copy");
        assert_eq!(fs::read(&key).expect("there"), damaged);
    }
    fs::write(&key, &text).expect("written");
    let mut ada = house.start("ada", "127.0.0.1:1").spawn();
    ada.tells("you are ada~");
    assert!(ada.ends().success());
}

#[test]
fn counts_are_told_and_the_log_goes_into_its_file() {
    let house = House::new();
    let log = house.data("the.log");
    let args = ["--metrics", "127.0.0.1:0", "--log", log.to_str().expect("plain")];
    let start = Start::new(binary(), house.data("ada"), "ada").args(&args);
    let mut ada = start.peers(&["127.0.0.1:1".to_owned()]).spawn();
    let mut bob = house.start("bob", &ada.address()).spawn();
    bob.tells("ada~");
    bob.say("a marker");
    ada.hears("a marker");
    ada.tells("counts are at http://");
    let told = ada.told();
    let line = told.iter().find(|line| line.contains("http://")).expect("just told");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("a place");
    let until = Instant::now() + PATIENCE;
    loop {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").expect("it reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        if text.contains("chat_neighbors 1\n") && text.ends_with("# EOF\n") {
            break;
        }
        assert!(Instant::now() < until, "{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(bob.ends().success() && ada.ends().success());
    let text = fs::read_to_string(log).expect("it was written");
    assert!(text.contains("link up") && !text.contains("marker"), "{text}");
}

#[test]
fn two_chats_do_not_share_a_folder() {
    let house = House::new();
    let first = house.start("ada", "127.0.0.1:1").spawn();
    first.tells("you are ada~");
    let mut second = house.start("ada", "127.0.0.1:1").spawn();
    assert_eq!(second.ends().code(), Some(2));
    second.tells("another chat is using");
    second.tells("--data");
}

#[test]
fn senseless_command_lines_are_explained() {
    let house = House::new();
    let long = "x".repeat(33);
    for (args, why) in [
        (["--name", "a b"], "cannot contain spaces"),
        (["--name", &long], "at most 32 characters"),
        (["--peer", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--metrics", "0.0.0.0:0"], "this machine only"),
        (["--key-file", "x"], "--room"),
        (["--profile", "wan"], "public, lan, lab"),
        (["--listen", "localhost"], "127.0.0.1:7000"),
    ] {
        let mut chat = Start::bare(binary(), house.data("x")).args(&args).spawn();
        assert_eq!(chat.ends().code(), Some(2), "{args:?}");
        chat.tells(why);
    }
}
