//! A scenario as it is written: keys and values that know where they stand.
//!
//! Meaning is checked after the typed values have been read; the checks name a key by its path, and the
//! document says where that key stands. So the types carry no positions.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::diagnostics::{Bytes, Diagnostics, OVERRIDE, Problem, Sources};
use super::{Complaint, DeedSpec, FaultKind};

/// A value and where it stands.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// A key of a path and where it stands.
type Segment<'i> = (Cow<'i, str>, Bytes);

/// Tables of which one key is chosen: among these keys, or among all where none are named. `*` is an item of
/// a list.
const CHOICES: [(&str, &[&str]); 11] = [
    ("overlay", &[]),
    ("overlay.static", &[]),
    ("broadcast", &[]),
    ("link.latency", &[]),
    ("churn.session", &[]),
    ("churn.downtime", &[]),
    ("traffic.*", &["every", "poisson"]),
    ("fault.*", FaultKind::KEYS),
    ("fault.*.crash", &["fraction", "slots"]),
    ("adversary.*", &["share", "count", "slots", "class", "extra"]),
    ("adversary.*.does.*", DeedSpec::KEYS),
];

/// The keys and values of a scenario file with all overrides put in.
#[derive(Clone)]
pub(crate) struct Document<'i> {
    pub(crate) sources: Sources,
    root: Node<'i>,
}

impl<'i> Document<'i> {
    /// Reads TOML. `name` is what errors call the file.
    pub(crate) fn parse(name: &str, text: &'i str) -> Result<Self, Diagnostics> {
        let mut sources = Sources::default();
        sources.add(name, text);
        match DeTable::parse(text) {
            Ok(table) => {
                let span = table.span();
                Ok(Self { sources, root: Spanned::new(span, DeValue::Table(table.into_inner())) })
            }
            Err(error) => {
                let problem = Problem::from_message(error.span(), error.message());
                Err(Diagnostics::new(sources, vec![problem]))
            }
        }
    }

    /// Puts `value` at `key`, as `--set KEY=VALUE` does: a TOML value, or else a string.
    pub(crate) fn set(&mut self, key: &'i str, value: &'i str) -> Result<(), Problem> {
        let base = self.sources.add(OVERRIDE, &format!("{key}={value}"));
        let value_at = base + key.len() + 1;
        let node = match DeValue::parse(value) {
            Ok(parsed) => shift(parsed, value_at),
            Err(_) => {
                let text = DeValue::String(Cow::Borrowed(value.trim()));
                Spanned::new(value_at..value_at + value.len(), text)
            }
        };
        let mut segments: Vec<Segment<'i>> = Vec::new();
        let mut position = base;
        for segment in key.split('.') {
            if segment.is_empty() {
                return Err(Problem {
                    span: Some(base..value_at),
                    title: format!("`{key}` is not a key"),
                    label: "write words joined by dots, such as link.loss".to_owned(),
                });
            }
            segments.push((Cow::Borrowed(segment), position..position + segment.len()));
            position += segment.len() + 1;
        }
        put(&mut self.root, &segments, node)?;
        self.choose(key);
        Ok(())
    }

    /// Where `key` chooses one of several keys that exclude each other, removes the others: an override wins.
    fn choose(&mut self, key: &str) {
        let path: Vec<&str> = key.split('.').collect();
        for (pattern, group) in CHOICES {
            let pattern: Vec<&str> = pattern.split('.').collect();
            let matches = path.len() > pattern.len()
                && pattern.iter().zip(&path).all(|(want, have)| *want == "*" || want == have);
            let member = |key: &str| group.is_empty() || group.contains(&key);
            let chosen = path.get(pattern.len()).copied().filter(|chosen| matches && member(chosen));
            let Some(chosen) = chosen else { continue };
            let table = self.get_mut(&path[..pattern.len()].join("."));
            if let Some(DeValue::Table(table)) = table.map(Spanned::get_mut) {
                let others: Vec<_> = table.keys().map(|key| key.get_ref().clone()).collect();
                for other in others.iter().filter(|other| *other != chosen && member(other)) {
                    table.remove(&**other);
                }
            }
        }
    }

    /// Puts `value` at `path` if nothing stands there; errors about it point at `span`.
    pub(crate) fn set_default(&mut self, path: &'i str, value: DeValue<'i>, span: &Bytes) {
        if self.get(path).is_none() {
            let segments: Vec<_> = path.split('.').map(|key| (Cow::Borrowed(key), span.clone())).collect();
            // A scalar in the way of the path is reported when the typed values are read.
            let _ = put(&mut self.root, &segments, Spanned::new(span.clone(), value));
        }
    }

