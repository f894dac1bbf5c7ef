//! Kubernetes: a job for the coordinator, a name for it, and a job with a pod for each node.

use serde_json::{Value, json};

use crate::control::TOKEN;

use super::deployment::{Deployment, PORT, coordinator, node};

/// Where a pod finds its index in the job, which is its slot.
const INDEX: &str = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/// The objects of `kubernetes.yaml`.
pub(super) fn objects(deployment: &Deployment) -> Vec<Value> {
    let parts = Parts { deployment, coordinator: format!("{}-coordinator", deployment.name) };
    vec![parts.service(), parts.coordinator_job(), parts.node_job()]
}

/// What the objects have in common.
struct Parts<'a> {
    deployment: &'a Deployment,
    /// The name of the coordinator's job and service.
    coordinator: String,
}

impl Parts<'_> {
    /// The name by which nodes find the coordinator.
    fn service(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": self.coordinator, "labels": self.labels("coordinator") },
            "spec": {
                "clusterIP": "None",
                "selector": self.labels("coordinator"),
                "ports": [{ "name": "control", "port": PORT }],
            },
        })
    }

    fn coordinator_job(&self) -> Value {
        let container = json!({
            "name": "coordinator",
            "image": self.deployment.image,
            "args": coordinator(&["--out", "/results/run", "--no-pictures", "--format", "json"]),
            "env": [self.token()],
            "ports": [{ "name": "control", "containerPort": PORT }],
            "volumeMounts": [{ "name": "results", "mountPath": "/results" }],
            "securityContext": modest(),
        });
        let volumes = json!([{ "name": "results", "emptyDir": {} }]);
        let spec = json!({
            "backoffLimit": 0,
            "activeDeadlineSeconds": self.deployment.deadline,
            "template": self.pod("coordinator", container, volumes),
        });
        self.job(&self.coordinator, "coordinator", spec)
    }

    /// One pod for each slot: its index in the job is the slot.
    fn node_job(&self) -> Value {
        let container = json!({
            "name": "node",
            "image": self.deployment.image,
            "args": node(&self.coordinator, "$(SLOT)"),
            "env": [self.token(), { "name": "SLOT", "valueFrom": { "fieldRef": { "fieldPath": INDEX } } }],
            "securityContext": modest(),
        });
        let spec = json!({
            "completionMode": "Indexed",
            "completions": self.deployment.slots,
            "parallelism": self.deployment.slots,
            "backoffLimit": 0,
            "activeDeadlineSeconds": self.deployment.deadline,
            "template": self.pod("node", container, json!([])),
        });
        self.job(&format!("{}-node", self.deployment.name), "node", spec)
    }

    fn labels(&self, part: &str) -> Value {
        json!({ "app.kubernetes.io/name": self.deployment.name, "app.kubernetes.io/component": part })
    }

    /// The run's secret as a variable of the environment.
    fn token(&self) -> Value {
        let secret = json!({ "name": self.deployment.name, "key": "token" });
        json!({ "name": TOKEN, "valueFrom": { "secretKeyRef": secret } })
    }

    fn pod(&self, part: &str, container: Value, volumes: Value) -> Value {
        json!({
            "metadata": { "labels": self.labels(part) },
            "spec": { "restartPolicy": "Never", "containers": [container], "volumes": volumes },
        })
    }

    fn job(&self, name: &str, part: &str, spec: Value) -> Value {
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": { "name": name, "labels": self.labels(part) },
            "spec": spec,
        })
    }
}

/// No more rights than it takes.
fn modest() -> Value {
    json!({ "runAsNonRoot": true, "runAsUser": 65534, "allowPrivilegeEscalation": false })
}
