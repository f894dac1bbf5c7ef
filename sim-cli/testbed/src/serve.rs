//! The program of a worker: it dials the coordinator, learns which protocol to run, and is a worker of that.

use std::path::Path;

use floodnet_scenario::Scenario;
use tokio::runtime::Builder;

use crate::machine;
use crate::protocols::Protocols;
use crate::worker::{WorkerSession, authenticate, report_failure};

pub use crate::worker::NodeOptions;

/// Is a worker until its run is over.
///
/// # Errors
/// The coordinator is out of reach, refuses the worker or is gone; or the node cannot do what it wants.
pub fn serve_node(options: NodeOptions, protocols: &Protocols) -> Result<(), String> {
    machine::raise_files();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let (mut channel, welcome) = runtime.block_on(authenticate(&options))?;
    let scenario =
        Scenario::parse("the scenario", &welcome.scenario, Path::new("."), &[], protocols.tables());
    let found = scenario.map_err(|wrong| wrong.to_string()).and_then(|scenario| {
        let backend = protocols.backend(&scenario).map_err(|complaint| complaint.title.into_string())?;
        Ok((scenario, backend))
    });
    let NodeOptions { slot, listen, advertise, .. } = options;
    match found {
        Ok((scenario, backend)) => {
            let session = WorkerSession { channel, slot, scenario, welcome, listen, advertise };
            backend.run_worker(&runtime, session)
        }
        Err(why) => runtime.block_on(report_failure(&mut channel, slot, why)),
    }
}
