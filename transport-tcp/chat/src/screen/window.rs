//! A screen of its own: messages, people, conversations and what is typed, in panes.
//!
//! The window holds what is shown and knows nothing of the chat; a thread of its own draws it and reads keys.

mod draw;
mod field;
mod terminal;

use std::collections::VecDeque;

use floodnet_chat::keys::Key;
use floodnet_chat::text::{escape, fingerprint};
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Rect};

use self::field::Field;
pub(super) use self::terminal::is_taken;
pub(crate) use self::terminal::open;
pub use self::terminal::restore;
use super::Head;
use crate::command::{ACTION, Command, parse};
use crate::input::Names;

/// Messages that can be scrolled back to.
const MAX_ENTRIES: usize = 5_000;
/// Conversations that are listed; of more, none is added.
const MAX_TALKS: usize = 200;
/// Rows by which the wheel of a mouse scrolls.
const WHEEL: usize = 3;

/// In which conversation something is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Whichever is open: the program has something to say.
    Open,
    /// The room.
    Room,
    /// The direct one with this person, who is called so.
    Direct(Key, String),
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
    /// Nothing that was shown is wanted any more.
    Clear,
}

impl Update {
    /// About so many bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Entry(entry) => entry.text.len() + 100,
            Self::People(people) => people.len() * 100,
            Self::Clear => 0,
        }
    }

    /// What the user must not miss although the window is closed.
    pub(super) fn last_word(&self) -> Option<String> {
        match self {
            Self::Entry(entry) if entry.place == Place::Open => {
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
}

/// A direct conversation.
#[derive(Debug)]
struct Talk {
    key: Key,
    shown: String,
    unread: usize,
}

/// What is shown, and where.
#[derive(Debug)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    talks: Vec<Talk>,
    room_unread: usize,
    /// The direct conversation that is open; none is the room.
    open: Option<Key>,
    people: Vec<Someone>,
    prompt: String,
    field: Field,
    names: Names,
    has_color: bool,
    has_bell: bool,
    /// Rows below the last one that is shown.
    scroll: usize,
    /// Rows of messages that were drawn last.
    page: usize,
    /// Where a click opens which conversation.
    clicks: Vec<(Rect, Option<(Key, String)>)>,
    /// What Tab may complete to.
    choices: String,
}

impl Window {
    pub(super) fn new(prompt: String, names: Names, has_color: bool) -> Self {
        Self {
            entries: VecDeque::new(),
            talks: Vec::new(),
            room_unread: 0,
            open: None,
            people: Vec::new(),
            prompt,
            field: Field::default(),
            names,
            has_color,
            has_bell: false,
            scroll: 0,
            page: 1,
            clicks: Vec::new(),
            choices: String::new(),
        }
    }

    pub(super) fn set_prompt(&mut self, prompt: String) {
        self.prompt = prompt;
    }

    pub(super) fn take_bell(&mut self) -> bool {
        std::mem::take(&mut self.has_bell)
    }

    pub(super) fn apply(&mut self, update: Update) {
        match update {
            Update::Entry(entry) => self.add(entry),
            Update::People(people) => {
                for talk in &mut self.talks {
                    if let Some(person) = people.iter().find(|person| person.key == talk.key) {
                        talk.shown.clone_from(&person.shown);
                    }
                }
                self.people = people;
            }
            Update::Clear => {
                self.entries.clear();
                self.scroll = 0;
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        self.has_bell |= entry.rings;
        match &entry.place {
            Place::Room if self.open.is_some() && entry.is_news => self.room_unread += 1,
            Place::Direct(key, shown) => {
                let is_open = self.open == Some(*key);
                if let Some(talk) = self.talk(*key, shown) {
                    talk.unread += usize::from(entry.is_news && !is_open);
                }
            }
            Place::Open | Place::Room => {}
        }
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    fn talk(&mut self, key: Key, shown: &str) -> Option<&mut Talk> {
        let known = self.talks.iter().position(|talk| talk.key == key);
        if known.is_none() && self.talks.len() < MAX_TALKS {
            self.talks.push(Talk { key, shown: shown.to_owned(), unread: 0 });
        }
        let at = known.unwrap_or(self.talks.len().saturating_sub(1));
        self.talks.get_mut(at).filter(|talk| talk.key == key)
    }

    fn show(&mut self, what: Option<(Key, String)>) {
        self.scroll = 0;
        self.open = None;
        match what {
            None => self.room_unread = 0,
            Some((key, shown)) => {
                if let Some(talk) = self.talk(key, &shown) {
                    talk.unread = 0;
                    self.open = Some(key);
                }
            }
        }
    }

    /// Opens the next conversation of the list, or the one before.
    fn step(&mut self, is_back: bool) {
        let count = self.talks.len() + 1;
        let at = self.talks.iter().position(|talk| Some(talk.key) == self.open).map_or(0, |at| at + 1);
        let steps = if is_back { count - 1 } else { 1 };
        let next = (at + steps) % count;
        let talk = next.checked_sub(1).and_then(|next| self.talks.get(next));
        self.show(talk.map(|talk| (talk.key, talk.shown.clone())));
    }

    pub(super) fn on_event(&mut self, event: Event) -> Option<Asked> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.on_key(key),
            Event::Paste(text) => {
                self.field.insert(&text);
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
            MouseEventKind::ScrollUp => self.scroll += WHEEL,
            MouseEventKind::ScrollDown => self.scroll = self.scroll.saturating_sub(WHEEL),
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
        self.choices.clear();
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(letter) if is_control => return self.on_control(letter),
            KeyCode::Enter if is_alt => self.field.insert("\n"),
            KeyCode::Enter => return self.send(),
            KeyCode::Char(letter) if !is_alt => self.field.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Tab => self.complete(),
            KeyCode::Backspace => self.field.erase_before(),
            KeyCode::Delete => self.field.erase_behind(),
            KeyCode::Left => self.field.left(),
            KeyCode::Right => self.field.right(),
            KeyCode::Home => self.field.home(),
            KeyCode::End => self.field.end(),
            KeyCode::Up => self.field.up(),
            KeyCode::Down => self.field.down(),
            KeyCode::PageUp => self.scroll += self.page,
            KeyCode::PageDown => self.scroll = self.scroll.saturating_sub(self.page),
            _ => {}
        }
        None
    }

    fn on_control(&mut self, letter: char) -> Option<Asked> {
        match letter {
            'c' if self.field.is_empty() => return Some(Asked::Interrupt),
            'd' if self.field.is_empty() => return Some(Asked::End),
            'c' | 'u' => self.field.clear(),
            'd' => self.field.erase_behind(),
            'j' => self.field.insert("\n"),
            'h' => self.field.erase_before(),
            'a' => self.field.home(),
            'e' => self.field.end(),
            'n' => self.step(false),
            'p' => self.step(true),
            _ => {}
        }
        None
    }

    fn complete(&mut self) {
        let (start, found) = self.names.candidates(self.field.before());
        match found.as_slice() {
            [] => self.field.insert("\t"),
            [one] => self.field.replace_from(start, one),
            several => self.choices = several.concat(),
        }
    }

    /// What was typed, as a line of the chat: in a direct conversation, what is no command goes to that person.
    fn send(&mut self) -> Option<Asked> {
        let text = self.field.take();
        self.scroll = 0;
        if text.trim().is_empty() {
            return None;
        }
        // `/say` says it to everybody from anywhere; what one does is told here.
        let begin = text.trim_start();
        let is_command = begin.starts_with('/') && !begin.starts_with("//") && !begin.starts_with(ACTION);
        let talk = self.talks.iter().find(|talk| Some(talk.key) == self.open);
        Some(Asked::Line(match (talk, parse(&text)) {
            (Some(talk), Command::Say(text)) if !is_command => format!("@{} {text}", talk.address()),
            _ => text,
        }))
    }
}

impl Talk {
    /// How to write to this person and nobody else: a contact may be away, a stranger may change names.
    fn address(&self) -> String {
        let print = fingerprint(&self.key);
        if self.shown.contains('~') { format!("~{print}") } else { format!("{}~{print}", self.shown) }
    }
}

#[cfg(test)]
mod tests;
