//! What was said in a room, on disk, so that it is there after a restart and for those who were away.
//!
//! One SQLite file for each room, for its owner only, bounded by age and bytes. Each message is written before it is
//! shown or sent, in a transaction of its own: with a write-ahead log, whatever was written is there after the program
//! was killed. A file that is damaged is kept aside under another name, and a new one begun.
//!
//! What is read back is checked like what came from the network: somebody may have written into the file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use floodnet_chat::history::{Rates, SPAN_MS, belongs, in_time, sound};
use floodnet_chat::keys::Key as Author;
use floodnet_chat::signed_message::{Envelope, NetworkId};
use floodnet_core::reconcile::{Dated, Key};
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, OptionalExtension, Row, params};

use crate::cipher::Verifier;
use crate::own_file;

/// Version of the tables.
const VERSION: i64 = 1;
const TABLES: &str = "
BEGIN;
CREATE TABLE messages(
    at INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, seq INTEGER NOT NULL,
    caught_up INTEGER NOT NULL, nick TEXT NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX by_time ON messages(at, id);
CREATE UNIQUE INDEX by_author ON messages(author, seq);
CREATE TABLE floor(at INTEGER NOT NULL, id BLOB NOT NULL) STRICT;
INSERT INTO floor VALUES (0, zeroblob(16));
PRAGMA user_version = 1;
COMMIT;";
/// In exclusive mode the log needs no shared memory, and a second program is told.
const SETTINGS: &str = "
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 4194304;
PRAGMA cell_size_check = ON;
PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;";

/// So many messages are written between two looks at the size of the file.
const LOOK: u32 = 256;
/// If it is too large, one of so many messages goes, the oldest first.
const SHARE: u64 = 16;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Milliseconds for which a message is kept after it was said.
    pub keep_ms: u64,
    /// Bytes of the file, about.
    pub bytes: u64,
}

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// As it was said: the gate has checked it, or it is the user's own.
    Live,
    /// Later, from a neighbor that had kept it.
    CaughtUp,
}

/// What became of a message that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is kept, and was not before.
    New,
    /// It was kept already.
    Known,
    /// It is not kept, for this reason.
    Refused(&'static str),
}

/// A message that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The message, its signature checked.
    pub envelope: Envelope,
    /// What its author was called then; empty if nobody knew.
    pub nick: String,
}

/// What was said in a room.
#[derive(Debug)]
pub struct History {
    db: Connection,
    network: NetworkId,
    bounds: Bounds,
    rates: Rates,
    floor: Key,
    /// Messages written since the last look at the size.
    written: u32,
}

impl History {
    /// The history of a room in this file, which is made if there is none.
    ///
    /// # Errors
    /// It cannot be used; in words for the user. A damaged file is kept aside, and `notes` says so.
    pub fn open(
        path: &Path,
        network: NetworkId,
        (bounds, rates): (Bounds, Rates),
        notes: &mut Vec<String>,
    ) -> Result<Self, String> {
        let cannot = |why: &dyn std::fmt::Display| {
            format!("cannot keep the history in {}: {why}; --no-history does without", path.display())
        };
        own_file::append(path).map_err(|error| cannot(&error))?;
        match Self::try_open(path, network, bounds, rates) {
            Err(error) if is_damaged(&error) => {
                let aside = set_aside(path).map_err(|error| cannot(&error))?;
                notes.push(format!(
                    "the history {} is damaged, so a new one begins; neighbors may still have what was said. As it \
                     was, it is kept in {}",
                    path.display(),
                    aside.display()
                ));
                own_file::append(path).map_err(|error| cannot(&error))?;
                Self::try_open(path, network, bounds, rates).map_err(|error| cannot(&error))
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Err(cannot(&"another program has it open"))
            }
            opened => opened.map_err(|error| cannot(&error)),
        }
    }

