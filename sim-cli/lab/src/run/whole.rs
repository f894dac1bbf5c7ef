//! Files that are whole or not there.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Writes a file beside its place and moves it there when it is whole.
///
/// # Errors
/// It cannot be written or moved; then what stood there stands there still.
pub fn write_whole(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let mut to = Whole::begin(path)?;
    to.write_all(content.as_ref())?;
    to.end()
}

/// A file written beside its place under a name of its own (two processes never share it), moved there when whole.
pub struct Whole {
    to: BufWriter<NamedTempFile>,
    place: PathBuf,
}

impl Whole {
    /// Begins a file that is to stand at `path`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&name).suffix(PARTIAL);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As every other file: the user's mask says who may read it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        Ok(Self { to: BufWriter::new(builder.tempfile_in(folder)?), place: path.to_owned() })
    }

    /// Moves the file to its place.
    ///
    /// # Errors
    /// It cannot be written or moved; then what stood there stands there still.
    pub fn end(self) -> io::Result<()> {
        let file = self.to.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }
}

/// How the name of a file ends that is not whole yet.
const PARTIAL: &str = ".partial";

/// Whether a killed process has left the file at `path` unfinished.
#[must_use]
pub fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.ends_with(PARTIAL) && path.is_file()
}

/// Takes away files in `folder` that a killed process has left unfinished. Only for who has claimed it.
///
/// # Errors
/// One cannot be removed.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_unfinished(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_whole_leaves_nothing_behind() {
        let lab = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(lab.path()).unwrap().count();
        // A folder stands where the file should be.
        let place = lab.path().join("delivery.png");
        fs::create_dir(&place).unwrap();
        assert!(write_whole(&place, "picture").is_err());
        assert_eq!((names(), place.is_dir()), (1, true));
        fs::remove_dir(&place).unwrap();
        for content in ["a picture", "another"] {
            write_whole(&place, content).unwrap();
            assert_eq!((names(), fs::read_to_string(&place).unwrap().as_str()), (1, content));
        }
    }
}
