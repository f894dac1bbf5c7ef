//! What is wrong with the value of a key.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// Something wrong with the value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The key: inside its own table for what a protocol says of its table, such as `degree` or
    /// `gnp.mean_degree`, otherwise in the scenario, such as `traffic.0.every`; empty for the table or the
    /// scenario as a whole.
    pub key: String,
    /// More keys that it is about: a report points at the first of all that is written.
    pub others: Vec<String>,
    /// What is wrong, in one line.
    pub title: Box<str>,
    /// What to write instead or why, in one line; may be empty.
    pub label: Box<str>,
    /// Where it is wrong, if the value names a file.
    pub place: Option<Box<FilePlace>>,
}

/// A place in a file that a value names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub path: String,
    /// The line, the first being 1.
    pub line: usize,
    /// The line as it stands in the file.
    pub text: String,
    /// The bytes of `text` that are wrong; may be empty.
    pub span: Range<usize>,
}

impl Complaint {
    /// A complaint about `key`.
    #[must_use]
    pub fn new(key: impl Into<String>, title: impl Into<String>, label: impl Into<String>) -> Self {
        let (title, label) = (title.into().into_boxed_str(), label.into().into_boxed_str());
        Self { key: key.into(), others: Vec::new(), title, label, place: None }
    }

    /// The same about a place in the file that the key names.
    #[must_use]
    pub fn at(self, place: FilePlace) -> Self {
        Self { place: Some(Box::new(place)), ..self }
    }

    /// The same, also about `key`.
    #[must_use]
    pub fn or(mut self, key: impl Into<String>) -> Self {
        self.others.push(key.into());
        self
    }

    /// The same with its keys inside the table `path`.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        let inside = |key: &String| if key.is_empty() { path.to_owned() } else { format!("{path}.{key}") };
        Self { key: inside(&self.key), others: self.others.iter().map(inside).collect(), ..self }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = format!("`{}`", self.key);
        let place = self.place.as_ref().map_or_else(String::new, |place| {
            let before = place.text.get(..place.span.start).unwrap_or_default();
            format!("{}:{}:{}", place.path, place.line, before.chars().count() + 1)
        });
        let parts = [key.as_str(), place.as_str(), &*self.title, &*self.label];
        let said: Vec<&str> = parts.into_iter().filter(|part| !matches!(*part, "" | "``")).collect();
        f.write_str(&said.join(": "))
    }
}

impl core::error::Error for Complaint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_keeps_its_parts_wherever_it_is_put() {
        let place = FilePlace { path: "links.csv".to_owned(), line: 3, text: "0,x".to_owned(), span: 2..3 };
        let found =
            Complaint::new("file", "no number", "write one").or("").at(place.clone()).within("overlay");
        assert_eq!((found.key.as_str(), &found.others[..]), ("overlay.file", &["overlay".to_owned()][..]));
        assert_eq!(found.place.as_deref(), Some(&place));
        assert_eq!(format!("{found}"), "`overlay.file`: links.csv:3:3: no number: write one");
    }
}
