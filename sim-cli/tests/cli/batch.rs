//! `sweep --emit` and `--partition auto`: what batch systems would run gives the same bytes as one sweep.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::lab::{Lab, SMALL, Said};

/// Reads edges from a file, which must come along: the plan lies in a folder of its own.
const PLAN: &str = "scenario = \"../ring.toml\"\nruns = 2\nmetrics = [\"delivery_ratio\"]\n\
                    [grid]\n\"link.loss\" = [0, 0.2]\n";

fn lab() -> Lab {
    lab_with("plans")
}

/// With the plan in this folder.
fn lab_with(plans: &str) -> Lab {
    let lab = Lab::new();
    let ring = SMALL.split("[expect]").next().unwrap();
    let ring = ring.replace("[overlay.random_walk]", "[overlay.static]\nfile = \"data/ring.csv\"");
    let edges: String = (0..50).map(|node| format!("{node},{}\n", (node + 1) % 50)).collect();
    lab.write("from/ring.toml", ring);
    lab.write("from/data/ring.csv", edges);
    let plan = format!("from/{plans}/grid.toml");
    lab.write(&plan, PLAN);
    lab.ok(&["sweep", &plan, "--out", "whole"]);
    lab
}

/// The files of a folder by their place in it.
fn files(lab: &Lab, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = lab.path().join(folder);
    let place = |path: PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    lab.files(folder).into_iter().map(|(path, bytes)| (place(path), bytes)).collect()
}

/// Writes the folder for a batch system, and takes away what it was made of.
fn emitted(system: &str, parts: &str) -> Lab {
    let lab = lab();
    let said = lab.ok(&["sweep", "from/plans/grid.toml", "--emit", system, "--parts", parts]);
    assert!(said.err.contains(&format!("4 runs in {parts} parts")), "{}", said.err);
    fs::rename(lab.path().join(format!("{system}-grid")), lab.path().join("batch")).unwrap();
    fs::remove_dir_all(lab.path().join("from")).unwrap();
    lab
}

/// Starts a command of the folder, with these variables.
fn start(lab: &Lab, command: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut started = Command::new(command[0]);
    started.args(&command[1..]).current_dir(lab.path().join("batch")).envs(variables.iter().copied());
    lab.said(&mut started)
}

