//! Recorded sessions.

use floodnet_sim::plan::read_trace;

use super::Right::{self, Read, Refused};

/// Slot, up and down in milliseconds.
type Span = (u32, u64, u64);

/// The sessions in ascending order.
type Case = (&'static str, &'static str, Right<&'static [Span]>);

const TWO: &[Span] = &[(1, 250, 20_000), (2, 0, 10_000)];

const FILES: [Case; 56] = [
    ("commas", "1,0.25,20\n2,0,10\n", Read(TWO)),
    ("semicolons", "1;0.25;20\n2;0;10\n", Read(TWO)),
    ("tabs", "1\t0.25\t20\n2\t0\t10\n", Read(TWO)),
    ("blanks", "1 0.25  20\n2 0     10\n", Read(TWO)),
    ("any order", "2,0,10\n1,0.25,20\n", Read(TWO)),
    ("heading", "slot,up_s,down_s\n1,0.25,20\n2,0,10\n", Read(TWO)),
    ("heading as people write it", "Slot; Up (s); Down (s)\n1;0.25;20\n2;0;10\n", Read(TWO)),
    ("heading in another order", "down_s,up_s,slot\n20,0.25,1\n10,0,2\n", Read(TWO)),
    ("more columns", "slot,name,up_s,down_s\n1,a,0.25,20\n2,,0,10\n", Read(TWO)),
    ("column of row numbers", ",slot,up_s,down_s\n0,1,0.25,20\n1,2,0,10\n", Read(TWO)),
    ("quoted", "\"slot\",\"up_s\",\"down_s\"\n\"1\",\"0.25\",\"20\"\n\"2\",\"0\",\"10\"\n", Read(TWO)),
    ("CRLF", "slot,up_s,down_s\r\n1,0.25,20\r\n2,0,10\r\n", Read(TWO)),
    ("old Mac", "slot,up_s,down_s\r1,0.25,20\r2,0,10\r", Read(TWO)),
    ("byte order mark", "\u{feff}slot,up_s,down_s\n1,0.25,20\n2,0,10\n", Read(TWO)),
    ("comments", "# recorded\n1,0.25,20 # a\n\n% b\n2,0,10\n", Read(TWO)),
    ("a comment before the heading", "# a\nslot,up_s,down_s\n1,0.25,20\n2,0,10\n", Read(TWO)),
    ("exponents", "1,2.5e-1,2e1\n2,0e0,1e+1\n", Read(TWO)),
    ("one after the other", "1,0,1\n1,2,3\n", Read(&[(1, 0, 1_000), (1, 2_000, 3_000)])),
    ("greatest slot", "4294967295,0,1\n", Read(&[(u32::MAX, 0, 1_000)])),
    ("empty", "", Refused(None, "no session is recorded")),
    ("only comments", "# a\n", Refused(None, "no session is recorded")),
    ("only a heading", "slot,up_s,down_s\n", Refused(None, "no session is recorded")),
    (
        "starts nowhere",
        "1,0,5\n3,,20\n",
        Refused(Some((2, 3)), "line 2, column 2: the session starts nowhere"),
    ),
    ("ends nowhere", "1,0,5\n3,6,\n", Refused(Some((2, 5)), "line 2, column 3: the session ends nowhere")),
    ("of nobody", "1,0,5\n,6,7\n", Refused(Some((2, 1)), "line 2, column 1: the slot is missing")),
    ("starts nowhere, with tabs", "1\t0\t5\n3\t\t20\n", Refused(Some((2, 3)), "the session starts nowhere")),
    (
        "starts nowhere, with more columns",
        "slot,up_s,down_s,weight\n3,,20,9\n",
        Refused(Some((2, 3)), "starts nowhere"),
    ),
    ("blank in quotes", "3,\" \",20\n", Refused(Some((1, 5)), "the session starts nowhere")),
    ("a separator behind each line", "1,0,5,\n", Refused(Some((1, 1)), "4 cells, but no heading")),
    ("a row of separators", "1,0,5\n,,\n", Refused(Some((2, 1)), "the slot is missing")),
    ("two columns", "1,2\n", Refused(Some((1, 4)), "line 1: the session ends nowhere")),
    ("one column", "1\n", Refused(Some((1, 2)), "line 1: the session starts nowhere")),
    ("a cell too few", "1,0,5\n2,6\n", Refused(Some((2, 3)), "line 2: 2 cells, but line 1 has 3")),
    ("a cell too many", "1,0,5\n2,6,7,8\n", Refused(Some((2, 7)), "line 2: 4 cells, but line 1 has 3")),
    ("heading without down", "slot,up_s\n1,0\n", Refused(Some((1, 1)), "no column is called `down_s`")),
    (
        "heading in other units",
        "slot,up_ms,down_ms\n1,0,5\n",
        Refused(Some((1, 1)), "no column is called `up_s`"),
    ),
    (
        "heading with a name twice",
        "slot,up_s,down_s,slot\n1,0,5,1\n",
        Refused(Some((1, 18)), "names `slot` twice"),
    ),
    (
        "heading again",
        "slot,up_s,down_s\n1,0,5\nslot,up_s,down_s\n",
        Refused(Some((3, 1)), "`slot` is not a whole"),
    ),
    (
        "heading later",
        "1,2,3\nslot,up_s,down_s\n",
        Refused(Some((2, 1)), "`slot` is not a whole number in range"),
    ),
    ("a name", "a,0,5\n", Refused(Some((1, 1)), "`a` is not a whole number in range")),
    ("a slot with decimals", "1.5,0,5\n", Refused(Some((1, 1)), "`1.5` is not a whole number in range")),
    ("a negative slot", "-1,0,5\n", Refused(Some((1, 1)), "`-1` is not a whole number in range")),
    ("a slot beyond 32 bits", "4294967296,0,5\n", Refused(Some((1, 1)), "is not a whole number in range")),
    ("a negative time", "1,-2,3\n", Refused(Some((1, 3)), "column 2: `-2` is not a number of zero or more")),
    ("for ever", "1,0,inf\n", Refused(Some((1, 5)), "`inf` is not a number")),
    ("never", "1,NaN,5\n", Refused(Some((1, 3)), "`NaN` is not a number")),
    ("beyond all time", "1,0,1e30\n", Refused(Some((1, 5)), "longer than any run")),
    ("a time with its unit", "1,0s,5s\n", Refused(Some((1, 3)), "`0s` is not a number")),
    ("a time of day", "1,00:00:05,00:01:00\n", Refused(Some((1, 3)), "`00:00:05` is not a number")),
    ("decimal commas", "1;0,5;7\n", Refused(Some((1, 3)), "`0,5` is not a number")),
    (
        "ends before it begins",
        "1,2,1.5\n",
        Refused(Some((1, 5)), "slot 1 is down at 1500ms and comes up at 2s only"),
    ),
    ("no length", "1,2,2\n", Refused(Some((1, 5)), "slot 1 is down at 2s and comes up at 2s only")),
    (
        "up twice",
        "1,0,9\n2,0,9\n1,9,12\n",
        Refused(Some((3, 1)), "line 3: the session of slot 1 from 9s to 12s meets the one in line 1"),
    ),
    ("the same again", "1,0,9\n1,0,9\n", Refused(Some((2, 1)), "meets the one in line 1")),
    ("separators mixed", "1,0,5\n2 6 7\n", Refused(Some((2, 1)), "line 2: 1 cell, but line 1 has 3")),
    ("an open quote", "1,\"0,5\n", Refused(Some((1, 3)), "quotes stand in odd places")),
];

#[test]
fn odd_files() {
    let expected: Vec<(&str, &str, Right<Vec<Span>>)> = FILES
        .iter()
        .map(|&(name, text, right)| match right {
            Read(sessions) => (name, text, Read(sessions.to_vec())),
            Refused(place, words) => (name, text, Refused(place, words)),
        })
        .collect();
    super::check(&expected, |bytes| {
        let millis = |time: floodnet_core::time::Time| time.as_nanos() / 1_000_000;
        let sessions = read_trace(bytes)?;
        Ok(sessions.iter().map(|session| (session.slot, millis(session.up), millis(session.down))).collect())
    });
}
