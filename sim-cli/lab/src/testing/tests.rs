use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::execute::Executor;
use super::find::{Found, find};
use super::{Tested, Verdict};
use crate::Protocols;

const RING: &str = "duration = \"5s\"\nnodes.count = 9\noverlay.static.ring = true\nbroadcast.flood = {}\n\
                    [[traffic]]\nfrom = \"random\"\nevery = \"500ms\"\nstart = \"1s\"\nstop = \"3s\"\n\
                    [measure]\nstart = \"1s\"\ndeadline = \"2s\"\n";

/// A folder with tests of every kind.
fn folder() -> tempfile::TempDir {
    let lab = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = lab.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let expects = |name: &str, bound: &str| format!("name = \"{name}\"\n{RING}[expect]\n{bound}\n");
    write("a/good.toml", expects("good", "delivery_ratio = \"== 1\""));
    write("a/bad.toml", expects("bad", "rmr.mean = \"> 9\""));
    write("a/b/deep.toml", expects("deep", "delivery_ratio = \"> 0\""));
    write("a/nothing.toml", format!("name = \"nothing\"\n{RING}"));
    write("a/typo.toml", expects("typo", "deliveri_ratio = \"== 1\""));
    write("a/.hidden.toml", expects("hidden", "delivery_ratio = \"== 1\""));
    write("a/Cargo.toml", "[package]\nname = \"x\"\n".to_owned());
    write("a/run/manifest.json", "{}".to_owned());
    write("a/run/scenario.resolved.toml", expects("run", "delivery_ratio = \"== 1\""));
    // A ring of 4 has fewer hops than one of 12.
    write("grid.toml", "scenario = \"hops.toml\"\nruns = 2\n[grid]\n\"nodes.count\" = [4, 12]\n".to_owned());
    write("hops.toml", expects("hops", "\"ldh.max\" = \"<= 3\""));
    lab
}

fn run(paths: &[PathBuf], change: impl Fn(&mut Executor<'_>)) -> Vec<Tested> {
    let protocols = Protocols::builtin();
    let found = find(paths, None, &protocols).unwrap();
    let mut executor = Executor {
        protocols: &protocols,
        jobs: NonZeroUsize::MIN,
        retries: 0,
        fail_fast: false,
        fail_early: false,
        goes_on: &|| true,
    };
    change(&mut executor);
    let mut told = 0;
    let tests = executor.run(&found, |_| told += 1);
    assert_eq!(told, tests.tested.len(), "each is told as it is done");
    tests.tested
}

fn verdicts(tested: &[Tested], lab: &tempfile::TempDir) -> Vec<(String, Verdict)> {
    let root = format!("{}/", lab.path().display());
    tested.iter().map(|of| (of.name.replace(&root, ""), of.verdict)).collect()
}

#[test]
fn a_folder_is_all_scenarios_and_plans_in_it() {
    use Verdict::{Failed, Invalid, Passed, Skipped};
    let lab = folder();
    let expected = [
        ("a/b/deep.toml", Passed),
        ("a/bad.toml", Failed),
        ("a/good.toml", Passed),
        ("a/nothing.toml", Skipped),
        ("a/typo.toml", Invalid),
        ("grid.toml [nodes.count = 4]", Passed),
        ("grid.toml [nodes.count = 12]", Failed),
        ("hops.toml", Failed),
    ]
    .map(|(name, verdict)| (name.to_owned(), verdict));
    let one = run(&[lab.path().to_owned()], |_| {});
    assert_eq!(verdicts(&one, &lab), expected);
    let three = run(&[lab.path().to_owned()], |all| all.jobs = NonZeroUsize::new(3).unwrap());
    assert_eq!(verdicts(&three, &lab), expected, "whatever the jobs");
    assert!(
        one[1].why[0].starts_with("rmr.mean is ") && one[1].why[0].ends_with(", expected > 9"),
        "{:?}",
        one[1]
    );
    assert!(one[1].again.ends_with("a/bad.toml --run-index 0"), "{}", one[1].again);
    assert!(one[4].why.iter().any(|line| line.contains("deliveri_ratio")), "{:?}", one[4]);
    assert!(one[6].again.contains("hops.toml --set nodes.count=12 --run-index "), "{}", one[6].again);
    // Each file once, and patterns.
    let again = [lab.path().join("a/good.toml"), lab.path().join("a/*.toml"), lab.path().join("a/good.toml")];
    let found = verdicts(&run(&again, |_| {}), &lab);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a/good.toml", "a/bad.toml", "a/nothing.toml", "a/typo.toml"]);
}

#[test]
fn what_a_user_names_is_never_passed_over() {
    let lab = folder();
    let protocols = Protocols::builtin();
    let of = |name: &str| find(&[lab.path().join(name)], None, &protocols);
    for name in ["a/Cargo.toml", "nowhere.toml"] {
        assert!(matches!(of(name).unwrap()[..], [Found::Invalid(..)]), "{name}");
    }
    assert!(of("none-*.toml").unwrap_err().starts_with("no file matches `"));
}

#[test]
fn a_stop_leaves_out_what_was_not_run() {
    let lab = folder();
    let names =
        |tested: Vec<Tested>| verdicts(&tested, &lab).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let fast = run(&[lab.path().join("a")], |all| all.fail_fast = true);
    assert_eq!(names(fast), ["a/b/deep.toml", "a/bad.toml"]);
    assert!(run(&[lab.path().join("a")], |all| all.goes_on = &|| false).is_empty());
}

#[test]
fn a_test_is_tried_again_with_other_seeds() {
    let lab = folder();
    // Random graphs of one degree differ in their diameter, and so does the last hop.
    let text = RING.replace("ring = true", "regular = 4").replace("count = 9", "count = 40");
    let expects =
        |bound: &str| format!("name = \"luck\"\n{text}[expect]\n\"topology.clustering\" = \"{bound}\"\n");
    let path = lab.path().join("luck.toml");
    let of = |bound: &str, retries| {
        fs::write(&path, expects(bound)).unwrap();
        run(std::slice::from_ref(&path), |all| all.retries = retries).remove(0)
    };
    // What each seed gives, from the command that repeats it.
    let values: Vec<f64> = (0..4).map(|retries| of("< 0", retries).expect[0].mean.unwrap().value()).collect();
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = values.iter().position(|value| *value == best).unwrap();
    assert!(values.iter().any(|value| *value != best), "the seeds differ: {values:?}");
    let tested = of(&format!(">= {best}"), 3);
    let expected = if first == 0 { Verdict::Passed } else { Verdict::Flaky };
    assert_eq!((tested.verdict, tested.attempts as usize), (expected, first + 1), "{values:?}");
    let never = of("> 1", 2);
    assert_eq!((never.verdict, never.attempts, never.why.len()), (Verdict::Failed, 3, 3));
}

#[test]
fn a_test_can_end_as_soon_as_it_is_lost() {
    let lab = folder();
    let path = lab.path().join("a/lost.toml");
    fs::write(&path, format!("name = \"lost\"\n{RING}[expect]\ndeliveries = \"< 3\"\n")).unwrap();
    let tested = run(&[path], |all| all.fail_early = true).remove(0);
    assert_eq!(tested.verdict, Verdict::Failed);
    assert!(tested.why[0].contains("deliveries can only be at least "), "{:?}", tested.why);
}
