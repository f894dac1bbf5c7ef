//! Arguments that several commands take, and how their texts are read.

use clap::{Args, ValueEnum};

/// The form of what a command prints.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

/// The form of a table that pages can hold as well.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableFormat {
    Text,
    Json,
    Markdown,
}

impl From<Format> for TableFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

/// Values that replace those of a scenario file.
#[derive(Args, Debug, Default)]
pub(super) struct Overrides {
    /// Seed of all random choices: a number, hexadecimal (0x2a), or "random"
    #[arg(long, value_name = "SEED", allow_hyphen_values = true)]
    pub(super) seed: Option<String>,
    /// Override a scenario key, e.g. link.loss=0.05 or traffic.0.every=10ms (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) set: Vec<(String, String)>,
}

/// Reads a share: a percentage, or a number.
pub(super) fn percentage(text: &str) -> Result<f64, String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    share.ok_or_else(|| format!("invalid percentage `{text}` (example: 5%)"))
}

/// Reads `KEY=VALUE`.
pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` has no `=` (expected KEY=VALUE, e.g. link.loss=0.05)"))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}
