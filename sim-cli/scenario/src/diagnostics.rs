//! What is wrong with a scenario, shown at the place where it is written.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use floodnet_core::tables::FilePlace;
use serde::Serialize;
use toml::de::{DeTable, DeValue};

/// A range of bytes in the texts of a document; see [`Sources`].
pub type Bytes = Range<usize>;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, or none when it is about the file as a whole.
    pub span: Option<Bytes>,
    /// What is wrong, in one line.
    pub title: String,
    /// What to write instead or why, in one line; may be empty.
    pub label: String,
}

impl Problem {
    /// A message whose first line is the title and whose second, if any, is the label.
    pub fn from_message(span: Option<Bytes>, message: &str) -> Self {
        let (title, label) = message.split_once('\n').unwrap_or((message, ""));
        Self { span, title: title.to_owned(), label: label.to_owned() }
    }
}

/// A problem with its place in words, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// The file, or the option that it came from.
    pub file: String,
    /// Line, from 1; none when it is about the file as a whole.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Dotted path of the key; none where no key is.
    pub key: Option<String>,
    /// What is wrong.
    pub title: String,
    /// What to write instead or why; may be empty.
    pub help: String,
}

/// A text that keys and values came from: the file, or one `--set`.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    offset: usize,
}

/// All texts of a document in one space of byte positions, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text and returns the position of its first byte.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        let offset = self.0.last().map_or(0, |last| last.offset + last.text.len() + 1);
        self.0.push(Source { name: name.to_owned(), text: text.to_owned(), offset });
        offset
    }

    fn find(&self, span: &Bytes) -> Option<(&Source, Bytes)> {
        let source = self.0.iter().rev().find(|source| source.offset <= span.start)?;
        let clip = |position: usize| (position - source.offset).min(source.text.len());
        let (start, end) = (clip(span.start), clip(span.end));
        let whole = source.text.is_char_boundary(start) && source.text.is_char_boundary(end);
        whole.then(|| (source, start..first_line_end(&source.text, start, end)))
    }
}

/// `end`, or the end of the line of `start` if that comes first: a caret line shows one line.
fn first_line_end(text: &str, start: usize, end: usize) -> usize {
    text[start..end].find(['\n', '\r']).map_or(end, |length| start + length)
}

/// Where an override stands that was written in a file and not as an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenAt {
    /// Each word of the key.
    pub key: Vec<Bytes>,
    /// The value, if it stands there as it was put in.
    pub value: Option<Bytes>,
}

impl WrittenAt {
    /// Where `span` of the text `KEY=VALUE` stands in the file.
    fn place(&self, text: &str, span: &Bytes) -> Option<Bytes> {
        let value_at = text.find('=')? + 1;
        if span.start >= value_at {
            let value = self.value.as_ref()?;
            let at = |position: usize| (value.start + position - value_at).min(value.end);
            return Some(at(span.start)..at(span.end));
        }
        let word = text.get(..span.start)?.matches('.').count();
        self.key.get(word).cloned()
    }
}

/// What the parts of a document are called that came from options.
pub(crate) const OVERRIDE: &str = "--set";

/// Everything that is wrong with a scenario. Shows each problem as rustc would: title, `--> file:line:column`,
/// the line, and a caret under the key or value.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    sources: Sources,
    problems: Vec<Problem>,
    /// Where the one problem is, if it is not in the sources but in a file that they name.
    place: Option<FilePlace>,
}

impl Diagnostics {
    /// The problems found in `sources`, in the order of their places.
    pub fn new(sources: Sources, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        problems.dedup();
        Self { sources, problems, place: None }
    }

    /// A problem at `place` in a file that `sources` name where the problem has its span.
    pub fn in_file(sources: Sources, problem: Problem, place: FilePlace) -> Self {
        Self { sources, problems: vec![problem], place: Some(place) }
    }

    /// A problem with the file as a whole, such as that it cannot be read.
    pub fn of_file(name: &str, title: String, label: String) -> Self {
        let mut sources = Sources::default();
        sources.add(name, "");
        Self::new(sources, vec![Problem { span: None, title, label }])
    }

    /// The same, with problems of overrides shown where these stand in the file called `name`, which holds `text`:
    /// `origins` are theirs, in their order. Others say that they are those of `whose`.
    #[must_use]
    pub fn moved(mut self, (name, text): (&str, &str), origins: &[Option<WrittenAt>], whose: &str) -> Self {
        let overrides: Vec<Source> =
            self.sources.0.iter().filter(|source| source.name == OVERRIDE).cloned().collect();
        let base = self.sources.add(name, text);
        for problem in &mut self.problems {
            let Some(span) = &problem.span else { continue };
            let is_in = |of: &Source| (of.offset..=of.offset + of.text.len()).contains(&span.start);
            let Some(place) = overrides.iter().position(is_in) else {
                problem.title = format!("{} ({whose})", problem.title);
                continue;
            };
            let source = &overrides[place];
            let within = span.start - source.offset..span.end.max(span.start) - source.offset;
            let origin = origins.get(place).and_then(Option::as_ref);
            // Of a value that is written in another way, its key is shown.
            let found = origin.and_then(|of| of.place(&source.text, &within).or(of.key.last().cloned()));
            if let Some(found) = found {
                problem.span = Some(found.start + base..found.end + base);
            }
        }
        self
    }

