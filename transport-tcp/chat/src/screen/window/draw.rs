//! How a window is drawn.

use floodnet_chat::text::escape;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Constraint, Layout, Position, Rect};
use ratatui_core::style::{Modifier, Style};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::rows::{cut, style};
use super::{Pane, Target, Window};
use crate::screen::SECRET;

/// A narrower terminal has no column for people and conversations, but a row.
const WIDE: u16 = 64;
/// A smaller terminal shows nothing.
const SMALLEST: (u16, u16) = (16, 4);
/// Rows that are typed in and shown at once.
const MAX_FIELD: usize = 6;
/// Columns of a name in the row of conversations.
const MAX_NAME: usize = 16;
/// Stands before what is typed.
const MARK: &str = "> ";
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// A row of a list, and what a click on it opens.
struct Item {
    name: String,
    /// Stands at the end of the row.
    count: String,
    style: Style,
    target: Option<Target>,
}

impl Item {
    fn title(name: String) -> Self {
        Self { name, count: String::new(), style: DIM, target: None }
    }

    fn text(&self, columns: usize) -> String {
        let count = self.count.width();
        let name = cut(&self.name, columns.saturating_sub(count + usize::from(count > 0)));
        let blank = columns.saturating_sub(name.width() + count);
        format!("{name}{}{}", " ".repeat(blank), self.count)
    }
}

