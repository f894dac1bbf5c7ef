//! Saved state as lines with checksums.
//!
//! Each line begins with the first bytes of its own hash: `1a2b3c4d words ...`. A line whose hash does not match
//! was cut or changed and is skipped; the others are still valid. The first line names the kind of file.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::HEXLOWER;

/// What could be read of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The lines that are whole, without their hashes, in order.
    pub lines: Vec<&'a str>,
    /// The numbers of damaged lines, from 1.
    pub damaged: Vec<usize>,
}

/// The text that holds `lines`, none of which may contain a line break, as a file of this `kind`.
pub fn write<'a>(kind: &'a str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for line in core::iter::once(kind).chain(lines) {
        out.push_str(&format!("{} {line}\n", check(kind, line)));
    }
    out
}

/// Reads what [`write()`] wrote. A file of another kind has no whole line.
#[must_use]
pub fn read<'a>(kind: &str, bytes: &'a [u8]) -> Stored<'a> {
    let mut stored = Stored::default();
    let mut has_head = false;
    for (number, line) in (1usize..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        match whole(kind, line) {
            Some(line) if number == 1 && line == kind => has_head = true,
            Some(line) if number > 1 => stored.lines.push(line),
            _ => stored.damaged.push(number),
        }
    }
    if !has_head && stored.damaged.is_empty() {
        stored.damaged.push(1);
    }
    stored
}

/// The line without its hash and its end, if both are there.
fn whole<'a>(kind: &str, line: &'a [u8]) -> Option<&'a str> {
    let line = core::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (hash, rest) = line.split_once(' ')?;
    (hash == check(kind, rest)).then_some(rest)
}

fn check(kind: &str, line: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("floodnet 2026 line of saved state");
    hasher.update(kind.as_bytes()).update(b"\0").update(line.as_bytes());
    let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
    HEXLOWER.encode(&[a, b, c, d])
}
