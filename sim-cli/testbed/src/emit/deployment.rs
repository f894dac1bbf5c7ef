//! The deployment that all files describe, and the commands in them.

/// Where the coordinator waits in its container.
pub(super) const PORT: u16 = 7000;
/// Where the scenario lies in the image.
pub(super) const SCENARIO: &str = "/scenario/scenario.toml";
/// How long nodes and coordinator wait for each other: images may have to be fetched first.
pub(super) const PATIENCE: &str = "10min";
/// The same in seconds.
pub(super) const PATIENCE_SECONDS: u64 = 600;

/// A run in containers.
pub(super) struct Deployment {
    /// The name of the run, as networks allow it.
    pub(super) name: String,
    pub(super) image: String,
    pub(super) slots: u32,
    /// Seconds within which all is over.
    pub(super) deadline: u64,
}

/// The arguments of the coordinator.
pub(super) fn coordinator(more: &[&str]) -> Vec<String> {
    let listen = format!("0.0.0.0:{PORT}");
    let usual = ["run", SCENARIO, "--backend", "tcp-remote", "--listen", &listen, "--up-within", PATIENCE];
    usual.iter().chain(more).map(|&word| word.to_owned()).collect()
}

/// The arguments of the node of `slot`.
pub(super) fn node(coordinator: &str, slot: &str) -> Vec<String> {
    let at = format!("{coordinator}:{PORT}");
    let usual = ["testbed", "node", "--coordinator", &at, "--slot", slot, "--try-for", PATIENCE];
    usual.iter().map(|&word| word.to_owned()).collect()
}
