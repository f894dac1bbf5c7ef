//! The registry of protocol tables: which words may follow `overlay.` and `broadcast.`.
//!
//! The language does not know the protocols. Each brings a type for its table; here the types are erased to
//! what the language needs: read a table with errors at the exact key, write it back with every default
//! filled in, describe it for editors.

use floodnet_core::tables::{CheckedTable, Complaint, Draw};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use toml::de::ValueDeserializer;

use super::document::Node;

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
    weight: u32,
    read: fn(Node<'_>, Option<u32>) -> Result<toml::Table, ReadError>,
    draw: fn(&mut Draw) -> toml::Table,
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
            weight: 0,
            read: |node, _| write(&read::<T>(node)?),
            draw: |_| toml::Table::new(),
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
        Self {
            key,
            files: T::FILES,
            drops: T::DROPS,
            weight: T::WEIGHT,
            read,
            draw: drawn::<T>,
            schema: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// The word after `overlay.` or `broadcast.`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    pub(crate) const fn files(&self) -> &'static [&'static str] {
        self.files
    }

    /// The reasons for which the protocol ignores input; none if it does not tell.
    #[must_use]
    pub const fn drops(&self) -> Option<&'static [&'static str]> {
        self.drops
    }

    /// How often a fuzz campaign draws it, in proportion to the others of its layer.
    #[must_use]
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// Random settings for a scenario of a fuzz campaign: the keys that differ from the defaults.
    pub fn draw(&self, draw: &mut Draw) -> toml::Table {
        (self.draw)(draw)
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

fn drawn<T: CheckedTable>(draw: &mut Draw) -> toml::Table {
    let Some(drawn) = T::draw(draw) else { return toml::Table::new() };
    // What cannot be written cannot be read either: the scenario that is drawn says so.
    let mut table = write(&drawn).unwrap_or_default();
    let default = T::deserialize(toml::Table::new()).ok().and_then(|table| write(&table).ok());
    table.retain(|key, value| default.as_ref().and_then(|default| default.get(key)) != Some(value));
    table
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
    /// The settings as their own type, which may stand for several protocols: then it is read with the name around it.
    ///
    /// # Errors
    /// When `T` is not the type that the key was registered with (or reads differently from what it writes).
    pub fn read<T: CheckedTable>(&self) -> Result<T, toml::de::Error> {
        let table = self.table.clone();
        if T::IS_NAMED {
            return toml::Table::from_iter([(self.key.clone(), toml::Value::Table(table))]).try_into();
        }
        table.try_into()
    }
}

impl Serialize for NamedTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.key, &self.table)])
    }
}
