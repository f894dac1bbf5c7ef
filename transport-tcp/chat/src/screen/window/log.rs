//! What was shown, and how far it is scrolled back.

use std::collections::VecDeque;

use ratatui_core::text::Line;

use super::{Entry, Pane};

/// Messages of the room and words of the program that are kept, and as many direct messages.
const MAX_ENTRIES: usize = 5_000;

/// The last row that is seen: new ones below it do not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    number: u64,
    row: usize,
}

/// What was shown, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Shown>,
    next: u64,
    /// The entries that are direct messages.
    direct: usize,
}

/// An entry, and where it is shown; none is everywhere.
#[derive(Debug)]
struct Shown {
    number: u64,
    pane: Option<Pane>,
    entry: Entry,
}

impl Shown {
    fn is_direct(&self) -> bool {
        matches!(self.pane, Some(Pane::Direct(_)))
    }
}

/// A pane as it is looked at: which one, how many columns it has, and whether there are colors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) pane: Pane,
    pub(super) columns: usize,
    pub(super) has_color: bool,
}

impl Look {
    fn sees(self, shown: &Shown) -> bool {
        shown.pane.is_none_or(|pane| pane == self.pane)
    }

    fn rows(self, shown: &Shown) -> Vec<Line<'static>> {
        shown.entry.rows(self.columns, self.has_color)
    }
}

impl Log {
    /// Adds an entry. Where there are too many, the oldest goes: of direct messages if it is one, else of the others,
    /// so that a loud room does not push out what is for the user.
    pub(super) fn add(&mut self, pane: Option<Pane>, entry: Entry) {
        let shown = Shown { number: self.next, pane, entry };
        self.next += 1;
        let is_direct = shown.is_direct();
        let count = if is_direct { self.direct } else { self.entries.len() - self.direct };
        if count == MAX_ENTRIES {
            let oldest = self.entries.iter().position(|other| other.is_direct() == is_direct);
            oldest.and_then(|at| self.entries.remove(at));
        } else if is_direct {
            self.direct += 1;
        }
        self.entries.push_back(shown);
    }

    /// Forgets what this pane shows, and only it.
    pub(super) fn clear(&mut self, pane: Pane) {
        self.entries.retain(|shown| shown.pane.is_some_and(|other| other != pane));
        self.direct = self.entries.iter().filter(|shown| shown.is_direct()).count();
    }

    /// The rows that are seen: so many, up to the anchor or to the end. The anchor is corrected where it is above the
    /// first page or at the end.
    pub(super) fn page(&self, look: Look, anchor: &mut Option<Anchor>, height: usize) -> Vec<Line<'static>> {
        *anchor = anchor.filter(|anchor| self.has_more(look, *anchor));
        let rows = self.rows_up_to(look, *anchor, height);
        if anchor.is_none() || rows.len() == height {
            return rows;
        }
        *anchor = self.first_page(look, height);
        self.rows_up_to(look, *anchor, height)
    }

    fn rows_up_to(&self, look: Look, anchor: Option<Anchor>, height: usize) -> Vec<Line<'static>> {
        let mut upward = Vec::new();
        for shown in self.upward(look, anchor) {
            let mut rows = look.rows(shown);
            if let Some(anchor) = anchor.filter(|anchor| anchor.number == shown.number) {
                rows.truncate(anchor.row + 1);
            }
            upward.extend(rows.into_iter().rev());
            if upward.len() >= height {
                break;
            }
        }
        upward.truncate(height);
        upward.reverse();
        upward
    }

    /// The anchor of the first page; none if it is the last as well.
    fn first_page(&self, look: Look, height: usize) -> Option<Anchor> {
        let first = self.downward(look, 0).next()?;
        self.down(look, Anchor { number: first.number, row: 0 }, height.saturating_sub(1))
    }

    /// The anchor so many rows above this one, or above the end.
    pub(super) fn up(&self, look: Look, from: Option<Anchor>, by: usize) -> Option<Anchor> {
        let (mut left, mut top) = (by, from);
        for shown in self.upward(look, from) {
            let rows = match from {
                Some(from) if from.number == shown.number => from.row + 1,
                _ => look.rows(shown).len(),
            };
            if left < rows {
                return Some(Anchor { number: shown.number, row: rows - 1 - left });
            }
            left -= rows;
            top = Some(Anchor { number: shown.number, row: 0 });
        }
        top
    }

    /// The anchor so many rows below this one; none if that is the end.
    pub(super) fn down(&self, look: Look, from: Anchor, by: usize) -> Option<Anchor> {
        let mut left = by;
        let mut below = self.downward(look, from.number).peekable();
        while let Some(shown) = below.next() {
            let passed = if from.number == shown.number { from.row + 1 } else { 0 };
            let rows = look.rows(shown).len().saturating_sub(passed);
            if left < rows || (left == rows && below.peek().is_some()) {
                return (passed + left).checked_sub(1).map(|row| Anchor { number: shown.number, row });
            }
            left -= rows;
        }
        None
    }

    /// The messages that begin below the anchor.
    pub(super) fn below(&self, look: Look, anchor: Anchor) -> usize {
        self.downward(look, anchor.number + 1).count()
    }

    /// Whether there is a row below the anchor.
    fn has_more(&self, look: Look, anchor: Anchor) -> bool {
        let mut below = self.downward(look, anchor.number);
        let rows = below.next().map_or(0, |shown| look.rows(shown).len());
        anchor.row + 1 < rows || below.next().is_some()
    }

    fn upward(&self, look: Look, from: Option<Anchor>) -> impl Iterator<Item = &Shown> {
        let end = match from {
            Some(from) => self.entries.partition_point(|shown| shown.number <= from.number),
            None => self.entries.len(),
        };
        self.entries.range(..end).rev().filter(move |shown| look.sees(shown))
    }

    fn downward(&self, look: Look, from: u64) -> impl Iterator<Item = &Shown> {
        let start = self.entries.partition_point(|shown| shown.number < from);
        self.entries.range(start..).filter(move |shown| look.sees(shown))
    }
}
