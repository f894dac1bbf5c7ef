//! What plans have in common: how their TOML is read.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use floodnet_measure::metrics::find;
use floodnet_scenario::Diagnostics;
use floodnet_scenario::diagnostics::{Bytes, Problem, Sources, WrittenAt};

/// A value and where it stands.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// What is put into a scenario, as `--set KEY=VALUE` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key, with dots between its words.
    pub key: String,
    /// The value as it is written.
    pub value: String,
    /// Where the plan says so; none if it was no plan.
    pub origin: Option<WrittenAt>,
}

impl Setting {
    /// One that was not written in a plan.
    #[must_use]
    pub const fn plain(key: String, value: String) -> Self {
        Self { key, value, origin: None }
    }
}

/// A dotted key, and where each of its words stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    pub(crate) key: String,
    pub(crate) words: Vec<Bytes>,
}

impl Path {
    /// The key `next` in the table at this key. It may hold dots itself.
    pub(crate) fn join(&self, next: &Spanned<std::borrow::Cow<'_, str>>) -> Self {
        let dot = if self.key.is_empty() { "" } else { "." };
        let mut words = self.words.clone();
        words.extend(next.get_ref().split('.').map(|_| next.span()));
        Self { key: format!("{}{dot}{}", self.key, next.get_ref()), words }
    }

    /// Puts `value` at this key, which is written at `place` if it stands there in these words.
    pub(crate) fn set(&self, value: String, place: Option<Bytes>) -> Setting {
        let origin = WrittenAt { key: self.words.clone(), value: place };
        Setting { key: self.key.clone(), value, origin: Some(origin) }
    }
}

/// What is read, and what is wrong.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    problems: Vec<Problem>,
}

/// Reads the plan in `text`, which stands at `path`.
pub(crate) fn read<T>(
    path: &std::path::Path,
    text: &str,
    read: impl FnOnce(&mut Reader<'_>, &DeTable<'_>) -> T,
) -> Result<T, Diagnostics> {
    let mut sources = Sources::default();
    sources.add(&path.display().to_string(), text);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let problem = Problem::from_message(error.span(), error.message());
            return Err(Diagnostics::new(sources, vec![problem]));
        }
    };
    let mut reader = Reader { text, problems: Vec::new() };
    let plan = read(&mut reader, table.get_ref());
    if reader.problems.is_empty() { Ok(plan) } else { Err(Diagnostics::new(sources, reader.problems)) }
}

impl Reader<'_> {
    /// Every key below `value` whose value is no table, with dots between the words; `help` says how to write them.
    pub(crate) fn leaves<'v>(
        &mut self,
        prefix: &Path,
        value: &'v Value<'_>,
        help: &str,
        each: &mut dyn FnMut(&mut Self, Path, &'v Value<'_>),
    ) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong(value.span(), "expected a table".to_owned(), help.to_owned());
        };
        for (key, value) in table {
            let path = prefix.join(key);
            if let DeValue::Table(_) = value.get_ref() {
                self.leaves(&path, value, help, each);
            } else {
                each(self, path, value);
            }
        }
    }

    /// A value as it is written.
    pub(crate) fn source(&self, value: &Value<'_>) -> String {
        self.text.get(value.span()).unwrap_or_default().to_owned()
    }

    pub(crate) fn word(&mut self, value: &Value<'_>) -> String {
        if let DeValue::String(text) = value.get_ref() {
            return text.to_string();
        }
        self.wrong(value.span(), "expected a string".to_owned(), String::new());
        String::new()
    }

    /// The number of runs of each cell.
    pub(crate) fn count(&mut self, value: &Value<'_>) -> u32 {
        let text = self.source(value).replace('_', "");
        match text.parse().ok().filter(|&count: &u32| count > 0) {
            Some(count) => count,
            None => {
                let label = "write how many runs each cell has, such as 20".to_owned();
                self.wrong(value.span(), format!("invalid number of runs `{text}`"), label);
                1
            }
        }
    }

    pub(crate) fn metrics(&mut self, value: &Value<'_>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            let label = "for example [\"delivery_ratio\", \"latency_ms.p99\"]".to_owned();
            self.wrong(value.span(), "expected a list of metrics".to_owned(), label);
            return Vec::new();
        };
        items.iter().map(|item| self.metric(item)).collect()
    }

    /// The name of one metric.
    pub(crate) fn metric(&mut self, value: &Value<'_>) -> String {
        let metric = self.word(value);
        if let Err(unknown) = find(&metric) {
            self.wrong(value.span(), format!("unknown metric `{metric}`"), unknown.hint);
        }
        metric
    }

    /// Says that the scenario is not named, if it is not.
    pub(crate) fn needs_scenario(&mut self, table: &DeTable<'_>) {
        if !table.contains_key("scenario") {
            let label = "write scenario = \"../churn.toml\"".to_owned();
            self.wrong(0..0, "missing key `scenario`".to_owned(), label);
        }
    }

    pub(crate) fn wrong(&mut self, span: Bytes, title: String, label: String) {
        self.problems.push(Problem { span: (span.end > 0).then_some(span), title, label });
    }
}
