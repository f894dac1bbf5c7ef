//! What a scenario says about nodes, links, churn, traffic, faults and adversaries: the one declaration of each key, with its
//! default. The engine, the plan and the scenario language all use these types.
//!
//! With the feature `serde` they are read from a scenario, written back and described by a JSON Schema.

mod adversary;
mod check;
mod churn;
mod deed;
mod fault;
mod link;
mod nodes;
#[cfg(feature = "serde")]
mod text;
mod traffic;

pub use floodnet_core::distributions::Distribution;
pub use floodnet_core::units;

pub use adversary::{Adversary, Connect, Target, Who, check_all};
pub use check::Complaints;
pub use churn::{Churn, CrashKind, Lifetime, SessionPreset, Trace};
pub use deed::{Censor, DeedSpec, Estimator};
pub use fault::*;
pub use floodnet_core::complaint::Complaint;
pub use link::{Latency, Link, Matrix, Per, Regions, Transport, Unit};
pub use nodes::{Class, MOST_SLOTS, Nodes, Spacing};
pub use traffic::{Origin, Timing, Traffic};
