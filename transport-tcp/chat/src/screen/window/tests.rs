//! What a window shows at several widths, and what keys and clicks do.

use floodnet_chat::text::fingerprint;
use ratatui_core::backend::TestBackend;
use ratatui_core::buffer::Cell;
use ratatui_core::terminal::Terminal;

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
    let cells: Vec<&str> = buffer.content().iter().map(Cell::symbol).collect();
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
        window.show(Target::Room);
        drawn(&mut window, columns);
        let click = |area: Rect| MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: area.x,
            row: area.y,
            modifiers: KeyModifiers::NONE,
        };
        let place =
            window.clicks.iter().find(|(_, what)| matches!(what, Target::Direct(..))).map(|(area, _)| *area);
        window.on_event(Event::Mouse(click(place.expect("bob is listed"))));
        let unread = window.talks.at(0).map(|talk| talk.unread);
        assert_eq!((window.opened(), unread), (Some(Key([7; 32])), Some(0)), "{columns}");
    }
}

fn lines(window: &mut Window, count: usize) {
    for number in 0..count {
        window.apply(said(Place::Room, "10:00:00 bob: ", &format!("line {number:04}")));
    }
}

/// The pane of messages, up to where short ones end.
fn page(window: &mut Window, columns: u16) -> Vec<String> {
    let rows = drawn(window, columns);
    rows[..18].iter().map(|row| row.chars().take(40).collect()).collect()
}

#[test]
fn one_scrolls_back_and_down_again() {
    let mut window = window();
    lines(&mut window, 100);
    assert!(drawn(&mut window, 80).concat().contains("line 0099"));
    let mut seen = String::new();
    for _ in 0..8 {
        seen += &page(&mut window, 80).concat();
        types(&mut window, KeyCode::PageUp);
    }
    for number in 0..100 {
        assert!(seen.contains(&format!("line {number:04}")), "{number} is on some page");
    }
    let top = drawn(&mut window, 80);
    assert!(
        top[0].contains("line 0000") && top[17].contains("line 0017"),
        "the first page is full: {top:#?}"
    );
    assert!(top[18].contains("↓ 82 more"), "{top:#?}");
    for _ in 0..8 {
        types(&mut window, KeyCode::PageDown);
    }
    assert!(drawn(&mut window, 80)[17].contains("line 0099") && window.anchor.is_none());
}

#[test]
fn what_is_scrolled_back_to_stays_where_it_is() {
    let mut window = window();
    lines(&mut window, 100);
    drawn(&mut window, 80);
    for _ in 0..2 {
        types(&mut window, KeyCode::PageUp);
    }
    let before = page(&mut window, 80);
    // Of another conversation, of the program, and more than are kept.
    window.apply(said(direct(7, "bob"), "10:00:00 \u{2709} bob: ", "psst"));
    lines(&mut window, 3);
    window.apply(said(Place::All, "! ", "the clock is wrong"));
    assert_eq!(page(&mut window, 80)[..], before[..]);
    let wide = page(&mut window, 200).concat();
    assert!(
        wide.contains("line 0060") && !wide.contains("line 0099"),
        "another size moves it little: {wide}"
    );
    lines(&mut window, 5_000);
    assert!(page(&mut window, 80)[0].contains("line 0000"), "what is gone cannot be seen");
    types(&mut window, KeyCode::Char('x'));
    types(&mut window, KeyCode::Enter);
    assert!(page(&mut window, 80).concat().contains("line 4999"), "who says something sees it");
}

#[test]
fn a_loud_room_does_not_push_out_what_is_direct() {
    let mut window = window();
    window.apply(said(direct(7, "bob"), "10:00:00 \u{2709} bob: ", "psst"));
    lines(&mut window, 6_000);
    controls(&mut window, 'n');
    let rows = drawn(&mut window, 80).concat();
    assert!(rows.contains("psst") && !rows.contains("line"), "{rows}");
    window.apply(Update::Clear);
    assert!(!drawn(&mut window, 80).concat().contains("psst"));
    controls(&mut window, 'n');
    assert!(drawn(&mut window, 80).concat().contains("line 5999"), "only what is seen is cleared");
}

