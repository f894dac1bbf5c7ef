//! The folder that a chat keeps its state in; one chat at a time.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use fs4::fs_std::FileExt;

use crate::own_file;

/// Chats that can run beside each other without naming folders.
const MAX_CHATS: u32 = 999;

/// A folder that no other chat uses while this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Holds the lock; the system lets go of it however the program ends.
    _lock: File,
}

impl Folder {
    /// This folder, made if need be.
    ///
    /// # Errors
    /// Another chat uses it, or it cannot be made; in words for the user.
    pub fn open(path: &Path) -> Result<Self, String> {
        match lock(path) {
            Ok(Some(folder)) => Ok(folder),
            Ok(None) => Err(format!(
                "another chat is using {}: leave that one, or give this one a folder of its own with --data",
                path.display()
            )),
            Err(error) => Err(cannot(path, &error)),
        }
    }

    /// The first free one of the numbered folders for people who name none: the first chat of a machine is
    /// always the same person, so is the second, and so on.
    ///
    /// # Errors
    /// None can be made; in words for the user.
    pub fn first_free() -> Result<Self, String> {
        let base = base().ok_or("cannot tell where your files belong: name a folder with --data")?;
        for number in 1..=MAX_CHATS {
            let path = base.join(number.to_string());
            if let Some(folder) = lock(&path).map_err(|error| cannot(&path, &error))? {
                return Ok(folder);
            }
        }
        Err(format!("{MAX_CHATS} chats are running: name a folder with --data"))
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn cannot(path: &Path, error: &io::Error) -> String {
    format!("cannot use the folder {}: {error}; name another one with --data", path.display())
}

fn base() -> Option<PathBuf> {
    let from =
        |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = from("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || Some(std::env::home_dir()?.join(".local").join("share"));
    Some(data.or_else(|| from("LOCALAPPDATA")).or_else(home)?.join("floodnet-chat"))
}

/// Makes the folder for its owner only. One that is there is left as it is, if nobody else can put files into it.
fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        builder.mode(0o700).create(path)?;
        let folder = fs::metadata(path)?;
        let why = if folder.uid() != nix::unistd::geteuid().as_raw() {
            Some("it belongs to somebody else")
        } else if folder.mode() & 0o022 != 0 {
            Some("others may write into it (chmod go-w takes that away)")
        } else {
            None
        };
        why.map_or(Ok(()), |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why)))
    }
    #[cfg(not(unix))]
    builder.create(path)
}

fn lock(path: &Path) -> io::Result<Option<Folder>> {
    make(path)?;
    // What is written into it is of no account.
    let file = own_file::append(&path.join("lock"))?;
    let is_ours = FileExt::try_lock_exclusive(&file)?;
    Ok(is_ours.then(|| Folder { path: path.to_owned(), _lock: file }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_chat_at_a_time() {
        let outer = tempfile::tempdir().expect("a folder");
        let path = outer.path().join("a").join("b");
        let first = Folder::open(&path).expect("free");
        let refused = Folder::open(&path).expect_err("in use");
        assert!(refused.contains("--data"), "{refused}");
        drop(first);
        Folder::open(&path).expect("free again");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_there_keeps_its_mode_or_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
        for (bits, is_taken) in
            [(0o700, true), (0o755, true), (0o770, false), (0o707, false), (0o1777, false)]
        {
            let path = outer.path().join(format!("{bits:o}"));
            fs::create_dir(&path).expect("new");
            fs::set_permissions(&path, PermissionsExt::from_mode(bits)).expect("ours");
            assert_eq!(Folder::open(&path).is_ok(), is_taken, "{bits:o}");
            assert_eq!(mode(&path), bits);
        }
        let path = outer.path().join("new").join("inner");
        Folder::open(&path).expect("made");
        assert_eq!((mode(&path), mode(&path.join("lock"))), (0o700, 0o600));
    }
}
