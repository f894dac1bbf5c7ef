//! What is kept from one run to the next, as lines that tell when they are damaged
//! ([`floodnet_chat::store`]).

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use floodnet_chat::Clock;
use floodnet_chat::people::People;
use floodnet_chat::replay::Replay;
use floodnet_chat::signed_message::NetworkId;
use floodnet_chat::store;
use floodnet_chat::text::Name;
use floodnet_tcp::identity::Identity;
use floodnet_tcp::peer::Peer;

use crate::own_file;

/// Longer than any of the files.
const MAX_FILE: u64 = 4 * 1_024 * 1_024;
/// Peers that are saved; those met before them are left out.
const MAX_PEERS: usize = 16;

/// The files in one folder.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    /// Of the room: peers and what was taken there belong to it.
    room: String,
}

/// What was kept of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The name that the user had last.
    pub name: Option<Name>,
    /// The first sequence number that no message has used.
    pub next_seq: u64,
}

/// A file as it is.
struct Raw {
    bytes: Vec<u8>,
    existed: bool,
}

impl Files {
    /// The files of a user in a room.
    #[must_use]
    pub fn new(folder: &Path, room: NetworkId) -> Self {
        // Half of the id is enough to tell the rooms of one person apart.
        Self { folder: folder.to_owned(), room: HEXLOWER.encode(&room.0[..8]) }
    }

