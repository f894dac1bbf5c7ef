//! Where results go, and what is never touched.

use crate::lab::Lab;

fn fails(lab: &Lab, arguments: &[&str]) -> String {
    let before = lab.files("");
    let said = lab.run(arguments);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
    assert_eq!(lab.files(""), before, "nothing is touched");
    said.err
}

#[test]
fn a_run_is_replaced_only_when_asked() {
    let lab = Lab::new();
    let run = ["run", "small.toml", "--no-pictures", "--out", "here"];
    lab.ok(&run);
    assert_eq!(
        fails(&lab, &run),
        "error: here already has a run: use --force to replace it, or another --out\n"
    );
    lab.ok(&[&run[..], &["--force", "--seed", "8"]].concat());
    assert_eq!(lab.summary("here")["seed"], 8);
    assert_eq!(lab.names(""), ["here", "small.toml"], "nothing is left of the old run");
}

#[test]
fn the_default_folder_is_refused_when_it_is_full_as_well() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures"]);
    let refused = fails(&lab, &["run", "small.toml", "--no-pictures"]);
    assert!(refused.contains("runs/small-7 already has a run"), "{refused}");
}

/// All that this program drew belongs to the run, in both formats.
#[test]
fn pictures_of_the_run_are_replaced_with_it() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--out", "a"]);
    lab.ok(&["render", "a", "--picture-format", "svg", "--out", "a"]);
    let names = lab.names("a");
    for picture in ["topology.png", "topology.svg", "latency.png", "latency.svg"] {
        assert!(names.contains(&picture.to_owned()), "{names:?}");
    }
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a", "--force"]);
    assert!(!lab.names("a").iter().any(|name| name.ends_with(".png") || name.ends_with(".svg")));
}

#[test]
fn a_folder_with_other_files_is_never_touched() {
    let lab = Lab::new();
    lab.write("letters/dear.txt", "a letter");
    // The manifest of something else.
    lab.write("app/manifest.json", "{\"name\": \"app\"}");
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "mixed"]);
    lab.write("mixed/notes.txt", "what I think of this run");
    lab.write("half/summary.json", "{}");
    // A picture that has a name of ours, but that we did not draw.
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "pasted"]);
    lab.write("pasted/topology.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    lab.write("file", "not a folder");
    for (folder, what) in [
        ("letters", "dear.txt"),
        ("app", "manifest.json"),
        ("mixed", "notes.txt"),
        ("half", "summary.json"),
        ("pasted", "topology.svg"),
        (".", "app"),
    ] {
        for force in [&[][..], &["--force"]] {
            let refused = fails(&lab, &[&["run", "small.toml", "--out", folder], force].concat());
            let start = format!("error: {folder} contains {what}, which is not part of a run");
            assert!(refused.starts_with(&start), "{refused}");
        }
    }
    let refused = fails(&lab, &["run", "small.toml", "--out", "file", "--force"]);
    assert!(refused.starts_with("error: cannot write to file: "), "{refused}");
    let refused = fails(&lab, &["run", "small.toml", "--out", "/", "--force"]);
    assert!(refused.contains("cannot be an output folder"), "{refused}");
}

#[test]
fn missing_and_empty_folders_are_filled() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "deep/down/here"]);
    std::fs::create_dir(lab.path().join("empty")).unwrap();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "empty/"]);
    assert_eq!(lab.read("empty/summary.json"), lab.read("deep/down/here/summary.json"));
    assert_eq!(lab.names("deep/down"), ["here"]);
}

#[test]
fn a_template_is_not_overwritten_unless_asked() {
    let lab = Lab::new();
    lab.ok(&["init", "."]);
    lab.write("churn.toml", "# mine");
    let refused = fails(&lab, &["init", "."]);
    assert!(refused.contains("exists: use --force to replace it"), "{refused}");
    lab.ok(&["init", ".", "--force"]);
    assert!(lab.read("churn.toml").contains("[churn]"));
}
