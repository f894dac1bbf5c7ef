//! Scenarios to begin with.

/// A commented scenario to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is chosen by.
    pub name: &'static str,
    /// What it asks, in a sentence.
    pub about: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All templates; the first is the default.
#[must_use]
pub const fn templates() -> &'static [Template] {
    &TEMPLATES
}

const TEMPLATES: [Template; 4] = [
    Template {
        name: "churn",
        about: "Does everybody get the messages while users come and go?",
        text: include_str!("templates/churn.toml"),
    },
    Template {
        name: "partition",
        about: "Does the overlay heal after the network was split in two?",
        text: include_str!("templates/partition.toml"),
    },
    Template {
        name: "flood",
        about: "What does a flood cost on a graph that is known exactly?",
        text: include_str!("templates/flood.toml"),
    },
    Template {
        name: "bench",
        about: "How fast does the simulator run on this machine?",
        text: include_str!("templates/bench.toml"),
    },
];
