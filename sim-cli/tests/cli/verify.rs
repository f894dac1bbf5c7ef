//! `verify`: scenarios that go the same way, folders that were changed.

use crate::lab::Lab;

#[test]
fn a_scenario_goes_the_same_way() {
    let lab = Lab::new();
    let digest = lab.digest_of("small.toml");
    let before = lab.files("");
    let said = lab.ok(&["verify", "small.toml", "--jobs", "2,7"]);
    assert_eq!(
        said.out,
        format!("small.toml: the same on 1 thread; 1 thread, again; 2 threads; 7 threads: digest {digest}\n")
    );
    let other = lab.ok(&["verify", "small.toml", "--seed", "8"]);
    assert!(!other.out.contains(&digest), "{}", other.out);
    assert_eq!(lab.files(""), before, "nothing is written");
    assert_eq!(lab.ok(&["verify", "-q", "small.toml"]).out, "");
}

#[test]
fn a_folder_holds_what_its_scenario_gives() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    let said = lab.ok(&["verify", "a"]);
    assert_eq!(said.out, format!("a: digest and tables as stored: digest {digest}\n"));
    let refused = lab.refused(&["verify", "a", "--seed", "3"]);
    assert!(refused.contains("--seed and --set cannot be used with it"), "{refused}");
}

#[test]
fn an_edited_digest_is_found() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    for file in ["manifest.json", "summary.json"] {
        let whole = lab.read(&format!("a/{file}"));
        lab.write(&format!("a/{file}"), whole.replace(&digest, "0123456789abcdef"));
        for command in ["verify", "replay"] {
            let said = lab.run(&[command, "a"]);
            assert_eq!((said.code, said.out.as_str()), (4, ""), "{}", said.err);
            let number = 1 + whole.lines().position(|line| line.contains(&digest)).unwrap();
            assert!(
                said.err.contains("running it again gives different results than those stored\n"),
                "{}",
                said.err
            );
            assert!(said.err.contains(&format!("    {file}:{number}\n")), "{}", said.err);
            assert!(said.err.contains("      stored  \"digest\": \"0123456789abcdef\""), "{}", said.err);
            assert!(said.err.contains(&format!("      now     \"digest\": \"{digest}\"")), "{}", said.err);
        }
        lab.write(&format!("a/{file}"), whole);
    }
    lab.ok(&["verify", "a"]);
}

#[test]
fn other_edits_are_found_line_by_line() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let messages = lab.read("a/messages.csv");
    lab.write("a/messages.csv", messages.replacen("true", "false", 1));
    std::fs::remove_file(lab.path().join("a/latency.csv")).unwrap();
    let said = lab.run(&["verify", "a", "small.toml"]);
    assert_eq!(said.code, 4);
    assert!(said.out.starts_with("small.toml: the same on"), "the others are verified too: {}", said.out);
    assert!(said.err.contains("    messages.csv:2\n"), "{}", said.err);
    assert!(said.err.contains("    latency.csv:1\n      stored  (the file is missing)\n"), "{}", said.err);
    // Another scenario than the one that ran.
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "b"]);
    let resolved = lab.read("b/scenario.resolved.toml");
    lab.write("b/scenario.resolved.toml", resolved.replace("seed = 7", "seed = 8"));
    let said = lab.run(&["verify", "b"]);
    assert_eq!(said.code, 4);
    assert!(said.err.contains("\"config_hash\""), "{}", said.err);
}

#[test]
fn what_cannot_be_verified_is_refused() {
    let lab = Lab::new();
    let missing = lab.refused(&["verify", "nowhere.toml"]);
    assert!(missing.contains("cannot read the scenario"), "{missing}");
    let no_run = lab.run(&["verify", "."]);
    assert_eq!(no_run.code, 1);
    assert!(no_run.err.starts_with("error: . is not the folder of a run"), "{}", no_run.err);
    let jobs = lab.refused(&["verify", "small.toml", "--jobs", "0"]);
    assert!(jobs.contains("0 is not in 1..=256"), "{jobs}");
}
