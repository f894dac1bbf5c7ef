//! Names, what is shown, and what is saved.

use floodnet_chat::keys::Key;
use floodnet_chat::store;
use floodnet_chat::text::{BadName, MAX_MARKS, Name, escape, escape_line, fingerprint, safety_number};
use proptest::prelude::*;

use crate::name;

#[test]
fn names_are_normal_short_and_visible() {
    assert_eq!(Name::new(" bob\n").map(|name| name.to_string()), Ok("bob".to_string()));
    assert_eq!(name("ﬁn").as_str(), "fin", "one form for each name");
    assert_eq!(name("花子").as_str(), "花子");
    assert_eq!(Name::new(" \t "), Err(BadName::Empty));
    assert_eq!(Name::new(&"x".repeat(32)).map(|name| name.as_str().len()), Ok(32));
    assert_eq!(Name::new(&"x".repeat(33)), Err(BadName::TooLong));
    assert_eq!(Name::new(&"\u{fdfa}".repeat(32)), Err(BadName::TooLong), "long in its normal form");
    for bad in [
        "a b",
        "a~b",
        "@bob",
        "/who",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a:b",
        "\u{feff}bob",
        "a\u{ad}b",
        "a\u{0}b",
    ] {
        assert!(matches!(Name::new(bad), Err(BadName::Character(_))), "{bad:?}");
    }
}

/// Who could be taken for whom.
#[test]
fn names_that_look_alike_are_known() {
    for (one, other) in [
        ("alice", "aIice"),
        ("alice", "a1ice"),
        ("alice", "ALICE"),
        ("alice", "\u{430}lice"),
        ("bob", "b0b"),
        ("bob", "B0B"),
        ("bob", "bob."),
        ("bob", "-bob-"),
        ("bob", "__bob"),
        ("bob", "BOB-"),
        ("mia", "rnia"),
        ("I", "l"),
        ("--", "--"),
    ] {
        assert!(name(one).looks_like(&name(other)) && name(other).looks_like(&name(one)), "{one} {other}");
    }
    for (one, other) in [("alice", "alicia"), ("bob", "rob"), ("bob", "bob2"), ("a-b", "ab"), ("--", "..")] {
        assert!(!name(one).looks_like(&name(other)), "{one} {other}");
    }
}

#[test]
fn fingerprints_and_safety_numbers_are_fixed() {
    let (one, two) = (Key([0; 32]), Key([1; 32]));
    assert_eq!(fingerprint(&one), "32bj-t4dg-gsh3-vjrd");
    assert_eq!(fingerprint(&two), "hlqi-ombw-m5ed-c4zx");
    assert_eq!(safety_number(&one, &two), safety_number(&two, &one));
    assert_eq!(safety_number(&one, &two).chars().filter(char::is_ascii_digit).count(), 60);
    assert_ne!(safety_number(&one, &two), safety_number(&one, &Key([2; 32])));
    assert_eq!(Key::from_hex(&one.to_string()), Some(one));
    assert_eq!(Key::from_hex(&one.to_string().replace("00", "0G")), None);
}

/// Two hundred strings and more that would do something to a terminal: each control character, mark and tag,
/// alone and in sequences.
#[test]
fn hostile_text_cannot_hurt_a_terminal() {
    let marks =
        (0..0x20).chain(0x7f..0xa0).chain(0x202a..0x202f).chain(0x2066..0x206a).chain(0xe0000..0xe0080);
    let mut hostile: Vec<String> = marks.filter_map(char::from_u32).map(|mark| format!("a{mark}b")).collect();
    hostile.extend(
        [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "\r overwritten",
            "\u{8}\u{8}gone",
            "\u{feff}",
            "\u{2028}",
            "\u{1b}]8;;http://x\u{1b}\\",
        ]
        .map(String::from),
    );
    assert!(hostile.len() > 200);
    for text in hostile {
        let shown = escape(&text);
        assert!(shown.contains("\\u{"), "{shown}");
        assert!(shown.chars().all(|c| !c.is_control()), "{shown}");
        assert_eq!(escape(&shown), shown, "nothing is left to escape");
    }
    assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
    for hidden in [
        "\u{1bca0}",
        "\u{1bca3}",
        "\u{13430}",
        "\u{1343f}",
        "\u{2800}",
        "\u{2003}",
        "\u{205f}",
        "\u{1680}",
        "\u{1d159}",
        "\u{a0}\u{a0}",
        "\u{3000}\u{3000}",
    ] {
        assert!(escape(&format!("a{hidden}b")).contains("\\u{"), "{hidden:?}");
    }
    assert!(escape("\u{3000}x").starts_with("\\u{3000}"), "nothing to stand behind");
    let tower = format!("e{}x", "\u{301}".repeat(40));
    assert_eq!(escape(&tower).chars().filter(|c| *c == '\u{301}').count(), MAX_MARKS);
    assert_eq!(escape_line("a\n\tb\r\n\u{1b}"), "a\\n\tb\\u{d}\\n\\u{1b}");
    for plain in ["hello, world", "naïve café", "日本語", "👩\u{200d}👩\u{200d}👧 family", "עברית", "किताब"]
    {
        assert_eq!(escape(plain), plain);
    }
}

proptest! {
    #[test]
    fn what_is_left_of_a_damaged_file_is_true(lines in prop::collection::vec("[a-z ]{0,20}", 0..20), at: prop::sample::Index, flip in 0u8..8, cut: prop::sample::Index, is_cut: bool) {
        let text = store::write("test 1", lines.iter().map(String::as_str));
        let whole = store::read("test 1", text.as_bytes());
        prop_assert_eq!(&whole.lines, &lines);
        prop_assert!(whole.damaged.is_empty());
        let mut bytes = text.clone().into_bytes();
        if is_cut {
            bytes.truncate(cut.index(text.len()));
        } else {
            bytes[at.index(text.len())] ^= 1 << flip;
        }
        let left = store::read("test 1", &bytes);
        prop_assert!(left.lines.iter().all(|line| lines.iter().any(|known| known == line)));
        if !is_cut {
            prop_assert!(left.lines.len() + 2 >= lines.len(), "one change spoils at most two lines");
            prop_assert!(!left.damaged.is_empty());
        }
    }
}

#[test]
fn an_empty_file_and_one_of_another_kind_are_damaged() {
    assert_eq!(store::read("contacts 1", b"").damaged, [1]);
    let other = store::write("peers 1", ["a"]);
    let read = store::read("contacts 1", other.as_bytes());
    assert_eq!((read.lines.len(), read.damaged.len()), (0, 2));
}
