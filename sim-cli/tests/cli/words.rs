//! Help, version, and the commands that only print.

use insta::assert_snapshot;

use crate::lab::Lab;

/// The commands below their headings in the help; `kernel` is there on Linux only.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Run scenarios",
        &[
            "init", "new", "validate", "run", "test", "sweep", "bakeoff", "merge", "compare", "render",
            "report", "export",
        ],
    ),
    ("Understand a run", &["explain", "log", "show", "gc", "replay", "why", "hunt", "bisect"]),
    ("Check the simulator", &["verify", "oracle", "swarm"]),
    ("Real sockets", &["proxy", "testbed"]),
    ("Shell and editor", &["schema", "completions", "man"]),
];

fn commands() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|(_, commands)| commands.iter().copied())
}

#[test]
fn every_command_helps() {
    let lab = Lab::new();
    let help = lab.ok(&["--help"]).out;
    for command in commands() {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing:\n{help}");
        let said = lab.ok(&[command, "--help"]);
        assert!(said.out.contains(&format!("Usage: sim-cli {command}")), "{}", said.out);
        assert_eq!(lab.ok(&["help", command]).out, said.out);
    }
}

#[test]
fn help_shows_the_commands_in_groups() {
    let help = Lab::new().ok(&["--help"]).out;
    let mut rest = help.as_str();
    for (heading, commands) in GROUPS {
        let heading = format!("\n{heading}:\n");
        let lines = commands.iter().map(|command| format!("\n  {command} "));
        for line in std::iter::once(heading).chain(lines) {
            let at = rest.find(&line).unwrap_or_else(|| panic!("{line:?} is not in its place:\n{help}"));
            // The end of one line is the beginning of the next.
            rest = &rest[at + line.len() - 1..];
        }
    }
}

#[test]
fn help_of_run() {
    assert_snapshot!(Lab::new().ok(&["run", "-h"]).out, @r#"
    Run a scenario, measure it and draw pictures

    Usage: sim-cli run [OPTIONS] <FILE>

    Arguments:
      <FILE>  The scenario: a file, the name of a built-in one such as smoke, or - for standard input

    Options:
          --seed <SEED>              Seed of all random choices: a number, hexadecimal (0x2a), or
                                     "random"
          --set <KEY=VALUE>          Override a scenario key, e.g. link.loss=0.05 or
                                     traffic.0.every=10ms (may be repeated)
          --runs <N>                 Make N independent runs and report means with 95 % confidence
                                     intervals
          --run-index <K>            Repeat only run K of many (numbered from 0)
          --sweep <KEY=VALUES>       Sweep a key, e.g. link.loss=0,0.01,0.05 or link.loss=0..0.2/4 for 4
                                     steps (may be repeated: every combination); each cell gets --runs
                                     runs [default: 20]
      -o, --out <DIR>                Output folder [default: runs/NAME-SEED, or runs/NAME-SEED-xN for N
                                     runs]
          --force                    Replace an existing run in the output folder
          --dry-run                  Check and prepare, but do not run
          --no-pictures              Draw no pictures
          --picture-format <FORMAT>  Format of pictures [default: png] [possible values: png, svg]
          --theme <THEME>            Colors of pictures [default: light] [possible values: light, dark]
          --no-title                 Leave out the titles of pictures, which a paper has in its captions
          --report                   Write a page about the run: numbers, pictures and a player of the
                                     overlay in one file (report.html)
          --fail-early               End as soon as an expectation cannot be met any more (exit code 3);
                                     the results until then are kept
          --checkpoint <TIME>        Keep the tables of a run that goes on beside its folder
                                     (NAME.checkpoint), at this interval of real time, or off [default:
                                     5min]
      -j, --jobs <N>                 Number of threads (0: one per core); the results do not depend on
                                     it. With --runs, runs go in parallel [default: 1]
          --memory <SIZE>            Most memory that may be needed, e.g. 8GiB: what needs more is
                                     refused; any: nothing is refused [default: what the machine, the
                                     container or the batch job has available]
          --format <FORMAT>          Output format [default: text] [possible values: text, json]
      -h, --help                     Print help (see more with '--help')
      -V, --version                  Print version

    Backend:
          --backend <BACKEND>  Where to run: in the simulator, or on real TCP sockets in real time, with
                               all nodes in one process (tcp), a process each (tcp-processes), a process
                               and network namespace each (tcp-netns: Linux, root, ip, tc and nft), or
                               started by `sim-cli testbed node` on any machines (tcp-remote) [default:
                               sim] [possible values: sim, tcp, tcp-processes, tcp-netns, tcp-remote]
          --speed <S>          Run S times as fast as real time (tcp, tcp-processes, tcp-remote)
                               [default: 1]
          --no-shaper          Do not emulate links: the scenario's delays, rates and faults do not
                               apply (tcp, tcp-processes)
          --listen <ADDRESS>   Wait at this address for nodes; both sides need the secret FLOODNET_TOKEN
                               (tcp-remote)
          --up-within <TIME>   How long a node's process may take to start (tcp-processes, tcp-netns,
                               tcp-remote) [default: 60s]

    Everywhere:
      -q, --quiet                Print nothing but errors
      -v, --verbose              Print more: what the run cost, every default
          --color <COLOR>        When to use color (also: NO_COLOR, CLICOLOR_FORCE) [default: auto]
                                 [possible values: auto, always, never]
          --progress <PROGRESS>  How to show progress: a bar on a terminal and a line every 10 s
                                 elsewhere (auto), lines (plain), or nothing [default: auto] [possible
                                 values: auto, plain, none]
    "#);
}

