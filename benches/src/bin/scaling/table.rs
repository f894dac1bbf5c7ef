//! The table of measured points, as CSV.

use std::fmt;
use std::io::Read;

use floodnet_sim::read::{Column, Columns, Further, Heading, Kind, ReadError, Record};

/// The names of the columns.
pub(crate) const HEAD: &str = "varied,transport,nodes,degree,messages,packets,runs,least_ns,median_ns";

/// What a point stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Varied {
    Nodes,
    Degree,
    Messages,
}

impl Varied {
    /// All, in the order in which they are drawn.
    pub(crate) const ALL: [Self; 3] = [Self::Nodes, Self::Degree, Self::Messages];

    /// The name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Degree => "degree",
            Self::Messages => "messages",
        }
    }
}

/// One point: a flood over a random graph, run some times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Which of nodes, degree and messages the point was measured for.
    pub(crate) varied: Varied,
    /// Over streams; else by datagrams.
    pub(crate) stream: bool,
    /// How many nodes.
    pub(crate) nodes: u32,
    /// Mean degree.
    pub(crate) degree: u32,
    /// How many messages.
    pub(crate) messages: u32,
    /// Packets taken in by a run, those that open streams included.
    pub(crate) packets: u64,
    /// How many runs.
    pub(crate) runs: u32,
    /// Nanoseconds per packet of the quickest run.
    pub(crate) least_ns: f64,
    /// Nanoseconds per packet of the median run.
    pub(crate) median_ns: f64,
}

impl Row {
    /// What was varied.
    pub(crate) const fn across(&self) -> u32 {
        match self.varied {
            Varied::Nodes => self.nodes,
            Varied::Degree => self.degree,
            Varied::Messages => self.messages,
        }
    }
}

impl fmt::Display for Row {
    /// A line of the table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, degree, messages, packets, runs, least_ns, median_ns, .. } = self;
        let (varied, transport) = (self.varied.name(), if self.stream { "stream" } else { "datagram" });
        write!(
            f,
            "{varied},{transport},{nodes},{degree},{messages},{packets},{runs},{least_ns:.1},{median_ns:.1}"
        )
    }
}

/// The whole table.
pub(crate) fn write(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| format!("{row}\n"));
    std::iter::once(format!("{HEAD}\n")).chain(lines).collect()
}

/// A column of the table.
const fn column(name: &'static str) -> Column {
    Column { name, also: &[], blank: "a cell is blank", help: AGAIN }
}
const AGAIN: &str = "measure again: this table is not as it was written";

/// The table, by the names of [`HEAD`].
const TABLE: Kind = Kind {
    columns: &[
        column("varied"),
        column("transport"),
        column("nodes"),
        column("degree"),
        column("messages"),
        column("packets"),
        column("runs"),
        column("least_ns"),
        column("median_ns"),
    ],
    heading: Heading::Required,
    further: Further::Named,
    help: AGAIN,
};

/// The rows of a table.
///
/// # Errors
/// Says which line is none.
pub(crate) fn read(from: impl Read) -> Result<Vec<Row>, ReadError> {
    let mut table = Columns::new(&TABLE, from);
    let mut rows = Vec::new();
    while let Some(record) = table.next()? {
        rows.push(row(&record)?);
    }
    Ok(rows)
}

fn row(record: &Record<'_>) -> Result<Row, ReadError> {
    Ok(Row {
        varied: Varied::ALL[record.word(0, &Varied::ALL.map(Varied::name))?],
        stream: record.word(1, &["datagram", "stream"])? == 1,
        nodes: record.whole(2)?,
        degree: record.whole(3)?,
        messages: record.whole(4)?,
        packets: record.whole(5)?,
        runs: record.whole(6)?,
        least_ns: record.decimal(7)?,
        median_ns: record.decimal(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_went() {
        let row = |varied, stream| Row {
            varied,
            stream,
            nodes: 1_000,
            degree: 6,
            messages: 5,
            packets: 25_000,
            runs: 3,
            least_ns: 81.5,
            median_ns: 90.0,
        };
        let rows = vec![row(Varied::Nodes, true), row(Varied::Degree, false), row(Varied::Messages, true)];
        assert_eq!(read(write(&rows).as_bytes()), Ok(rows));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(read("".as_bytes()).is_err());
        for line in ["nodes,stream,1,2,3", "nodes,pigeon,1,2,3,4,5,6.0,7.0", "nodes,stream,1,2,3,4,5,NaN,7.0"]
        {
            let refused = read(format!("{HEAD}\n{line}\n").as_bytes()).expect_err("no row").to_string();
            assert!(refused.contains("line 2"), "{refused}");
        }
    }
}
