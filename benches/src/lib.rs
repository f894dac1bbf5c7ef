//! Benches live in `benches/`; see there.
