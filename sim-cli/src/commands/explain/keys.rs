//! The keys of a scenario in words, from its schema.

use serde_json::Value;

use super::Entry;
use floodnet_scenario::{Tables, schema};

/// The keys of a scenario, from its schema.
pub(super) fn keys(tables: &Tables) -> Vec<Entry> {
    let root = schema(tables);
    let mut found = Vec::new();
    Walk { root: &root, found: &mut found }.descend("", &root, 0);
    found
}

/// A way through a schema.
struct Walk<'a> {
    root: &'a Value,
    found: &'a mut Vec<Entry>,
}

/// Deeper than any key; schemas can refer to themselves.
const DEEPEST: usize = 24;

impl<'a> Walk<'a> {
    fn resolved(&self, node: &'a Value) -> &'a Value {
        let target = node
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|to| self.root.pointer(to.trim_start_matches('#')));
        target.unwrap_or(node)
    }

    fn descend(&mut self, path: &str, node: &'a Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let node = self.resolved(node);
        for choice in ["allOf", "anyOf", "oneOf"] {
            for one in node.get(choice).and_then(Value::as_array).into_iter().flatten() {
                self.descend(path, one, depth + 1);
            }
        }
        if let Some(items) = node.get("items") {
            self.descend(path, items, depth + 1);
        }
        let properties = node.get("properties").and_then(Value::as_object);
        // One of several kinds, such as a distribution: what is said of it is said of its only key.
        let is_kind = properties.is_some_and(|all| all.len() == 1);
        for (key, value) in properties.into_iter().flatten() {
            // Its keys are the metrics.
            if path.is_empty() && key == "expect" {
                continue;
            }
            let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if !self.found.iter().any(|entry| entry.name == name) {
                let target = self.resolved(value);
                let told = |node: &Value| node.get("description").and_then(Value::as_str).map(str::to_owned);
                let text = told(value).or_else(|| told(target)).or_else(|| told(node).filter(|_| is_kind));
                let text = text.unwrap_or_default().replace('\n', " ");
                self.found.push(Entry { kind: "key", name: name.clone(), text, form: self.form(value, 0) });
            }
            self.descend(&name, value, depth + 1);
        }
    }

    /// What can stand there.
    fn form(&self, node: &'a Value, depth: usize) -> String {
        let target = self.resolved(node);
        let text =
            |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""));
        if depth > 3 {
            return String::new();
        }
        if let Some(words) = target.get("enum").and_then(Value::as_array) {
            return words.iter().map(text).collect::<Vec<_>>().join(" or ");
        }
        if let Some(word) = target.get("const") {
            return text(word);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            let Some(all) = target.get(choice).and_then(Value::as_array) else { continue };
            let mut forms: Vec<String> = all.iter().map(|one| self.form(one, depth + 1)).collect();
            forms.retain(|form| !form.is_empty());
            forms.dedup();
            return forms.join(" or ");
        }
        // Our own units are strings to JSON Schema: only the name of the definition tells them apart.
        let name = node.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
        match (name, target.get("type").and_then(Value::as_str)) {
            (Some("Duration"), _) => "a duration such as \"250ms\"".to_owned(),
            (Some("Rate"), _) => "a rate such as \"10 Mbit/s\"".to_owned(),
            (Some("Size"), _) => "a size such as \"256 KiB\"".to_owned(),
            (_, Some("string"))
                if target.get("pattern").and_then(Value::as_str).is_some_and(|it| it.contains('%')) =>
            {
                "a percentage such as \"5 %\"".to_owned()
            }
            (_, Some("integer")) => "a whole number".to_owned(),
            (_, Some("number")) => "a number".to_owned(),
            (_, Some("boolean")) => "true or false".to_owned(),
            (_, Some("array")) => "a list".to_owned(),
            (_, Some("object")) => "a table".to_owned(),
            (_, Some(kind)) => format!("a {kind}"),
            (_, None) => String::new(),
        }
    }
}
