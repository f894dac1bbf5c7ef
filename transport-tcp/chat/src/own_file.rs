//! Files that are the user's alone: what lies there already may be a trap of somebody else.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file to write at its end, made for its owner only if there is none. It is no link, and a file or a
/// device like `/dev/null`.
///
/// # Errors
/// It is something else, or cannot be written.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = open(options.create(true).append(true), path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        protect(&file)?;
    } else if !is_device(kind) {
        return Err(not_a_file());
    }
    Ok(file)
}

/// Opens a file to write, made for its owner only if there is none; what it held is gone. It is no link, and
/// nothing but a file.
///
/// # Errors
/// As [`append`].
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = open(options.create(true).truncate(false).write(true), path)?;
    if !file.metadata()?.is_file() {
        return Err(not_a_file());
    }
    protect(&file)?;
    file.set_len(0)?;
    Ok(file)
}

/// Opens a file to read. It may be behind a link, but is nothing that could be read for ever.
///
/// # Errors
/// It is something else, or cannot be read.
pub fn read(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Without this, to open a pipe would wait for its writer.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::fcntl::OFlag::O_NONBLOCK.bits());
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file()) }
}

/// A name beside a damaged file under which it can be kept.
///
/// # Errors
/// There are a hundred of them already.
pub fn aside(path: &Path) -> io::Result<PathBuf> {
    let with = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        PathBuf::from(name)
    };
    (1..100).map(with).find(|aside| !aside.exists()).ok_or_else(|| {
        io::Error::other(format!("{} was found damaged too often: look at it", path.display()))
    })
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use nix::fcntl::OFlag;
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
    }
    options.open(path).map_err(|error| match error.kind() {
        _ if path.is_symlink() => io::Error::new(error.kind(), "it is a link: name the file itself"),
        _ => error,
    })
}

/// Takes a file from everybody else.
fn protect(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

#[cfg(unix)]
fn is_device(kind: std::fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&kind)
}

#[cfg(not(unix))]
fn is_device(_: std::fs::FileType) -> bool {
    false
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn no_link_is_followed_to_write_and_files_are_for_their_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "precious").expect("written");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("ours");
        symlink(&file, &link).expect("made");
        for open in [append, create] {
            assert!(open(&link).expect_err("a link").to_string().contains("link"));
        }
        assert_eq!((fs::read_to_string(&file).expect("text"), mode(&file)), ("precious".to_owned(), 0o644));
        append(&file).expect("a file");
        assert_eq!((fs::read_to_string(&file).expect("text"), mode(&file)), ("precious".to_owned(), 0o600));
        create(&file).expect("a file");
        assert_eq!(fs::read_to_string(&file).expect("text"), "");
        create(&folder.path().join("new")).expect("made");
        assert_eq!(mode(&folder.path().join("new")), 0o600);
        append(Path::new("/dev/null")).expect("a device");
        read(&link).expect("behind a link");
    }

    /// Each of these would be waited for, or read, for ever.
    #[test]
    fn pipes_folders_and_devices_are_no_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
        for path in [&pipe, folder.path(), Path::new("/dev/zero")] {
            assert!(read(path).is_err(), "{}", path.display());
            assert!(create(path).is_err(), "{}", path.display());
        }
        assert!(append(&pipe).is_err());
    }
}