#[test]
fn slurm_runs_the_parts_and_merges_them() {
    let lab = emitted("slurm", "3");
    let folder = lab.path().join("batch").display().to_string();
    // A part whose machine is lost, and one that runs twice, do no harm.
    for task in ["2", "1", "3", "2"] {
        let variables = [("SLURM_SUBMIT_DIR", &*folder), ("SLURM_ARRAY_TASK_ID", task)];
        let said = start(&lab, &["bash", "sweep.sbatch"], &variables);
        assert_eq!(said.code, 0, "{}", said.err);
    }
    let said = start(&lab, &["bash", "merge.sbatch"], &[("SLURM_SUBMIT_DIR", &folder)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(files(&lab, "batch/results"), files(&lab, "whole"));
    // What submits: the merge waits for the array.
    lab.write("bin/sbatch", "#!/bin/sh\necho \"$@\" >> \"$0.log\"\necho '17;here'\n");
    make_executable(&lab.path().join("bin/sbatch"));
    let path = format!("{}:{}", lab.path().join("bin").display(), env::var("PATH").unwrap());
    let said = start(&lab, &["./submit.sh"], &[("PATH", &path)]);
    assert!(said.out.contains("3 parts as job 17, then merge as job 17"), "{} {}", said.out, said.err);
    let log = lab.read("bin/sbatch.log");
    assert_eq!(log, "--parsable sweep.sbatch\n--parsable --dependency=afterany:17 merge.sbatch\n");
    assert!(lab.read("batch/sweep.sbatch").contains("\n#SBATCH --array=1-3\n"));
}

#[test]
fn kubernetes_runs_the_parts_and_merges_them() {
    let lab = emitted("kubernetes", "3");
    let schema: Value = serde_json::from_str(include_str!("schemas/kubernetes.json")).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let read = |name: &str| -> Vec<Value> {
        let text = lab.read(name);
        let documents: Vec<Value> =
            text.split("\n---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect();
        // The schema at hand knows jobs.
        for document in documents.iter().filter(|document| document["kind"] == "Job") {
            let wrong: Vec<String> = schema.iter_errors(document).map(|error| error.to_string()).collect();
            assert_eq!(wrong, Vec::<String>::new(), "{name}");
        }
        documents
    };
    let (claim, job) = (read("batch/sweep.yaml").remove(0), read("batch/sweep.yaml").remove(1));
    assert_eq!((&claim["kind"], &job["spec"]["completions"]), (&"PersistentVolumeClaim".into(), &3.into()));
    let merge = read("batch/merge.yaml").remove(0);
    // The image holds the folder `input` below /sweep, and the program on the path.
    let results = lab.path().join("volume").display().to_string();
    let path = format!("{}:{}", lab.path().join("batch").display(), env::var("PATH").unwrap());
    let run = |job: &Value, index: &str| {
        let container = &job["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["command"], serde_json::json!(["/bin/sh", "-c"]));
        let line = container["args"][0].as_str().unwrap().replace("/results", &results);
        let variables = [("PATH", &*path), ("JOB_COMPLETION_INDEX", index)];
        let said = start(&lab, &["/bin/sh", "-c", &line], &variables);
        assert_eq!(said.code, 0, "{line}: {}", said.err);
    };
    ["0", "1", "2"].iter().for_each(|index| run(&job, index));
    run(&merge, "0");
    assert_eq!(files(&lab, "volume/whole"), files(&lab, "whole"));
}

/// Not every machine has GNU parallel; Ray is tried by a campaign.
#[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
#[test]
fn ray_and_parallel_have_what_they_need() {
    let lab = emitted("parallel", "2");
    assert_eq!(start(&lab, &["bash", "-n", "run.sh"], &[]).code, 0);
    if Command::new("parallel").arg("--version").output().is_ok_and(|output| output.status.success()) {
        let said = start(&lab, &["./run.sh"], &[]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(files(&lab, "batch/results"), files(&lab, "whole"));
    } else {
        eprintln!("SKIPPED: GNU parallel is not installed");
    }
    let lab = emitted("ray", "2");
    let line = lab.read("batch/run.sh");
    let arguments =
        "ray_sweep.py input/plans/grid.toml --program ./sim-cli --parts 2 --out results \"$@\" -- --runs 2";
    assert!(line.contains(arguments), "{line}");
    let compiled = ["python3", "-c", "import ast; ast.parse(open('ray_sweep.py').read())"];
    assert_eq!(start(&lab, &compiled, &[]).code, 0);
}

/// The plan keeps its name in every script, whatever that means to a shell.
#[test]
fn names_of_plans_are_quoted() {
    let plans = "my $HOME's \"plans\"; exit";
    let lab = lab_with(plans);
    let plan = format!("from/{plans}/grid.toml");
    // As GNU parallel does: the place of the number is filled in, and a shell takes the rest.
    let parallel = "#!/bin/bash\nfor last; do :; done\nwhile read -r number; do bash -c \"${last//\\{\\}/$number}\"; done\n";
    lab.write("bin/parallel", parallel);
    make_executable(&lab.path().join("bin/parallel"));
    let path = format!("{}:{}", lab.path().join("bin").display(), env::var("PATH").unwrap());
    for system in ["slurm", "kubernetes", "parallel"] {
        lab.ok(&["sweep", &plan, "--emit", system, "--parts", "1", "--out", system]);
        fs::rename(lab.path().join(system), lab.path().join("batch")).unwrap();
        let folder = lab.path().join("batch").display().to_string();
        let said = match system {
            "slurm" => {
                let variables = [("SLURM_SUBMIT_DIR", &*folder), ("SLURM_ARRAY_TASK_ID", "1")];
                start(&lab, &["bash", "sweep.sbatch"], &variables);
                start(&lab, &["bash", "merge.sbatch"], &variables)
            }
            "kubernetes" => {
                let text = lab.read("batch/sweep.yaml");
                let job: Value = serde_saphyr::from_str(text.split("\n---\n").nth(1).unwrap()).unwrap();
                let line = job["spec"]["template"]["spec"]["containers"][0]["args"][0].as_str().unwrap();
                // As Kubernetes does with what is not the name of a variable in parentheses.
                let line = line
                    .replace("$$", "$")
                    .replace("/results/parts", "parts")
                    .replace("sim-cli", "./sim-cli");
                start(&lab, &["/bin/sh", "-c", &line], &[("JOB_COMPLETION_INDEX", "0")]);
                start(&lab, &["./sim-cli", "merge", "parts/0", "--out", "results"], &[])
            }
            _ => start(&lab, &["./run.sh"], &[("PATH", &path)]),
        };
        assert_eq!(said.code, 0, "{system}: {}", said.err);
        assert_eq!(files(&lab, "batch/results"), files(&lab, "whole"), "{system}");
        fs::remove_dir_all(lab.path().join("batch")).unwrap();
    }
    // Python passes its arguments on as they are.
    lab.ok(&["sweep", &plan, "--emit", "ray", "--out", "ray"]);
    assert!(
        lab.read("ray/run.sh")
            .contains("ray_sweep.py 'input/my $HOME'\\''s \"plans\"; exit/grid.toml' --program")
    );
}

/// Parts have no pictures, so what they look like is for those who merge.
#[test]
fn pictures_look_as_one_sweep_draws_them() {
    let lab = lab();
    let look = ["--picture-format", "svg", "--theme", "dark", "--no-title"];
    for (system, merges) in
        [("slurm", "merge.sbatch"), ("kubernetes", "merge.yaml"), ("parallel", "run.sh"), ("ray", "run.sh")]
    {
        lab.ok(&[&["sweep", "from/plans/grid.toml", "--emit", system], &look[..]].concat());
        let text = lab.read(&format!("{system}-grid/{merges}"));
        let mut lines = text.lines().filter(|line| line.contains("sim-cli") && !line.starts_with('#'));
        let line = lines.next_back().unwrap();
        assert!(line.contains(" --picture-format svg --theme dark --no-title"), "{system}: {text}");
    }
    lab.ok(&[&["sweep", "from/plans/grid.toml", "--out", "dark"], &look[..]].concat());
    fs::rename(lab.path().join("slurm-grid"), lab.path().join("batch")).unwrap();
    for task in ["1", "2", "3", "4"] {
        let variables = [("SLURM_SUBMIT_DIR", "."), ("SLURM_ARRAY_TASK_ID", task)];
        let said = start(&lab, &["bash", "sweep.sbatch"], &variables);
        assert_eq!(said.code, 0, "{}", said.err);
    }
    let said = start(&lab, &["bash", "merge.sbatch"], &[("SLURM_SUBMIT_DIR", ".")]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(files(&lab, "batch/results"), files(&lab, "dark"));
}

#[test]
fn what_cannot_be_taken_along_is_refused() {
    let braces = lab_with("a{}b");
    let why = braces.refused(&["sweep", "from/a{}b/grid.toml", "--emit", "parallel"]);
    assert!(why.contains("the name \"input/a{}b/grid.toml\" has a character"), "{why}");
    let lab = lab();
    let ring = lab.path().join("from/data/ring.csv").canonicalize().unwrap();
    let text = lab.read("from/ring.toml").replace("data/ring.csv", &ring.display().to_string());
    lab.write("from/ring.toml", text);
    let why = lab.refused(&["sweep", "from/plans/grid.toml", "--emit", "slurm"]);
    assert!(why.contains("names DIR/from/data/ring.csv from the root"), "{why}");
    for (options, why) in [
        (&["--emit", "slurm", "--jobs", "0"][..], "say how many a part gets"),
        (&["--emit", "slurm", "--partition", "1/2"], "cannot be used with"),
        (&["--emit", "kubernetes", "--image", "a b"], "`a b` is no name of an image"),
        (&["--emit", "pbs"], "possible values: slurm, kubernetes, ray, parallel"),
        (&["--parts", "3"], "--emit"),
        (&["--partition", "auto/3"], "none of SLURM_ARRAY_TASK_ID"),
    ] {
        let said = lab.refused(&[&["sweep", "from/plans/grid.toml"], options].concat());
        assert!(said.contains(why), "{options:?}: {said}");
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
