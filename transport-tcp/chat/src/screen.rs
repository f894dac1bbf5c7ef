//! What the user sees: on a terminal with times and colors, in a pipe one line for each message.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Effects, Style};
use floodnet_chat::crypto::Key;
use floodnet_chat::text::escape;
use rustyline::ExternalPrinter;

/// The place to which lines are written.
enum Out {
    /// Messages to standard output, all else to standard error.
    Plain,
    /// All above the line that is being typed.
    Terminal(Box<dyn ExternalPrinter + Send>),
}

/// The screen. Whatever others wrote is escaped here, and nowhere else must it reach a terminal.
pub struct Screen {
    out: Out,
    color: bool,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("color", &self.color).finish_non_exhaustive()
    }
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

impl Screen {
    /// A screen on standard output and standard error, for pipes and files.
    #[must_use]
    pub const fn plain() -> Self {
        Self { out: Out::Plain, color: false }
    }

    /// A terminal whose line editor prints through `printer`.
    #[must_use]
    pub fn terminal(printer: Box<dyn ExternalPrinter + Send>) -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self { out: Out::Terminal(printer), color: choice != anstream::ColorChoice::Never }
    }

    /// Whether there is nobody to look at it.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        matches!(self.out, Out::Plain)
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
        let line = match self.out {
            Out::Plain => format!("{}: {}", escape(shown), escape(text)),
            Out::Terminal(_) => {
                format!("{} {}: {}", self.time(), self.name(key, shown, verified), escape(text))
            }
        };
        self.message(&line);
    }

    /// Somebody said something to the user alone; it `came` at this time of [`now`].
    pub fn direct(&mut self, key: &Key, shown: &str, verified: bool, text: &str, came: &str) {
        let line = match self.out {
            Out::Plain => format!("{} -> you: {}", escape(shown), escape(text)),
            Out::Terminal(_) => {
                let (mark, to) = (self.paint(SECRET, "✉"), self.paint(SECRET, "→ you"));
                let (came, name) = (self.paint(DIM, came), self.name(key, shown, verified));
                format!("{came} {mark} {name} {to}: {}", escape(text))
            }
        };
        self.message(&line);
    }

    /// Something that the program has to say by the way. `text` holds nothing that others wrote unescaped but
    /// names, which cannot hurt.
    pub fn notice(&mut self, text: &str) {
        let line = match self.out {
            Out::Plain => format!("* {}", escape(text)),
            Out::Terminal(_) => {
                format!("{} {}", self.time(), self.paint(DIM, &format!("* {}", escape(text))))
            }
        };
        self.aside(&line);
    }

    /// Something that the user must not miss.
    pub fn warning(&mut self, text: &str) {
        let line = self.paint(LOUD, &format!("! {}", escape(text)));
        self.aside(&line);
    }

    /// The answer to a command, of any number of lines.
    pub fn answer(&mut self, text: &str) {
        for line in text.lines() {
            let line = format!("  {}", escape(line));
            self.aside(&line);
        }
    }

    fn message(&mut self, line: &str) {
        match &mut self.out {
            Out::Plain => write(io::stdout().lock(), line),
            Out::Terminal(printer) => print(printer.as_mut(), line),
        }
    }

    fn aside(&mut self, line: &str) {
        match &mut self.out {
            Out::Plain => write(io::stderr().lock(), line),
            Out::Terminal(printer) => print(printer.as_mut(), line),
        }
    }
}

/// Errors are passed over: a reader that has closed the pipe does not want more, and ends the input too.
fn write(mut out: impl Write, line: &str) {
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn print(printer: &mut (dyn ExternalPrinter + Send), line: &str) {
    let _ = printer.print(format!("{line}\n"));
}
