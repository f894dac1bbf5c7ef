//! The program in environments that programs trip over: language, time zone, working folder, no home,
//! one core, no fixed addresses, output to a pipe or a file.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{cases, program};

/// Features that touch files, floats, threads and text.
const NAMES: [&str; 4] = ["walk-flood", "classes-nat", "churn-weibull", "trace-matrix"];

/// Everything that a run writes but for the manifest, which tells of the machine.
fn written(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name != "manifest.json")
        .collect();
    files.sort();
    files
}

/// Runs `command`, which runs the program, with the arguments of a run. Gives the files and what was printed.
fn run(mut command: Command, scenario: &Path, to: &Path, out: Stdio) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
    command.arg("run").arg(scenario).args(["--format", "json", "--out"]).arg(to);
    command.stdout(out).stderr(Stdio::piped());
    let output = command.spawn().expect("it starts").wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (written(to), output.stdout)
}

fn command() -> Command {
    Command::new(program())
}

/// The program through another that is at hand on many systems, if it is.
#[expect(clippy::print_stderr, reason = "a cell that is left out is said loudly")]
fn through(name: &str, arguments: &[&str]) -> Option<Command> {
    let mut trial = Command::new(name);
    trial.args(arguments).arg("true").stdout(Stdio::null()).stderr(Stdio::null());
    if !trial.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this system has no working `{name} {}`", arguments.join(" "));
        return None;
    }
    let mut command = Command::new(name);
    command.args(arguments).arg(program());
    Some(command)
}

#[test]
fn the_environment_decides_nothing() {
    let folder = cases::folder();
    let elsewhere = tempfile::tempdir().unwrap();
    for name in NAMES {
        let scenario = folder.path().join(format!("{name}.toml"));
        fs::write(&scenario, cases::text(name, "")).unwrap();
        let to = |cell: &str| folder.path().join("runs").join(name).join(cell);
        let (expected, printed) = run(command(), &scenario, &to("plain"), Stdio::piped());
        assert!(expected.len() >= 9, "tables and pictures");
        let mut cells = vec![("again", command())];
        let mut foreign = command();
        foreign.env("LC_ALL", "tr_TR.UTF-8").env("LANG", "tr_TR.UTF-8").env("TZ", "Pacific/Kiritimati");
        foreign.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").env("COLUMNS", "7").env("NO_COLOR", "1");
        cells.push(("foreign", foreign));
        let mut bare = command();
        bare.env_clear().current_dir(elsewhere.path());
        cells.push(("bare", bare));
        let mut three = command();
        three.env_remove("HOME").env("MALLOC_PERTURB_", "165").current_dir("/");
        cells.push(("no-home", three));
        let others =
            [("one-core", through("taskset", &["-c", "0"])), ("addresses", through("setarch", &["-R"]))];
        cells.extend(others.into_iter().filter_map(|(cell, command)| Some((cell, command?))));
        for (cell, command) in cells {
            let (files, said) = run(command, &scenario, &to(cell), Stdio::piped());
            assert_eq!(said, printed, "{name}, {cell}");
            for (found, expected) in files.iter().zip(&expected) {
                assert!(found == expected, "{name}, {cell}: {} differs", expected.0);
            }
            assert_eq!(files.len(), expected.len());
        }
        let out = folder.path().join("out.json");
        run(command(), &scenario, &to("file"), File::create(&out).unwrap().into());
        assert_eq!(fs::read(out).unwrap(), printed, "{name}: to a file");
    }
}

#[test]
fn jobs_change_nothing_that_is_written() {
    let folder = cases::folder();
    let scenario = folder.path().join("many.toml");
    // Enough slots to be divided over threads by itself.
    let text = cases::text("walk-flood", "").replace("count = 48", "count = 13000");
    let text = text.replace("every = \"700ms\"", "every = \"6s\"").replace("20s", "17s");
    fs::write(&scenario, text.replace("start = \"4s\"\nstop = \"17s\"", "start = \"9s\"\nstop = \"10s\""))
        .unwrap();
    let with = |jobs: &'static str| {
        let mut command = Command::new(program());
        command.args(["--quiet"]);
        let to = folder.path().join(jobs);
        command.arg("run").arg(&scenario).args(["--no-pictures", "--jobs", jobs, "--out"]).arg(&to);
        assert!(command.status().unwrap().success());
        written(&to)
    };
    assert!(with("1") == with("3"), "one thread and three write the same bytes");
}
