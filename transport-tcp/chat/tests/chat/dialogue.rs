//! What people say to each other.

use std::process::Command;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::process::{Chat, Start};
use crate::{binary, swarm};

struct Table {
    folder: tempfile::TempDir,
}

impl Table {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn start(&self, name: &str) -> Start {
        Start::new(binary(), self.folder.path().join(name), name)
    }

    /// The first chat of a network, which knows nobody.
    fn first(&self, name: &str) -> Chat {
        self.start(name).peers(&["127.0.0.1:1".to_owned()]).spawn()
    }

    /// A further one, joined.
    fn joining(&self, name: &str, by: &Chat) -> Chat {
        let chat = self.start(name).peers(&[by.address()]).spawn();
        chat.tells("connected");
        chat
    }
}

/// Waits until the one at the terminal was told of somebody called so, unless that came `before`. Who takes a name
/// early enough comes with it.
fn knows(session: &mut PtySession, before: &str, name: &str) {
    if !before.contains(&format!("is called {name} now")) && !before.contains(&format!("{name}~")) {
        let told = format!("is called {name} now|{name}~[a-z2-7-]{{19}} is here");
        session.exp_regex(&told).expect("the others tell who they are");
    }
}

/// On terminals, as in the tutorial: names are taken, all hear what is said to all, one hears what is said to
/// one, and `exit` ends it.
#[test]
fn the_tutorials_dialogue_on_three_terminals() {
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = |name: &str, peer: &str| -> PtySession {
        let mut command = Command::new(binary());
        command.args(["--listen", "127.0.0.1:0", "--profile", "lab", "--peer", peer, "--data"]);
        command.arg(folder.path().join(name)).env("NO_COLOR", "1").env("TERM", "xterm");
        spawn_command(command, Some(20_000)).expect("a terminal")
    };
    let mut alice = terminal("a", "127.0.0.1:1");
    alice.exp_string("listening on ").expect("a place");
    let address = alice.exp_regex(r"127\.0\.0\.1:\d+").expect("a place").1;
    let mut bob = terminal("b", &address);
    let mut carol = terminal("c", &address);
    let mut seen = Vec::new();
    for (session, name) in [(&mut alice, "alice"), (&mut bob, "bob"), (&mut carol, "carol")] {
        session.exp_string("connected").expect("a neighbor");
        session.send_line(&format!("set username {name}")).expect("it reads");
        seen.push(session.exp_string(&format!("you are called {name} now")).expect("the name"));
    }
    // Names reach the others soon, but a line does not wait for them: nobody speaks before they are there.
    for (session, before, name) in
        [(&mut alice, &seen[0], "carol"), (&mut bob, &seen[1], "alice"), (&mut carol, &seen[2], "alice")]
    {
        knows(session, before, name);
    }
    alice.send_line("hello everybody").expect("it reads");
    for session in [&mut bob, &mut carol] {
        session.exp_regex(r"alice~[a-z2-7]{4}(-[a-z2-7]{4}){3}: hello everybody").expect("all hear it");
    }
    // Half a line stays while another comes in above it.
    carol.send("half a ").expect("it reads");
    carol.flush().expect("it reads");
    bob.send_line("@alice psst").expect("it reads");
    alice.exp_regex(r"bob~[a-z2-7-]{19} [^ ]+ you: psst").expect("alice hears it");
    bob.exp_string("your contact alice").expect("first use makes a contact");
    bob.send_line("something for all").expect("it reads");
    carol.exp_string(": something for all").expect("she hears it");
    carol.send_line("line").expect("it reads");
    alice.exp_regex(r"carol~[a-z2-7-]{19}: half a line").expect("one line");
    alice.send_line("@bob got it").expect("it reads");
    bob.exp_regex(r"alice [^ ]+ you: got it").expect("by petname now");
    carol.send_line("exit").expect("it reads");
    let rest = carol.exp_eof().expect("it ends");
    assert!(!rest.contains("psst") && !rest.contains("got it"), "{rest}");
    alice.exp_regex(r"carol~[a-z2-7-]{19} left").expect("she says goodbye");
    bob.send_line("quit").expect("it reads");
    bob.exp_eof().expect("it ends");
}

