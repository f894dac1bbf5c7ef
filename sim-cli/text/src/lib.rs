//! What people write and read: values with a unit, numbers in tables, the nearest known word.
//!
//! | module | subject |
//! |---|---|
//! | [`units`] | durations, rates, sizes and limits, as scenarios write them |
//! | [`mod@format`] | numbers as results show them |
//! | [`markup`] | text as XML takes it |
//! | [`spelling`] | "did you mean" |

pub mod format;
pub mod markup;
pub mod spelling;
pub use floodnet_core::units;

/// What every picture says of itself, near the beginning of its file: so it is known again among files of others.
pub const MADE_BY: &str = "drawn by floodnet";
