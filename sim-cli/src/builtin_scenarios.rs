//! The scenarios that come with the program: they are run by their names.

use floodnet_scenario::templates;

/// A scenario of the program.
struct Ready {
    name: &'static str,
    text: &'static str,
}

/// Those of the folder `scenarios`; the templates of `init` come after them.
const READY: [Ready; 8] = [
    Ready { name: "smoke", text: include_str!("../../scenarios/smoke.toml") },
    Ready { name: "churn", text: include_str!("../../scenarios/churn.toml") },
    Ready { name: "tutorial", text: include_str!("../../scenarios/tutorial.toml") },
    Ready { name: "partition-heal", text: include_str!("../../scenarios/partition-heal.toml") },
    Ready { name: "mass-crash", text: include_str!("../../scenarios/mass-crash.toml") },
    Ready { name: "hyparview-plumtree", text: include_str!("../../scenarios/hyparview-plumtree.toml") },
    Ready { name: "swim", text: include_str!("../../scenarios/swim.toml") },
    Ready { name: "world", text: include_str!("../../scenarios/world.toml") },
];

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let templates = templates().iter().map(|template| (template.name, template.text));
    READY.iter().map(|ready| (ready.name, ready.text)).chain(templates)
}

/// The text of the scenario called `name`.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    all().find(|(known, _)| *known == name).map(|(_, text)| text)
}

/// The names of all, each once.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for (name, _) in all() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::registry::Registry;
    use floodnet_scenario::Scenario;

    #[test]
    fn every_one_is_valid_and_needs_no_file() {
        let registry = Registry::builtin();
        for name in names() {
            let nowhere = Path::new("/nowhere");
            let read = Scenario::parse(name, text(name).unwrap(), nowhere, &[], registry.tables());
            assert!(read.is_ok(), "{name}: {}", read.unwrap_err());
        }
        assert_eq!(names()[0], "smoke");
        assert!(text("smok").is_none());
    }
}
