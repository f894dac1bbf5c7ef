//! Names, fingerprints, and text that cannot hurt a terminal.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use data_encoding::BASE32_NOPAD;
use unicode_normalization::UnicodeNormalization;
use unicode_security::GeneralSecurityProfile;

use crate::keys::Key;

/// The longest name, in characters.
pub const MAX_NAME: usize = 32;

/// What a person is called: 1 to [`MAX_NAME`] characters in the normal form NFKC, each of which Unicode allows
/// in identifiers (UTS 39, section 3.1): letters, digits and a few marks of all living scripts, nothing
/// invisible, no space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is not a valid name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// The text is empty, or nothing but space.
    Empty,
    /// It has more than [`MAX_NAME`] characters.
    TooLong,
    /// This character cannot be in it.
    Character(char),
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name needs at least one letter"),
            Self::TooLong => write!(f, "a name has at most {MAX_NAME} characters"),
            Self::Character(' ') => write!(f, "a name cannot contain spaces; try `-` or `_`"),
            Self::Character(character) => {
                write!(
                    f,
                    "a name cannot contain `{}`; letters, digits, `-`, `_` and `.` are fine",
                    escape(&format!("{character}"))
                )
            }
        }
    }
}

impl core::error::Error for BadName {}

impl Name {
    /// The name that `text` says, in normal form and without space around it.
    ///
    /// # Errors
    /// It is not a valid name.
    pub fn new(text: &str) -> Result<Self, BadName> {
        let text = text.trim();
        // Before the normal form, which can be 18 times as long.
        if text.chars().nth(MAX_NAME).is_some() {
            return Err(BadName::TooLong);
        }
        let name: String = text.nfkc().collect();
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if name.chars().nth(MAX_NAME).is_some() {
            return Err(BadName::TooLong);
        }
        match name.chars().find(|character| !may_be_in_name(*character)) {
            Some(character) => Err(BadName::Character(character)),
            None => Ok(Self(name)),
        }
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether people could take one for the other: they differ in case only, or in dots and dashes at the ends, or
    /// look alike (UTS 39, section 4).
    #[must_use]
    pub fn looks_like(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.skeletons(), other.skeletons());
        mine.iter().any(|skeleton| theirs.contains(skeleton))
    }

    /// The skeletons of the name as it is written and in lower case: the letter that looks like `l` may be in upper
    /// case, as in `aIice`, and the one that looks like `o` may be a digit, as in `b0b`.
    fn skeletons(&self) -> [String; 2] {
        let inner = self.0.trim_matches(['.', '-', '_']);
        // Of nothing but dots and dashes all counts.
        let name = if inner.is_empty() { &self.0 } else { inner };
        [String::from(name), name.to_lowercase()].map(|name| {
            let skeleton: String = unicode_security::skeleton(&name).collect();
            unicode_security::skeleton(&skeleton.to_lowercase()).collect()
        })
    }
}

/// Colons are excluded because a colon ends the name in front of a message.
fn may_be_in_name(character: char) -> bool {
    character.identifier_allowed() && !matches!(character, ':' | '\'')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Sixteen characters that tell keys apart: 80 bits of a hash of the key, so that to make another key of the
/// same fingerprint takes 2^80 attempts. In lower case and base 32 (RFC 4648), as `xxxx-xxxx-xxxx-xxxx`.
#[must_use]
pub fn fingerprint(key: &Key) -> String {
    let hash = blake3::derive_key("floodnet 2026 fingerprint of a key", &key.0);
    let front = hash.get(..10).unwrap_or(&hash);
    let letters: Vec<char> = BASE32_NOPAD.encode(front).to_lowercase().chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// Sixty digits in twelve groups that two people compare to be sure of each other's keys: a hash of both, the
/// same at both ends.
#[must_use]
pub fn safety_number(one: &Key, other: &Key) -> String {
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    let mut hasher = blake3::Hasher::new_derive_key("floodnet 2026 safety number of two keys");
    hasher.update(&low.0).update(&high.0);
    let mut bytes = [0u8; 60];
    hasher.finalize_xof().fill(&mut bytes);
    let groups: Vec<String> = bytes
        .chunks_exact(5)
        .map(|group| {
            // 40 bits to five digits: each is up to 10^5 / 2^40 likelier than another.
            let number = group.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
            format!("{:05}", number.checked_rem(100_000).unwrap_or_default())
        })
        .collect();
    groups.join(" ")
}

/// `text` with everything spelled out that a terminal would obey, or that would reorder or hide what stands
/// around it: control characters, direction marks, line separators, what cannot be seen, and marks beyond
/// [`MAX_MARKS`] on one letter, which would cover the lines around it. Goes before every print and every log of what
/// others wrote.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut marks, mut after_blank) = (0usize, true);
    for character in text.chars() {
        marks = if is_mark(character) { marks.saturating_add(1) } else { 0 };
        // Between words these are as good as a space; a row of them hides what follows.
        let is_blank = matches!(character, '\u{a0}' | '\u{202f}' | '\u{3000}');
        if is_safe(character) && marks <= MAX_MARKS && !(is_blank && after_blank) {
            out.push(character);
        } else {
            out.extend(character.escape_unicode());
        }
        after_blank = is_blank || character == ' ';
    }
    out
}

/// [`escape`] for one line of output: tabs stay, and line breaks are shown as `\n`.
#[must_use]
pub fn escape_line(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| line.split('\t').map(escape).collect::<Vec<_>>().join("\t")).collect();
    lines.join("\\n")
}

/// How many marks and joiners may follow one letter.
pub const MAX_MARKS: usize = 6;

/// Whether the character is drawn into the one before it, or joins its neighbors.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
        || matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

fn is_safe(character: char) -> bool {
    if character.is_control() {
        return false;
    }
    !matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        // Direction marks, separators, invisible operators. Joiners are needed to write some languages.
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        // Blanks that are no space.
        | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{2800}'
        // Hieroglyph, shorthand and musical control, tags, private use.
        | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}
