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
    let mut wrong = Vec::new();
    for (name, text, right) in files {
        let found = read(text.as_bytes());
        let said = match &found {
            Ok(found) => format!("read as {found:?}"),
            Err(error) => error.of(""),
        };
        let is_right = match (right, found) {
            (Right::Read(right), Ok(found)) => found == *right,
            (Right::Refused(place, words), Err(error)) => {
                let found = (error.line > 0).then(|| (error.line, error.character()));
                let is_inside = error.text.get(error.span.clone()).is_some();
                found == *place && error.title().contains(words) && is_inside && !error.help.is_empty()
            }
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{name}: {text:?}\n  {said}\n  right: {right:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
