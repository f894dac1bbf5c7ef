//! One writer for each folder of results: a lock beside it, held from the start of a run to its end.
//!
//! The lock is the system's, so it goes when its process ends in any way. The file that carries it is taken away
//! again. Between opening and locking it another process may have done that, so the lock counts only if the file
//! still stands there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use fs4::fs_std::FileExt as _;

/// The right to write to a folder; it ends when this is dropped.
#[derive(Debug)]
pub struct Claim {
    lock: PathBuf,
    /// Carries the lock of the system.
    _file: File,
    /// Folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

/// Why a folder cannot be claimed.
#[derive(Debug)]
pub enum Taken {
    /// Another process writes to it: its number, where it is known.
    By(Option<u32>),
    /// The lock cannot be made.
    Failed(io::Error),
}

impl From<io::Error> for Taken {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Claim {
    /// Claims the folder at `absolute`, which need not be there yet. The folder around it is made.
    ///
    /// # Errors
    /// Another process has claimed it, or the lock cannot be made.
    pub fn of(absolute: &Path) -> Result<Self, Taken> {
        let name = absolute.file_name().unwrap_or_default().to_string_lossy();
        let lock = absolute.with_file_name(format!(".{name}.lock"));
        let mut made = Vec::new();
        loop {
            // Another process may take away the folder that it has made, as this one does.
            made.extend(lock.parent().map(make_folders).transpose()?.unwrap_or_default());
            let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock);
            let mut file = match open {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                open => open?,
            };
            if !file.try_lock_exclusive()? {
                let mut holder = String::new();
                // A holder that has only just come has not written its number yet.
                let _ = file.read_to_string(&mut holder);
                return Err(Taken::By(holder.trim().parse().ok()));
            }
            if !is_at(&file, &lock)? {
                continue;
            }
            file.set_len(0)?;
            file.rewind()?;
            // A full disk need not keep anybody from claiming: the number only makes the message better.
            let _ = write!(file, "{}", std::process::id());
            return Ok(Self { lock, _file: file, made });
        }
    }

    /// How it is told that the folder `shown` is taken.
    #[must_use]
    pub fn refusal(shown: &Path, taken: &Taken) -> String {
        let shown = shown.display();
        match taken {
            Taken::Failed(error) => format!("cannot write to {shown}: {error}"),
            Taken::By(holder) => {
                let holder = holder.map_or_else(String::new, |number| format!(" (process {number})"));
                format!(
                    "{shown} is being written by another sim-cli{holder}: wait for its end, or choose another folder \
                     with --out (nothing was changed)"
                )
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // While the lock is held, so that it is not the file of another process. There is nobody to tell of an error.
        let _ = fs::remove_file(&self.lock);
        // Only those that stayed empty go.
        self.made.iter().all(|folder| fs::remove_dir(folder).is_ok());
    }
}

/// Makes `folder` and those around it. Returns those that were missing, the innermost first.
fn make_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let missing = folder.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    fs::create_dir_all(folder)?;
    Ok(missing)
}

/// Whether `file` is the one that stands at `path`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match same_file::Handle::from_path(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    Ok(there == same_file::Handle::from_file(file.try_clone()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_writer_and_the_next_after_it() {
        let lab = tempfile::tempdir().unwrap();
        let place = lab.path().join("runs/deep/here");
        let first = Claim::of(&place).unwrap();
        let refused = Claim::of(&place).unwrap_err();
        assert!(matches!(refused, Taken::By(Some(number)) if number == std::process::id()), "{refused:?}");
        let said = Claim::refusal(Path::new("here"), &refused);
        assert!(said.starts_with("here is being written by another sim-cli (process "), "{said}");
        let other = Claim::of(&lab.path().join("runs/deep/there")).unwrap();
        drop((other, first));
        assert!(Claim::of(&place).is_ok());
        assert_eq!(
            fs::read_dir(lab.path()).unwrap().count(),
            0,
            "nothing is left, the folders around it included"
        );
    }

    #[test]
    fn what_is_in_a_folder_that_was_made_stays() {
        let lab = tempfile::tempdir().unwrap();
        let claim = Claim::of(&lab.path().join("runs/here")).unwrap();
        fs::write(lab.path().join("runs/result"), "").unwrap();
        drop(claim);
        assert!(lab.path().join("runs/result").exists());
    }

    #[test]
    fn many_that_come_and_go_never_hold_it_together() {
        let lab = tempfile::tempdir().unwrap();
        let place = lab.path().join("here");
        let (holders, times) = (std::sync::Mutex::new(()), std::sync::atomic::AtomicU64::new(0));
        let work = || {
            for _ in 0..500 {
                if let Ok(_claim) = Claim::of(&place) {
                    // Dropped before the claim.
                    let _alone = holders.try_lock().expect("nobody else holds it");
                    times.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
        // How often depends on the machine: who comes while another goes is refused.
        assert!(times.into_inner() > 0, "somebody gets it");
    }
}
