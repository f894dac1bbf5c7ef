//! Connections by small cases. Every link takes 50 ms, so a dial takes 100 and its first message 150.

mod cuts;
mod delays;
mod dialing;
mod ending;
mod loss;

use floodnet_core::time::Duration;
use floodnet_sim::plan::DisturbanceKind;

/// Longer than any cut here: pings find none, so what is sent meanwhile decides.
const PATIENT: Duration = Duration::from_secs(200);
/// Every packet is lost.
const ALL: DisturbanceKind = DisturbanceKind::Loss(u32::MAX);
