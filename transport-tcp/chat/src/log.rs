//! The log of the network: into a file that is bounded, never on the screen.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::own_file;

/// At this size a file is set aside as `NAME.1` and a new one begun; the one set aside before goes.
const MAX_BYTES: u64 = 1_024 * 1_024;

/// A file that begins anew when it is long.
#[derive(Debug)]
pub struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
    max: u64,
}

impl Rotating {
    /// Goes on with this file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_max(path, MAX_BYTES)
    }

    fn with_max(path: &Path, max: u64) -> io::Result<Self> {
        let file = own_file::append(path)?;
        let written = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, written, max })
    }

    fn rotate(&mut self) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        fs::rename(&self.path, aside)?;
        self.file = own_file::append(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

impl Write for Rotating {
    /// A log that cannot be written is not worth ending a chat for: what does not fit on the disk is lost.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written >= self.max && self.rotate().is_err() {
            return Ok(bytes.len());
        }
        self.written += bytes.len() as u64;
        let _ = self.file.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Sends what the program logs there, from now on.
///
/// # Errors
/// The file cannot be written.
pub fn start(path: &Path) -> io::Result<()> {
    let file = Rotating::open(path)?;
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(Mutex::new(file))
        .finish();
    // Fails only if a log was started before, as in tests; then that one goes on.
    let _ = tracing::subscriber::set_global_default(log);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut log = Rotating::with_max(&path, 100).expect("writable");
        for number in 0..50 {
            // The log hands over whole lines.
            log.write_all(format!("line {number:02} of the log\n").as_bytes()).expect("never fails");
        }
        drop(log);
        let size = |path: &Path| fs::metadata(path).expect("there").len();
        let sum = size(&path) + size(&folder.path().join("log.1"));
        assert!((100..=260).contains(&sum), "{sum}");
        let text = fs::read_to_string(&path).expect("text");
        assert!(text.is_empty() || text.ends_with("line 49 of the log\n"), "{text}");
        let mut again = Rotating::with_max(&path, 100).expect("writable");
        writeln!(again, "more").expect("never fails");
        assert!(fs::read_to_string(&path).expect("text").ends_with("more\n"));
    }
}
