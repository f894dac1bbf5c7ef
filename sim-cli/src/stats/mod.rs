//! Statistics over runs. The run is the unit: what happens within one run depends on itself, so its messages
//! and samples are no independent draws.
//!
//! | module | subject |
//! |---|---|
