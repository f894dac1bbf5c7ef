//! Somebody who wants all links of a chat, across its restart.

use std::fs;
use std::path::Path;
use std::time::Duration;

use floodnet_chat_app::room::Room;
use floodnet_tcp_testing::hostile::{Attack, Hostile};

use crate::binary;
use crate::process::{Chat, PATIENCE, Start};

/// The addresses in the address book of the chat with this folder.
fn book(data: &Path) -> Vec<String> {
    let mut files = fs::read_dir(data).expect("a folder").flatten();
    let file = files.find(|file| file.file_name().to_string_lossy().starts_with("peers-"));
    let text = file.map(|file| fs::read_to_string(file.path()).expect("text")).unwrap_or_default();
    // The first line says what the file is.
    let entries = text.lines().skip(1).filter_map(|line| line.rsplit_once(' '));
    entries.map(|(_, address)| address.to_owned()).collect()
}

/// Lines of one that the other hears, and the other way.
fn talk(one: &mut Chat, other: &mut Chat, when: &str) {
    for number in 0..10 {
        one.say(&format!("{when} {number} out"));
        other.say(&format!("{when} {number} in"));
    }
    for number in 0..10 {
        other.hears(&format!("{when} {number} out"));
        one.hears(&format!("{when} {number} in"));
    }
}

#[test]
fn a_chat_is_not_cut_off_nor_its_address_book_filled_across_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |name: &str, listen: &str, peer: &str| {
        let start = Start::bare(binary(), folder.path().join(name));
        let start = start.args(&["--name", name, "--listen", listen, "--profile", "lan"]);
        start.peers(&[peer.to_owned()]).spawn()
    };
    let any = "127.0.0.1:0";
    let entry = start("ada", any, "127.0.0.1:1");
    let way_in = entry.address();
    let mut others: Vec<Chat> =
        ["bob", "cyd", "dan", "eve", "flo"].map(|name| start(name, any, &way_in)).into();
    let mut victim = start("vic", any, &way_in);
    for name in ["ada~", "bob~", "cyd~", "dan~", "eve~", "flo~"] {
        victim.tells(name);
    }
    let mut other = others.pop().expect("five");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = victim.address();
    let at = address.parse().expect("an address");
    let hostile = runtime.block_on(async {
        let hostile = Hostile::begin(at, &Room::new(None, None).network(), Attack::AskForPlaces);
        hostile.has_begun(PATIENCE).await;
        hostile
    });
    talk(&mut victim, &mut other, "during");
    // The book is saved each second.
    std::thread::sleep(Duration::from_millis(2_500));
    victim.kill();
    // Those who came to the victim are never the majority; they are half at most.
    let is_honest = |address: &&String| !Hostile::is_at(address.parse().expect("an address"));
    let saved = book(&folder.path().join("vic"));
    assert!(!saved.is_empty() && saved.iter().filter(is_honest).count() * 2 >= saved.len(), "{saved:?}");
    // The address book is the only way in, and they are there still.
    let mut victim = start("vic", &address, "127.0.0.1:1");
    victim.tells("connected");
    victim.tells("flo~");
    talk(&mut victim, &mut other, "again");
    let saved = book(&folder.path().join("vic"));
    assert!(saved.iter().filter(is_honest).count() * 2 >= saved.len(), "{saved:?}");
    hostile.end();
    talk(&mut victim, &mut other, "after");
}
