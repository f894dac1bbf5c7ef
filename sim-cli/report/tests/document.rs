//! Pages of many runs: nothing from outside, nothing that a word can do to it.

use floodnet_report::document;
use floodnet_report::document::{Cell, Document, Section, Table};

fn page(word: &str) -> String {
    let text = || word.to_owned();
    let cell = |is_good| Cell { text: text(), is_good };
    let table = Table {
        head: vec![(text(), false), (text(), true), (text(), false)],
        rows: vec![vec![cell(None), cell(None), cell(Some(false))]],
    };
    let section = Section {
        title: text(),
        notes: vec![text()],
        pictures: vec![(text(), "<svg><rect/></svg>".to_owned())],
        table: Some(table),
        is_folded: true,
    };
    document(&Document {
        title: text(),
        program: text(),
        about: vec![text()],
        conclusion: text(),
        is_good: Some(true),
        sections: vec![section, Section::default()],
    })
}

#[test]
fn words_stay_words_and_nothing_is_asked_for() {
    let plain = page("word");
    assert_eq!(page("word"), plain);
    assert!(plain.contains("content=\"default-src 'none'; style-src 'sha256-"));
    assert!(!plain.contains("<script") && !plain.contains("script-src"), "there is no script");
    for word in ["</style><script>alert(1)</script>", "\" onload=\"alert(1)", "<img src=x>"] {
        let hostile = page(word);
        for mark in ["<", ">", "\"", "<script", "<img"] {
            assert_eq!(hostile.matches(mark).count(), plain.matches(mark).count(), "{word}: {mark}");
        }
    }
    for part in
        ["<title>word</title>", "<svg><rect/></svg>", "<td class=\"fails\">word</td>", "<td class=\"right\">"]
    {
        assert!(plain.contains(part), "{part}");
    }
}