    fn try_open(path: &Path, network: NetworkId, bounds: Bounds, rates: Rates) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.execute_batch(SETTINGS)?;
        match db.query_row("PRAGMA user_version", [], |row| row.get(0))? {
            0 => db.execute_batch(TABLES)?,
            VERSION => {}
            // The one kind of error that shows a text as it is.
            _ => return Err(Error::ToSqlConversionFailure("a later version of chat has made it".into())),
        }
        let floor =
            db.query_row("SELECT at, id FROM floor", [], |row| key(row)?.ok_or(Error::InvalidQuery))?;
        // Reads no message, but finds whether the tables are as they should be.
        db.prepare("SELECT at, id, author, seq, caught_up, nick, bytes FROM messages LIMIT 0")?;
        // The bound may be another one than in the run before: the first look comes before anything is written.
        Ok(Self { db, network, bounds, rates, floor, written: LOOK })
    }

    /// No message before this key is kept.
    #[must_use]
    pub const fn floor(&self) -> Key {
        self.floor
    }

    /// How many messages are kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self) -> Result<u64, Error> {
        self.db.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
    }

    /// The keys of all messages that are kept, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>, Error> {
        let mut all = self.db.prepare("SELECT at, id FROM messages INDEXED BY by_time ORDER BY at, id")?;
        let keys = all.query_map([], key)?.filter_map(Result::transpose);
        keys.collect()
    }

    /// Keeps a message. When this returns, it is written. Its signature was checked; all else is here.
    ///
    /// # Errors
    /// The disk is full, or the file cannot be written or read.
    pub fn put(
        &mut self,
        envelope: &Envelope,
        nick: &str,
        source: Source,
        now_ms: u64,
    ) -> Result<Put, Error> {
        let key = envelope.key();
        let Ok(at) = i64::try_from(key.at) else { return Ok(Put::Refused("too_far_ahead")) };
        if let Err(reason) = belongs(envelope, self.network) {
            return Ok(Put::Refused(reason));
        }
        if key < self.floor {
            return Ok(Put::Refused("too_old"));
        }
        if source == Source::CaughtUp {
            if self.has(key)? {
                return Ok(Put::Known);
            }
            let is_in_time = in_time(key.at, now_ms, self.bounds.keep_ms);
            if let Err(reason) = is_in_time.and(self.within_rates(at, &envelope.origin())?) {
                return Ok(Put::Refused(reason));
            }
        }
        let mut insert =
            self.db.prepare_cached("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)")?;
        let is_caught_up = source == Source::CaughtUp;
        let (author, seq) = (envelope.origin().0, envelope.seq().cast_signed());
        let is_new = insert.execute(params![
            at,
            key.id,
            author,
            seq,
            is_caught_up,
            nick,
            envelope.bytes().as_ref()
        ])? > 0;
        drop(insert);
        if is_new {
            self.written += 1;
            return Ok(Put::New);
        }
        // Either this message, or another one under the same count of its author.
        Ok(if self.has(key)? { Put::Known } else { Put::Refused("old_count") })
    }

    fn has(&self, key: Key) -> Result<bool, Error> {
        let at = key.at.cast_signed();
        self.db.prepare_cached("SELECT 1 FROM messages WHERE at = ? AND id = ?")?.exists(params![at, key.id])
    }

    /// Whether one more message of this author fits among those that were said about that time.
    fn within_rates(&self, at: i64, author: &Author) -> Result<Result<(), &'static str>, Error> {
        let mut count = self.db.prepare_cached(
            "SELECT count(*) FILTER (WHERE author = ?), count(*) FROM messages WHERE at BETWEEN ? AND ?",
        )?;
        let half = (SPAN_MS / 2).cast_signed();
        let (first, last) = (at.saturating_sub(half), at.saturating_add(half));
        let (of_author, in_all) =
            count.query_row(params![author.0, first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(self.rates.admit(of_author, in_all))
    }

    /// The messages of these keys; and the keys of which there is none, or none that is sound.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&mut self, keys: &[Key]) -> Result<(Vec<Envelope>, Vec<Key>), Error> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for key in keys {
            let mut one =
                self.db.prepare_cached("SELECT at, id, nick, bytes FROM messages WHERE at = ? AND id = ?")?;
            let read = one.query_row(params![key.at.cast_signed(), key.id], |row| Ok(self.past(row)));
            match read.optional()? {
                Some(Some(past)) => found.push(past.envelope),
                Some(None) | None => missing.push(*key),
            }
        }
        Ok((found, missing))
    }

    /// The last messages, up to so many, the oldest first; those of one author and moment by their counts.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last(&self, count: u32) -> Result<Vec<Past>, Error> {
        self.some(
            "SELECT at, id, nick, bytes FROM messages ORDER BY at DESC, seq DESC LIMIT ?",
            params![count],
        )
    }

    /// The last messages since this time, up to so many, the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn since(&self, unix_ms: u64, count: u32) -> Result<Vec<Past>, Error> {
        self.some(
            "SELECT at, id, nick, bytes FROM messages WHERE at >= ? ORDER BY at DESC, seq DESC LIMIT ?",
            params![i64::try_from(unix_ms).unwrap_or(i64::MAX), count],
        )
    }

    fn some(&self, query: &str, bounds: impl rusqlite::Params) -> Result<Vec<Past>, Error> {
        let mut some = self.db.prepare_cached(query)?;
        let read: Result<Vec<Option<Past>>, Error> =
            some.query_map(bounds, |row| Ok(self.past(row)))?.collect();
        let mut past: Vec<Past> = read?.into_iter().flatten().collect();
        past.reverse();
        Ok(past)
    }

    /// The message in a row; none if it is not what some author has signed.
    fn past(&self, row: &Row<'_>) -> Option<Past> {
        let key = key(row).ok()??;
        let nick: String = row.get(2).ok()?;
        let bytes: Vec<u8> = row.get(3).ok()?;
        sound(bytes.into(), key, self.network, &Verifier).map(|envelope| Past { envelope, nick })
    }

    /// Lets go of what is too old by this clock, which agrees with others, and of what is too much. True if the floor
    /// has risen.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn expire(&mut self, now_ms: Option<u64>) -> Result<bool, Error> {
        let before = self.floor;
        if let Some(now_ms) = now_ms {
            // Whole minutes, so that neighbors let go of the same.
            let oldest = now_ms.saturating_sub(self.bounds.keep_ms) / 60_000 * 60_000;
            self.forget_before(Key::at(oldest.min(i64::MAX.unsigned_abs())))?;
        }
        if self.written >= LOOK {
            self.written = 0;
            self.shrink()?;
        }
        Ok(self.floor > before)
    }

    /// Lets go of the oldest messages until the file is not too large.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn shrink(&mut self) -> Result<(), Error> {
        while self.bytes()? > self.bounds.bytes {
            let some = (self.count()? / SHARE).max(1);
            let behind = "SELECT at, id FROM messages INDEXED BY by_time ORDER BY at, id LIMIT 1 OFFSET ?";
            let last = self.db.query_row(behind, [some - 1], key).optional()?;
            let Some(Some(last)) = last else { return Ok(()) };
            self.forget_before(last.next())?;
        }
        Ok(())
    }

    /// Bytes of the file that are in use.
    fn bytes(&self) -> Result<u64, Error> {
        let number = |pragma: &str| self.db.query_row(pragma, [], |row| row.get::<_, u64>(0));
        let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
        Ok(pages.saturating_mul(number("PRAGMA page_size")?))
    }

    fn forget_before(&mut self, floor: Key) -> Result<(), Error> {
        if floor <= self.floor {
            return Ok(());
        }
        let at = floor.at.cast_signed();
        let both = self.db.transaction()?;
        both.execute("DELETE FROM messages WHERE (at, id) < (?, ?)", params![at, floor.id])?;
        both.execute("UPDATE floor SET at = ?, id = ?", params![at, floor.id])?;
        both.commit()?;
        self.floor = floor;
        Ok(())
    }
}

