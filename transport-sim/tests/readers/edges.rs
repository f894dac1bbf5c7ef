//! Edge lists.

use floodnet_sim::graph::read_edges;

use super::Right::{self, Read, Refused};

/// The edges by their labels, as text.
type Case = (&'static str, &'static str, Right<&'static str>);

const LINE: &str = "0-1 1-2";

const FILES: [Case; 62] = [
    ("blanks", "0 1\n1 2\n", Read(LINE)),
    ("tabs", "0\t1\n1\t2\n", Read(LINE)),
    ("commas", "0,1\n1,2\n", Read(LINE)),
    ("semicolons", "0;1\n1;2\n", Read(LINE)),
    ("commas and blanks", "0, 1\n1 ,\t2\n", Read(LINE)),
    ("aligned", "  0    1\n  1    2   \n", Read(LINE)),
    ("no end of the last line", "0 1\n1 2", Read(LINE)),
    ("CRLF", "0 1\r\n1 2\r\n", Read(LINE)),
    ("old Mac", "0 1\r1 2\r", Read(LINE)),
    ("ends of all kinds", "0 1\r\r\n1 2\n\n", Read(LINE)),
    ("byte order mark", "\u{feff}0 1\n1 2\n", Read(LINE)),
    ("byte order mark and comment", "\u{feff}# 9 9\n0 1\n1 2\n", Read(LINE)),
    ("comments and blank lines", "# a\n\n0 1\n % b\n \t \n1 2\n", Read(LINE)),
    ("comments behind", "0 1 # first\n1 2\t#second\n", Read(LINE)),
    ("quotes", "\"0\",\"1\"\n\"1\",\"2\"\n", Read(LINE)),
    (
        "quotes and blanks",
        "\"0\" \"1\"\n\" 1 \" 2\n",
        Refused(Some((2, 1)), "quotes stand in odd places of `\"`"),
    ),
    ("loops and repeats", "1 0\n0 1\n1 1\n1 2\n0 1\n", Read(LINE)),
    ("a node alone", "7 7\n", Read("")),
    ("greatest label", "0 18446744073709551615\n", Read("0-18446744073709551615")),
    ("zeros ahead", "00 01\n1 002\n", Read(LINE)),
    ("weight", "0,1,5\n1,2,0.5\n", Read(LINE)),
    ("weights of all kinds", "0 1 -1\n1 2 1e-3\n", Read(LINE)),
    ("blank weight", "0,1,\n1,2,5\n", Read(LINE)),
    ("weight and time", "0 1 1 1082040961\n1 2 1 1082040962\n", Read(LINE)),
    ("heading", "source,target\n0,1\n1,2\n", Read(LINE)),
    ("heading of SNAP", "FromNodeId\tToNodeId\n0\t1\n1\t2\n", Read(LINE)),
    ("heading of Gephi", "Source,Target,Type,Id\n0,1,Undirected,0\n1,2,Undirected,1\n", Read(LINE)),
    ("heading in another order", "weight,to,from\n9,1,0\n9,2,1\n", Read(LINE)),
    ("column of row numbers", ",source,target\n0,0,1\n1,1,2\n", Read(LINE)),
    ("quoted heading", "\"from\",\"to\"\n0,1\n1,2\n", Read(LINE)),
    ("names in a quoted column", "name,from,to\n\"a, b\",0,1\n\"c\",1,2\n", Read(LINE)),
    ("empty", "", Refused(None, "no link")),
    ("only comments", "# a\n% b\n\n", Refused(None, "no link")),
    ("only a heading", "source,target\n", Refused(None, "no link")),
    (
        "blank target",
        "0,1,5\n1,2,5\n2,,9\n",
        Refused(Some((3, 3)), "line 3, column 2: the second label is missing"),
    ),
    ("blank source", "0\t1\n\t2\n", Refused(Some((2, 1)), "line 2, column 1: the first label is missing")),
    ("tabs around nothing", "0\t1\t5\n1\t\t2\n", Refused(Some((2, 3)), "the second label is missing")),
    ("blank cell in quotes", "0,1\n1,\"\"\n", Refused(Some((2, 4)), "the second label is missing")),
    ("one label", "# fine\n3\n", Refused(Some((2, 2)), "line 2: the second label is missing")),
    ("one label less", "0 1\n1\n", Refused(Some((2, 1)), "line 2: 1 cell, but line 1 has 2")),
    ("one label more", "0 1\n1 2 3\n", Refused(Some((2, 5)), "line 2: 3 cells, but line 1 has 2")),
    ("two edges in a line", "0 1 1 2 2 3\n", Refused(Some((1, 1)), "6 cells, but no heading says")),
    ("neighbors of each node", "0 1 2\n1 0 2\n2 0 1\n", Refused(None, "neighbors of each node")),
    ("some neighbors of each", "0 1 2\n1 0\n2 0\n", Refused(Some((2, 3)), "line 2: 2 cells")),
    ("weights like labels", "0 1 1\n1 2 1\n2 0 1\n", Read("0-1 0-2 1-2")),
    ("names", "alice bob\n", Refused(Some((1, 1)), "no column is called `source`")),
    ("a name later", "0 1\n1 bob\n", Refused(Some((2, 3)), "column 2: `bob` is not a whole number in range")),
    (
        "a heading again",
        "source,target\n0,1\nsource,target\n",
        Refused(Some((3, 1)), "`source` is not a whole"),
    ),
    ("a heading of another kind", "id,name\n0,1\n", Refused(Some((1, 1)), "no column is called `source`")),
    ("a heading with a name twice", "from,source,to\n0,1,2\n", Refused(Some((1, 6)), "names `source` twice")),
    ("negative", "0 1\n1 -2\n", Refused(Some((2, 3)), "`-2` is not a whole number in range")),
    ("decimals", "0 1\n1 2.0\n", Refused(Some((2, 3)), "`2.0` is not a whole number in range")),
    ("beyond 64 bits", "0 18446744073709551616\n", Refused(Some((1, 3)), "is not a whole number in range")),
    ("signs, digits of others", "0 1\n+1 2\n", Refused(Some((2, 1)), "`+1` is not a whole number")),
    ("separators mixed", "0 1\n1,2\n", Refused(Some((2, 1)), "line 2: 1 cell, but line 1 has 2")),
    ("separators mixed later", "0,1\n1 2\n", Refused(Some((2, 1)), "line 2: 1 cell")),
    ("an open quote", "0,1\n\"1,2\n", Refused(Some((2, 1)), "quotes stand in odd places of `\"1,2`")),
    ("a quote inside", "0,1\n\"1\"1,2\n", Refused(Some((2, 1)), "quotes stand in odd places of `\"1\"1`")),
    ("Matrix Market", "%%MatrixMarket matrix\n3 3 2\n1 2 1\n", Refused(Some((1, 1)), "Matrix Market")),
    ("an attribute", "0 1 {}\n", Refused(Some((1, 5)), "column 3: `{}` is not a number")),
    (
        "a file of another kind",
        "<?xml version=\"1.0\"?>\n",
        Refused(Some((1, 7)), "quotes stand in odd places"),
    ),
    ("a zero byte", "0 1\n1 2\0\n", Refused(Some((2, 4)), "is no text")),
];

#[test]
fn odd_files() {
    let expected: Vec<(&str, &str, Right<String>)> = FILES
        .iter()
        .map(|&(name, text, right)| match right {
            Read(edges) => (name, text, Read(edges.to_owned())),
            Refused(place, words) => (name, text, Refused(place, words)),
        })
        .collect();
    super::check(&expected, |bytes| {
        let (graph, labels) = read_edges(bytes)?;
        let mut edges: Vec<(u64, u64)> =
            graph.edges().map(|(a, b)| (labels[a as usize], labels[b as usize])).collect();
        edges.sort_unstable();
        Ok(edges.iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>().join(" "))
    });
}
