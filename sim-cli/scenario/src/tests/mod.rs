//! Tests of the language as a whole.

mod adversary;
mod bad;
mod bad_bounds;
mod good;
mod overrides;
mod protocols;
mod registry;
mod roundtrip;

use std::path::Path;

use super::{Diagnostics, Scenario, Tables};

/// What every scenario needs.
const HEAD: &str = "name = \"x\"\nduration = \"2min\"\n";
/// And the rest of it, where a test is about something else.
const REST: &str = "[nodes]\ncount = 10\n[overlay.random_walk]\n[broadcast.flood]\n";

/// A small scenario that makes sense, followed by `text`.
fn small(text: &str) -> String {
    [HEAD, REST, text].concat()
}

/// A name and a duration, followed by `text`.
fn headed(text: &str) -> String {
    [HEAD, text].concat()
}

fn parse(text: &str) -> Result<Scenario, Diagnostics> {
    parse_with(text, &[])
}

fn parse_with(text: &str, overrides: &[(&str, &str)]) -> Result<Scenario, Diagnostics> {
    let overrides: Vec<_> =
        overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Scenario::parse("x.toml", text, Path::new(""), &overrides, &builtin())
}

/// The tables of the built-in protocols.
fn builtin() -> Tables {
    Tables::builtin()
}

fn good(text: &str) -> Scenario {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn bad(text: &str) -> String {
    bad_with(text, &[])
}

fn bad_with(text: &str, overrides: &[(&str, &str)]) -> String {
    let found = parse_with(text, overrides).map(|scenario| scenario.to_resolved_toml());
    found.expect_err("this scenario is bad").to_string()
}
