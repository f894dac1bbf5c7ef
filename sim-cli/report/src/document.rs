//! A page of many runs: verdicts, pictures and tables, without a player.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::{STYLE, policy};

/// What such a page shows: plain data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// The program that made the page, with version and revision.
    pub program: String,
    /// What it is about, a line each.
    pub about: Vec<String>,
    /// What comes of it, in a sentence.
    pub conclusion: String,
    /// Whether that is good; none if it is neither.
    pub is_good: Option<bool>,
    /// Parts in their order.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Lines above all else.
    pub notes: Vec<String>,
    /// Pictures, each with what it shows, as the text of an SVG file that is safe to stand in a page.
    pub pictures: Vec<(String, String)>,
    /// A table.
    pub table: Option<Table>,
    /// Whether it is folded at first.
    pub is_folded: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns, and whether numbers stand in them.
    pub head: Vec<(String, bool)>,
    /// Rows of cells.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// Whether that is good; none if it is neither.
    pub is_good: Option<bool>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, is_good: None }
    }
}

/// The class for a verdict.
const fn verdict(is_good: Option<bool>) -> Option<&'static str> {
    match is_good {
        Some(true) => Some("holds"),
        Some(false) => Some("fails"),
        None => None,
    }
}

pub(super) fn document(document: &Document) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(None));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(document.program);
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (document.title) }
                    @for line in &document.about { p { (line) } }
                    p class="muted" { (document.program) }
                }
                main {
                    p class=[verdict(document.is_good)] { (document.conclusion) }
                    @for part in &document.sections { (section(part)) }
                }
            }
        }
    }
}

fn section(section: &Section) -> Markup {
    let inside = html! {
        @for note in &section.notes { p { (note) } }
        @if !section.pictures.is_empty() {
            div class="charts" {
                @for (about, svg) in &section.pictures {
                    figure class="picture" role="img" aria-label=(about) { (PreEscaped(svg)) }
                }
            }
        }
        @if let Some(of) = &section.table { (table(of)) }
    };
    html! {
        section {
            h2 { (section.title) }
            @if section.is_folded { details { summary { "show" } (inside) } } @else { (inside) }
        }
    }
}

fn table(table: &Table) -> Markup {
    let class =
        |place: usize| table.head.get(place).is_some_and(|(_, is_number)| *is_number).then_some("right");
    html! {
        div class="scroll" {
            table {
                thead { tr {
                    @for (place, (name, _)) in table.head.iter().enumerate() {
                        th scope="col" class=[class(place)] { (name) }
                    }
                } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell.text) } } @else {
                                    td class=[verdict(cell.is_good).or(class(place))] { (cell.text) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
