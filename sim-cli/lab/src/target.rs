//! What a file is that a user has named: scenarios, sweep plans and suites of laws are all TOML.

use toml::Table;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scenario.
    Scenario,
    /// The plan of a sweep.
    Plan,
    /// The plan of a bake-off.
    Bakeoff,
    /// Laws for the oracle.
    Suite,
    /// No TOML.
    Broken,
    /// Something else.
    Other,
}

impl Kind {
    /// What it is, and what can be done with it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Scenario => "a scenario: use `sim-cli run`",
            Self::Plan => "a sweep plan: use `sim-cli sweep`",
            Self::Bakeoff => "a bake-off plan: use `sim-cli bakeoff`",
            Self::Suite => "a list of laws: use `sim-cli oracle --suite`",
            Self::Broken => "not TOML",
            Self::Other => "neither a scenario nor a sweep plan",
        }
    }
}

/// What `text` is, by the keys of its top level; a plan or scenario with a misspelt key is still one.
#[must_use]
pub fn kind_of(text: &str) -> Kind {
    let Ok(table) = text.parse::<Table>() else { return Kind::Broken };
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    match () {
        () if has(&["law"]) => Kind::Suite,
        () if has(&["contestants"]) => Kind::Bakeoff,
        () if has(&["grid"]) => Kind::Plan,
        () if has(&["nodes", "overlay", "broadcast", "duration", "preset", "traffic", "link"]) => {
            Kind::Scenario
        }
        () if has(&["scenario", "metrics"]) => Kind::Plan,
        () => Kind::Other,
    }
}

/// Whether `text` has a table of this name on its top level.
#[must_use]
pub fn has_table(text: &str, name: &str) -> bool {
    text.parse::<Table>().is_ok_and(|table| table.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_keys() {
        for (text, kind) in [
            ("name = \"a\"\nduration = \"5s\"\n", Kind::Scenario),
            ("preset = \"tutorial\"\n", Kind::Scenario),
            ("scenario = \"a.toml\"\n[grid]\nseeds = [1]\n", Kind::Plan),
            ("scenario = \"a.toml\"\nruns = 3\n", Kind::Plan),
            ("scenario = \"a.toml\"\n[contestants]\na = {}\n", Kind::Bakeoff),
            ("[[law]]\nname = \"tree\"\n", Kind::Suite),
            ("[package]\nname = \"a\"\n", Kind::Other),
            ("", Kind::Other),
            ("name = = 3\n", Kind::Broken),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