impl Window {
    pub(in crate::screen) fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        self.clicks.clear();
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            put(frame.buffer_mut(), area, &Line::raw(cut("too small", usize::from(area.width))));
            return;
        }
        let (rows, place) = self.field.rows(usize::from(area.width) - MARK.len());
        let shown = rows.len().min(MAX_FIELD).min(usize::from(area.height) - 3);
        let height = u16::try_from(shown).unwrap_or(1);
        let [top, title, field] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(height)])
                .areas(area);
        let buffer = frame.buffer_mut();
        if area.width >= WIDE {
            let side = (area.width / 4).clamp(20, 36);
            let [messages, side] =
                Layout::horizontal([Constraint::Min(1), Constraint::Length(side)]).areas(top);
            self.draw_messages(buffer, messages);
            self.draw_side(buffer, side);
        } else {
            let [bar, messages] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(top);
            self.draw_bar(buffer, bar);
            self.draw_messages(buffer, messages);
        }
        self.draw_title(buffer, title);
        let first = (place.0 + 1).saturating_sub(shown);
        for (y, row) in (field.top()..field.bottom()).zip(rows.iter().skip(first)) {
            let mark = if y == field.top() { MARK } else { "  " };
            put(buffer, Rect { y, ..field }, &Line::from_iter([Span::styled(mark, DIM), Span::raw(row)]));
        }
        let at = |from: u16, by: usize| from.saturating_add(u16::try_from(by).unwrap_or(u16::MAX));
        frame.set_cursor_position(Position::new(
            at(field.x, MARK.len() + place.1),
            at(field.y, place.0 - first),
        ));
    }

    fn draw_messages(&mut self, buffer: &mut Buffer, area: Rect) {
        self.size = (usize::from(area.width), usize::from(area.height));
        let lines = self.log.page(self.look(), &mut self.anchor, self.size.1);
        for (y, line) in (area.top()..area.bottom()).zip(&lines) {
            put(buffer, Rect { y, ..area }, line);
        }
    }

    /// Conversations, the room first: what they are called, unread messages, and whether they are open.
    fn listed(&self) -> Vec<Item> {
        let item = |name: &str, unread: usize, target: Target| {
            let is_open = match &target {
                Target::Room => self.open == Pane::Room,
                Target::Direct(key, _) => self.open == Pane::Direct(*key),
            };
            let style = if is_open { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            let style = if unread > 0 { style.patch(BOLD) } else { style };
            let count = if unread > 0 { unread.to_string() } else { String::new() };
            Item { name: escape(name), count, style, target: Some(target) }
        };
        let mut listed = vec![item(&self.room, self.room_unread, Target::Room)];
        for talk in self.talks.iter() {
            listed.push(item(&talk.shown, talk.unread, Target::Direct(talk.key, talk.shown.clone())));
        }
        listed
    }

    /// Which of the conversations is open.
    fn place(&self) -> usize {
        self.talks.iter().position(|talk| self.open == Pane::Direct(talk.key)).map_or(0, |at| at + 1)
    }

    fn draw_side(&mut self, buffer: &mut Buffer, area: Rect) {
        for y in area.top()..area.bottom() {
            put(buffer, Rect { y, ..area }, &Line::styled("│", DIM));
        }
        let inner = Rect { x: area.x + 2, width: area.width - 2, ..area };
        let talks = u16::try_from(self.talks.len() + 3).unwrap_or(u16::MAX).min(area.height / 2).max(2);
        let [talks, people] = Layout::vertical([Constraint::Length(talks), Constraint::Min(0)]).areas(inner);
        self.draw_list(buffer, talks, "Conversations", self.listed(), self.place());
        let here = self.people.iter().filter(|person| person.is_here).count();
        let someone = |person: &super::Someone| Item {
            name: format!("{} {}", if person.is_here { "●" } else { "○" }, escape(&person.shown)),
            count: if person.verified { "✓".to_owned() } else { String::new() },
            style: if person.is_here { Style::new() } else { DIM },
            target: Some(Target::Direct(person.key, person.shown.clone())),
        };
        let items = self.people.iter().map(someone).collect();
        self.draw_list(buffer, people, &format!("People: {here} here"), items, 0);
    }

    /// Rows below a title, of which the one at `place` is seen; the last one tells how many have no room.
    fn draw_list(&mut self, buffer: &mut Buffer, area: Rect, title: &str, items: Vec<Item>, place: usize) {
        let room = usize::from(area.height).saturating_sub(1);
        let (total, is_all) = (items.len(), items.len() <= room);
        let shown = if is_all { room } else { room.saturating_sub(1) };
        let first = (place + 1).saturating_sub(shown);
        let mut rows = vec![Item::title(title.to_owned())];
        rows.extend(items.into_iter().skip(first).take(shown));
        if !is_all {
            rows.push(Item::title(format!("… {} more", total - shown)));
        }
        for (item, y) in rows.into_iter().zip(area.top()..area.bottom()) {
            let row = Rect { y, height: 1, ..area };
            put(buffer, row, &Line::styled(item.text(usize::from(row.width)), item.style));
            self.clicks.extend(item.target.map(|target| (row, target)));
        }
    }

    /// The conversations in a row; the open one is among those that have room.
    fn draw_bar(&mut self, buffer: &mut Buffer, area: Rect) {
        let here = self.people.iter().filter(|person| person.is_here).count();
        let mut tabs = Vec::new();
        for item in self.listed() {
            let space = if item.count.is_empty() { "" } else { " " };
            tabs.push((format!(" {}{space}{} ", cut(&item.name, MAX_NAME), item.count), item));
        }
        let end = format!(" {here} here");
        let room = usize::from(area.width).saturating_sub(end.len());
        let (place, mut first) = (self.place(), 0);
        let mut wide: usize = tabs[..=place].iter().map(|(text, _)| text.width()).sum();
        while first < place && wide > room {
            wide -= tabs[first].0.width();
            first += 1;
        }
        let (mut x, edge) = (area.x, area.right() - u16::try_from(end.len()).unwrap_or(0));
        for (text, item) in tabs.into_iter().skip(first) {
            let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
            if x.saturating_add(width) > edge {
                break;
            }
            let tab = Rect { x, width, ..area };
            put(buffer, tab, &Line::styled(text, item.style));
            self.clicks.extend(item.target.map(|target| (tab, target)));
            x += width;
        }
        put(buffer, Rect { x: edge, width: area.right() - edge, ..area }, &Line::styled(end, DIM));
    }

    fn draw_title(&self, buffer: &mut Buffer, area: Rect) {
        let columns = usize::from(area.width);
        let name = self.prompt.trim_end_matches(['>', ' ']);
        let to = self.open.key().and_then(|key| self.talks.with(key));
        let to = to.map_or_else(String::new, |talk| format!("to {} only ", escape(&talk.shown)));
        let below = match self.anchor.map(|anchor| self.log.below(self.look(), anchor)) {
            None => String::new(),
            Some(0) => " ↓ more ─".to_owned(),
            Some(count) => format!(" ↓ {count} more ─"),
        };
        let (left, to) = match self.hint.as_str() {
            "" if to.is_empty() => (format!("─ {} ", escape(name)), to),
            "" => (format!("─ {}, ", escape(name)), to),
            hint => (format!("─ {} ", escape(hint)), String::new()),
        };
        let left = cut(&left, columns.saturating_sub(below.width()));
        let to = cut(&to, columns.saturating_sub(left.width() + below.width()));
        let line = "─".repeat(columns.saturating_sub(left.width() + to.width() + below.width()));
        let secret = style(SECRET, self.has_color);
        let spans = [Span::styled(left, BOLD), Span::styled(to, secret), Span::styled(line + &below, BOLD)];
        put(buffer, area, &Line::from_iter(spans));
    }
}

/// Draws a line in the first row of an area.
fn put(buffer: &mut Buffer, area: Rect, line: &Line<'_>) {
    buffer.set_line(area.x, area.y, line, area.width);
}
