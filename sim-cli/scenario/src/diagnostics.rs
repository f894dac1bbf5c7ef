//! What is wrong with a scenario, shown at the place where it is written.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use floodnet_core::tables::FilePlace;

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
        whole.then_some((source, start..first_line_end(&source.text, start, end)))
    }
}

/// `end`, or the end of the line of `start` if that comes first: a caret line shows one line.
fn first_line_end(text: &str, start: usize, end: usize) -> usize {
    text[start..end].find(['\n', '\r']).map_or(end, |length| start + length)
}

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

    /// How many problems there are; never 0.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len()
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

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
