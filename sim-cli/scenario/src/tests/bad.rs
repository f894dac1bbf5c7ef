//! Scenarios that make no sense, and what is said of each: the cases in `bad/*.txt`.
//!
//! A case begins with `## NAME`. Overrides follow as `--set KEY=VALUE`, then the scenario, then a line for each problem:
//! `=> LINE:FROM..TO TITLE -- LABEL`, or `=> - TITLE -- LABEL` for one without a place. What every scenario needs
//! stands before the text of a case, unless its name ends with `(no nodes)` or `(whole file)`.

use insta::assert_snapshot;

use super::*;

const FILES: [(&str, &str); 6] = [
    ("adversary", include_str!("bad/adversary.txt")),
    ("events", include_str!("bad/events.txt")),
    ("form", include_str!("bad/form.txt")),
    ("network", include_str!("bad/network.txt")),
    ("protocol", include_str!("bad/protocol.txt")),
    ("results", include_str!("bad/results.txt")),
];

/// What is said of a case, in the form of its last lines.
fn said(case: &str) -> Vec<String> {
    let (name, body) = case.split_once('\n').expect("a name");
    let lines = || body.lines().filter(|line| !line.starts_with("=> "));
    let sets: Vec<(&str, &str)> =
        lines().filter_map(|line| line.strip_prefix("--set ")?.split_once('=')).collect();
    let text: Vec<&str> = lines().filter(|line| !line.starts_with("--set ")).collect();
    let text = format!("{}\n", text.join("\n").trim_end());
    let text = match name {
        _ if name.ends_with("(whole file)") => text,
        _ if name.ends_with("(no nodes)") => headed(&text),
        _ => small(&text),
    };
    bad_with(&text, &sets).split("\n\n").map(on_one_line).collect()
}

/// Place, title and label of one report.
fn on_one_line(report: &str) -> String {
    let mut lines = report.lines();
    let title = lines.next().and_then(|line| line.strip_prefix("error: ")).expect("a title");
    let (mut place, mut label) = ("-".to_owned(), None);
    for line in lines {
        if let Some((_, at)) = line.split_once("--> ") {
            place = at.trim_start_matches("x.toml").trim_start_matches(':').to_owned();
        } else if let Some((_, help)) = line.split_once("= help: ") {
            label = Some(help);
        } else if let Some(caret) = line.split_once(" | ").map(|(_, caret)| caret.trim_start())
            && caret.starts_with('^')
        {
            let text = caret.trim_start_matches('^');
            let from: usize = place.rsplit_once(':').expect("a column").1.parse().expect("a number");
            place = format!("{place}..{}", from + caret.len() - text.len());
            label = Some(text.trim_start());
        }
    }
    if place.is_empty() {
        place.push('-');
    }
    let label = label.filter(|label| !label.is_empty()).map(|label| format!(" -- {label}"));
    format!("=> {place} {title}{}", label.unwrap_or_default())
}

#[test]
fn every_case_is_refused_with_its_words() {
    for (file, text) in FILES {
        let cases: Vec<&str> = text.split("## ").skip(1).collect();
        assert!(cases.len() > 10, "{file}");
        let wrong = cases.into_iter().filter_map(|case| {
            let expected: Vec<&str> = case.lines().filter(|line| line.starts_with("=> ")).collect();
            let said = said(case);
            (said != expected).then(|| format!("{}\n{}\n", case.trim_end(), said.join("\n")))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "of {file}.txt, each with what is said now:\n\n{}", wrong.join("\n"));
    }
}

#[test]
fn metric_of_a_fault_that_is_not_there() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "60s"
loss = { share = 0.5, for = "5s" }
[expect.phases]
partition.heal_ms = "< 1s"
1.heal_ms = "< 1s"
loss.delivery.during = ">= 50 %"
"#)), @r#"
    error: there is no fault `partition`
      --> x.toml:11:1
       |
    11 | partition.heal_ms = "< 1s"
       | ^^^^^^^^^ the scenario has loss, also called 0

    error: there is no fault `1`
      --> x.toml:12:1
       |
    12 | 1.heal_ms = "< 1s"
       | ^ the scenario has loss, also called 0
    "#);
    assert_snapshot!(bad(&small(r#"[expect]
phases.0.heal_ms = "< 1s"
"#)), @r#"
    error: there is no fault `0`
     --> x.toml:8:8
      |
    8 | phases.0.heal_ms = "< 1s"
      |        ^ the scenario has none
    "#);
}
