//! What the user sees: on a terminal with times and colors, in a pipe one line for each message.

mod layout;
mod output;
mod pipe;
mod window;

use std::io;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Color, Effects, Style};
use floodnet_chat::keys::Key;
use floodnet_chat::text::escape;
use rustyline::ExternalPrinter;

use self::layout::{columns, fit};
pub use self::output::Broken;
use self::output::{Item, Output};
use self::pipe::pipe_line;
pub(crate) use self::window::open;
use self::window::{Entry, Place, Update, Wake};
pub use self::window::{Someone, restore};
use crate::command::ACTION;
use crate::time_of_day::{at, now};

/// The screen. Whatever others wrote is escaped here, and nowhere else must it reach a terminal.
#[derive(Debug)]
pub struct Screen {
    output: Output,
    form: Form,
    color: bool,
    has_bell: bool,
    /// When the bell rang last.
    rang: Option<Instant>,
    /// Who a window lists.
    people: Vec<Someone>,
}

/// What stands before a text, each part in its style.
type Head = Vec<(Style, String)>;

/// How messages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In rows and colors.
    Terminal,
    /// In panes.
    Window,
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
        Self::new(Output::plain(), Form::Pipe(pipe), false)
    }

    const fn new(output: Output, form: Form, has_bell: bool) -> Self {
        Self { output, form, color: false, has_bell, rang: None, people: Vec::new() }
    }

    /// Whether this terminal shows colors.
    #[must_use]
    pub fn has_color() -> bool {
        anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
    }

    /// A terminal whose line editor prints through `printer`, and that may ring.
    #[must_use]
    pub fn terminal(printer: Box<dyn ExternalPrinter + Send>, has_bell: bool) -> Self {
        let screen = Self::new(Output::terminal(printer), Form::Terminal, has_bell);
        Self { color: Self::has_color(), ..screen }
    }

    /// A window with panes, which this wakes, and that may ring.
    #[must_use]
    pub(crate) fn window(waker: SyncSender<Wake>, has_bell: bool) -> Self {
        Self::new(Output::window(waker), Form::Window, has_bell)
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
        let flushed = self.output.flush();
        if self.form == Form::Window {
            restore();
        }
        flushed
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn paint_all(&self, head: &[(Style, String)]) -> String {
        head.iter().map(|(style, text)| self.paint(*style, text)).collect()
    }

    /// A name in the color of its key, the fingerprint dimmed, a mark behind it if the key was compared.
    fn name(key: &Key, shown: &str, verified: bool) -> Head {
        let shown = escape(shown);
        let (nick, print) = shown
            .split_once('~')
            .map_or((shown.as_str(), String::new()), |(nick, print)| (nick, format!("~{print}")));
        let color = NAMES[usize::from(key.0[0]) % NAMES.len()];
        let style = Style::new().fg_color(Some(Color::Ansi(color))).effects(Effects::BOLD);
        let mark = if verified { "✓" } else { "" };
        let parts = [(style, nick), (DIM, print.as_str()), (VERIFIED, mark)];
        let shown = parts.into_iter().filter(|(_, text)| !text.is_empty());
        shown.map(|(style, text)| (style, text.to_owned())).collect()
    }

    fn time(&self) -> String {
        self.paint(DIM, &now())
    }

    /// A message of somebody. A bell rings where it is for the user, at most once a second.
    pub fn spoken(&mut self, spoken: &Spoken<'_>) {
        let rings = self.rings(spoken);
        let line = match self.form {
            Form::Terminal => {
                let (head, text) = Self::head(spoken);
                fit(&self.paint_all(&head), text, columns())
            }
            Form::Window => return self.enter(spoken, Self::place(spoken), rings),
            Form::Pipe(pipe) => pipe_line(spoken, pipe),
        };
        self.message(if rings { format!("{BELL}{line}") } else { line });
    }

    /// A message that the user has asked for: a window shows it where it was asked.
    pub fn spoken_again(&mut self, spoken: &Spoken<'_>) {
        match self.form {
            Form::Window => self.enter(spoken, Place::Open, false),
            Form::Terminal | Form::Pipe(_) => self.spoken(spoken),
        }
    }

    fn place(spoken: &Spoken<'_>) -> Place {
        match spoken.is_direct {
            true => Place::Direct(*spoken.key, spoken.shown.to_owned()),
            false => Place::Room,
        }
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

    /// Shows a message in the window.
    fn enter(&mut self, spoken: &Spoken<'_>, place: Place, rings: bool) {
        let (head, text) = Self::head(spoken);
        let is_news = spoken.when.is_none_or(|when| when.is_caught_up);
        let entry = Entry { place, head, text: text.to_owned(), style: Style::new(), is_news, rings };
        self.update(Update::Entry(entry));
    }

    /// The user has said this, to the person of that key and name or to all. Where one types below what is heard, it
    /// stands there already.
    pub fn said(&mut self, to: Option<(&Key, &str)>, name: &str, text: &str) {
        if self.form != Form::Window {
            return;
        }
        let bold = Style::new().effects(Effects::BOLD);
        let (place, arrow, deed) = match to {
            Some((key, shown)) => (Place::Own(*key, shown.to_owned()), format!(" → {}", escape(shown)), None),
            None => (Place::Room, String::new(), text.strip_prefix(ACTION)),
        };
        let (mark, end, text) = deed.map_or(("", ": ", text), |deed| ("» ", " ", deed));
        let parts = [(DIM, now()), (bold, format!(" {mark}{}", escape(name))), (SECRET, arrow)];
        let head = parts.into_iter().chain([(Style::new(), end.to_owned())]).collect();
        let (text, style) = (text.to_owned(), Style::new());
        self.update(Update::Entry(Entry { place, head, text, style, is_news: false, rings: false }));
    }

    /// Who is here, and which contacts are away; only a window lists them.
    pub fn people(&mut self, people: Vec<Someone>) {
        if self.form == Form::Window && people != self.people {
            self.people.clone_from(&people);
            self.update(Update::People(people));
        }
    }

    /// The user comes into the room that is called so; a window opens its messages.
    pub fn enters(&mut self, room: &str) {
        if self.form == Form::Window {
            self.update(Update::Room(room.to_owned()));
        }
    }

    /// Whether it lists people.
    #[must_use]
    pub const fn lists_people(&self) -> bool {
        matches!(self.form, Form::Window)
    }

    /// What stands before a message on a terminal, its time and who says it, and the text.
    fn head<'a>(spoken: &Spoken<'a>) -> (Head, &'a str) {
        let Spoken { key, shown, verified, text, is_direct, is_mention, .. } = *spoken;
        let time = match spoken.when {
            None => now(),
            Some(When { unix_ms, is_caught_up }) => {
                format!("{}{}", at(unix_ms), if is_caught_up { " caught up" } else { "" })
            }
        };
        let word = |text: &str| (Style::new(), text.to_owned());
        let secret = |text: &str| (SECRET, text.to_owned());
        let mut head = vec![(DIM, time), word(" ")];
        if is_mention && !is_direct {
            head.push(secret("● "));
        }
        let name = Self::name(key, shown, verified);
        match (is_direct, text.strip_prefix(ACTION)) {
            (true, _) => {
                head.extend([secret("✉"), word(" ")]);
                head.extend(name);
                head.extend([word(" "), secret("→ you"), word(": ")]);
                (head, text)
            }
            // Not a star, with which the program's own words begin.
            (false, Some(deed)) => {
                head.push(word("» "));
                head.extend(name);
                head.push(word(" "));
                (head, deed)
            }
            (false, None) => {
                head.extend(name);
                head.push(word(": "));
                (head, text)
            }
        }
    }

    /// Clears the terminal; a pipe has nothing to clear.
    pub fn clear(&mut self) {
        if self.form == Form::Window {
            self.update(Update::Clear);
        } else if !self.is_plain() {
            self.aside("\u{1b}[H\u{1b}[2J".to_owned());
        }
    }

    /// Another day begins; only a terminal shows times without days.
    pub fn day(&mut self, text: &str) {
        if self.form == Form::Window {
            self.tell(Place::All, DIM, "", &format!("──── {text} ────"));
        } else if !self.is_plain() {
            let line = self.paint(DIM, &format!("──── {text} ────"));
            self.aside(line);
        }
    }

    /// Something that the program has to say by the way. `text` holds nothing that others wrote unescaped but
    /// names, which cannot hurt.
    pub fn notice(&mut self, text: &str) {
        if self.form == Form::Window {
            return self.tell(Place::Open, DIM, &format!("{} * ", now()), text);
        }
        let line = match self.is_plain() {
            true => format!("* {}", escape(text)),
            false => format!("{} {}", self.time(), self.paint(DIM, &format!("* {}", escape(text)))),
        };
        self.aside(line);
    }

    /// Something that the user must not miss.
    pub fn warning(&mut self, text: &str) {
        if self.form == Form::Window {
            return self.tell(Place::All, LOUD, "! ", text);
        }
        let line = self.paint(LOUD, &format!("! {}", escape(text)));
        self.aside(line);
    }

    /// The answer to a command, of any number of lines.
    pub fn answer(&mut self, text: &str) {
        for line in text.lines() {
            if self.form == Form::Window {
                self.tell(Place::Open, Style::new(), "  ", line);
                continue;
            }
            self.aside(format!("  {}", escape(line)));
        }
    }

    /// Shows the program's own words in the window.
    fn tell(&mut self, place: Place, style: Style, head: &str, text: &str) {
        let (head, text) = (vec![(style, head.to_owned())], text.to_owned());
        let entry = Entry { place, head, text, style, is_news: false, rings: false };
        self.update(Update::Entry(entry));
    }

    fn update(&mut self, update: Update) {
        self.output.print(Item::Update(Box::new(update)));
    }

    fn message(&mut self, line: String) {
        self.output.print(Item::Message(line));
    }

    fn aside(&mut self, line: String) {
        self.output.print(Item::Aside(line));
    }
}
