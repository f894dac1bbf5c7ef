//! A ticket to a room: one word that holds all that somebody needs to come in.
//!
//! ```text
//! floodnet:BASE64URL( "1" LF room LF key LF address LF ... , 4 bytes of a hash )
//! ```
//! The room is empty for the open one, and the key, in hexadecimal digits, for a room that is not private.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use floodnet_chat::keys::Key;
use floodnet_chat::text::Name;

use crate::own_file;

/// The first letters of a ticket.
pub const SCHEME: &str = "floodnet:";
/// Addresses in a ticket at most.
pub const MAX_ADDRESSES: usize = 8;
/// Letters of the longest ticket.
const MAX_TICKET: usize = 2_048;
/// Bytes of the hash, which tells a ticket that was cut or mistyped.
const CHECK: usize = 4;

/// The way into a room.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The room; none for the open one.
    pub room: Option<Name>,
    /// Its key, if it is private.
    pub key: Option<[u8; 32]>,
    /// Where members may be found.
    pub addresses: Vec<SocketAddr>,
}

/// The key is not shown.
impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Ticket");
        shown.field("room", &self.room).field("private", &self.key.is_some());
        shown.field("addresses", &self.addresses).finish()
    }
}

fn check(text: &[u8]) -> [u8; CHECK] {
    let hash = blake3::derive_key("floodnet 2026 check of a ticket", text);
    *hash.first_chunk().unwrap_or(&[0; CHECK])
}

impl Ticket {
    /// The ticket as one word.
    #[must_use]
    pub fn text(&self) -> String {
        let room = self.room.as_ref().map(Name::as_str).unwrap_or_default();
        let key = self.key.map(|key| HEXLOWER.encode(&key)).unwrap_or_default();
        let mut inner = format!("1\n{room}\n{key}");
        for address in self.addresses.iter().take(MAX_ADDRESSES) {
            inner.push_str(&format!("\n{address}"));
        }
        let bytes = [inner.as_bytes(), &check(inner.as_bytes())].concat();
        format!("{SCHEME}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads a ticket, or that in the file of `@FILE`.
    ///
    /// # Errors
    /// As [`read`](Self::read), or the file cannot be read.
    pub fn from_argument(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('@') else { return Self::read(text) };
        let mut ticket = String::new();
        let read = own_file::read(Path::new(path))
            .and_then(|file| file.take(MAX_TICKET as u64 + 64).read_to_string(&mut ticket));
        read.map_err(|error| format!("{path}: {error}"))?;
        Self::read(&ticket)
    }

    /// Reads a ticket.
    ///
    /// # Errors
    /// What is wrong with it, for the user.
    pub fn read(text: &str) -> Result<Self, String> {
        let damaged = || "the ticket is not whole: copy all of it, from `floodnet:` on".to_owned();
        let letters = text.trim().strip_prefix(SCHEME).filter(|letters| letters.len() <= MAX_TICKET);
        let letters = letters.ok_or("a ticket begins with `floodnet:`; /invite in a chat prints one")?;
        let bytes = BASE64URL_NOPAD.decode(letters.as_bytes()).map_err(|_| damaged())?;
        let (inner, sum) = bytes.split_last_chunk::<CHECK>().ok_or_else(damaged)?;
        if check(inner) != *sum {
            return Err(damaged());
        }
        let mut lines = std::str::from_utf8(inner).map_err(|_| damaged())?.split('\n');
        if lines.next() != Some("1") {
            return Err("the ticket is of a later version: this program is too old for it".to_owned());
        }
        let room = match lines.next().ok_or_else(damaged)? {
            "" => None,
            name => Some(Name::new(name).map_err(|_| damaged())?),
        };
        let key = match lines.next().ok_or_else(damaged)? {
            "" => None,
            digits => Some(Key::from_hex(digits).ok_or_else(damaged)?.0),
        };
        let addresses = lines.take(MAX_ADDRESSES).map(str::parse).collect::<Result<_, _>>();
        Ok(Self { room, key, addresses: addresses.map_err(|_| damaged())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ticket() -> Ticket {
        Ticket {
            room: Name::new("d\u{e9}n").ok(),
            key: Some([7; 32]),
            addresses: vec!["192.168.1.7:55555".parse().expect("one"), "[2a00::1]:7".parse().expect("one")],
        }
    }

    #[test]
    fn a_ticket_comes_back_as_it_went() {
        for ticket in [ticket(), Ticket { room: None, key: None, addresses: Vec::new() }] {
            let text = ticket.text();
            assert_eq!(Ticket::read(&format!("  {text}\n")), Ok(ticket));
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
        }
    }

    #[test]
    fn a_ticket_that_is_not_whole_is_refused() {
        let text = ticket().text();
        for cut in SCHEME.len()..text.len() {
            assert!(Ticket::read(&text[..cut]).is_err_and(|why| why.contains("not whole")), "{cut}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ticket");
        std::fs::write(&file, format!("{text}\n")).expect("written");
        assert_eq!(Ticket::from_argument(&format!("@{}", file.display())), Ok(ticket()));
        assert!(Ticket::from_argument(&format!("@{}", folder.path().display())).is_err());
        assert!(Ticket::read("hello").is_err_and(|why| why.contains("/invite")));
    }

    proptest! {
        #[test]
        fn any_text_is_a_ticket_or_refused(text in "(floodnet:)?[A-Za-z0-9_-]{0,80}") {
            let _ = Ticket::read(&text);
        }
    }
}
