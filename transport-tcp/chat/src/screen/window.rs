//! A screen of its own: messages, people, conversations and what is typed, in panes.
//!
//! The window holds what is shown and knows nothing of the chat; a thread of its own draws it, another reads keys.
//!
//! | module | subject |
//! |---|---|
//! | `terminal` | the terminal: taken at the start, given back on every way out |
//! | `log` | what was shown, and how far it is scrolled back |
//! | `talks` | the direct conversations |
//! | `field` | the lines that are typed |
//! | `rows`, `draw` | how all that is laid out, and drawn |

mod draw;
mod field;
mod log;
mod rows;
mod talks;
mod terminal;

use floodnet_chat::keys::Key;
use floodnet_chat::text::escape;
use ratatui_core::layout::{Position, Rect};
use ratatui_crossterm::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use self::field::Field;
use self::log::{Anchor, Log, Look};
use self::talks::Talks;
pub(crate) use self::terminal::open;
pub use self::terminal::restore;
pub(super) use self::terminal::{Wake, is_taken};
use super::Head;
use crate::command::{ACTION, Command, parse};
use crate::input::{MAX_LINE, Names};

/// Rows by which the wheel of a mouse scrolls.
const WHEEL: usize = 3;

/// In which conversation something is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that is open when it comes: the program has something to say.
    Open,
    /// All of them: it must not be missed.
    All,
    /// The room.
    Room,
    /// The direct one with this person, who is called so.
    Direct(Key, String),
    /// As `Direct`, and the user has said it: where it was typed it is shown, too.
    Own(Key, String),
}

/// Something that is shown: what stands before the text, and the text, which is escaped when it is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(super) place: Place,
    pub(super) head: Head,
    pub(super) text: String,
    pub(super) style: anstyle::Style,
    /// It counts as unread if its conversation is not open.
    pub(super) is_news: bool,
    pub(super) rings: bool,
}

/// A person as the window lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Someone {
    /// Their key.
    pub key: Key,
    /// What they are called.
    pub shown: String,
    /// They are in the room.
    pub is_here: bool,
    /// The user has compared the key.
    pub verified: bool,
}

/// What a window is told.
#[derive(Debug)]
pub(crate) enum Update {
    /// Something to show.
    Entry(Entry),
    /// Who is here, and which contacts are away.
    People(Vec<Someone>),
    /// The user comes into the room of this name.
    Room(String),
    /// What is shown now is not wanted any more.
    Clear,
}

impl Update {
    /// About so many bytes.
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Entry(entry) => entry.text.len() + 100,
            Self::People(people) => people.len() * 100,
            Self::Room(_) | Self::Clear => 0,
        }
    }

    /// What the user must not miss although the window is closed.
    pub(super) fn last_word(&self) -> Option<String> {
        match self {
            Self::Entry(entry) if matches!(entry.place, Place::Open | Place::All) => {
                let head: String = entry.head.iter().map(|(_, text)| text.as_str()).collect();
                Some(head + &escape(&entry.text))
            }
            _ => None,
        }
    }
}

/// What the user wants of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Line(String),
    Interrupt,
    End,
    /// To have everything drawn again.
    Redraw,
}

/// A pane of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pane {
    Room,
    Direct(Key),
}

impl Pane {
    const fn key(self) -> Option<Key> {
        match self {
            Self::Room => None,
            Self::Direct(key) => Some(key),
        }
    }
}

/// What a click opens.
#[derive(Clone, Debug)]
enum Target {
    Room,
    Direct(Key, String),
}

/// What is shown, and where.
#[derive(Debug)]
pub(super) struct Window {
    log: Log,
    talks: Talks,
    room: String,
    room_unread: usize,
    open: Pane,
    people: Vec<Someone>,
    prompt: String,
    field: Field,
    names: Names,
    has_color: bool,
    has_bell: bool,
    /// How far it is scrolled back; none is not at all.
    anchor: Option<Anchor>,
    /// Columns and rows of messages as they were drawn last.
    size: (usize, usize),
    /// Where a click opens which conversation.
    clicks: Vec<(Rect, Target)>,
    /// What Tab may complete to, or what is wrong with what was typed.
    hint: String,
}

