//! What a window shows at several widths, and what keys and clicks do.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

fn window() -> Window {
    let names = Names::default();
    names.set(["bob", "bonny"].map(String::from).to_vec());
    Window::new("ada> ".to_owned(), names, false)
}

fn said(place: Place, head: &str, text: &str) -> Update {
    let head = vec![(anstyle::Style::new(), head.to_owned())];
    let (text, style) = (text.to_owned(), anstyle::Style::new());
    Update::Entry(Entry { place, head, text, style, is_news: true, rings: false })
}

/// The rows of the terminal.
fn drawn(window: &mut Window, columns: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(columns, 20)).expect("in memory");
    terminal.draw(|frame| window.draw(frame)).expect("in memory");
    let buffer = terminal.backend().buffer();
    let cells: Vec<&str> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    cells.chunks(usize::from(columns)).map(<[&str]>::concat).collect()
}

fn types(window: &mut Window, code: KeyCode) -> Option<Asked> {
    window.on_event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn controls(window: &mut Window, letter: char) -> Option<Asked> {
    window.on_event(Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)))
}

fn direct(key: u8, shown: &str) -> Place {
    Place::Direct(Key([key; 32]), shown.to_owned())
}

#[test]
fn whatever_others_write_stays_in_its_pane() {
    let hostile = "eve\u{1b}[2J\u{202e}\u{7}";
    for columns in [40, 80, 200] {
        let mut window = window();
        let people =
            [(1, hostile), (2, "\u{4f60}\u{597d}\u{1f600}"), (3, "\u{645}\u{631}\u{62d}\u{628}\u{627}")];
        let someone = |(key, shown): (u8, &str)| Someone {
            key: Key([key; 32]),
            shown: shown.to_owned(),
            is_here: key != 3,
            verified: key == 2,
        };
        window.apply(Update::People(people.map(someone).to_vec()));
        for text in
            ["\u{1b}[2J\u{7}", &"\u{4f60}".repeat(120), &"\u{1f600}".repeat(90), "\u{645}\u{631}\u{62d}"]
        {
            window.apply(said(Place::Room, "10:00:00 eve: ", text));
        }
        for _ in 0..123 {
            window.apply(said(direct(1, hostile), "10:00:01 eve: ", "only for you"));
        }
        let rows = drawn(&mut window, columns);
        let all = rows.concat();
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{columns}: {rows:#?}");
        assert!(all.contains("123") && all.contains("2 here"), "{columns}: {rows:#?}");
        assert!(!all.contains("only for you"), "{columns}: another conversation is open");
    }
}

#[test]
fn what_is_typed_goes_where_the_window_is_open() {
    let mut window = window();
    window.apply(said(direct(7, "bob"), "10:00:00 ✉ bob: ", "psst"));
    window.on_event(Event::Paste("one\r\ntwo".to_owned()));
    assert_eq!(types(&mut window, KeyCode::Enter), Some(Asked::Line("one\ntwo".to_owned())));
    assert_eq!(controls(&mut window, 'n'), None);
    assert!(drawn(&mut window, 80).concat().contains("psst"));
    types(&mut window, KeyCode::Char('x'));
    let print = fingerprint(&Key([7; 32]));
    assert_eq!(types(&mut window, KeyCode::Enter), Some(Asked::Line(format!("@bob~{print} x"))));
    window.on_event(Event::Paste("/who".to_owned()));
    assert_eq!(types(&mut window, KeyCode::Enter), Some(Asked::Line("/who".to_owned())));
    assert_eq!(types(&mut window, KeyCode::Enter), None, "nothing is sent");
}

#[test]
fn a_click_opens_a_conversation_and_its_messages_are_read() {
    let mut window = window();
    window.apply(said(direct(7, "bob"), "10:00:00 ✉ bob: ", "psst"));
    for columns in [40, 80] {
        window.show(None);
        drawn(&mut window, columns);
        let click = |area: Rect| MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: area.x,
            row: area.y,
            modifiers: KeyModifiers::NONE,
        };
        let place = window.clicks.iter().find(|(_, what)| what.is_some()).map(|(area, _)| *area);
        window.on_event(Event::Mouse(click(place.expect("bob is listed"))));
        assert_eq!((window.open, window.talks[0].unread), (Some(Key([7; 32])), 0), "{columns}");
    }
}

#[test]
fn one_scrolls_back_and_down_again() {
    let mut window = window();
    for number in 0..100 {
        window.apply(said(Place::Room, "bob: ", &format!("line {number:03}")));
    }
    assert!(drawn(&mut window, 80).concat().contains("line 099"));
    for _ in 0..50 {
        types(&mut window, KeyCode::PageUp);
        drawn(&mut window, 80);
    }
    let top = drawn(&mut window, 80).concat();
    assert!(top.contains("line 000") && !top.contains("line 099") && top.contains("rows below"), "{top}");
    for _ in 0..50 {
        types(&mut window, KeyCode::PageDown);
    }
    assert!(drawn(&mut window, 80).concat().contains("line 099"));
}

#[test]
fn tab_completes_and_ctrl_c_leaves_from_an_empty_line() {
    let mut window = window();
    window.on_event(Event::Paste("@bon".to_owned()));
    types(&mut window, KeyCode::Tab);
    assert_eq!(window.field.before(), "@bonny ");
    assert_eq!(controls(&mut window, 'c'), None);
    assert_eq!(controls(&mut window, 'c'), Some(Asked::Interrupt));
    window.on_event(Event::Paste("@bo".to_owned()));
    types(&mut window, KeyCode::Tab);
    assert!(drawn(&mut window, 80).concat().contains("@bob @bonny"));
}
