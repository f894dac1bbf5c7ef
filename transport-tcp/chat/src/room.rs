//! Rooms: who talks with whom.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use floodnet_chat::signed_message::NetworkId;
use floodnet_chat::text::Name;
use floodnet_tcp::options::Network;

use crate::own_file;
use crate::ticket::Ticket;

/// The room of those who name none.
const OPEN: &str = "open";
/// First word of a file with the key of a room.
const FORMAT: &str = "floodnet-room-key-v1";

/// A room, open to all or to those who have its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    name: Option<Name>,
    key: Option<[u8; 32]>,
}

impl Room {
    /// The room of this name, or the open one.
    #[must_use]
    pub const fn new(name: Option<Name>, key: Option<[u8; 32]>) -> Self {
        Self { name, key }
    }

    fn label(&self) -> &str {
        self.name.as_ref().map_or(OPEN, Name::as_str)
    }

    /// What the room is called in a list.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_ref().map_or("open room", Name::as_str)
    }

    /// The way into this room, at these addresses.
    #[must_use]
    pub fn ticket(&self, addresses: Vec<SocketAddr>) -> Ticket {
        Ticket { room: self.name.clone(), key: self.key, addresses }
    }

    /// Whether a key is needed to come in.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.key.is_some()
    }

    /// What the links of the room prove to each other. Rooms of one name with different keys, or one without,
    /// are different rooms.
    #[must_use]
    pub fn network(&self) -> Network {
        let key = self.key.map(|key| {
            let secret = [key.as_slice(), self.label().as_bytes()].concat();
            blake3::derive_key("floodnet 2026 links of a private room", &secret)
        });
        Network { name: format!("chat/{}", self.label()), key }
    }

    /// What names the room in messages.
    #[must_use]
    pub fn id(&self) -> NetworkId {
        match self.network().key {
            None => NetworkId::of_room(self.label()),
            Some(key) => {
                let hash = blake3::derive_key("floodnet 2026 messages of a private room", &key);
                NetworkId(*hash.first_chunk().unwrap_or(&[0; 16]))
            }
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.key) {
            (None, _) => f.write_str("the open room"),
            (Some(name), None) => write!(f, "room {name}, open to all"),
            (Some(name), Some(_)) => write!(f, "room {name}, private"),
        }
    }
}

/// Writes a new key for a private room into a new file, which only its owner can read.
///
/// # Errors
/// There is such a file, or it cannot be written, or there is no randomness.
pub fn make_key(path: &Path) -> io::Result<()> {
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = writeln!(file, "{FORMAT} {digits}").and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is none.
        let _ = fs::remove_file(path);
    }
    written
}

/// Reads the key of a private room.
///
/// # Errors
/// The reason, in words for the user.
pub fn read_key(path: &Path) -> Result<[u8; 32], String> {
    let shown = path.display();
    let mut text = String::new();
    let read = own_file::read(path).and_then(|file| file.take(1_024).read_to_string(&mut text));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no key file {shown}; `chat --make-key {shown}` makes one"));
        }
        Err(error) => return Err(format!("key file {shown}: {error}")),
        Ok(_) => {}
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    match words.as_slice() {
        [FORMAT, digits] => floodnet_chat::keys::Key::from_hex(digits).map(|key| key.0),
        _ => None,
    }
    .ok_or_else(|| {
        format!("{shown} is not the key file of a room: it should hold `{FORMAT}` and 64 digits, as `chat --make-key` writes them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_differ_by_name_and_by_key() {
        let name = |text| Some(Name::new(text).expect("a name"));
        let rooms = [
            Room::new(None, None),
            Room::new(name("a"), None),
            Room::new(name("b"), None),
            Room::new(name("a"), Some([1; 32])),
            Room::new(name("a"), Some([2; 32])),
            Room::new(name("b"), Some([1; 32])),
        ];
        for (at, one) in rooms.iter().enumerate() {
            for other in &rooms[at + 1..] {
                assert_ne!(one.id(), other.id());
                assert!(one.network() != other.network());
            }
        }
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        assert!(read_key(&path).expect_err("missing").contains("--make-key"));
        make_key(&path).expect("new");
        let key = read_key(&path).expect("just written");
        assert_ne!(key, [0; 32]);
        assert_eq!(make_key(&path).expect_err("there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_key(&path), Ok(key));
        fs::write(&path, "floodnet-room-key-v1 1234").expect("written");
        assert!(read_key(&path).is_err());
    }
}
