//! The kernel's TCP in a network namespace: its congestion control, and what it counts.

use std::collections::BTreeMap;

/// The control of congestion: what Linux has by default, if not this machine, and the model follows.
pub(crate) const CONTROL: &str = "cubic";
/// What the kernel counts, under the names it has for them.
const NEAR_COUNTERS: [&str; 8] = [
    "OutSegs",
    "RetransSegs",
    "TCPTimeouts",
    "TCPLossProbes",
    "TCPFastRetrans",
    "TCPLostRetransmit",
    "TCPSpuriousRTOs",
    "TCPSynRetrans",
];

/// What the kernel counted in the network of this thread. None is missed where the system does not tell.
pub(crate) fn counters() -> BTreeMap<&'static str, u64> {
    let mut found = BTreeMap::new();
    for file in ["/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"] {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.chunks_exact(2).filter(|pair| pair[0].starts_with("Tcp")) {
            let values = pair[1].split_whitespace();
            for (name, value) in pair[0].split_whitespace().zip(values) {
                if let Some(known) = NEAR_COUNTERS.iter().find(|known| **known == name) {
                    found.insert(*known, value.parse().unwrap_or(0));
                }
            }
        }
    }
    found
}
