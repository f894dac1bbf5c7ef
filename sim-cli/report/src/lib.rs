//! A run as one page that opens anywhere: numbers and pictures that are there without scripts, and a player of the
//! overlay. Plain data in, text out.
//!
//! | module | subject |
//! |---|---|
//! | [`data`] | what a page shows |
//! | `page` | the page and its parts |
//! | `charts` | what is drawn, on the frames of `chart` |
//! | `choice` | the messages that stand for all |
//! | `pack` | the recording that the player plays, as text |
//!
//! The page asks for nothing: its policy forbids every request, and allows its own style and script by their hashes.
//! Whatever comes from a scenario stands in it escaped. It has no time of its making, no path and no name of a
//! machine: the same data give the same bytes.

mod chart;
mod charts;
mod choice;
pub mod data;
pub mod document;
mod pack;
mod page;

pub use choice::worst;
pub use data::Report;

/// The page of a sweep or of a comparison.
#[must_use]
pub fn document(document: &document::Document) -> String {
    document::document(document).into_string()
}

/// The page of `report`.
#[must_use]
pub fn page(report: &Report) -> String {
    page::page(report).into_string()
}
