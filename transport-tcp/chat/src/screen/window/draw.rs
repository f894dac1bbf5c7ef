//! How a window is drawn.

use floodnet_chat::text::escape;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Entry, Place, Window};
use crate::screen::layout::fit;

/// A narrower terminal has no column for people and conversations, but a row.
const WIDE: u16 = 64;
/// Rows that are typed in and shown at once.
const MAX_FIELD: usize = 6;
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

impl Window {
    pub(in crate::screen) fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        self.clicks.clear();
        frame.render_widget(Clear, area);
        let (rows, place) = self.field.rows(usize::from(area.width));
        let height = u16::try_from(rows.len().min(MAX_FIELD)).unwrap_or(1);
        let [top, title, field] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(height)])
                .areas(area);
        if area.width >= WIDE {
            let side = (area.width / 4).clamp(20, 36);
            let [messages, side] =
                Layout::horizontal([Constraint::Min(1), Constraint::Length(side)]).areas(top);
            self.draw_messages(frame, messages);
            self.draw_side(frame, side);
        } else {
            let [bar, messages] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(top);
            self.draw_bar(frame, bar);
            self.draw_messages(frame, messages);
        }
        self.draw_title(frame, title);
        let first = place.0.saturating_sub(MAX_FIELD - 1);
        let lines: Vec<Line<'_>> = rows.into_iter().skip(first).take(MAX_FIELD).map(Line::from).collect();
        frame.render_widget(Paragraph::new(lines), field);
        let (row, column) = (place.0 - first, place.1);
        let at = |from: u16, by: usize| from.saturating_add(u16::try_from(by).unwrap_or(u16::MAX));
        frame.set_cursor_position(Position::new(at(field.x, column), at(field.y, row)));
    }

    fn draw_messages(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let (columns, height) = (usize::from(area.width), usize::from(area.height));
        self.page = height.saturating_sub(1).max(1);
        // From the last entry up, as many as are seen.
        let (wanted, mut rows) = (height + self.scroll, Vec::new());
        for entry in self.entries.iter().rev().filter(|entry| self.is_seen(entry)) {
            rows.extend(entry.rows(columns, self.has_color).into_iter().rev());
            if rows.len() >= wanted {
                break;
            }
        }
        self.scroll = self.scroll.min(rows.len().saturating_sub(height));
        let mut lines: Vec<Line<'_>> = rows.into_iter().skip(self.scroll).take(height).collect();
        lines.reverse();
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn is_seen(&self, entry: &Entry) -> bool {
        match &entry.place {
            Place::Open => true,
            Place::Room => self.open.is_none(),
            Place::Direct(key, _) => self.open == Some(*key),
        }
    }

    /// Conversations, the room first: what they are called, unread messages, and whether they are open.
    fn listed(&self) -> Vec<(String, usize, Option<(floodnet_chat::keys::Key, String)>)> {
        let talks = self.talks.iter();
        let talks = talks.map(|talk| (talk.shown.clone(), talk.unread, Some((talk.key, talk.shown.clone()))));
        std::iter::once(("room".to_owned(), self.room_unread, None)).chain(talks).collect()
    }

    fn talk_style(&self, what: Option<&(floodnet_chat::keys::Key, String)>, unread: usize) -> Style {
        let is_open = what.map(|(key, _)| *key) == self.open;
        let style = if is_open { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        if unread > 0 { style.patch(BOLD) } else { style }
    }

    fn draw_side(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let block = Block::new().borders(Borders::LEFT).border_style(DIM);
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let talks = u16::try_from(self.talks.len() + 2).unwrap_or(u16::MAX).min(area.height / 2).max(2);
        let [talks, people] = Layout::vertical([Constraint::Length(talks), Constraint::Min(0)]).areas(inner);
        let mut rows = vec![("Conversations".to_owned(), DIM, None)];
        for (name, unread, what) in self.listed() {
            let count = if unread > 0 { format!(" {unread}") } else { String::new() };
            let room = usize::from(talks.width).saturating_sub(count.width());
            let style = self.talk_style(what.as_ref(), unread);
            rows.push((format!("{}{count}", cut(&name, room)), style, Some(what)));
        }
        self.draw_list(frame, talks, rows);
        let here = self.people.iter().filter(|person| person.is_here).count();
        let mut rows = vec![(format!("People: {here} here"), DIM, None)];
        for person in &self.people {
            let mark = if person.verified { "✓" } else { "" };
            let (sign, style) = if person.is_here { ("● ", Style::new()) } else { ("○ ", DIM) };
            let room = usize::from(people.width).saturating_sub(3);
            let text = format!("{sign}{}{mark}", cut(&person.shown, room));
            rows.push((text, style, Some(Some((person.key, person.shown.clone())))));
        }
        self.draw_list(frame, people, rows);
    }

    /// Rows, each with what a click on it opens; the last one tells how many have no room.
    #[allow(clippy::type_complexity, reason = "the rows are made and used here only")]
    fn draw_list(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        mut rows: Vec<(String, Style, Option<Option<(floodnet_chat::keys::Key, String)>>)>,
    ) {
        let height = usize::from(area.height);
        if rows.len() > height && height > 0 {
            let more = rows.len() - height + 1;
            rows.truncate(height - 1);
            rows.push((format!("… {more} more"), DIM, None));
        }
        for ((text, style, what), y) in rows.into_iter().zip(area.top()..area.bottom()) {
            let row = Rect { y, height: 1, ..area };
            frame.render_widget(Line::styled(text, style), row);
            self.clicks.extend(what.map(|what| (row, what)));
        }
    }

    fn draw_bar(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let here = self.people.iter().filter(|person| person.is_here).count();
        let count = format!(" {here} here");
        let end = area.right().saturating_sub(u16::try_from(count.width()).unwrap_or(0));
        let mut x = area.x;
        for (name, unread, what) in self.listed() {
            let unread_text = if unread > 0 { format!(" {unread}") } else { String::new() };
            let text = format!(" {}{unread_text} ", cut(&name, 14));
            let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
            if x.saturating_add(width) > end {
                break;
            }
            let tab = Rect { x, width, ..area };
            frame.render_widget(Line::styled(text, self.talk_style(what.as_ref(), unread)), tab);
            self.clicks.push((tab, what));
            x += width;
        }
        frame.render_widget(Line::styled(count, DIM), Rect { x: end, width: area.right() - end, ..area });
    }

    fn draw_title(&self, frame: &mut Frame<'_>, area: Rect) {
        let to = self.talks.iter().find(|talk| Some(talk.key) == self.open);
        let to = to.map_or_else(String::new, |talk| format!("to {} only ", escape(&talk.shown)));
        let below = if self.scroll > 0 { format!("↓ {} rows below ", self.scroll) } else { String::new() };
        let text = match self.choices.as_str() {
            "" => format!("─ {} {to}{below}", escape(self.prompt.trim_end_matches(['>', ' ']))),
            choices => format!("─ {} ", escape(choices)),
        };
        let text = cut_plain(&text, usize::from(area.width));
        let line = "─".repeat(usize::from(area.width).saturating_sub(text.width()));
        frame.render_widget(Line::styled(text + &line, BOLD), area);
    }
}

impl Entry {
    /// The entry in rows of so many columns.
    fn rows(&self, columns: usize, has_color: bool) -> Vec<Line<'static>> {
        let plain: String = self.head.iter().map(|(_, text)| text.as_str()).collect();
        let mut styles = self.head.iter().flat_map(|(style, text)| text.chars().map(|_| *style));
        let rows = fit(&plain, &self.text, columns);
        let mut lines = Vec::new();
        for row in rows.split('\n') {
            let (mut spans, mut width) = (Vec::new(), 0);
            for letter in row.chars() {
                let style = to_style(styles.next().unwrap_or(self.style), has_color);
                let wide = letter.width().unwrap_or(0);
                // A head may be wider than the window.
                if width + wide > columns {
                    lines.push(joined(&std::mem::take(&mut spans)));
                    width = 0;
                }
                spans.push((letter, style));
                width += wide;
            }
            lines.push(joined(&spans));
        }
        lines
    }
}

