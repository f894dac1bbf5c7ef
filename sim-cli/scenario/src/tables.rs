//! The registry of protocol tables: which words may follow `overlay.` and `broadcast.`.
//!
//! The language does not know the protocols. Each brings a type for its table; here the types are erased to
//! what the language needs: read a table with errors at the exact key, write it back with every default
//! filled in, describe it for editors.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use toml::de::ValueDeserializer;

use super::diagnostics::Complaint;
use super::document::Node;

/// A protocol table with more to say than its types.
pub trait CheckedTable: DeserializeOwned + Serialize + JsonSchema {
    /// Keys whose value is a file: looked up beside the scenario, and made absolute before the table is read.
    const FILES: &'static [&'static str] = &[];

    /// Every reason for which this protocol drops what it has received or should send, as it names them.
    /// None: not told, so any reason can be expected of a run.
    const DROPS: Option<&'static [&'static str]> = None;

    /// Fills in defaults that depend on other keys. Called once, after reading.
    fn fill_in(&mut self) {}

    /// What is wrong with the values. `slots` is the number of slots, if the scenario says it. Called after
    /// [`CheckedTable::fill_in`].
    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let _ = slots;
        Vec::new()
    }
}

/// What reading a table gives: all its keys, or what is wrong.
pub(crate) enum ReadError {
    /// A value of the wrong form, with its place.
    Form(toml::de::Error),
    /// Values without meaning.
    Meaning(Vec<Complaint>),
}

/// A kind of table that a protocol registers: its key, its form, its schema.
#[derive(Clone, Debug)]
pub struct TableKind {
    key: &'static str,
    files: &'static [&'static str],
    drops: Option<&'static [&'static str]>,
    read: fn(Node<'_>, Option<u32>) -> Result<toml::Table, ReadError>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl TableKind {
    /// The table `T` under `overlay.KEY` or `broadcast.KEY`. Refuse unknown keys in `T` with
    /// `#[serde(deny_unknown_fields)]`, and give it serde defaults.
    #[must_use]
    pub fn of<T: DeserializeOwned + Serialize + JsonSchema>(key: &'static str) -> Self {
        Self {
            key,
            files: &[],
            drops: None,
            read: |node, _| write(&read::<T>(node)?),
            schema: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// The same for a table with rules of its own.
    #[must_use]
    pub fn checked<T: CheckedTable>(key: &'static str) -> Self {
        let read = |node: Node<'_>, slots: Option<u32>| {
            let mut table = read::<T>(node)?;
            table.fill_in();
            let complaints = table.complaints(slots);
            if complaints.is_empty() { write(&table) } else { Err(ReadError::Meaning(complaints)) }
        };
        Self { key, files: T::FILES, drops: T::DROPS, read, schema: SchemaGenerator::subschema_for::<T> }
    }

    /// The word after `overlay.` or `broadcast.`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    pub(crate) const fn files(&self) -> &'static [&'static str] {
        self.files
    }

    pub(crate) const fn drops(&self) -> Option<&'static [&'static str]> {
        self.drops
    }

    /// Reads a table and gives it back with every default filled in.
    pub(crate) fn read(&self, node: Node<'_>, slots: Option<u32>) -> Result<toml::Table, ReadError> {
        (self.read)(node, slots)
    }

    pub(crate) fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

fn read<T: DeserializeOwned>(node: Node<'_>) -> Result<T, ReadError> {
    T::deserialize(ValueDeserializer::from(node)).map_err(ReadError::Form)
}

fn write<T: Serialize>(table: &T) -> Result<toml::Table, ReadError> {
    let why = match toml::Value::try_from(table) {
        Ok(toml::Value::Table(table)) => return Ok(table),
        Ok(other) => format!("it is written as a {}", other.type_str()),
        Err(error) => error.to_string(),
    };
    let title = "the settings of this protocol have no form as a table";
    Err(ReadError::Meaning(vec![Complaint::new("", title, why)]))
}

/// The protocols that a scenario can name.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Kinds of tables under `overlay`.
    pub overlays: Vec<TableKind>,
    /// Kinds of tables under `broadcast`.
    pub broadcasts: Vec<TableKind>,
    /// Keys of overlay and broadcast that can run together.
    pub pairs: Vec<(&'static str, &'static str)>,
}

impl Tables {
    /// The keys of a scenario that name files.
    pub fn file_keys(&self) -> Vec<String> {
        let mut keys = vec!["link.latency.matrix.file".to_owned(), "churn.session.trace.file".to_owned()];
        for (group, kinds) in [("overlay", &self.overlays), ("broadcast", &self.broadcasts)] {
            for kind in kinds {
                keys.extend(kind.files().iter().map(|file| format!("{group}.{}.{file}", kind.key())));
            }
        }
        keys
    }
}

/// The one table under `overlay` or `broadcast`, with every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTable {
    /// Which protocol: the word after `overlay.` or `broadcast.`.
    pub key: String,
    /// Its settings.
    pub table: toml::Table,
}

impl NamedTable {
    /// The settings as their own type.
    ///
    /// # Errors
    /// When `T` is not the type that the key was registered with (or reads differently from what it writes).
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, toml::de::Error> {
        self.table.clone().try_into()
    }
}

impl Serialize for NamedTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.key, &self.table)])
    }
}