#[test]
fn the_version_is_that_of_the_package() {
    let said = Lab::new().ok(&["--version"]);
    assert_eq!(said.out, format!("sim-cli {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn misspelled_words_get_a_suggestion() {
    let lab = Lab::new();
    let said = lab.refused(&["rum", "small.toml"]);
    assert!(said.contains("tip: a similar subcommand exists: 'run'"), "{said}");
    let said = lab.refused(&["run", "small.toml", "--no-picture"]);
    assert!(said.contains("'--no-pictures'"), "{said}");
    let said = lab.refused(&["run", "smal.toml"]);
    assert!(said.contains("did you mean `small.toml`?"), "{said}");
    let said = lab.refused(&[]);
    assert!(said.contains("Usage: sim-cli"), "{said}");
}

#[test]
fn every_template_is_a_scenario_that_makes_sense() {
    let lab = Lab::new();
    for template in ["churn", "partition", "flood", "bench"] {
        let said = lab.ok(&["init", template, "--template", template]);
        let file = format!("{template}/{template}.toml");
        let schema = format!("{template}/scenario.schema.json");
        assert_eq!(said.out, format!("wrote {file}\nwrote {schema}\nnext: sim-cli run {file}\n"));
        assert_eq!(lab.read(&schema), lab.ok(&["schema"]).out);
        let said = lab.ok(&["validate", &file]);
        assert!(said.out.starts_with(&format!("{file}: ok: ")), "{}", said.out);
    }
    let said = lab.refused(&["init", "--template", "chrun"]);
    assert!(said.contains("tip: a similar value exists: 'churn'"), "{said}");
}

#[test]
fn validate_goes_through_all_files() {
    let lab = Lab::new();
    lab.write("bad.toml", "name = \"bad\"\n");
    let said = lab.run(&["validate", "bad.toml", "small.toml", "no.toml"]);
    assert_eq!(said.code, 2);
    assert!(said.out.starts_with("small.toml: ok: 50 slots"), "{}", said.out);
    assert!(said.err.contains("--> bad.toml") && said.err.contains("--> no.toml"), "{}", said.err);
    let quiet = lab.ok(&["validate", "small.toml", "-q"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let verbose = lab.ok(&["validate", "small.toml", "-v", "--seed", "9"]);
    assert!(verbose.out.contains("seed = 9") && verbose.out.contains("MB of memory"), "{}", verbose.out);
}

#[test]
fn the_schema_is_json_with_every_table() {
    let text = Lab::new().ok(&["schema"]).out;
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    for key in ["random_walk", "static"] {
        assert!(schema["properties"]["overlay"]["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn completions_and_manual_page_know_the_commands() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lab.ok(&["completions", shell]).out;
        assert!(commands().all(|command| script.contains(command)), "{shell}");
    }
    let page = lab.ok(&["man"]).out;
    assert!(page.contains(".TH sim-cli 1") && page.contains("sim\\-cli\\-render"), "{page}");
}
