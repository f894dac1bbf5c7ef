//! Everything that a sweep reads: the plan, its scenario, and the files that the scenario names.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::Protocols;
use crate::sweep::plan::SweepPlan;
use floodnet_scenario::Scenario;

/// The folder, within that of the batch system, in which the files lie.
const INPUT: &str = "input";

/// The files, at the same places relative to each other as they have now: so the plan and the scenario find them
/// without a change of their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Place of the plan in the folder.
    pub plan: String,
    /// Place of each file in the folder, and where it is now.
    pub files: Vec<(String, PathBuf)>,
}

/// Why a sweep cannot be taken to other machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPortable {
    /// A file is named from the root of this one.
    FromRoot(PathBuf),
    /// This place of the plan has a character that no script can be trusted with: a control character, or a brace,
    /// which GNU parallel fills in.
    Name(String),
}

impl Bundle {
    /// What the plan at `path` reads; `scenarios` are those of its cells.
    ///
    /// # Errors
    /// As [`NotPortable`] says.
    pub fn of(
        path: &Path,
        plan: &SweepPlan,
        scenarios: &[Scenario],
        protocols: &Protocols,
    ) -> Result<Self, NotPortable> {
        let mut found: BTreeSet<PathBuf> = [plain(path), plain(&plan.scenario)].into();
        for scenario in scenarios {
            found.extend(named(scenario, protocols).iter().map(|file| plain(file)));
        }
        let texts = [path, &plan.scenario].map(|file| std::fs::read_to_string(file).unwrap_or_default());
        let from_root = |file: &&PathBuf| texts.iter().any(|text| text.contains(&*file.to_string_lossy()));
        if let Some(file) = found.iter().find(from_root) {
            return Err(NotPortable::FromRoot(file.clone()));
        }
        let root = common(&found);
        let place = |file: &Path| {
            let rest = file.strip_prefix(&root).unwrap_or(file);
            let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            format!("{INPUT}/{}", parts.join("/"))
        };
        let files = found.iter().map(|file| (place(file), file.clone())).collect();
        let plan = place(&plain(path));
        match plan.chars().any(|c| c.is_control() || matches!(c, '{' | '}')) {
            true => Err(NotPortable::Name(plan)),
            false => Ok(Self { plan, files }),
        }
    }
}

/// The files that a scenario names.
fn named(scenario: &Scenario, protocols: &Protocols) -> Vec<PathBuf> {
    let table: toml::Table = scenario.to_resolved_toml().parse().unwrap_or_default();
    let document = toml::Value::Table(table);
    let keys = protocols.tables().file_keys();
    let text = |key: &str| key.split('.').try_fold(&document, |value, word| value.get(word))?.as_str();
    keys.iter().filter_map(|key| text(key.as_ref()).map(PathBuf::from)).collect()
}

/// The absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// The innermost folder that all files have in common.
fn common(files: &BTreeSet<PathBuf>) -> PathBuf {
    let mut folders = files.iter().filter_map(|file| file.parent());
    let mut root = folders.next().unwrap_or(Path::new("/")).to_owned();
    for folder in folders {
        while !folder.starts_with(&root) {
            root.pop();
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_keep_their_places_relative_to_each_other() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<BTreeSet<PathBuf>>();
        for (files, expected) in [
            (&["/a/b/plan.toml", "/a/b/churn.toml"][..], "/a/b"),
            (&["/a/b/plans/plan.toml", "/a/b/churn.toml"], "/a/b"),
            (&["/a/b/plan.toml", "/a/bc/churn.toml"], "/a"),
            (&["/a/plan.toml", "/data/edges.csv"], "/"),
        ] {
            assert_eq!(common(&paths(files)), Path::new(expected), "{files:?}");
        }
        assert_eq!(plain(Path::new("/a/plans/.././churn.toml")), Path::new("/a/churn.toml"));
    }
}
