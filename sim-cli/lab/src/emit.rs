//! A folder of files for another program, such as a batch system or a cluster of containers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::run::folder::Place;

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// This text, as a program that can be started.
    Script(String),
    /// The content of that file.
    CopyOf(PathBuf),
}

/// Files by their place in the folder.
pub type Files = BTreeMap<String, Content>;

/// Writes the files into the new folder `folder`: all of them or none.
///
/// # Errors
/// There is something in the folder, or a file cannot be written; says which.
pub fn write(folder: &Path, files: &Files) -> Result<(), String> {
    let place = Place::claim(folder, false)?;
    let draft = place.draft()?;
    for (name, content) in files {
        put(&draft.path().join(name), content).map_err(|error| place.failed(&error))?;
    }
    place.finish(&draft)
}

fn put(path: &Path, content: &Content) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match content {
        Content::Text(text) => fs::write(path, text),
        Content::Script(text) => {
            fs::write(path, text)?;
            make_executable(path)
        }
        Content::CopyOf(file) => fs::copy(file, path).map(drop),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// `floodnet-` and `name` in lower case, with letters, digits and hyphens alone, as batch systems and networks want it.
#[must_use]
pub fn name_of(name: &str) -> String {
    let letters = name.to_ascii_lowercase();
    let letters = letters.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    let name: String = "floodnet-".chars().chain(letters).take(50).collect();
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_others_want_them() {
        for (name, expected) in [
            ("Degree_loss.2", "floodnet-degree-loss-2"),
            ("ends in_", "floodnet-ends-in"),
            ("", "floodnet"),
            ("größe", "floodnet-gr--e"),
        ] {
            assert_eq!(name_of(name), expected);
        }
        assert!(name_of(&"x".repeat(90)).len() <= 50);
    }
}