    /// Where the user's key is.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// Whether the user's key is, or can be made to be, in a file.
    ///
    /// # Errors
    /// Something else is in its place, which could be read for ever; in words for the user.
    pub fn check_key(&self) -> Result<(), String> {
        match own_file::read(&self.key()) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Err(format!("key file {}: {error}", self.key().display()))
            }
            _ => Ok(()),
        }
    }

    fn read(&self, file: &str) -> Result<Raw, String> {
        let path = self.folder.join(file);
        let mut bytes = Vec::new();
        match own_file::read(&path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes)) {
            Ok(_) => Ok(Raw { bytes, existed: true }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Raw { bytes, existed: false }),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }

    /// Says what is wrong with a file and keeps it as it was, since it will be written anew.
    fn damaged(
        &self,
        file: &str,
        lines: usize,
        what_then: &str,
        notes: &mut Vec<String>,
    ) -> Result<(), String> {
        let path = self.folder.join(file);
        let aside = own_file::aside(&path).map_err(|error| error.to_string())?;
        fs::copy(&path, &aside).map_err(|error| format!("cannot keep {}: {error}", aside.display()))?;
        notes.push(format!(
            "{} is damaged ({lines} line{}); {what_then}. As it was, it is kept in {}",
            path.display(),
            if lines == 1 { "" } else { "s" },
            aside.display()
        ));
        Ok(())
    }

    /// The user's name and count.
    ///
    /// # Errors
    /// There is a file that cannot be read; in words for the user. Damage is told in `notes`.
    pub fn load_kept(&self, notes: &mut Vec<String>) -> Result<Kept, String> {
        let Raw { bytes, existed } = self.read("me")?;
        let mut kept = Kept::default();
        if !existed {
            return Ok(kept);
        }
        let stored = store::read("me 1", &bytes);
        let mut bad = stored.damaged.len();
        for line in stored.lines {
            let good = match line.split_once(' ') {
                Some(("name", text)) => Name::new(text).ok().map(|name| kept.name = Some(name)),
                Some(("next", text)) => text.parse().ok().map(|next| kept.next_seq = next),
                _ => None,
            };
            bad += usize::from(good.is_none());
        }
        if bad > 0 {
            self.damaged("me", bad, "what could be read of it is used", notes)?;
        }
        Ok(kept)
    }

    /// Keeps the user's name and count.
    ///
    /// # Errors
    /// It cannot be written; the file is then as it was.
    pub fn save_kept(&self, kept: &Kept) -> io::Result<()> {
        let name = kept.name.as_ref().map(|name| format!("name {name}"));
        let next = format!("next {}", kept.next_seq);
        self.write("me", "me 1", &[name.into_iter().collect(), vec![next]].concat())
    }

    /// Adds the contacts to `people`.
    ///
    /// # Errors
    /// As [`load_kept`](Self::load_kept).
    pub fn load_contacts(&self, people: &mut People, notes: &mut Vec<String>) -> Result<(), String> {
        let Raw { bytes, existed } = self.read("contacts")?;
        if !existed {
            return Ok(());
        }
        let stored = store::read("contacts 1", &bytes);
        let bad = stored.damaged.len() + people.load(stored.lines);
        if bad > 0 {
            let then = format!("{} contacts could be read", people.contacts().len());
            self.damaged("contacts", bad, &then, notes)?;
        }
        Ok(())
    }

    /// Keeps the contacts.
    ///
    /// # Errors
    /// As [`save_kept`](Self::save_kept).
    pub fn save_contacts(&self, people: &People) -> io::Result<()> {
        self.write("contacts", "contacts 1", &people.save())
    }

    /// The patterns of names whom the user does not want to hear.
    ///
    /// # Errors
    /// As [`load_kept`](Self::load_kept).
    pub fn load_ignored(&self, notes: &mut Vec<String>) -> Result<Vec<String>, String> {
        let Raw { bytes, existed } = self.read("ignored")?;
        if !existed {
            return Ok(Vec::new());
        }
        let stored = store::read("ignored 1", &bytes);
        if !stored.damaged.is_empty() {
            let then = format!("{} patterns could be read", stored.lines.len());
            self.damaged("ignored", stored.damaged.len(), &then, notes)?;
        }
        Ok(stored.lines.into_iter().map(str::to_owned).collect())
    }

    /// Keeps these patterns.
    ///
    /// # Errors
    /// As [`save_kept`](Self::save_kept).
    pub fn save_ignored(&self, patterns: &[String]) -> io::Result<()> {
        self.write("ignored", "ignored 1", patterns)
    }

    fn replay_file(&self) -> String {
        format!("taken-{}", self.room)
    }

    /// What was taken in this room.
    ///
    /// # Errors
    /// As [`load_kept`](Self::load_kept).
    pub fn load_replay(&self, start: Clock, notes: &mut Vec<String>) -> Result<Replay, String> {
        let file = self.replay_file();
        let Raw { bytes, existed } = self.read(&file)?;
        if !existed {
            return Ok(Replay::from(start));
        }
        let stored = store::read("taken 1", &bytes);
        let (replay, bad) = Replay::load(stored.lines.iter().copied(), stored.damaged.len(), start);
        if bad > 0 {
            self.damaged(&file, bad, "so only messages from now on are shown", notes)?;
        }
        Ok(replay)
    }

    /// Keeps what was taken in this room; `is_end` if nothing will be taken after it.
    ///
    /// # Errors
    /// As [`save_kept`](Self::save_kept).
    pub fn save_replay(&self, replay: &Replay, is_end: bool) -> io::Result<()> {
        self.write(&self.replay_file(), "taken 1", &replay.save(is_end))
    }

    /// Where what was said in this room is.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.folder.join(format!("history-{}", self.room))
    }

    fn peers_file(&self) -> String {
        format!("peers-{}", self.room)
    }

    /// Peers of this room from former times.
    ///
    /// # Errors
    /// As [`load_kept`](Self::load_kept).
    pub fn load_peers(&self, notes: &mut Vec<String>) -> Result<Vec<Peer>, String> {
        let file = self.peers_file();
        let Raw { bytes, existed } = self.read(&file)?;
        if !existed {
            return Ok(Vec::new());
        }
        let stored = store::read("peers 1", &bytes);
        let mut bad = stored.damaged.len();
        let mut peers = Vec::new();
        for line in stored.lines {
            match peer(line) {
                Some(peer) => peers.push(peer),
                None => bad += 1,
            }
        }
        if bad > 0 {
            let then = format!("{} peers could be read", peers.len());
            self.damaged(&file, bad, &then, notes)?;
        }
        peers.truncate(MAX_PEERS);
        Ok(peers)
    }

    /// Keeps the first few of these peers.
    ///
    /// # Errors
    /// As [`save_kept`](Self::save_kept).
    pub fn save_peers(&self, peers: &[Peer]) -> io::Result<()> {
        let known = peers.iter().filter_map(|peer| Some(format!("{} {}", peer.identity()?, peer.address())));
        self.write(&self.peers_file(), "peers 1", &known.take(MAX_PEERS).collect::<Vec<_>>())
    }

    /// Writes a file whole or not at all, for its owner only.
    fn write(&self, file: &str, kind: &str, lines: &[String]) -> io::Result<()> {
        let text = store::write(kind, lines.iter().map(String::as_str));
        let mut draft = tempfile::NamedTempFile::with_prefix_in(".draft-", &self.folder)?;
        draft.write_all(text.as_bytes())?;
        draft.as_file().sync_data()?;
        draft.persist(self.folder.join(file)).map(|_| ()).map_err(|error| error.error)
    }
}