/// Letters of one style in one span each.
fn joined(letters: &[(char, Style)]) -> Line<'static> {
    let same = letters.chunk_by(|one, other| one.1 == other.1);
    same.map(|part| Span::styled(part.iter().map(|(letter, _)| *letter).collect::<String>(), part[0].1))
        .collect::<Vec<_>>()
        .into()
}

fn to_style(style: anstyle::Style, has_color: bool) -> Style {
    use anstyle::{AnsiColor, Effects};
    if !has_color {
        return Style::new();
    }
    let color = match style.get_fg_color() {
        Some(anstyle::Color::Ansi(color)) => match color {
            AnsiColor::Red => Some(Color::Red),
            AnsiColor::Green => Some(Color::Green),
            AnsiColor::Yellow => Some(Color::Yellow),
            AnsiColor::Blue => Some(Color::Blue),
            AnsiColor::Magenta => Some(Color::Magenta),
            AnsiColor::Cyan => Some(Color::Cyan),
            AnsiColor::BrightGreen => Some(Color::LightGreen),
            AnsiColor::BrightCyan => Some(Color::LightCyan),
            _ => None,
        },
        _ => None,
    };
    let effects = style.get_effects();
    let mut drawn = color.map_or_else(Style::new, |color| Style::new().fg(color));
    if effects.contains(Effects::BOLD) {
        drawn = drawn.patch(BOLD);
    }
    if effects.contains(Effects::DIMMED) {
        drawn = drawn.patch(DIM);
    }
    drawn
}

/// A name of others, escaped and no wider than so many columns.
fn cut(name: &str, columns: usize) -> String {
    cut_plain(&escape(name), columns)
}

fn cut_plain(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut out, mut width) = (String::new(), 1);
    for letter in text.chars() {
        width += letter.width().unwrap_or(0);
        if width > columns {
            break;
        }
        out.push(letter);
    }
    out + "…"
}
