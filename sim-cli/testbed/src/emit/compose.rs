//! Docker Compose: a service for each node.

use serde_json::{Map, Value, json};

use crate::control::TOKEN;

use super::deployment::{Deployment, coordinator, node};

/// The service that conducts.
const COORDINATOR: &str = "coordinator";

/// `compose.yaml`.
pub(super) fn file(deployment: &Deployment) -> Value {
    let token = format!("${{{TOKEN}:?is not set, see README.md}}");
    let digits = deployment.slots.saturating_sub(1).to_string().len();
    let mut services = Map::new();
    services.insert(
        COORDINATOR.to_owned(),
        json!({
            "image": deployment.image,
            "command": coordinator(&["--out", "/results/run"]),
            "environment": { TOKEN: token },
            "volumes": ["./results:/results"],
        }),
    );
    for slot in 0..deployment.slots {
        services.insert(
            format!("node-{slot:0digits$}"),
            json!({
                "image": deployment.image,
                "command": node(COORDINATOR, &slot.to_string()),
                "environment": { TOKEN: token },
                "depends_on": [COORDINATOR],
            }),
        );
    }
    json!({ "services": services })
}
