//! What a scenario is, apart from its seed: to tell cells of a sweep from each other, and to list what two
//! runs were different in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use floodnet_scenario::Scenario;

/// The name of a configuration: a hash of the resolved scenario without seed, texts and expectations, of the
/// content of the files it names, and of the version of the program. 16 hexadecimal digits. It does not depend
/// on where the files stand.
#[must_use]
pub fn hash(scenario: &Scenario) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    for (key, value) in keys(&scenario.to_resolved_toml()) {
        hasher.update(format!("{key} = {value}\n").as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Every key of a resolved scenario that can make a difference to its runs, with its value as text: all but the
/// seed, texts for people, expectations and what to draw. The content stands for a file.
#[must_use]
pub fn keys(resolved: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let table: Table = toml::from_str(resolved).unwrap_or_default();
    for (key, value) in &table {
        if !["name", "about", "seed", "expect", "reach", "output"].contains(&key.as_str()) {
            walk(key, value, &mut found);
        }
    }
    found
}

fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                walk(&format!("{path}.{key}"), value, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (place, value) in items.iter().enumerate() {
                walk(&format!("{path}.{place}"), value, into);
            }
        }
        Value::String(text) => {
            into.insert(path.to_owned(), file(text).unwrap_or_else(|| value.to_string()));
        }
        other => {
            into.insert(path.to_owned(), other.to_string());
        }
    }
}

/// Name and hash of the content, if `text` is the absolute path of a file.
fn file(text: &str) -> Option<String> {
    let path = Path::new(text);
    let content = path.is_absolute().then(|| fs::read(path).ok()).flatten()?;
    let hash = blake3::hash(&content).to_hex();
    Some(format!("{} ({})", path.file_name()?.to_string_lossy(), &hash[..12]))
}

/// One key in which two scenarios differ: its name, and both values; none where one has no such key.
pub type Differing = (String, Option<String>, Option<String>);

/// The keys in which two configurations differ, in alphabetical order; see [`keys`].
#[must_use]
pub fn differences(base: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Differing> {
    let all: BTreeSet<&String> = base.keys().chain(new.keys()).collect();
    let both = all.into_iter().map(|key| (key.clone(), base.get(key).cloned(), new.get(key).cloned()));
    both.filter(|(_, base, new)| base != new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocols;

    fn scenario(set: &[(&str, &str)]) -> Scenario {
        let text = "name = \"a\"\nduration = \"60s\"\nnodes.count = 9\noverlay.random_walk = {}\n\
                    broadcast.flood = {}\n[[traffic]]\nfrom = \"random\"\nevery = \"1s\"\n";
        let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Scenario::parse("a.toml", text, Path::new("."), &set, Protocols::builtin().tables()).unwrap()
    }

    #[test]
    fn seed_and_texts_make_no_other_configuration_and_everything_else_does() {
        let same = [("seed", "9"), ("name", "b"), ("about", "?"), ("expect.delivery_ratio", "> 0.5")];
        assert_eq!(hash(&scenario(&[])), hash(&scenario(&same)));
        let others = [("link.loss", "0.1"), ("traffic.0.every", "2s"), ("nodes.count", "10")];
        for other in others {
            assert_ne!(hash(&scenario(&[])), hash(&scenario(&[other])), "{other:?}");
        }
        let found = differences(
            &keys(&scenario(&same).to_resolved_toml()),
            &keys(&scenario(&[("link.loss", "0.1"), ("broadcast.gossip.fanout", "3")]).to_resolved_toml()),
        );
        let names: Vec<&str> = found.iter().map(|(key, ..)| key.as_str()).collect();
        let flood = ["echo", "queue", "seen", "seen_for"].map(|key| format!("broadcast.flood.{key}"));
        assert!(flood.iter().all(|key| names.contains(&key.as_str())), "{found:?}");
        let loss = found.iter().find(|(key, ..)| key == "link.loss").unwrap();
        assert_eq!((loss.1.as_deref(), loss.2.as_deref()), (Some("0.0"), Some("0.1")));
    }

    #[test]
    fn the_content_of_a_file_counts_and_not_its_place() {
        let lab = tempfile::tempdir().unwrap();
        let hash_with = |folder: &str, content: &str| {
            let path = lab.path().join(folder).join("delays.txt");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            hash(&scenario(&[("link.latency", &format!("{{ matrix = {{ file = {path:?}, rtt = true }} }}"))]))
        };
        let first = hash_with("a", "0 9\n9 0\n");
        assert_eq!(first, hash_with("b", "0 9\n9 0\n"));
        assert_ne!(first, hash_with("c", "0 8\n9 0\n"));
    }
}
