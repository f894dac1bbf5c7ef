//! What is said of files and tables that cannot be read.

use std::path::Path;

use floodnet_sim::read::ReadError;

use floodnet_core::tables::FilePlace;

use crate::Complaint;

/// A file that cannot be read.
pub(crate) fn unreadable(key: &str, error: &std::io::Error) -> Complaint {
    Complaint::new(key, format!("cannot read the file: {error}"), "name another file, or mend this one")
}

/// A file that does not hold what it should.
pub(crate) fn malformed(key: &str, file: &Path, error: &ReadError) -> Complaint {
    let complaint = Complaint::new(key, error.title(), error.help.as_str());
    // About the file as a whole, or two of its lines.
    if error.text.is_empty() {
        return complaint;
    }
    complaint.at(FilePlace {
        path: file.display().to_string(),
        line: error.line,
        text: error.text.clone(),
        span: error.span.clone(),
    })
}

/// A table that does not read back: an error of the protocol that registered it.
pub fn unread(key: &str, error: &toml::de::Error) -> Complaint {
    Complaint::new(key, error.message(), "the protocol reads its table otherwise than it writes it")
}
