//! What the user sees: on a terminal with times and colors, in a pipe one line for each message.

mod layout;
mod output;

use std::io;

use anstyle::{AnsiColor, Color, Effects, Style};
use floodnet_chat::keys::Key;
use floodnet_chat::text::{escape, escape_line};
use rustyline::ExternalPrinter;

use self::layout::{columns, fit};
pub use self::output::Broken;
use self::output::{Item, Output};

/// The screen. Whatever others wrote is escaped here, and nowhere else must it reach a terminal.
#[derive(Debug)]
pub struct Screen {
    output: Output,
    is_plain: bool,
    color: bool,
}

/// Colors of names, one for each key.
const NAMES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightGreen,
];

const DIM: Style = Style::new().effects(Effects::DIMMED);
const LOUD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red))).effects(Effects::BOLD);
const VERIFIED: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green))).effects(Effects::BOLD);
const SECRET: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Magenta))).effects(Effects::BOLD);

/// The time of day, as the screen shows it.
#[must_use]
pub fn now() -> String {
    jiff::Zoned::now().strftime("%H:%M:%S").to_string()
}

/// A time of 1970 and on as the screen shows it: with the day, unless it is today.
#[must_use]
pub fn at(unix_ms: u64) -> String {
    let stamp = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let Some(stamp) = stamp else { return "another age".to_owned() };
    let (now, then) = (jiff::Zoned::now(), stamp.to_zoned(jiff::tz::TimeZone::system()));
    let form = if now.date() == then.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    then.strftime(form).to_string()
}

/// When a message was said, and whether it came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Milliseconds since 1970, by its author.
    pub unix_ms: u64,
    /// It came from a neighbor that had kept it.
    pub is_caught_up: bool,
}

impl Screen {
    /// A screen on standard output and standard error, for pipes and files.
    #[must_use]
    pub fn plain() -> Self {
        Self { output: Output::plain(), is_plain: true, color: false }
    }

    /// A terminal whose line editor prints through `printer`.
    #[must_use]
    pub fn terminal(printer: Box<dyn ExternalPrinter + Send>) -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        let color = choice != anstream::ColorChoice::Never;
        Self { output: Output::terminal(printer), is_plain: false, color }
    }

    /// Whether there is nobody to look at it.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Waits until messages cannot be written any more, and tells why.
    pub async fn broken(&mut self) -> Broken {
        self.output.broken().await
    }

    /// Waits until everything is written, for a while.
    ///
    /// # Errors
    /// Some of it could not be written.
    pub fn flush(&mut self) -> Result<(), Broken> {
        self.output.flush()
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A name in the color of its key, the fingerprint dimmed, a mark behind it if the key was compared.
    fn name(&self, key: &Key, shown: &str, verified: bool) -> String {
        let shown = escape(shown);
        let (nick, print) = shown.split_once('~').map_or((shown.as_str(), String::new()), |(nick, print)| {
            (nick, self.paint(DIM, &format!("~{print}")))
        });
        let color = NAMES[usize::from(key.0[0]) % NAMES.len()];
        let style = Style::new().fg_color(Some(Color::Ansi(color))).effects(Effects::BOLD);
        let mark = if verified { self.paint(VERIFIED, "✓") } else { String::new() };
        format!("{}{print}{mark}", self.paint(style, nick))
    }

    fn time(&self) -> String {
        self.paint(DIM, &now())
    }

    /// Somebody said something to all. `verified` if the user has compared their key.
    pub fn said(&mut self, key: &Key, shown: &str, verified: bool, text: &str) {
        if self.is_plain {
            return self.message(format!("{}: {}", escape(shown), escape_line(text)));
        }
        let head = format!("{} {}: ", self.time(), self.name(key, shown, verified));
        self.message(fit(&head, text, columns()));
    }

    /// Somebody said something to the user alone; it `came` at this time of [`now`].
    pub fn direct(&mut self, key: &Key, shown: &str, verified: bool, text: &str, came: &str) {
        if self.is_plain {
            return self.message(format!("{} -> you: {}", escape(shown), escape_line(text)));
        }
        let (mark, to) = (self.paint(SECRET, "✉"), self.paint(SECRET, "→ you"));
        let (came, name) = (self.paint(DIM, came), self.name(key, shown, verified));
        self.message(fit(&format!("{came} {mark} {name} {to}: "), text, columns()));
    }

    /// The time of a message from before, as it stands before it.
    fn before(&self, when: When) -> String {
        let (at, mark) = (at(when.unix_ms), if when.is_caught_up { "caught up " } else { "" });
        if self.is_plain { format!("[{mark}{at}] ") } else { self.paint(DIM, &format!("{at} {mark}")) }
    }

    /// Somebody said something to all before.
    pub fn said_before(&mut self, key: &Key, shown: &str, verified: bool, text: &str, when: When) {
        let before = self.before(when);
        if self.is_plain {
            return self.message(format!("{before}{}: {}", escape(shown), escape_line(text)));
        }
        let head = format!("{before}{}: ", self.name(key, shown, verified));
        self.message(fit(&head, text, columns()));
    }

    /// Somebody said something to the user alone before.
    pub fn direct_before(&mut self, key: &Key, shown: &str, verified: bool, text: &str, when: When) {
        if self.is_plain {
            let before = self.before(when);
            return self.message(format!("{before}{} -> you: {}", escape(shown), escape_line(text)));
        }
        let came = format!("{}{}", at(when.unix_ms), if when.is_caught_up { " caught up" } else { "" });
        self.direct(key, shown, verified, text, &came);
    }

    /// Something that the program has to say by the way. `text` holds nothing that others wrote unescaped but
    /// names, which cannot hurt.
    pub fn notice(&mut self, text: &str) {
        let line = match self.is_plain {
            true => format!("* {}", escape(text)),
            false => format!("{} {}", self.time(), self.paint(DIM, &format!("* {}", escape(text)))),
        };
        self.aside(line);
    }

    /// Something that the user must not miss.
    pub fn warning(&mut self, text: &str) {
        let line = self.paint(LOUD, &format!("! {}", escape(text)));
        self.aside(line);
    }

    /// The answer to a command, of any number of lines.
    pub fn answer(&mut self, text: &str) {
        for line in text.lines() {
            self.aside(format!("  {}", escape(line)));
        }
    }

    fn message(&mut self, line: String) {
        self.output.print(Item::Message(line));
    }

    fn aside(&mut self, line: String) {
        self.output.print(Item::Aside(line));
    }
}
