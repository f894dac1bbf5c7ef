//! What the tests share.

pub(crate) mod chance;
pub(crate) mod field;
pub(crate) mod holder;
pub(crate) mod script;
pub(crate) mod stage;
pub(crate) mod watched;

use floodnet_core::observe::Observation;
use floodnet_core::time::Time;
use floodnet_sim::Outcome;
use floodnet_sim::observer::Observed;

/// All that a run reported.
pub(crate) type Log = Vec<(Time, u32, Observed)>;

/// Milliseconds after the start.
pub(crate) fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// Every packet that was sent was received, lost for a reason, or is under way; messages of the
/// application likewise.
pub(crate) fn assert_conserved<P: floodnet_sim::SimProtocol>(log: &Log, outcome: &Outcome<P>) {
    let (mut packets, mut payloads) = (0i64, 0i64);
    for (_, _, what) in log {
        let (sign, payload) = match what {
            Observed::Sent { payload, .. } => (1, payload),
            Observed::Received { payload, .. } | Observed::Lost { payload, .. } => (-1, payload),
            _ => continue,
        };
        packets += sign;
        payloads += if payload.is_some() { sign } else { 0 };
    }
    let left = (outcome.in_flight_packets.cast_signed(), outcome.in_flight_payloads.cast_signed());
    assert_eq!((packets, payloads), left, "sent = received + lost + in flight");
    let received = log.iter().filter(|(_, _, what)| matches!(what, Observed::Received { .. })).count();
    assert_eq!(outcome.packets, received as u64);
}

/// When and where each message was delivered, in order of time.
pub(crate) fn deliveries(log: &Log) -> Vec<(Time, u32, u32)> {
    let mut found: Vec<(Time, u32, u32)> = log
        .iter()
        .filter_map(|(at, slot, what)| match what {
            Observed::Protocol(Observation::Delivered { message, .. }) => Some((*at, *slot, *message)),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(at, slot, _)| (*at, *slot));
    found
}

/// What was lost: when, which message, and why.
pub(crate) fn losses(log: &Log) -> Vec<(Time, Option<u32>, &'static str)> {
    log.iter()
        .filter_map(|(at, _, what)| match what {
            Observed::Lost { payload, reason } => Some((*at, *payload, *reason)),
            _ => None,
        })
        .collect()
}

/// A published file that is not part of the repository; none, said loudly, when it is not at hand.
#[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
#[expect(clippy::disallowed_methods, reason = "it says where the files are, and nothing of what is in them")]
pub(crate) fn data_file(name: &str) -> Option<String> {
    let Ok(folder) = std::env::var("FLOODNET_DATA") else {
        eprintln!("SKIPPED: set FLOODNET_DATA to the folder that holds {name}");
        return None;
    };
    let path = std::path::Path::new(&folder).join(name);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
