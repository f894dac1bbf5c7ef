//! What fuzzers run: a function that takes any bytes and panics when something is wrong.
//!
//! `tests/fuzz_body.rs` runs the same function on random texts and on the corpus, so that it stays
//! sound; the README beside this file says how to run it for long.

use std::path::Path;

use floodnet_scenario::{Scenario, Tables};

/// A scenario file in `data`, and behind a zero byte what `--set` is given, if anything.
///
/// # Panics
/// A scenario that is accepted does not read back equal from its resolved form; or one that is refused gives
/// no reason.
pub(crate) fn scenario(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == 0).map(String::from_utf8_lossy);
    let text = parts.next().unwrap_or_default();
    let set: Vec<(String, String)> = parts
        .filter_map(|set| set.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let tables = Tables::builtin();
    let read = |text: &str, set: &[(String, String)]| {
        Scenario::parse("fuzz.toml", text, Path::new(""), set, &tables)
    };
    match read(&text, &set) {
        Ok(scenario) => {
            let resolved = scenario.to_resolved_toml();
            match read(&resolved, &[]) {
                Ok(again) => assert_eq!(again, scenario, "{resolved}"),
                Err(refused) => panic!("{}\n{resolved}", refused.render(false)),
            }
        }
        Err(refused) => {
            assert!(refused.count() > 0, "refused for nothing");
            for color in [false, true] {
                assert!(!refused.render(color).trim().is_empty(), "no word of why");
            }
        }
    }
}