fn peer(line: &str) -> Option<Peer> {
    let (identity, address) = line.split_once(' ')?;
    Some(Peer::new(identity.parse::<Identity>().ok()?, address.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_chat::keys::Key;
    use floodnet_core::time::Time;

    fn files() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(folder.path(), NetworkId([1; 16]));
        (folder, files)
    }

    #[test]
    fn everything_comes_back_as_it_went() {
        let (_folder, files) = files();
        let mut notes = Vec::new();
        assert_eq!(files.load_kept(&mut notes), Ok(Kept::default()));
        assert_eq!(files.load_peers(&mut notes), Ok(Vec::new()));
        let kept = Kept { name: Name::new("ada").ok(), next_seq: 7 };
        files.save_kept(&kept).expect("written");
        assert_eq!(files.load_kept(&mut notes), Ok(kept));
        let peers =
            vec![Peer::new(Identity::from_bytes([2; 32]), "127.0.0.1:7".parse().expect("an address"))];
        files.save_peers(&peers).expect("written");
        assert_eq!(files.load_peers(&mut notes), Ok(peers));
        let mut people = People::new(Key([9; 32]));
        people.set_petname(Key([3; 32]), Name::new("bob").expect("a name")).expect("free");
        files.save_contacts(&people).expect("written");
        let mut loaded = People::new(Key([9; 32]));
        files.load_contacts(&mut loaded, &mut notes).expect("read");
        assert_eq!(loaded.contacts(), people.contacts());
        files.save_replay(&Replay::new(5), true).expect("written");
        assert_eq!(
            files.load_replay(Clock { now: Time::ZERO, unix_ms: 9 }, &mut notes).expect("read").floor_ms(),
            5
        );
        assert_eq!(notes, Vec::<String>::new());
    }

    #[test]
    fn damage_is_told_kept_and_survived() {
        let (folder, files) = files();
        let mut people = People::new(Key([9; 32]));
        for number in 0..5u8 {
            let name = Name::new(&format!("bob{number}")).expect("a name");
            people.set_petname(Key([number; 32]), name).expect("free");
        }
        files.save_contacts(&people).expect("written");
        let path = folder.path().join("contacts");
        let mut bytes = fs::read(&path).expect("written");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        fs::write(&path, &bytes).expect("written");
        let mut loaded = People::new(Key([9; 32]));
        let mut notes = Vec::new();
        files.load_contacts(&mut loaded, &mut notes).expect("read");
        assert_eq!(loaded.contacts().len(), 4);
        assert!(notes.len() == 1 && notes[0].contains("4 contacts could be read"), "{notes:?}");
        assert_eq!(fs::read(folder.path().join("contacts.damaged-1")).expect("kept"), bytes);
    }
}
