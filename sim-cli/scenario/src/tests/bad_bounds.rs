//! Values that make sense but are beyond what a run can hold: refused at their place, not by a full memory.

use super::*;
use crate::TableKind;

/// Expects `text` to be refused with `title` and, at `value`, `label`.
fn refused(text: &str, value: &str, title: &str, label: &str) {
    let said = bad(text);
    assert!(said.starts_with(&format!("error: {title}\n")), "{said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    let (shown, caret) = said.trim_end().rsplit_once('\n').unwrap();
    assert!(caret.ends_with(label), "{said}");
    let line = shown.lines().next_back().unwrap();
    let width = caret.matches('^').count();
    let pointed = caret.find('^').and_then(|from| line.get(from..from + width));
    assert_eq!(pointed, Some(value), "{said}");
}

#[test]
fn runs_of_centuries() {
    let text = small("").replace("2min", "876601h");
    let short = text.replace("876601h", "876600h") + "[measure]\nevery = \"off\"\n";
    good(&short);
    let text = text + "[measure]\nevery = \"off\"\n";
    refused(&text, "\"876601h\"", "a run cannot be that long", "at most 876600h, a hundred years");
}

#[test]
fn samples_without_number() {
    let every = |every: &str| small(&format!("[measure]\nevery = \"{every}\"\n"));
    good(&every("120us"));
    refused(
        &every("1ns"),
        "\"1ns\"",
        "120000000000 samples are too many",
        "at most 1000000: one every 1ns until 2min is more",
    );
    let long = small("").replace("2min", "8766h");
    refused(&long, "\"8766h\"", "31557600 samples are too many", "one every 1s until 8766h is more");
}

#[test]
fn more_slots_than_a_plan_holds() {
    let count = |count: u32| small("").replace("count = 10", &format!("count = {count}"));
    good(&count(134_217_728));
    let title = "a network cannot have that many slots";
    refused(&count(134_217_729), "134217729", title, "at most 134217728");
}

#[test]
fn more_neighbors_than_there_are() {
    let degree = |slots: u32, degree: u32| {
        headed(&format!(
            "[nodes]\ncount = {slots}\n[overlay.random_walk]\ndegree = {degree}\n[broadcast.flood]\n"
        ))
    };
    good(&degree(10, 9));
    refused(&degree(10, 10), "10", "more neighbors than other slots", "there are 9 others");
    good(&degree(100_000, 65_535));
    let title = "no node can keep that many neighbors";
    refused(&degree(100_000, 65_536), "65536", title, "at most 65535");
    // The default does for the smallest networks too.
    good(&degree(2, 5));
}

#[test]
fn more_links_than_are_drawn() {
    let graph = |graph: &str| {
        headed(&format!("[nodes]\ncount = 1_000_000\n[overlay.static]\n{graph}\n[broadcast.flood]\n"))
    };
    let cases = [
        ("k_out = 134", "k_out = 135", "135", 135_000_000),
        ("regular = 268", "regular = 269", "269", 134_500_000),
        ("gnp.mean_degree = 268.4", "gnp.mean_degree = 268.5", "268.5", 134_250_000),
        (
            "small_world = { k = 268, rewire = 0.5 }",
            "small_world = { k = 270, rewire = 0.5 }",
            "270",
            135_000_000,
        ),
        ("preferential = { links = 134 }", "preferential = { links = 135 }", "135", 134_981_775),
        ("ring = true", "complete = true", "true", 499_999_500_000_u64),
    ];
    for (fits, too_large, value, links) in cases {
        good(&graph(fits));
        let title = format!("this graph has {links} links");
        refused(&graph(too_large), value, &title, "at most 134217728 are drawn");
    }
}

#[test]
fn values_that_would_be_cut_down() {
    let walk = headed("[nodes]\ncount = 10\n[overlay.random_walk]\nhop_limit = 256\n[broadcast.flood]\n");
    refused(&walk, "256", "no walk is that long", "at most 255");
    let title = "ages cannot be told apart for that long";
    refused(&small("seen_for = \"1177h\"\n"), "\"1177h\"", title, "49 days, or \"unlimited\"");
    good(&small("seen = \"unlimited\"\nseen_for = \"1176h\"\n"));
    let history = |keys: &str| small(&format!("history = {{ {keys} }}\n"));
    good(&history(""));
    good(&history("keep = \"1176h\", messages = \"unlimited\", every = \"100ms\""));
    refused(&history("keep = \"1177h\""), "\"1177h\"", title, "at most 1176h, which is 49 days");
    let churn = |stop: &str| {
        let distribution = "{ preset = \"kad\" }";
        small(&format!("[churn]\nsession = {distribution}\ndowntime = {distribution}\nstop = \"{stop}\"\n"))
    };
    good(&churn("2min"));
    refused(&churn("3min"), "\"3min\"", "this is after the end of the run", "the run ends at 2min");
}

#[test]
fn a_history_that_keeps_nothing() {
    let history = |keys: &str| small(&format!("history = {{ {keys} }}\n"));
    let title = "a history of no length keeps nothing";
    refused(&history("keep = \"0s\""), "\"0s\"", title, "write a positive duration");
    let title = "a history of 0 messages keeps nothing";
    refused(&history("messages = 0"), "0", title, "write 1 or more, or \"unlimited\"");
    let title = "comparing so often is all that nodes would do";
    refused(&history("every = \"99ms\""), "\"99ms\"", title, "write \"100ms\" or more");
    let said = bad(&history("kept = \"1h\""));
    assert!(said.contains("kept") && said.contains("keep"), "{said}");
}

#[test]
fn drops_for_no_reason() {
    let expect = |reason: &str| small(&format!("[expect]\ndrops.{reason} = \"== 0\"\n"));
    for reason in ["loss", "hop_limit", "inbox_full"] {
        good(&expect(reason));
    }
    let title = "nothing is dropped for the reason `los`";
    let said = bad(&expect("los"));
    assert!(said.contains(title) && said.contains("did you mean `loss`?"), "{said}");
    // A reason of another overlay.
    assert!(bad(&expect("not_in_graph")).contains("nothing is dropped"));
}

/// The tables name every reason that is in the source of the protocols.
#[test]
fn reasons_are_complete() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/src");
    let complete = |layer: &str, kind: &TableKind| {
        let name = if kind.key() == "static" { "fixed" } else { kind.key() };
        let module = source.join(layer).join(name);
        // A protocol is one file, or all files of a folder, or both.
        let mut text = std::fs::read_to_string(module.with_extension("rs")).unwrap_or_default();
        for file in std::fs::read_dir(&module).into_iter().flatten() {
            text += &std::fs::read_to_string(file.unwrap().path()).unwrap();
        }
        // What it says of its inbox is said by the function that delivers.
        if text.contains("deliver(&mut self.inbox") {
            text += &std::fs::read_to_string(source.join("broadcast/mod.rs")).unwrap();
        }
        // What a broadcast says of its history is said by the comparison.
        if text.contains("reconcile::") {
            let comparison = std::fs::read_to_string(source.join("reconcile/exchange.rs")).unwrap();
            let said = comparison.split("\"history_").skip(1).filter_map(|rest| rest.split('"').next());
            text += &said.map(|reason| format!("Dropped(\"history_{reason}\")")).collect::<String>();
        }
        // Said at once, or handed to the function that says it.
        let said = text.split("Dropped(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let handed = text.split("\", cx)").filter_map(|before| before.rsplit('"').next());
        let handed = handed
            .filter(|word| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')));
        let found: std::collections::BTreeSet<&str> = said.chain(handed).collect();
        assert_eq!(found, kind.drops().unwrap().iter().copied().collect(), "{name}");
    };
    let tables = builtin();
    tables.overlays.iter().for_each(|kind| complete("overlay", kind));
    tables.broadcasts.iter().for_each(|kind| complete("broadcast", kind));
}
