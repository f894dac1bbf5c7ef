//! Numbers in files as they are published: the one reader of tables.
//!
//! A file is read where its meaning is plain, and refused where it is not, with the place and the cure. No cell is
//! ever passed over, so a blank cell cannot shift the ones behind it. Memory stays bounded: the reader holds one
//! line, and a line has a limit.
//!
//! | module | subject |
//! |---|---|
//! | `error` | what is wrong, and where |
//! | `lines` | lines of text, of limited length |
//! | `cells` | the cells of a line |
//! | `table` | rows that all have the same number of cells |
//! | `columns` | columns with names: each kind of file is a short declaration |
//!
//! `docs/data.md` says what the files look like.

mod cells;
mod columns;
mod error;
mod lines;
mod table;

use std::fs::File;
use std::io;
use std::path::Path;

pub use columns::{Column, Columns, Further, Heading, Kind, Record};
pub use error::ReadError;
pub(crate) use error::shown;
pub use lines::LONGEST_LINE;
pub(crate) use table::{Row, Table, is_number};

/// Opens a file to be read as a table.
///
/// # Errors
/// It is not there, is a folder, or may not be read.
pub fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    // A folder can be opened, and only says so when it is read.
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(file)
}

#[cfg(test)]
pub(crate) mod tests {
    /// A published file that is not part of the repository; none, said loudly, when it is not at hand.
    #[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
    #[expect(
        clippy::disallowed_methods,
        reason = "it says where the files are, and nothing of what is in them"
    )]
    pub(crate) fn data_file(name: &str) -> Option<std::fs::File> {
        let Ok(folder) = std::env::var("FLOODNET_DATA") else {
            eprintln!("SKIPPED: set FLOODNET_DATA to the folder that holds {name}");
            return None;
        };
        let path = std::path::Path::new(&folder).join(name);
        Some(super::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }
}
