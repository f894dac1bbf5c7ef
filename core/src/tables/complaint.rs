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
    /// What is wrong, in one line.
    pub title: String,
    /// What to write instead or why, in one line; may be empty.
    pub label: String,
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
        Self { key: key.into(), title: title.into(), label: label.into(), place: None }
    }

    /// The same about a place in the file that the key names.
    #[must_use]
    pub fn at(self, place: FilePlace) -> Self {
        Self { place: Some(Box::new(place)), ..self }
    }

    /// The same with its key inside the table `path`.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        let key = if self.key.is_empty() { path.to_owned() } else { format!("{path}.{}", self.key) };
        Self { key, ..self }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_ref().map_or_else(String::new, |place| {
            let before = place.text.get(..place.span.start).unwrap_or_default();
            format!("{}:{}:{}", place.path, place.line, before.chars().count() + 1)
        });
        let parts = [format!("`{}`", self.key), place, self.title.clone(), self.label.clone()];
        let said: Vec<&str> =
            parts.iter().map(String::as_str).filter(|part| !matches!(*part, "" | "``")).collect();
        f.write_str(&said.join(": "))
    }
}

impl core::error::Error for Complaint {}
