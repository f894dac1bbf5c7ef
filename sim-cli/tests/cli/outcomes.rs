//! What every command does where something is in its way: a full disk, a reader that goes away, a folder that cannot
//! be written, no terminal, signals. The table in `docs/commands.md` is made here.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

use crate::lab::{Lab, SMALL, catches_interrupts, wait_until};

/// A command, and how it is called here.
struct Row {
    name: &'static str,
    /// Ends at once. `OUT` is a place for results that is free.
    short: &'static str,
    /// Goes on for long; none if the command never does.
    long: Option<&'static str>,
    /// Whether the short one writes files.
    writes: bool,
}

const fn prints(name: &'static str, short: &'static str) -> Row {
    Row { name, short, long: None, writes: false }
}

const fn writes(name: &'static str, short: &'static str) -> Row {
    Row { name, short, long: None, writes: true }
}

impl Row {
    const fn or_long(self, long: &'static str) -> Self {
        Self { long: Some(long), ..self }
    }
}

/// `kernel` needs root, `testbed node` a coordinator.
const ROWS: [Row; 33] = [
    writes("init", "init OUT"),
    writes("new", "new OUT/mine.toml --from smoke"),
    prints("validate", "validate ../small.toml --format json"),
    writes("run", "run ../small.toml --no-pictures --out OUT")
        .or_long("run ../long.toml --no-pictures --out OUT"),
    writes("run --runs", "run ../small.toml --no-pictures --runs 2 --out OUT")
        .or_long("run ../long.toml --no-pictures --runs 9 --out OUT"),
    writes("run --sweep", "run ../small.toml --no-pictures --sweep link.loss=0,0.1 --runs 1 --out OUT")
        .or_long("run ../long.toml --no-pictures --sweep link.loss=0,0.1 --out OUT"),
    prints("run --dry-run", "run ../small.toml --dry-run"),
    prints("test", "test ../small.toml").or_long("test ../long.toml"),
    writes("sweep", "sweep ../grid.toml --out OUT").or_long("sweep ../grid.toml --runs 99999 --out OUT"),
    writes("bakeoff", "bakeoff ../off.toml --out OUT").or_long("bakeoff ../off.toml --runs 99999 --out OUT"),
    writes("merge", "merge ../part --out OUT"),
    prints("compare", "compare ../small.toml ../small.toml --runs 2 --format junit")
        .or_long("compare ../long.toml ../long.toml"),
    writes("render", "render ../done --out OUT").or_long("render ../cut --out OUT"),
    writes("report", "report ../done --out OUT").or_long("report ../cut --out OUT"),
    writes("export", "export ../done --format dot --out OUT").or_long("export ../cut --format dot --out OUT"),
    prints("explain", "explain"),
    prints("log", "log .."),
    prints("show", "show ../done"),
    prints("gc", "gc .. --keep 0 --dry-run"),
    prints("replay", "replay ../done --node 3").or_long("replay ../cut"),
    writes("replay --trace", "replay ../done --trace OUT"),
    prints("why", "why ../done").or_long("why ../cut"),
    writes("why --receivers", "why ../done --receivers OUT"),
    writes("hunt", "hunt ../small.toml --only-seeds --budget 1s --out OUT --for rmr.mean>0")
        .or_long("hunt ../long.toml --budget 9min --out OUT --for rmr.mean>99"),
    prints("bisect", "bisect ../small.toml --over nodes.count=9..20 --for nodes>14 --runs 9")
        .or_long("bisect ../long.toml --over link.loss=0..0.2 --for delivery_ratio<0.9"),
    prints("verify", "verify ../small.toml").or_long("verify ../long.toml"),
    prints("oracle", "oracle --list").or_long("oracle --jobs 1"),
    prints("swarm", "swarm -n 1 --first ../none.txt").or_long("swarm -n 9999999 --jobs 1"),
    Row {
        name: "proxy",
        short: "",
        long: Some("proxy --listen 127.0.0.1:0 --to 127.0.0.1:9"),
        writes: false,
    },
    writes("testbed emit", "testbed emit ../small.toml --compose --out OUT"),
    prints("schema", "schema"),
    prints("completions", "completions bash"),
    prints("man", "man run"),
];

/// The columns of the table.
const COLUMNS: [&str; 7] = [
    "output to a full disk",
    "closed pipe",
    "files on a full disk",
    "read-only folder",
    "no terminal",
    "SIGINT",
    "SIGTERM",
];

/// What a child may inherit that no file can grow.
const NO_ROOM: &str = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";

/// A folder with all that the commands read, and one in it to stand in.
fn prepared() -> Lab {
    let lab = Lab::new();
    let long =
        SMALL.replace("duration = \"8s\"", "duration = \"10h\"").replace("stop = \"6s\"", "stop = \"9h\"");
    lab.write("long.toml", long);
    lab.write("grid.toml", "scenario = \"small.toml\"\nruns = 1\n[grid]\n\"link.loss\" = [0, 0.01]\n");
    lab.write(
        "off.toml",
        "scenario = \"small.toml\"\nruns = 1\n[contestants]\na = {}\nb = { link.loss = 0.01 }\n",
    );
    lab.write("none.txt", "");
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "done"]);
    lab.ok(&["sweep", "grid.toml", "--out", "part"]);
    fs::create_dir(lab.path().join("here")).unwrap();
    let cut = begin(&lab, "run ../long.toml --no-pictures --out ../cut");
    assert_eq!(end(cut, "INT").status.code(), Some(130));
    lab
}

fn words(line: &str, out: &str) -> Vec<String> {
    line.split_whitespace().map(|word| if word == "OUT" { out.to_owned() } else { word.to_owned() }).collect()
}

