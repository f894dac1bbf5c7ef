//! What happens while a line is typed on a terminal: completion, the time before the line, Ctrl-C.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{Effects, Style};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Cmd, ConditionalEventHandler, Context, Event, EventContext, Helper, Movement, RepeatCount};

use crate::command::{takes_person, words_beginning};
use crate::time_of_day::now;

/// A longer line keeps the time at which it was begun: to draw it anew for each letter would be slow.
const MAX_REDRAWN: usize = 500;
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// The names that can be completed, as they are typed behind an `@`. The chat keeps them up to date.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    /// These are the people who can be written to now.
    pub fn set(&self, mut names: Vec<String>) {
        names.sort_unstable();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    fn beginning(&self, with: &str) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |name: &&String| name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        names.iter().filter(fits).cloned().collect()
    }

    /// Where the word begins that can be completed behind `typed`, and what it may become.
    pub(crate) fn candidates(&self, typed: &str) -> (usize, Vec<String>) {
        let start = typed.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let (before, word) = typed.split_at(start);
        let (mark, rest) = match word.strip_prefix('@') {
            Some(rest) => ("@", rest),
            None => ("", word),
        };
        let found: Vec<String> = if !before.trim_start().is_empty() {
            // Of a message no word is completed: a tab in it is a tab.
            if takes_person(before) { self.beginning(rest) } else { Vec::new() }
        } else if let Some(command) = word.strip_prefix('/') {
            return (start, words_beginning(command).map(|name| format!("/{name} ")).collect());
        } else if mark.is_empty() {
            Vec::new()
        } else {
            self.beginning(rest)
        };
        (start, found.into_iter().map(|name| format!("{mark}{name} ")).collect())
    }
}

/// What the line editor asks for while it draws and completes a line.
pub(super) struct Typing {
    pub(super) names: Names,
    pub(super) color: bool,
}

/// The prompt as the editor gets it: the time is drawn over its first letters.
pub(super) fn with_time(prompt: &str) -> String {
    format!("{} {prompt}", now())
}

impl Helper for Typing {}

impl Validator for Typing {}

impl Hinter for Typing {
    type Hint = String;
}

impl Highlighter for Typing {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        let time = now();
        match prompt.get(time.len()..) {
            Some(rest) if default && self.color => Cow::Owned(format!("{DIM}{time}{DIM:#}{rest}")),
            Some(rest) if default => Cow::Owned(format!("{time}{rest}")),
            _ => Cow::Borrowed(prompt),
        }
    }

    /// The line is drawn once more when it is sent, so that the time before it is then.
    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        line.len() <= MAX_REDRAWN
    }
}

impl Completer for Typing {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.names.candidates(line.get(..pos).unwrap_or_default()))
    }
}

/// A tab completes where there is something to complete. Elsewhere it is text: a paste without brackets around it is
/// typed.
pub(super) struct TabKey(pub(super) Names);

impl ConditionalEventHandler for TabKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext<'_>) -> Option<Cmd> {
        let typed = cx.line().get(..cx.pos()).unwrap_or_default();
        let is_any = !self.0.candidates(typed).1.is_empty();
        Some(if is_any { Cmd::Complete } else { Cmd::Insert(1, "\t".to_owned()) })
    }
}

/// Ctrl-C takes a line that is begun away, and leaves only if there is none.
pub(super) struct Interrupt;

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext<'_>) -> Option<Cmd> {
        Some(if cx.line().is_empty() { Cmd::Interrupt } else { Cmd::Kill(Movement::WholeBuffer) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_names_are_completed_and_words_of_a_message_are_not() {
        let names = Names::default();
        names.set(["bob", "bonny~k5xq", "alice"].map(String::from).to_vec());
        for (typed, start, expected) in [
            ("/his", 0, vec!["/history "]),
            ("/un", 0, vec!["/unblock ", "/unignore ", "/unread "]),
            ("@bo", 0, vec!["@bob ", "@bonny~k5xq "]),
            ("@AL", 0, vec!["@alice "]),
            ("/verify b", 8, vec!["bob ", "bonny~k5xq "]),
            ("/verify @a", 8, vec!["@alice "]),
            ("/name b", 6, vec![]),
            ("hello @b", 6, vec![]),
            ("@bob @a", 5, vec![]),
            ("bo", 0, vec![]),
            ("", 0, vec![]),
            ("@\u{e4}", 0, vec![]),
        ] {
            let expected = expected.into_iter().map(String::from).collect();
            assert_eq!(names.candidates(typed), (start, expected), "{typed}");
        }
    }

    #[test]
    fn the_time_is_drawn_over_the_prompt_and_is_as_wide() {
        for color in [false, true] {
            let typing = Typing { names: Names::default(), color };
            let prompt = with_time("bob> ");
            let drawn = typing.highlight_prompt(&prompt, true).into_owned();
            let shown = anstream::adapter::strip_str(&drawn).to_string();
            assert_eq!((shown.len(), shown.ends_with(" bob> ")), (prompt.len(), true));
            assert_eq!(typing.highlight_prompt("(search)", false), "(search)");
        }
    }
}
