//! The file that keeps a secret key.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{Identity, KEY_BYTES, Keypair, from_hex};

/// The first word of a key file, which names its format.
const FORMAT: &str = "floodnet-key-v1";
/// Longer than any key file is.
const MAX_FILE: u64 = 1_024;

/// Why a key file could not be used. The file itself was left as it was.
#[derive(Debug)]
pub struct KeyFileError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    Exposed,
    Damaged,
}

impl KeyFileError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.why, Why::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether there is one already, where one was to be created.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(&self.why, Why::Io(error) if error.kind() == io::ErrorKind::AlreadyExists)
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.why {
            Why::Io(error) => write!(f, "key file {path}: {error}"),
            Why::Exposed => {
                write!(f, "key file {path} can be read by others: protect it first (chmod 600 {path})")
            }
            Why::Damaged => write!(
                f,
                "key file {path} is damaged: restore it from a copy, or move it away to get a new identity"
            ),
        }
    }
}

impl std::error::Error for KeyFileError {}

impl Keypair {
    /// Reads the key in the file `path`.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is damaged.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        read(path).map_err(|why| KeyFileError { path: path.to_owned(), why })
    }

    /// Reads the text of a key file. The public key in it tells damage from another key.
    #[must_use]
    pub fn from_file_text(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let [FORMAT, "secret", secret, "public", public] =
            text.split_ascii_whitespace().collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let secret: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(from_hex(secret)?);
        let key = Self::from_secret(&secret);
        (key.identity() == public.parse::<Identity>().ok()?).then_some(key)
    }

    /// Writes the key into a new file `path`, readable by its owner only: whole or not at all, and never in
    /// place of another. Folders are created as needed.
    ///
    /// # Errors
    /// There is such a file already, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        write(self, path).map_err(|error| KeyFileError { path: path.to_owned(), why: Why::Io(error) })
    }

    /// Reads the key in the file `path`; where there is no such file, creates a key and the file. A file
    /// that cannot be read or is damaged is never replaced: who loses an identity should know.
    ///
    /// # Errors
    /// As [`load`](Self::load) and [`save`](Self::save), but for a file that is missing.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match Self::load(path) {
            Err(error) if error.is_missing() => {}
            loaded => return loaded,
        }
        let fresh =
            Self::generate().map_err(|error| KeyFileError { path: path.to_owned(), why: Why::Io(error) })?;
        match fresh.save(path) {
            // Another process was quicker: its key is the one.
            Err(error) if error.is_taken() => Self::load(path),
            saved => saved.map(|()| fresh),
        }
    }
}

fn read(path: &Path) -> Result<Keypair, Why> {
    let file = File::open(path).map_err(Why::Io)?;
    let about = file.metadata().map_err(Why::Io)?;
    if is_exposed(&about) {
        return Err(Why::Exposed);
    }
    if about.len() > MAX_FILE {
        return Err(Why::Damaged);
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(Why::Io)?);
    Keypair::from_file_text(&bytes).ok_or(Why::Damaged)
}

#[cfg(unix)]
fn is_exposed(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o077 != 0
}

/// Other systems inherit the rights of the user's folder.
#[cfg(not(unix))]
const fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

fn write(key: &Keypair, path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let secret = Zeroizing::new(HEXLOWER.encode(key.secret()));
    let text = Zeroizing::new(format!("{FORMAT}\nsecret {}\npublic {}\n", secret.as_str(), key.identity()));
    // Readable by the owner only, from the first moment.
    let mut draft = NamedTempFile::with_prefix_in(".key-", folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist_noclobber(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Makes the new name last through a loss of power.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
const fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    #[test]
    fn a_key_is_created_once_and_read_again() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("a/b/key");
        assert!(Keypair::load(&path).expect_err("none yet").is_missing());
        let key = Keypair::load_or_create(&path).expect("created");
        assert_eq!(Keypair::load_or_create(&path).expect("read").identity(), key.identity());
        assert!(Keypair::from_secret(&[1; 32]).save(&path).expect_err("never replaced").is_taken());
        assert_eq!(Keypair::load(&path).expect("read").identity(), key.identity());
        let names: Vec<_> = fs::read_dir(path.parent().expect("a folder")).expect("readable").collect();
        assert_eq!(names.len(), 1, "no draft is left");
    }

    /// Every way to damage it is an error, and the file stays as it is.
    #[test]
    fn a_damaged_file_is_an_error_and_stays() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("key");
        Keypair::from_secret(&[7; 32]).save(&path).expect("written");
        let good = fs::read(&path).expect("readable");
        let mut damaged: Vec<Vec<u8>> = (0..good.len() - 1).map(|length| good[..length].to_vec()).collect();
        for place in 0..good.len() {
            let mut flipped = good.clone();
            flipped[place] ^= 1;
            // A blank for another, or a small letter for a capital, is no damage.
            if Keypair::from_file_text(&flipped)
                .is_none_or(|key| key.identity() != Keypair::from_secret(&[7; 32]).identity())
            {
                damaged.push(flipped);
            }
        }
        assert!(damaged.len() > 250, "{}", damaged.len());
        damaged.push(vec![b'x'; 2_000]);
        damaged.push(vec![0xff; 100]);
        for bytes in damaged {
            fs::write(&path, &bytes).expect("written");
            let error = Keypair::load_or_create(&path).expect_err("damaged");
            assert!(error.to_string().contains("is damaged"), "{error}");
            assert_eq!(fs::read(&path).expect("readable"), bytes);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("key");
        Keypair::from_secret(&[7; 32]).save(&path).expect("written");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
        let error = Keypair::load(&path).expect_err("exposed").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