    /// The value at `path`, such as `traffic.0.from`.
    pub(crate) fn get(&self, path: &str) -> Option<&Node<'i>> {
        path.split('.').try_fold(&self.root, |node, key| match node.get_ref() {
            DeValue::Table(table) => table.get(key),
            DeValue::Array(array) => array.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The value at `path`, to change it in place.
    pub(crate) fn get_mut(&mut self, path: &str) -> Option<&mut Node<'i>> {
        path.split('.').try_fold(&mut self.root, |node, key| match node.get_mut() {
            DeValue::Table(table) => table.get_mut(key),
            DeValue::Array(array) => array.get_mut(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The keys of the table at `path` and where they stand; none when there is no table.
    pub(crate) fn keys(&self, path: &str) -> Vec<(String, Bytes)> {
        let Some(DeValue::Table(table)) = self.get(path).map(Spanned::get_ref) else { return Vec::new() };
        table.keys().map(|key| (key.get_ref().to_string(), key.span())).collect()
    }

    /// The top level.
    pub(crate) const fn root(&self) -> &Node<'i> {
        &self.root
    }

    /// Where to point for `path`: the value; for a table or list its key; for what is not written, the
    /// nearest table around it that is.
    pub(crate) fn span(&self, path: &str) -> Option<Bytes> {
        let mut path = path;
        loop {
            if let Some(node) = self.get(path) {
                let scalar = !matches!(node.get_ref(), DeValue::Table(_) | DeValue::Array(_));
                return if scalar { Some(node.span()) } else { self.key_span(path).or(Some(node.span())) };
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// A complaint at the first of its keys that is written, or else at what stands around its key.
    pub(crate) fn problem(&self, complaint: Complaint) -> Problem {
        let Complaint { key, others, title, label, .. } = complaint;
        let written = [&key].into_iter().chain(&others).find(|key| self.get(key).is_some());
        Problem { span: self.span(written.unwrap_or(&key)), title: title.into(), label: label.into() }
    }

    /// Where the key of `path` stands, if it is written and is not an item of a list.
    pub(crate) fn key_span(&self, path: &str) -> Option<Bytes> {
        let (parent, key) = match path.rsplit_once('.') {
            Some((parent, key)) => (self.get(parent)?, key),
            None => (&self.root, path),
        };
        match parent.get_ref() {
            DeValue::Table(table) => table.get_key_value(key).map(|(key, _)| key.span()),
            _ => None,
        }
    }
}

/// Puts `value` below `node`, making tables on the way.
fn put<'i>(node: &mut Node<'i>, path: &[Segment<'i>], value: Node<'i>) -> Result<(), Problem> {
    let Some(((key, span), rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    let found = match node.get_ref() {
        DeValue::Table(_) | DeValue::Array(_) => "",
        other => with_article(other),
    };
    match node.get_mut() {
        DeValue::Table(table) => {
            // A dotted name may stand in the file as one quoted key, as metrics do.
            let quoted = path.iter().map(|(key, _)| &**key).collect::<Vec<_>>().join(".");
            let rest: &[Segment<'i>] = if table.contains_key(quoted.as_str()) { &[] } else { rest };
            let key = if rest.is_empty() { Cow::Owned(quoted) } else { key.clone() };
            if rest.is_empty() {
                // A key keeps the place of its first writing when it is replaced, so it goes first.
                table.remove(&*key);
                table.insert(Spanned::new(span.clone(), key), value);
                return Ok(());
            }
            let empty = || Spanned::new(span.clone(), DeValue::Table(DeTable::new()));
            let child = table.entry(Spanned::new(span.clone(), key)).or_insert_with(empty);
            put(child, rest, value)
        }
        DeValue::Array(items) => {
            let count = items.len();
            match key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => put(item, rest, value),
                None => Err(Problem {
                    span: Some(span.clone()),
                    title: format!("there is no item `{key}`"),
                    label: match count {
                        0 => "the list is empty".to_owned(),
                        1 => "the list has one item: 0".to_owned(),
                        _ => format!("the list has the items 0 to {}", count - 1),
                    },
                }),
            }
        }
        _ => Err(Problem {
            span: Some(span.clone()),
            title: format!("`{key}` has nothing to stand in"),
            label: format!("what is left of it is {found}, not a table"),
        }),
    }
}

/// The same value with all positions moved by `by`.
fn shift(node: Node<'_>, by: usize) -> Node<'_> {
    let moved = |span: Bytes| span.start + by..span.end + by;
    let span = moved(node.span());
    let value = match node.into_inner() {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| shift(item, by)).collect::<DeArray<'_>>())
        }
        DeValue::Table(table) => {
            let mut shifted = DeTable::new();
            for (key, value) in table {
                shifted.insert(Spanned::new(moved(key.span()), key.into_inner()), shift(value, by));
            }
            DeValue::Table(shifted)
        }
        scalar => scalar,
    };
    Spanned::new(span, value)
}

/// The type of `value` as a message names it.
pub(crate) fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
