//! The `sim-cli` program.

fn main() {}
