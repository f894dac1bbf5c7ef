//! What the user sees: on a terminal with times and colors, in a pipe one line for each message.

mod layout;
mod output;
mod pipe;

use std::io;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Color, Effects, Style};
use floodnet_chat::keys::Key;
use floodnet_chat::text::escape;
use rustyline::ExternalPrinter;

use self::layout::{columns, fit};
pub use self::output::Broken;
use self::output::{Item, Output};
use self::pipe::pipe_line;
use crate::command::ACTION;

/// The screen. Whatever others wrote is escaped here, and nowhere else must it reach a terminal.
#[derive(Debug)]
pub struct Screen {
    output: Output,
    form: Form,
    color: bool,
    has_bell: bool,
    /// When the bell rang last.
    rang: Option<Instant>,
}

/// How messages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In rows and colors.
    Terminal,
    /// In one line each.
    Pipe(Pipe),
}

/// How a message stands in a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pipe {
    /// As an object of JSON.
    pub json: bool,
    /// Behind the time of each, also of those that come as they are said.
    pub timestamps: bool,
}

/// A message of somebody, as it is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'a> {
    /// The key of its author.
    pub key: &'a Key,
    /// What the author is called.
    pub shown: &'a str,
    /// The user has compared the key.
    pub verified: bool,
    /// The text, not escaped.
    pub text: &'a str,
    /// It is for the user alone.
    pub is_direct: bool,
    /// The user is named in it.
    pub is_mention: bool,
    /// When it was said, if that was before.
    pub when: Option<When>,
}

/// Has a terminal ring.
const BELL: char = '\u{7}';
const BELL_PAUSE: Duration = Duration::from_secs(1);

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
        Self::pipe(Pipe::default())
    }

    /// As [`plain`](Self::plain), with messages in this form.
    #[must_use]
    pub fn pipe(pipe: Pipe) -> Self {
        Self { output: Output::plain(), form: Form::Pipe(pipe), color: false, has_bell: false, rang: None }
    }

    /// Whether this terminal shows colors.
    #[must_use]
    pub fn has_color() -> bool {
        anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
    }

    /// A terminal whose line editor prints through `printer`, and that may ring.
    #[must_use]
    pub fn terminal(printer: Box<dyn ExternalPrinter + Send>, has_bell: bool) -> Self {
        let output = Output::terminal(printer);
        Self { output, form: Form::Terminal, color: Self::has_color(), has_bell, rang: None }
    }

    /// Whether there is nobody to look at it.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        matches!(self.form, Form::Pipe(_))
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

    /// A message of somebody. A bell rings where it is for the user, at most once a second.
    pub fn spoken(&mut self, spoken: &Spoken<'_>) {
        let line = match self.form {
            Form::Terminal => self.row(spoken),
            Form::Pipe(pipe) => pipe_line(spoken, pipe),
        };
        let rings = self.rings(spoken);
        self.message(if rings { format!("{BELL}{line}") } else { line });
    }

    fn rings(&mut self, spoken: &Spoken<'_>) -> bool {
        let is_for_user = spoken.is_direct || spoken.is_mention;
        let is_due = self.rang.is_none_or(|rang| rang.elapsed() >= BELL_PAUSE);
        let rings =
            self.has_bell && is_for_user && is_due && spoken.when.is_none_or(|when| when.is_caught_up);
        if rings {
            self.rang = Some(Instant::now());
        }
        rings
    }

    /// A message on a terminal: its time, who says it, and the text in rows.
    fn row(&self, spoken: &Spoken<'_>) -> String {
        let Spoken { key, shown, verified, text, is_direct, is_mention, .. } = *spoken;
        let time = match spoken.when {
            None => now(),
            Some(When { unix_ms, is_caught_up }) => {
                format!("{}{}", at(unix_ms), if is_caught_up { " caught up" } else { "" })
            }
        };
        let (time, name) = (self.paint(DIM, &time), self.name(key, shown, verified));
        let mark = if is_mention && !is_direct { self.paint(SECRET, "● ") } else { String::new() };
        let head = match (is_direct, text.strip_prefix(ACTION)) {
            (true, _) => {
                let (letter, to) = (self.paint(SECRET, "✉"), self.paint(SECRET, "→ you"));
                format!("{time} {letter} {name} {to}: ")
            }
            // Not a star, with which the program's own words begin.
            (false, Some(deed)) => return fit(&format!("{time} {mark}» {name} "), deed, columns()),
            (false, None) => format!("{time} {mark}{name}: "),
        };
        fit(&head, text, columns())
    }

    /// Clears the terminal; a pipe has nothing to clear.
    pub fn clear(&mut self) {
        if !self.is_plain() {
            self.aside("\u{1b}[H\u{1b}[2J".to_owned());
        }
    }

    /// Another day begins; only a terminal shows times without days.
    pub fn day(&mut self, text: &str) {
        if !self.is_plain() {
            let line = self.paint(DIM, &format!("──── {text} ────"));
            self.aside(line);
        }
    }

    /// Something that the program has to say by the way. `text` holds nothing that others wrote unescaped but
    /// names, which cannot hurt.
    pub fn notice(&mut self, text: &str) {
        let line = match self.is_plain() {
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