    /// How many problems there are; never 0.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// The problems with their places, in order.
    #[must_use]
    pub fn located(&self) -> Vec<Located> {
        self.problems.iter().map(|problem| self.locate(problem)).collect()
    }

    fn locate(&self, problem: &Problem) -> Located {
        let (title, help) = (problem.title.clone(), problem.label.clone());
        let Some((source, span)) = problem.span.as_ref().and_then(|span| self.sources.find(span)) else {
            let file = self.sources.0.first().map_or_else(String::new, |source| source.name.clone());
            return Located { file, line: None, column: None, key: None, title, help };
        };
        let before = source.text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let located = Located {
            file: source.name.clone(),
            line: Some(before.matches('\n').count() + 1),
            column: Some(before[line_start..].chars().count() + 1),
            key: DeTable::parse(&source.text).ok().and_then(|table| key_at(table.get_ref(), span.start)),
            title,
            help,
        };
        match &self.place {
            // In a file that the key names.
            Some(FilePlace { path, line, text, span }) => Located {
                file: path.clone(),
                line: Some(*line),
                column: Some(text.get(..span.start).unwrap_or_default().chars().count() + 1),
                ..located
            },
            None => located,
        }
    }

    /// The report as text, with terminal colors or without.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let reports = self.problems.iter().map(|problem| {
            let group = self.group(problem);
            renderer.render(&[group])
        });
        reports.collect::<Vec<_>>().join("\n\n")
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let title = Level::ERROR.primary_title(problem.title.as_str());
        let found = problem.span.as_ref().and_then(|span| self.sources.find(span));
        if let Some(place) = &self.place {
            let group = title.element(excerpt(place, &problem.label));
            let named = found.map(|(source, span)| {
                let here = AnnotationKind::Context.span(span).label("the file is named here");
                Snippet::source(source.text.as_str()).path(source.name.as_str()).annotation(here)
            });
            return group.elements(named);
        }
        let Some((source, span)) = found else {
            let name = self.sources.0.first().map_or("", |source| source.name.as_str());
            let group = title.element(Origin::path(name));
            return if problem.label.is_empty() {
                group
            } else {
                group.element(Level::HELP.message(problem.label.as_str()))
            };
        };
        let mut caret = AnnotationKind::Primary.span(span);
        if !problem.label.is_empty() {
            caret = caret.label(problem.label.as_str());
        }
        title.element(Snippet::source(source.text.as_str()).path(source.name.as_str()).annotation(caret))
    }
}

/// The line of a file with a caret under what is wrong.
fn excerpt<'a>(place: &'a FilePlace, label: &'a str) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let caret = AnnotationKind::Primary.span(place.span.clone()).label(label);
    Snippet::source(place.text.as_str()).line_start(place.line).path(place.path.as_str()).annotation(caret)
}

/// The dotted path of the innermost key at `position`: of it, or of its value.
fn key_at(table: &DeTable<'_>, position: usize) -> Option<String> {
    let join = |key: &str, rest: Option<String>| match rest {
        Some(rest) => format!("{key}.{rest}"),
        None => key.to_owned(),
    };
    table.iter().find_map(|(key, value)| {
        let inner = value_at(value.get_ref(), position);
        let is_here = key.span().contains(&position) || value.span().contains(&position) || inner.is_some();
        is_here.then(|| join(key.get_ref(), inner))
    })
}

/// The path below `value` at `position`.
fn value_at(value: &DeValue<'_>, position: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => key_at(table, position),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let inner = value_at(item.get_ref(), position);
            let is_here = item.span().contains(&position) || inner.is_some();
            is_here.then(|| inner.map_or_else(|| index.to_string(), |inner| format!("{index}.{inner}")))
        }),
        _ => None,
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_line_column_and_key() {
        let text = "name = \"ä\"\nlink.loss = 2\n[nodes]\ncount = 5\n[[fault]]\nat = \"1s\"\n[[fault]]\n\
                    crash = { share = 0.1 }\n\"a b\" = [1, 22]\n";
        for (found, line, column, key) in [
            ("ä", 1, 9, Some("name")),
            ("2\n[n", 2, 13, Some("link.loss")),
            ("loss", 2, 6, Some("link.loss")),
            ("5", 4, 9, Some("nodes.count")),
            ("at =", 6, 1, Some("fault.0.at")),
            ("0.1", 8, 19, Some("fault.1.crash.share")),
            ("22", 9, 13, Some("fault.1.a b.1")),
        ] {
            let start = text.find(found).unwrap();
            let mut sources = Sources::default();
            sources.add("a.toml", text);
            let problem = Problem {
                span: Some(start..start + found.len()),
                title: "wrong".to_owned(),
                label: "right".to_owned(),
            };
            let all = Diagnostics::new(sources, vec![problem]).located();
            let [located] = &all[..] else { panic!("{all:?}") };
            assert_eq!((located.line, located.column), (Some(line), Some(column)), "{found}");
            assert_eq!(located.key.as_deref(), key, "{found}");
        }
        let whole = Diagnostics::of_file("a.toml", "empty".to_owned(), "write".to_owned()).located();
        assert_eq!(
            (whole[0].line, whole[0].file.as_str(), whole[0].help.as_str()),
            (None, "a.toml", "write")
        );
    }
}