fn command(lab: &Lab, line: &str, out: &str) -> Command {
    let mut command = lab.command(&[]);
    command.args(words(line, out)).current_dir(lab.path().join("here")).stdin(Stdio::null());
    command
}

/// Begins a command, and waits until it has its handler for signals.
fn begin(lab: &Lab, line: &str) -> Child {
    let mut command = command(lab, line, "out-long");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(&format!("{line}: it never began"), || catches_interrupts(&child));
    child
}

fn end(child: Child, signal: &str) -> Output {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

/// Standard output on a full disk: the exit code says so, and why.
fn full(lab: &Lab, row: &Row) -> i32 {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(lab, row.short, "out-full").stdout(full).output().unwrap();
    let err = text(&output.stderr);
    let is_told = err.contains("error: cannot write to standard output: No space left on device");
    // What prints nothing has lost nothing.
    assert_eq!(is_told, code(&output) == 1, "{}: {err}", row.name);
    code(&output)
}

/// A reader that went away: a quiet end.
fn closed(lab: &Lab, row: &Row) -> i32 {
    let mut command = command(lab, row.short, "out-closed");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = text(&output.stderr);
    assert!(!err.contains("error") && !err.contains("panicked"), "{}: {err}", row.name);
    code(&output)
}

/// Files on a full disk: told, and nothing is left behind that looks whole.
fn no_room(lab: &Lab, row: &Row) -> i32 {
    let mut command = Command::new("bash");
    command.args(["-c", NO_ROOM]).arg(cargo_bin!("sim-cli")).args(words(row.short, "out-room"));
    let output = command.current_dir(lab.path().join("here")).stdin(Stdio::null()).output().unwrap();
    let err = text(&output.stderr);
    if code(&output) == 1 {
        assert!(err.contains("cannot write") && err.contains("File too large"), "{}: {err}", row.name);
        let left: Vec<_> = lab
            .files("here")
            .into_keys()
            .filter(|path| path.to_string_lossy().contains("out-room"))
            .collect();
        let is_result = |name: &str| left.iter().any(|path| path.ends_with(name));
        assert!(!is_result("manifest.json") && !is_result("table.csv"), "{}: {left:?}", row.name);
    }
    code(&output)
}

/// A folder that cannot be written: told before anything is done.
fn read_only(lab: &Lab, row: &Row) -> i32 {
    let here = lab.path().join("here");
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(lab.path(), 0o755);
    mode(&here, 0o555);
    let mut command = command(lab, row.short, "out-closed-folder");
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // Nothing is closed to root.
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    mode(&here, 0o755);
    let err = text(&output.stderr);
    if code(&output) == 1 {
        assert!(err.contains("cannot write") && err.contains("Permission denied"), "{}: {err}", row.name);
    }
    assert!(!here.join("out-closed-folder").exists());
    code(&output)
}

/// No terminal: no colors, and nothing that moves.
fn plain(lab: &Lab, row: &Row) -> i32 {
    let output = command(lab, row.short, "out-plain").output().unwrap();
    for stream in [&output.stdout, &output.stderr] {
        assert!(!stream.contains(&b'\r') && !stream.contains(&0x1b), "{}: {}", row.name, text(stream));
    }
    code(&output)
}

/// A signal: it ends, and says how far it came.
fn signaled(lab: &Lab, row: &Row, line: &str, signal: &str) -> i32 {
    let output = end(begin(lab, line), signal);
    let err = text(&output.stderr);
    if row.name != "proxy" {
        assert!(err.contains("interrupted"), "{}: {err}", row.name);
    }
    let _ = fs::remove_dir_all(lab.path().join("here/out-long"));
    code(&output)
}

fn cells(lab: &Lab, row: &Row) -> Vec<String> {
    let short = |of: fn(&Lab, &Row) -> i32| match row.short {
        "" => "–".to_owned(),
        _ => {
            let code = of(lab, row);
            // The next command finds nothing there.
            let here = lab.path().join("here");
            fs::remove_dir_all(&here).and_then(|()| fs::create_dir(&here)).unwrap();
            code.to_string()
        }
    };
    let long =
        |signal| row.long.map_or_else(|| "–".to_owned(), |line| signaled(lab, row, line, signal).to_string());
    vec![
        short(full),
        short(closed),
        if row.writes { short(no_room) } else { "–".to_owned() },
        if row.writes { short(read_only) } else { "–".to_owned() },
        short(plain),
        long("INT"),
        long("TERM"),
    ]
}

#[test]
fn the_page_says_how_each_command_ends() {
    let lab = prepared();
    let mut table = format!("| command | {} |\n|---|{}\n", COLUMNS.join(" | "), "--:|".repeat(COLUMNS.len()));
    for row in &ROWS {
        let _ = writeln!(table, "| `{}` | {} |", row.name, cells(&lab, row).join(" | "));
    }
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/commands.md")).unwrap();
    assert!(page.contains(&table), "docs/commands.md must have this table:\n{table}");
}

#[test]
fn help_and_version_are_checked_as_well() {
    let lab = Lab::new();
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = lab.command(arguments).stdout(full).output().unwrap();
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(text(&output.stderr).contains("cannot write to standard output"), "{arguments:?}");
    }
}

/// The verdict on a run does not depend on who reads of it.
#[test]
fn a_failed_expectation_counts_without_a_reader() {
    let lab = Lab::new();
    let line = ["run", "small.toml", "--no-pictures", "--set", "expect.rmr.mean=> 99"];
    let mut child = lab.command(&line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(code(&child.wait_with_output().unwrap()), 3);
}