#[test]
fn own_direct_messages_are_seen_where_they_are_typed() {
    let mut window = window();
    window.apply(said(Place::Own(Key([7; 32]), "bob".to_owned()), "10:00:00 ada → bob: ", "psst"));
    window.apply(said(Place::Open, "  ", "an answer"));
    for (text, there) in [("psst", true), ("an answer", false)] {
        assert!(drawn(&mut window, 80).concat().contains(text));
        controls(&mut window, 'n');
        assert_eq!(drawn(&mut window, 80).concat().matches(text).count(), usize::from(there), "{text}");
        controls(&mut window, 'n');
    }
}

#[test]
fn another_room_is_opened() {
    let mut window = window();
    window.apply(said(direct(7, "bob"), "10:00:00 \u{2709} bob: ", "psst"));
    controls(&mut window, 'n');
    assert_eq!(window.opened(), Some(Key([7; 32])));
    window.apply(Update::Room("garden".to_owned()));
    assert_eq!(window.opened(), None);
    assert!(drawn(&mut window, 80).concat().contains("garden"));
}

#[test]
fn what_has_no_room_in_a_list_is_counted_and_the_open_one_is_seen() {
    for columns in [40, 80] {
        let mut window = window();
        for key in 1..=40 {
            window.apply(said(direct(key, &format!("guest{key}")), "10:00:00 guest: ", "psst"));
        }
        for _ in 0..25 {
            controls(&mut window, 'n');
        }
        let rows = drawn(&mut window, columns);
        assert!(rows.concat().contains("guest25"), "{rows:#?}");
        assert_eq!(columns == 80, rows.concat().contains("more"), "{rows:#?}");
    }
}

#[test]
fn tab_completes_and_ctrl_c_leaves_from_an_empty_line() {
    let mut window = window();
    window.on_event(Event::Paste("@bon".to_owned()));
    types(&mut window, KeyCode::Tab);
    assert_eq!(window.field.before(), "@bonny ");
    assert_eq!(controls(&mut window, 'c'), None);
    assert_eq!(controls(&mut window, 'c'), Some(Asked::Interrupt));
    window.on_event(Event::Paste("@B".to_owned()));
    types(&mut window, KeyCode::Tab);
    assert_eq!(window.field.before(), "@bo", "as far as all agree");
    assert!(drawn(&mut window, 80).concat().contains("@bob @bonny"));
}

#[test]
fn what_is_too_long_is_not_taken() {
    let mut window = window();
    window.on_event(Event::Paste("x".repeat(MAX_LINE)));
    types(&mut window, KeyCode::Char('y'));
    assert!(!window.field.before().contains('y'));
    assert!(drawn(&mut window, 80).concat().contains("65537 bytes are too long"));
}

#[test]
fn no_size_is_too_small() {
    let mut window = window();
    lines(&mut window, 100);
    window.on_event(Event::Paste("one\n".repeat(9)));
    for columns in 1..70 {
        for rows in 1..9 {
            let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("in memory");
            terminal.draw(|frame| window.draw(frame)).expect("in memory");
            types(&mut window, KeyCode::PageUp);
        }
    }
}

/// What is drawn does not depend on how much there is above and below it.
#[test]
fn five_thousand_messages_are_drawn_as_fast_as_fifty() {
    let time = |count: usize| {
        let mut window = window();
        lines(&mut window, count);
        drawn(&mut window, 80);
        types(&mut window, KeyCode::PageUp);
        let mut best = std::time::Duration::MAX;
        for _ in 0..20 {
            let start = std::time::Instant::now();
            page(&mut window, 80);
            best = best.min(start.elapsed());
        }
        best
    };
    let (few, many) = (time(50), time(5_000));
    assert!(many < 4 * few, "{few:?} {many:?}");
}