#[test]
fn a_pipe_carries_a_line_for_each_message_and_ends_with_its_input() {
    let table = Table::new();
    let mut ada = table.first("ada");
    let mut bob = table.joining("bob", &ada);
    // Everything at once: it must wait until it is connected, and send all before it ends.
    let mut pipe = table.start("pipe").peers(&[ada.address()]).spawn();
    for number in 0..50 {
        pipe.say(&format!("line {number} end"));
    }
    pipe.say("@bob only for bob");
    assert!(pipe.ends().success());
    for number in 0..50 {
        ada.hears(&format!(": line {number} end"));
        bob.hears(&format!(": line {number} end"));
    }
    bob.hears(" -> you: only for bob");
    let heard = ada.heard();
    assert_eq!(heard.len(), 50, "one line for each message: {heard:?}");
    assert!(heard[0].starts_with("pipe~"), "{heard:?}");
    bob.say("hostile \u{1b}[2J\u{202e} text");
    ada.hears(": hostile \\u{1b}[2J\\u{202e} text");
    assert!(ada.ends().success() && bob.ends().success());
}

#[test]
fn contacts_are_verified_renamed_blocked_and_forgotten() {
    let table = Table::new();
    let mut ada = table.first("ada");
    let mut bob = table.joining("bob", &ada);
    ada.tells("bob~");
    bob.tells("ada~");
    let mut carol = table.joining("carol", &ada);
    let groups = |chat: &mut Chat, who: &str| {
        chat.say(&format!("/verify {who}"));
        chat.tells(&format!("If they are the same: /verify {who} yes"));
        let told = chat.told();
        let rows = told.iter().filter(|line| line.chars().filter(char::is_ascii_digit).count() == 20);
        rows.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let digits = groups(&mut ada, "bob");
    assert_eq!(digits.len(), 3, "sixty digits");
    assert_eq!(groups(&mut bob, "ada"), digits);
    ada.say("/verify bob yes");
    ada.tells("bob is verified");
    ada.say("/rename bob rob");
    ada.tells("bob is your contact rob");
    bob.say("@ada one");
    ada.hears("rob -> you: one");
    ada.say("/unread");
    ada.say("/unread");
    ada.tells("no direct message waits");
    ada.say("/block rob");
    ada.tells("you do not hear rob any more");
    bob.say("two");
    bob.say("@ada three");
    bob.say("not yet");
    // By the time that somebody else answers to it, it has come to ada as well.
    carol.hears("not yet");
    carol.say("heard it");
    ada.hears("heard it");
    ada.say("/unblock rob");
    ada.tells("you hear rob again");
    ada.say("/forget rob");
    ada.tells("rob is not your contact any more");
    bob.say("four");
    ada.hears(": four");
    let heard = ada.heard();
    assert_eq!(heard.iter().filter(|line| line.contains("one")).count(), 2, "shown again when asked for");
    assert!(heard.iter().all(|line| !line.contains("two") && !line.contains("three")), "{heard:?}");
}

#[test]
fn what_nobody_got_is_no_success() {
    let table = Table::new();
    let mut alone = table.first("alone");
    alone.say("is anybody there?");
    alone.tells("nobody is connected, so nobody got that");
    assert_eq!(alone.ends().code(), Some(1));
}

#[test]
fn two_of_one_name_are_told_apart_and_the_sender_is_asked() {
    let table = Table::new();
    let mut ada = table.first("ada");
    let start = |folder: &str, ada: &Chat| {
        let data = table.folder.path().join(folder);
        let chat = Start::new(binary(), data, "bob").peers(&[ada.address()]).spawn();
        chat.tells("connected");
        chat
    };
    let one = start("one", &ada);
    ada.tells("bob~");
    ada.say("@bob which one are you");
    one.hears("-> you: which one");
    ada.tells("your contact bob is bob~");
    // Another bob comes: that is said loudly, and the contact is still the first.
    let other = start("other", &ada);
    ada.tells("somebody calls themself bob who is NOT your contact bob");
    ada.say("@bob still you");
    one.hears("-> you: still you");
    ada.say("/forget bob");
    ada.tells("not your contact any more");
    ada.say("@bob who now");
    ada.tells("2 people are called bob");
    ada.say("/who");
    ada.tells("ada~");
    assert!(other.heard().is_empty(), "{:?}", other.heard());
}

/// Rooms of one name with different keys, and without one: nothing passes, either way.
#[test]
fn rooms_with_different_keys_never_hear_each_other() {
    let table = Table::new();
    let key = |name: &str| {
        let path = table.folder.path().join(name);
        let made = Command::new(binary()).arg("--make-key").arg(&path).output().expect("it runs");
        assert!(made.status.success(), "{made:?}");
        path.to_str().expect("plain").to_owned()
    };
    let (red, blue) = (key("red"), key("blue"));
    let room = |name: &str, key: &str, peer: &str| {
        let start = table.start(name).args(&["--room", "den", "--key-file", key]);
        start.peers(&[peer.to_owned()]).spawn()
    };
    let mut first = room("first", &red, "127.0.0.1:1");
    let mut second = room("second", &red, &first.address());
    second.tells("connected");
    let mut wrong = room("wrong", &blue, &first.address());
    let without = table.start("without").args(&["--room", "den"]).peers(&[first.address()]);
    let mut without = without.spawn();
    let mut open = table.start("open").peers(&[first.address()]).spawn();
    for (stranger, word) in [(&mut wrong, "wrong"), (&mut without, "without"), (&mut open, "open")] {
        stranger.say(&format!("marker of {word}"));
    }
    for number in 0..5 {
        first.say(&format!("secret {number}"));
        second.hears(&format!(": secret {number}"));
        std::thread::sleep(Duration::from_millis(200));
    }
    for stranger in [&wrong, &without, &open] {
        assert!(stranger.heard().is_empty(), "{:?}", stranger.heard());
    }
    let heard = [first.heard(), second.heard()].concat();
    assert!(heard.iter().all(|line| !line.contains("marker")), "{heard:?}");
    for stranger in [&mut wrong, &mut without, &mut open] {
        assert!(!stranger.has_told("is here"), "no name either");
        stranger.kill();
    }
    assert!(second.ends().success());
}

/// What happened to a node among others happens again, without sockets.
#[test]
fn a_recorded_run_runs_again_to_the_same_end() {
    let table = Table::new();
    let path = table.folder.path().join("recording");
    let recording = path.to_str().expect("plain");
    let start = table.start("ada").peers(&["127.0.0.1:1".to_owned()]);
    let mut ada = start.args(&["--record", recording]).spawn();
    let mut bob = table.joining("bob", &ada);
    let mut carol = table.joining("carol", &bob);
    for number in 0..5 {
        ada.say(&format!("ada {number} end"));
        carol.say(&format!("carol {number} end"));
        bob.hears(&format!("carol {number} end"));
        ada.hears(&format!("carol {number} end"));
    }
    carol.kill();
    bob.say("goodbye");
    ada.hears("goodbye");
    assert!(bob.ends().success() && ada.ends().success());
    let text = std::fs::read_to_string(&path).expect("it was written");
    for word in [" start ", " publish ", " message ", " down "] {
        assert!(text.contains(word), "{word} is missing");
    }
    let replay = |path: &str| Command::new(binary()).args(["--replay", path]).output().expect("it runs");
    let same = replay(recording);
    assert!(same.status.success(), "{same:?}");
    let said = String::from_utf8(same.stderr).expect("text");
    assert!(said.contains("inputs led to the same"), "{said}");
    // With one input left out it is another story.
    let without: Vec<&str> = text.lines().filter(|line| !line.contains(" start ")).collect();
    std::fs::write(&path, without.join("\n") + "\n").expect("written");
    assert_eq!(replay(recording).status.code(), Some(4));
}

#[test]
fn a_swarm_heals_when_a_third_is_killed() {
    let outcome = swarm::run(binary(), 20, 0.3, Duration::from_secs(1));
    assert!(outcome.before >= 1.0, "{outcome:?}");
    assert!(outcome.after >= 1.0, "{outcome:?}");
}
