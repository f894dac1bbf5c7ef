//! Text in files of markup: XML, SVG, HTML.

use std::fmt::{self, Display, Write as _};

/// A text as markup takes it, in elements and in attributes that stand between `"`. Characters that XML does not have,
/// not even as references, become `�`.
///
/// ```
/// let name = floodnet_text::markup::Escaped("a<b> & \"c\" \u{1}");
/// assert_eq!(name.to_string(), "a&lt;b&gt; &amp; &quot;c&quot; \u{fffd}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\t' | '\n' | '\r' => f.write_char(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}'),
            c => f.write_char(c),
        })
    }
}
