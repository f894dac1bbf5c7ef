//! Files that start a run on sockets with a container for each node: a coordinator and its nodes, for Docker
//! Compose or Kubernetes. They are checked against the schemas of both; no cluster has run them.
//!
//! The image holds this very program and the scenario with all files that it names, so that coordinator and
//! nodes read the same, wherever they are.

mod compose;
mod deployment;
mod kubernetes;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::deployment::{Deployment, PATIENCE_SECONDS};
use crate::check;
use crate::control::TOKEN;
use crate::protocols::Protocols;
use floodnet_lab::emit::{Content, Files, name_of};
use floodnet_scenario::{Complaint, Scenario};

/// The files to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// For Docker Compose.
    pub compose: bool,
    /// For Kubernetes.
    pub kubernetes: bool,
    /// Name of the image; none for `floodnet-NAME`.
    pub image: Option<String>,
}

/// The files that start `scenario`, by their place in a folder. `program` is what runs it.
///
/// # Errors
/// It cannot run on sockets whose links nobody shapes.
///
/// # Panics
/// Never: a resolved scenario reads back.
pub fn emit(
    scenario: &Scenario,
    protocols: &Protocols,
    emission: &Emission,
    program: &Path,
) -> Result<Files, Complaint> {
    let setup = protocols.backend(scenario)?.prepare(scenario)?;
    check::outside(&setup)?;
    let name = name_of(&scenario.name);
    let deployment = Deployment {
        image: emission.image.clone().unwrap_or_else(|| format!("{name}:latest")),
        name,
        slots: setup.plan.slots(),
        deadline: setup.plan.duration.as_nanos().div_ceil(1_000_000_000) + 2 * PATIENCE_SECONDS,
    };
    let mut files = scenario_files(scenario, protocols);
    let text = |text: String| Content::Text(text);
    files.insert("sim-cli".to_owned(), Content::CopyOf(program.to_owned()));
    files.insert("Dockerfile".to_owned(), text(DOCKERFILE.to_owned()));
    files.insert("README.md".to_owned(), text(readme(&deployment, emission)));
    if emission.compose {
        files.insert("compose.yaml".to_owned(), text(yaml(&[compose::file(&deployment)])));
    }
    if emission.kubernetes {
        files.insert("kubernetes.yaml".to_owned(), text(yaml(&kubernetes::objects(&deployment))));
    }
    Ok(files)
}

/// The scenario and the files that it names, which lie beside it.
fn scenario_files(scenario: &Scenario, protocols: &Protocols) -> Files {
    let mut files = Files::new();
    let table = scenario.to_resolved_toml().parse().expect("a resolved scenario reads back");
    let mut document = toml::Value::Table(table);
    for (number, key) in protocols.tables().file_keys().iter().enumerate() {
        let found = key.split('.').try_fold(&mut document, |value, word| value.get_mut(word));
        let Some(toml::Value::String(file)) = found else { continue };
        let path = PathBuf::from(&*file);
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let name = format!("{number}-{name}");
        files.insert(format!("scenario/{name}"), Content::CopyOf(path));
        *file = name;
    }
    let text = toml::to_string_pretty(&document).expect("a table has a form in TOML");
    files.insert("scenario/scenario.toml".to_owned(), Content::Text(text));
    files
}

/// As YAML, one document after the other.
fn yaml(documents: &[Value]) -> String {
    let mut text = HEAD.to_owned();
    for (number, document) in documents.iter().enumerate() {
        text.push_str(if number == 0 { "" } else { "---\n" });
        text.push_str(&serde_saphyr::to_string(document).expect("JSON has a form in YAML"));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

const HEAD: &str = "# Written by sim-cli testbed emit, and checked against the schema of its kind. Not tried on a real \
                    cluster: see README.md.\n";

const DOCKERFILE: &str = "\
# The program that wrote this file, and the scenario with its files. The C library must not be older than that of
# the machine where the program was built.
FROM debian:stable-slim
COPY sim-cli /usr/local/bin/sim-cli
COPY scenario /scenario
ENTRYPOINT [\"/usr/local/bin/sim-cli\"]
";

/// The instructions for using the files.
fn readme(deployment: &Deployment, emission: &Emission) -> String {
    // Only the sections of the kinds that were asked for: each names files that are there.
    let Deployment { name, image, slots, .. } = deployment;
    let mut text = format!(
        "# {name}: {slots} nodes and a coordinator\n\nWritten by `sim-cli testbed emit`. The files are checked against \
         the schemas of Docker Compose and Kubernetes; **they have not been tried on a real cluster**. Links are \
         those of the network: delays, rates and losses of the scenario do not apply. Coordinator and nodes prove \
         to each other that they know `{TOKEN}`, but what they say then is not encrypted: keep to a network of your \
         own.\n\nThe image, of this folder (Linux alone, and the kind of processor that `sim-cli` was built \
         for):\n\n```sh\ndocker build --tag {image} .\n```\n",
    );
    if emission.compose {
        text.push_str(&format!(
            "\n## Docker Compose\n\n```sh\nexport {TOKEN}=$(openssl rand -hex 16)\ndocker compose up --detach\n\
             docker compose logs --follow coordinator   # until it ends\ndocker compose down\n```\n\nThe results are \
             in `results/run`.\n"
        ));
    }
    if emission.kubernetes {
        text.push_str(&format!(
            "\n## Kubernetes\n\nThe nodes of the cluster must be able to fetch the image: push it to a registry of \
             yours, and give its name there with `--image`.\n\n```sh\nkubectl create secret generic {name} \
             --from-literal=token=$(openssl rand -hex 16)\nkubectl apply --filename kubernetes.yaml\nkubectl wait \
             --for=condition=complete --timeout={}s job/{name}-coordinator\nkubectl logs job/{name}-coordinator \
             --container coordinator > summary.json\nkubectl delete --filename kubernetes.yaml\nkubectl delete secret \
             {name}\n```\n\nThe coordinator writes the summary to its standard output; all other files of the run \
             end with its pod. A job that fails has its reason in `kubectl logs` too.\n",
            deployment.deadline
        ));
    }
    text
}
