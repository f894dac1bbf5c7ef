//! Results that are known beforehand: laws with an exact or published answer, and whether runs give it.
//!
//! | module | subject |
//! |---|---|
//! | [`suite`] | the laws, read from a file or built in |
//! | [`expression`] | arithmetic over the metrics of a run |
//! | [`judge`] | from runs to verdicts |
//!
//! A law is a scenario like any other, some values put in, and expressions over the metrics of its runs. No law
//! has code of its own, so what is checked is what everybody runs. `docs/oracles.md` lists laws and sources.

pub mod expression;
pub mod judge;
pub mod suite;

#[cfg(test)]
mod values_tests;

pub use judge::{Finding, Verdict, consult};
pub use suite::{Law, Suite};
