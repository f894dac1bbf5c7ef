//! Kubernetes: a job for the coordinator, a name for it, and a job with a pod for each node.

use serde_json::{Value, json};

use super::{Deployment, PORT, TOKEN, coordinator, node};

/// Which pod of its job a node is: its slot.
const INDEX: &str = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/// The objects of `kubernetes.yaml`.
pub(super) fn objects(deployment: &Deployment) -> Vec<Value> {
    let name = &deployment.name;
    let conductor = format!("{name}-coordinator");
    let labels = |part: &str| json!({ "app.kubernetes.io/name": name, "app.kubernetes.io/component": part });
    let token = json!({ "name": TOKEN, "valueFrom": { "secretKeyRef": { "name": name, "key": "token" } } });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": conductor, "labels": labels("coordinator") },
        "spec": {
            "clusterIP": "None",
            "selector": labels("coordinator"),
            "ports": [{ "name": "control", "port": PORT }],
        },
    });
    let conducts = json!({
        "name": "coordinator",
        "image": deployment.image,
        "args": coordinator(&["--out", "/results/run", "--no-pictures", "--format", "json"]),
        "env": [token],
        "ports": [{ "name": "control", "containerPort": PORT }],
        "volumeMounts": [{ "name": "results", "mountPath": "/results" }],
        "securityContext": modest(),
    });
    let is_node = json!({
        "name": "node",
        "image": deployment.image,
        "args": node(&conductor, "$(SLOT)"),
        "env": [token, { "name": "SLOT", "valueFrom": { "fieldRef": { "fieldPath": INDEX } } }],
        "securityContext": modest(),
    });
    let pod = |part: &str, container: Value, volumes: Value| {
        json!({
            "metadata": { "labels": labels(part) },
            "spec": { "restartPolicy": "Never", "containers": [container], "volumes": volumes },
        })
    };
    let job = |job_name: &str, part: &str, spec: Value| {
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": { "name": job_name, "labels": labels(part) },
            "spec": spec,
        })
    };
    let results = json!([{ "name": "results", "emptyDir": {} }]);
    vec![
        service,
        job(
            &conductor,
            "coordinator",
            json!({
                "backoffLimit": 0,
                "activeDeadlineSeconds": deployment.deadline,
                "template": pod("coordinator", conducts, results),
            }),
        ),
        job(
            &format!("{name}-node"),
            "node",
            json!({
                "completionMode": "Indexed",
                "completions": deployment.slots,
                "parallelism": deployment.slots,
                "backoffLimit": 0,
                "activeDeadlineSeconds": deployment.deadline,
                "template": pod("node", is_node, json!([])),
            }),
        ),
    ]
}

/// No more rights than it takes.
fn modest() -> Value {
    json!({ "runAsNonRoot": true, "runAsUser": 65534, "allowPrivilegeEscalation": false })
}
