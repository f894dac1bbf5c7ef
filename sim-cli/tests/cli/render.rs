//! `render`, and the pictures of a run.

use crate::lab::Lab;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn is_picture(lab: &Lab, name: &str) {
    let bytes = std::fs::read(lab.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(bytes.starts_with(PNG), "{name}");
}

#[test]
fn a_run_draws_its_pictures_and_they_can_be_drawn_again() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--out", "a"]);
    let pictures: Vec<String> = lab.names("a").into_iter().filter(|name| name.ends_with(".png")).collect();
    assert_eq!(pictures, ["degrees.png", "delivery.png", "latency.png", "topology-hops.png", "topology.png"]);
    let drawn = lab.files("a");
    let said = lab.ok(&["render", "a"]);
    pictures.iter().for_each(|name| is_picture(&lab, &format!("a/{name}")));
    assert_eq!(said.out.lines().count(), pictures.len());
    assert!(said.out.contains("a/topology.png  "), "{}", said.out);
    assert_eq!(lab.files("a"), drawn, "the same pictures");
    lab.ok(&["run", "small.toml", "--out", "a", "--force", "--no-pictures"]);
}

#[test]
fn pictures_of_other_times_kinds_and_themes() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let at = ["render", "a", "--at", "2s", "--at", "5500ms", "--what", "topology", "--out", "pictures"];
    let said = lab.ok(&at);
    let names = lab.names("pictures");
    // Before the first message nothing has spread.
    assert_eq!(names, ["topology-2s.png", "topology-5.5s.png", "topology-hops-5.5s.png"], "{}", said.out);
    lab.ok(&["render", "a", "--what", "degrees", "--out", "light"]);
    lab.ok(&["render", "a", "--what", "degrees", "--out", "dark", "--theme", "dark", "-q"]);
    assert_eq!(lab.names("dark"), ["degrees.png"]);
    is_picture(&lab, "dark/degrees.png");
    assert_ne!(
        std::fs::read(lab.path().join("dark/degrees.png")).unwrap(),
        std::fs::read(lab.path().join("light/degrees.png")).unwrap()
    );
}

#[test]
fn times_that_are_none_are_refused() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let late = lab.refused(&["render", "a", "--at", "9s"]);
    assert!(late.contains("this picture comes after the end"), "{late}");
    let unit = lab.refused(&["render", "a", "--at", "9"]);
    assert!(unit.contains("`9` has no unit") || unit.contains("a duration needs a unit"), "{unit}");
}

#[test]
fn a_run_that_does_not_repeat_itself_is_reported() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a"]);
    let digest = lab.summary("a")["digest"].as_str().unwrap().to_owned();
    lab.write("a/manifest.json", lab.read("a/manifest.json").replace(&digest, "0123456789abcdef"));
    let said = lab.run(&["render", "a", "--what", "degrees"]);
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    let expected = format!(
        "error: the stored digest is 0123456789abcdef, but running it again gives {digest}; it was made by version "
    );
    assert!(said.err.starts_with(&expected), "{}", said.err);
    assert!(!lab.names("a").contains(&"degrees.png".to_owned()), "no picture of another run");
}

#[test]
fn what_is_no_run_cannot_be_drawn() {
    let lab = Lab::new();
    for folder in [".", "nowhere"] {
        let said = lab.run(&["render", folder]);
        assert_eq!(said.code, 1);
        assert!(said.err.starts_with(&format!("error: {folder} is not the folder of a run")), "{}", said.err);
    }
}
