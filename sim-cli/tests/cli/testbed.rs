//! `testbed emit`: the files are what Docker Compose and Kubernetes take, and start the same scenario.

use jsonschema::Validator;
use serde_json::Value;

use crate::lab::{Lab, SMALL};

fn compose() -> Validator {
    let schema: Value = serde_json::from_str(include_str!("schemas/compose.json")).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

fn kubernetes() -> Validator {
    let schema: Value = serde_json::from_str(include_str!("schemas/kubernetes.json")).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Why `document` is not of the kind.
fn wrong(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| error.to_string()).collect()
}

fn documents(yaml: &str) -> Vec<Value> {
    yaml.split("\n---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect()
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// Whether the words of a command are those that the program takes.
fn is_understood(lab: &Lab, command: &[&str]) {
    let said = lab.run(&[command, &["--help"]].concat());
    assert_eq!(said.code, 0, "{command:?}: {}", said.err);
}

#[test]
fn compose_has_a_service_for_each_node() {
    let lab = Lab::new();
    lab.ok(&["testbed", "emit", "small.toml", "--compose", "--set", "nodes.count=12", "--out", "out"]);
    assert_eq!(lab.names("out"), ["Dockerfile", "README.md", "compose.yaml", "scenario", "sim-cli"]);
    let file = documents(&lab.read("out/compose.yaml")).remove(0);
    assert_eq!(wrong(&compose(), &file), Vec::<String>::new());
    let services = file["services"].as_object().unwrap();
    assert_eq!(services.len(), 13);
    let conducts = words(&services["coordinator"]["command"]);
    assert_eq!(conducts[..5], ["run", "/scenario/scenario.toml", "--backend", "tcp-remote", "--listen"]);
    is_understood(&lab, &conducts);
    for slot in 0..12 {
        let service = &services[&format!("node-{slot:02}")];
        let command = words(&service["command"]);
        assert!(command.windows(2).any(|pair| pair == ["--slot", &slot.to_string()]), "{command:?}");
        assert!(command.contains(&"coordinator:7000"), "{command:?}");
        assert!(service["environment"]["FLOODNET_TOKEN"].as_str().unwrap().starts_with("${FLOODNET_TOKEN:?"));
        is_understood(&lab, &command);
    }
    // The program in the folder is one that runs.
    let copy = std::process::Command::new(lab.path().join("out/sim-cli")).arg("--version").output().unwrap();
    assert!(copy.status.success());
    // What it runs is the same scenario.
    let ours = ["run", "small.toml", "--set", "nodes.count=12", "--no-pictures", "--out"];
    lab.ok(&[&ours[..], &["one"]].concat());
    lab.ok(&["run", "out/scenario/scenario.toml", "--no-pictures", "--out", "two"]);
    assert_eq!(lab.summary("one")["digest"], lab.summary("two")["digest"]);
}

#[test]
fn kubernetes_has_a_job_with_a_pod_for_each_node() {
    let lab = Lab::new();
    let image = ["--image", "registry.example/floodnet:1"];
    lab.ok(&[&["testbed", "emit", "small.toml", "--k8s", "--out", "out"], &image[..]].concat());
    let objects = documents(&lab.read("out/kubernetes.yaml"));
    let kinds: Vec<&Value> = objects.iter().map(|object| &object["kind"]).collect();
    assert_eq!(kinds, ["Service", "Job", "Job"]);
    for object in &objects {
        assert_eq!(wrong(&kubernetes(), object), Vec::<String>::new(), "{object}");
    }
    let [service, conducts, nodes] = objects.try_into().unwrap();
    assert_eq!((&nodes["spec"]["completions"], &nodes["spec"]["parallelism"]), (&50.into(), &50.into()));
    let labels = &conducts["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&service["spec"]["selector"], labels, "the name finds the coordinator");
    let node = &nodes["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(node["image"], "registry.example/floodnet:1");
    let command = words(&node["args"]);
    let host = format!("{}:7000", service["metadata"]["name"].as_str().unwrap());
    assert!(command.contains(&host.as_str()), "{command:?}");
    let command: Vec<&str> = command.iter().map(|&word| if word == "$(SLOT)" { "7" } else { word }).collect();
    is_understood(&lab, &command);
    is_understood(&lab, &words(&conducts["spec"]["template"]["spec"]["containers"][0]["args"]));
}

/// The schemas see what is wrong.
#[test]
fn the_schemas_are_strict() {
    let lab = Lab::new();
    lab.ok(&["testbed", "emit", "small.toml", "--k8s", "--compose", "--out", "out"]);
    let mut file = documents(&lab.read("out/compose.yaml")).remove(0);
    file["services"]["coordinator"]["comand"] = "run".into();
    assert!(!wrong(&compose(), &file).is_empty());
    let mut job = documents(&lab.read("out/kubernetes.yaml")).remove(1);
    job["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x".into();
    assert!(!wrong(&kubernetes(), &job).is_empty());
}

#[test]
fn files_of_the_scenario_go_along() {
    let lab = Lab::new();
    lab.write("graph.edges", "0 1\n1 2\n");
    let text = SMALL.replace("[overlay.random_walk]", "[overlay.static]\nfile = \"graph.edges\"");
    lab.write("small.toml", text.replace("[nodes]\ncount = 50", "[nodes]\ncount = 3"));
    lab.ok(&["testbed", "emit", "small.toml", "--compose", "--out", "out"]);
    let names = lab.names("out/scenario");
    assert!(names.len() == 2 && names[0].ends_with("-graph.edges"), "{names:?}");
    std::fs::remove_file(lab.path().join("graph.edges")).unwrap();
    lab.ok(&["validate", "out/scenario/scenario.toml"]);
}

#[test]
fn what_a_network_cannot_do_is_refused_and_nothing_is_overwritten() {
    let lab = Lab::new();
    let fault = "fault=[{ at = \"4s\", partition = { groups = [0.5, 0.5], for = \"1s\" } }]";
    let said = lab.refused(&["testbed", "emit", "small.toml", "--compose", "--set", fault]);
    assert!(said.contains("without link emulation it is not possible to partition"), "{said}");
    let said = lab.refused(&["testbed", "emit", "small.toml"]);
    assert!(said.contains("--compose") && said.contains("--k8s"), "{said}");
    lab.write("out/mine", "");
    let said = lab.run(&["testbed", "emit", "small.toml", "--k8s", "--out", "out"]);
    assert_eq!((said.code, lab.names("out")), (1, vec!["mine".to_owned()]));
    assert!(said.err.contains("out contains mine"), "{}", said.err);
}