impl Window {
    pub(super) fn new(prompt: String, names: Names, has_color: bool) -> Self {
        Self {
            log: Log::default(),
            talks: Talks::default(),
            room: "room".to_owned(),
            room_unread: 0,
            open: Pane::Room,
            people: Vec::new(),
            prompt,
            field: Field::default(),
            names,
            has_color,
            has_bell: false,
            anchor: None,
            size: (80, 1),
            clicks: Vec::new(),
            hint: String::new(),
        }
    }

    pub(super) fn set_prompt(&mut self, prompt: String) {
        self.prompt = prompt;
    }

    pub(super) const fn take_bell(&mut self) -> bool {
        std::mem::replace(&mut self.has_bell, false)
    }

    /// The direct conversation that is open; none is the room.
    pub(super) const fn opened(&self) -> Option<Key> {
        self.open.key()
    }

    pub(super) fn apply(&mut self, update: Update) {
        match update {
            Update::Entry(entry) => self.add(entry),
            Update::People(people) => {
                for talk in self.talks.iter_mut() {
                    if let Some(person) = people.iter().find(|person| person.key == talk.key) {
                        talk.shown.clone_from(&person.shown);
                    }
                }
                self.people = people;
            }
            Update::Room(name) => {
                self.room = name;
                self.show(Target::Room);
            }
            Update::Clear => {
                self.log.clear(self.open);
                self.anchor = None;
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        self.has_bell |= entry.rings;
        let open = self.open.key();
        let pane = match &entry.place {
            Place::All => None,
            Place::Open => Some(self.open),
            Place::Room => {
                self.room_unread += usize::from(entry.is_news && open.is_some());
                Some(Pane::Room)
            }
            Place::Direct(key, shown) => {
                let talk = self.talks.begin(*key, shown, open);
                talk.unread += usize::from(entry.is_news && open != Some(*key));
                Some(Pane::Direct(*key))
            }
            Place::Own(key, shown) => {
                self.talks.begin(*key, shown, open).shown.clone_from(shown);
                if open != Some(*key) {
                    self.log.add(Some(self.open), entry.clone());
                }
                Some(Pane::Direct(*key))
            }
        };
        self.log.add(pane, entry);
    }

    fn show(&mut self, what: Target) {
        self.anchor = None;
        self.open = match what {
            Target::Room => {
                self.room_unread = 0;
                Pane::Room
            }
            Target::Direct(key, shown) => {
                self.talks.begin(key, &shown, None).unread = 0;
                Pane::Direct(key)
            }
        };
    }

    /// Opens the next conversation of the list, or the one before.
    fn step(&mut self, is_back: bool) {
        let count = self.talks.len() + 1;
        let at = self.talks.iter().position(|talk| Some(talk.key) == self.open.key());
        let steps = if is_back { count - 1 } else { 1 };
        let next = (at.map_or(0, |at| at + 1) + steps) % count;
        let talk = next.checked_sub(1).and_then(|next| self.talks.at(next));
        self.show(talk.map_or(Target::Room, |talk| Target::Direct(talk.key, talk.shown.clone())));
    }

    const fn look(&self) -> Look {
        Look { pane: self.open, columns: self.size.0, has_color: self.has_color }
    }

    fn scroll_up(&mut self, rows: usize) {
        self.anchor = self.log.up(self.look(), self.anchor, rows);
    }

    fn scroll_down(&mut self, rows: usize) {
        self.anchor = self.anchor.and_then(|anchor| self.log.down(self.look(), anchor, rows));
    }

    pub(super) fn on_event(&mut self, event: Event) -> Option<Asked> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.on_key(key),
            Event::Paste(text) => {
                self.hint.clear();
                self.insert(&text);
                None
            }
            Event::Mouse(mouse) => {
                self.on_mouse(mouse);
                None
            }
            _ => None,
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.scroll_up(WHEEL),
            MouseEventKind::ScrollDown => self.scroll_down(WHEEL),
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position::new(mouse.column, mouse.row);
                let hit = self.clicks.iter().find(|(area, _)| area.contains(at));
                if let Some((_, what)) = hit.cloned() {
                    self.show(what);
                }
            }
            _ => {}
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Option<Asked> {
        self.hint.clear();
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        let page = self.size.1.saturating_sub(1).max(1);
        match key.code {
            KeyCode::Char(letter) if is_control && !is_alt => return self.on_control(letter),
            // Both together are one key on some keyboards, which types a letter.
            KeyCode::Char(letter) if is_control == is_alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Enter if is_alt => self.insert("\n"),
            KeyCode::Enter => return self.send(),
            KeyCode::Tab => self.complete(),
            KeyCode::Backspace => self.field.erase_before(),
            KeyCode::Delete => self.field.erase_behind(),
            KeyCode::Left => self.field.left(),
            KeyCode::Right => self.field.right(),
            KeyCode::Home => self.field.home(),
            KeyCode::End => self.field.end(),
            KeyCode::Up => self.field.up(),
            KeyCode::Down => self.field.down(),
            KeyCode::PageUp => self.scroll_up(page),
            KeyCode::PageDown => self.scroll_down(page),
            _ => {}
        }
        None
    }

    fn on_control(&mut self, letter: char) -> Option<Asked> {
        match letter {
            'c' if self.field.is_empty() => return Some(Asked::Interrupt),
            'd' if self.field.is_empty() => return Some(Asked::End),
            'l' => return Some(Asked::Redraw),
            'c' | 'u' => self.field.clear(),
            'd' => self.field.erase_behind(),
            'j' => self.insert("\n"),
            'h' => self.field.erase_before(),
            'w' => self.field.erase_word(),
            'a' => self.field.home(),
            'e' => self.field.end(),
            'n' => self.step(false),
            'p' => self.step(true),
            _ => {}
        }
        None
    }

    fn insert(&mut self, text: &str) {
        let bytes = self.field.len() + text.len();
        if bytes > MAX_LINE {
            self.hint = format!("{bytes} bytes are too long: send them in parts");
            return;
        }
        self.field.insert(text);
    }

    /// Completes as far as all agree that fit, and tells which they are.
    fn complete(&mut self) {
        let (start, found) = self.names.candidates(self.field.before());
        let Some((first, others)) = found.split_first() else { return self.insert("\t") };
        let mut common = first.as_str();
        for other in others {
            let same = common.char_indices().zip(other.chars()).find(|((_, one), other)| one != other);
            let end = same.map_or(common.len().min(other.len()), |((at, _), _)| at);
            common = &common[..end];
        }
        if others.is_empty() || common.len() > self.field.before().len() - start {
            self.field.replace_from(start, common);
        }
        if !others.is_empty() {
            self.hint = found.concat();
        }
    }

    /// What was typed, as a line of the chat: in a direct conversation, what is no command goes to that person.
    fn send(&mut self) -> Option<Asked> {
        let text = self.field.take();
        self.anchor = None;
        if text.trim().is_empty() {
            return None;
        }
        // `/say` says it to everybody from anywhere; what one does is told here.
        let begin = text.trim_start();
        let is_command = begin.starts_with('/') && !begin.starts_with("//") && !begin.starts_with(ACTION);
        let talk = self.open.key().and_then(|key| self.talks.with(key));
        Some(Asked::Line(match (talk, parse(&text)) {
            (Some(talk), Command::Say(text)) if !is_command => format!("@{} {text}", talk.address()),
            _ => text,
        }))
    }
}

#[cfg(test)]
mod tests;
