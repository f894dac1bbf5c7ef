//! The page as text: the same bytes, nothing from outside, nothing that a scenario can do to it.

use floodnet_report::data::{
    Arrival, Change, Event, Expectation, Fault, Figure, Layout, Message, Place, Recording, Report, Sample,
    Wave, Why,
};
use floodnet_report::page;

/// A run of three nodes, with `word` wherever words of others stand.
fn report(word: &str) -> Report {
    let text = || word.to_owned();
    let sample = |at_s, up| Sample { at_s, up, joined: up, components: 1, largest: up, ..Sample::default() };
    let event = |at_us, change| Event { at_us, change };
    Report {
        scenario: text(),
        seed: 7,
        digest: text(),
        program: text(),
        command: text(),
        folder: text(),
        resolved: text(),
        notes: vec![text()],
        slots: 3,
        duration_s: 10.0,
        expectations: vec![Expectation { metric: text(), bound: text(), measured: text(), holds: false }],
        reach: vec![text()],
        figures: vec![Figure { path: text(), label: text(), value: text(), leads: true }],
        samples: vec![sample(1.0, 2), sample(2.0, 3)],
        faults: vec![Fault { name: text(), from_s: 2.0, until_s: 4.0 }],
        messages: vec![Message {
            number: 0,
            at_s: 5.0,
            origin: 1,
            counted: true,
            receivers: 2,
            delivered: 1,
            late: 0,
            last_ms: Some(80.0),
            why: Some(Why {
                causes: vec![(text(), 1)],
                places: vec![Place { text: text(), slots: vec![0] }],
                last: Some(text()),
            }),
        }],
        latency: vec![(40.0, 0.25), (80.0, 0.5)],
        degrees: vec![0, 2, 1],
        drops: vec![(text(), 3)],
        recording: Recording {
            end_us: 10_000_000,
            layouts: vec![Layout { name: text(), places: vec![(0, 0), (9, 9), (4095, 4095)] }],
            sides: vec![0, 1, 1],
            events: vec![event(0, Change::Up(1)), event(5, Change::Link(0, 1)), event(9, Change::Crash(1))],
            waves: vec![Wave {
                message: 0,
                at_us: 5_000_000,
                origin: 1,
                arrivals: vec![Arrival { after: 800, slot: 0, from: 1, hops: 1 }],
            }],
        },
    }
}

#[test]
fn the_same_run_gives_the_same_bytes_and_another_does_not() {
    let text = page(&report("small"));
    assert_eq!(page(&report("small")), text);
    let mut other = report("small");
    other.recording.events[1].at_us += 1;
    assert_ne!(page(&other), text);
    assert!(page(&Report::default()).contains("window.floodnet"), "a page of nothing is a page");
}

#[test]
fn words_of_others_stay_words() {
    for word in [
        "</script><script>alert(1)</script>",
        "</title></style><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)",
        "<!-- ",
        "]]>",
    ] {
        let (plain, hostile) = (page(&report("word")), page(&report(word)));
        // Marks of the page itself are as many as with a word that does nothing.
        for mark in ["<", ">", "\"", "<script", "<!--", "</style", "<svg"] {
            assert_eq!(hostile.matches(mark).count(), plain.matches(mark).count(), "{word}: {mark}");
        }
        assert!(hostile.contains(
            &word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
        ));
    }
}

#[test]
fn nothing_is_asked_for() {
    let text = page(&report("small"));
    assert!(text.contains("content=\"default-src 'none'; style-src 'sha256-"), "{}", &text[..600]);
    for word in [
        "http:",
        "https:",
        "src=",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "sendBeacon",
        "WebSocket",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    // Styles and handlers in attributes would need a policy that allows them.
    for word in [" style=", " onclick=", " onload=", "innerHTML", "eval("] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn numbers_and_charts_are_there_without_scripts() {
    let text = page(&report("small"));
    let script = text.find("<script").unwrap();
    let shown = &text[..script];
    for words in [
        "0 of 1 hold",
        "✗ fails",
        "<noscript>",
        "Share of receivers that each message reached",
        "2 to 4 s",
        "1 node: small",
    ] {
        assert!(shown.contains(words), "{words}");
    }
    assert!(shown.matches("<svg").count() >= 8, "charts");
    assert!(text.len() < 120_000, "{} bytes of page", text.len());
}
