//! Readers of tables of numbers: odd files with the right value or the right refusal, and comparison with a slow and
//! simple model of the reader.

mod edges;
mod fuzz_body;
mod matrix;
mod sessions;

use floodnet_sim::read::ReadError;

/// What is right for a file.
#[derive(Clone, Copy, Debug)]
enum Right<T> {
    /// It is read.
    Read(T),
    /// It is refused at this line and character (none for the file as a whole), with these words.
    Refused(Option<(usize, usize)>, &'static str),
}

/// Holds a reader against the table of its files.
fn check<T: PartialEq + std::fmt::Debug>(
    files: &[(&str, &str, Right<T>)],
    read: impl Fn(&[u8]) -> Result<T, ReadError>,
) {
    assert!(files.len() >= 40, "{} files", files.len());
    for (name, text, right) in files {
        let found = read(text.as_bytes());
        match (right, found) {
            (Right::Read(right), Ok(found)) => assert_eq!(found, *right, "{name}: {text:?}"),
            (Right::Refused(place, words), Err(error)) => {
                let found = (error.line > 0).then(|| (error.line, error.character()));
                assert_eq!(found, *place, "{name}: {error}");
                assert!(error.title().contains(words), "{name}: {error}");
                assert!(error.text.get(error.span.clone()).is_some(), "{name}: {error:?}");
                assert!(!error.help.is_empty(), "{name}: no word of what to change");
            }
            (right, found) => panic!("{name}: {text:?}: {right:?} is right, found {found:?}"),
        }
    }
}