/// The key in the first two columns; none if they are no key.
fn key(row: &Row<'_>) -> Result<Option<Key>, Error> {
    let at: i64 = row.get(0)?;
    let id: Vec<u8> = row.get(1)?;
    Ok(u64::try_from(at).ok().zip(id.try_into().ok()).map(|(at, id)| Key { at, id }))
}

/// Whether this error says that the file is no history, or no whole one.
fn is_damaged(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch => true,
            // Tables are missing, or others are there.
            ErrorCode::Unknown => message.as_ref().is_some_and(|text| {
                ["no such table", "no such column", "no such index", "malformed", "already exists"]
                    .iter()
                    .any(|part| text.contains(part))
            }),
            _ => false,
        },
        Error::InvalidQuery | Error::QueryReturnedNoRows | Error::InvalidColumnType(..) => true,
        Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) => true,
        _ => false,
    }
}

/// Gives a file, and its log, another name.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let with = |end: &str| {
        let mut name = OsString::from(path);
        name.push(end);
        PathBuf::from(name)
    };
    let aside = own_file::aside(path)?;
    fs::rename(path, &aside)?;
    for end in ["-wal", "-shm", "-journal"] {
        let mut name = OsString::from(&aside);
        name.push(end);
        match fs::rename(with(end), PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
