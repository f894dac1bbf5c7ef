use super::*;

/// A file and its rows in words, or where and how it is refused.
type Case = (&'static str, Result<&'static str, &'static str>);

/// Holds a reader against its files.
fn check<T>(
    kind: &'static Kind,
    files: &[Case],
    read: impl Fn(&Record<'_>) -> Result<T, ReadError> + Copy,
    words: impl Fn(&T) -> String,
) {
    assert!(files.len() >= 40, "{} files", files.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    for (text, right) in files {
        std::fs::write(&file, text).unwrap();
        let found =
            rows(kind, &file, read).map(|rows| rows.iter().map(&words).collect::<Vec<_>>().join("; "));
        let found = found.map_err(|error| error.replace(&file.display().to_string(), "f"));
        match (&found, right) {
            (Ok(found), Ok(right)) => assert_eq!(found, right, "{text:?}"),
            (Err(found), Err(right)) => assert!(found.starts_with(right), "{text:?}: {found}"),
            _ => panic!("{text:?}: {found:?} instead of {right:?}"),
        }
    }
}

const POINTS: &str = "1.5 0.25; 2 1";

const LATENCY: [Case; 42] = [
    ("ms,share\n1.5,0.25\n2.0,1.0\n", Ok(POINTS)),
    ("ms,share\n1.5,0.25\n2.0,1.0", Ok(POINTS)),
    ("ms,share\r\n1.5,0.25\r\n2.0,1.0\r\n", Ok(POINTS)),
    ("ms,share\r1.5,0.25\r2.0,1.0\r", Ok(POINTS)),
    ("ms;share\n1.5;0.25\n2;1\n", Ok(POINTS)),
    ("ms\tshare\n1.5\t0.25\n2\t1\n", Ok(POINTS)),
    ("ms share\n1.5 0.25\n2   1\n", Ok(POINTS)),
    ("ms, share\n1.5 , 0.25\n 2, 1\n", Ok(POINTS)),
    ("share,node,ms\n0.25,,1.5\n1.0,7,2.0\n", Ok(POINTS)),
    ("MS,Share\n1.5,0.25\n2,1\n", Ok(POINTS)),
    ("\u{feff}\"ms\",\"share\"\n\"1.5\",\"0.25\"\n2,1\n", Ok(POINTS)),
    ("# a run\nms,share\n1.5,0.25 # early\n\n% b\n2,1\n", Ok(POINTS)),
    (",ms,share\n0,1.5,0.25\n1,2,1\n", Ok(POINTS)),
    ("ms,share\n15e-1,2.5e-1\n2e0,1e0\n", Ok(POINTS)),
    ("ms,share\n+1.5,.25\n2.,1\n", Ok(POINTS)),
    ("name,ms,share\n\"a, b\",1.5,0.25\n\"\"\"c\"\"\",2,1\n", Ok(POINTS)),
    ("ms,share\n-1,0\n", Err("f:2:1: line 2, column 1: `-1` is not a number of zero or more")),
    ("ms,share\n", Ok("")),
    ("", Err("f: the file has no heading")),
    ("# a\n\n", Err("f: the file has no heading")),
    ("1.5,0.25\n", Err("f:1:1: line 1: no column is called `ms`")),
    ("ms\n1.5\n", Err("f:1:1: line 1: no column is called `share`")),
    ("share\n1.5\n", Err("f:1:1: line 1: no column is called `ms`")),
    ("milliseconds,share\n1.5,1\n", Err("f:1:1: line 1: no column is called `ms`")),
    ("ms,share,ms\n", Err("f:1:10: line 1, column 3: the heading names `ms` twice")),
    ("ms,share\n1.5\n", Err("f:2:1: line 2: 1 cell, but line 1 has 2")),
    ("ms,share\n1.5,0.25,3\n", Err("f:2:10: line 2: 3 cells, but line 1 has 2")),
    ("ms,share\n1.5,0.25,\n", Err("f:2:10: line 2: 3 cells, but line 1 has 2")),
    ("ms,share\n1.5 0.25\n", Err("f:2:1: line 2: 1 cell, but line 1 has 2")),
    ("ms,share\n,0.25\n", Err("f:2:1: line 2, column 1: a cell is blank")),
    ("ms,share\n1.5,\n", Err("f:2:5: line 2, column 2: a cell is blank")),
    ("ms,share\n1.5,\"\"\n", Err("f:2:6: line 2, column 2: a cell is blank")),
    ("ms,share\n,\n", Err("f:2:1: line 2, column 1: a cell is blank")),
    ("ms,share\n1.5,never\n", Err("f:2:5: line 2, column 2: `never` is not a number")),
    ("ms,share\n1.5,inf\n", Err("f:2:5: line 2, column 2: `inf` is not a number")),
    ("ms,share\nnan,1\n", Err("f:2:1: line 2, column 1: `nan` is not a number")),
    ("ms,share\nNA,1\n", Err("f:2:1: line 2, column 1: `NA` is not a number")),
    ("ms,share\n1.5 ms,1\n", Err("f:2:1: line 2, column 1: `1.5 ms` is not a number")),
    ("ms;share\n1,5;0,25\n", Err("f:2:1: line 2, column 1: `1,5` is not a number")),
    ("ms,share\n1.5,25 %\n", Err("f:2:5: line 2, column 2: `25 %` is not a number")),
    ("ms,share\nms,share\n", Err("f:2:1: line 2, column 1: `ms` is not a number")),
    ("ms,share\n\"1.5,1\n", Err("f:2:1: line 2, column 1: quotes stand in odd places of `\"1.5,1`")),
];

const SENT: &str = "1 true 3 2; 2.5 false 0 0";

const MESSAGE: [Case; 42] = [
    ("at_s,counted,receivers,delivered\n1.0,true,3,2\n2.5,false,0,0\n", Ok(SENT)),
    ("at_s,counted,receivers,delivered\n1.0,true,3,2\n2.5,false,0,0", Ok(SENT)),
    ("at_s,counted,receivers,delivered\r\n1,true,3,2\r\n2.5,false,0,0\r\n", Ok(SENT)),
    ("at_s,counted,receivers,delivered\r1,true,3,2\r2.5,false,0,0\r", Ok(SENT)),
    ("at_s;counted;receivers;delivered\n1;true;3;2\n2.5;false;0;0\n", Ok(SENT)),
    ("at_s\tcounted\treceivers\tdelivered\n1\ttrue\t3\t2\n2.5\tfalse\t0\t0\n", Ok(SENT)),
    ("at_s counted receivers delivered\n1 true 3 2\n2.5 false 0 0\n", Ok(SENT)),
    ("delivered,receivers,counted,at_s\n2,3,true,1\n0,0,false,2.5\n", Ok(SENT)),
    ("message,at_s,counted,receivers,delivered,late\n0,1,true,3,2,\n1,2.5,false,0,0,x\n", Ok(SENT)),
    ("At_s,Counted,Receivers,Delivered\n1,true,3,2\n2.5,false,0,0\n", Ok(SENT)),
    ("\u{feff}at_s,counted,receivers,delivered\n1,true,3,2\n2.5,false,0,0\n", Ok(SENT)),
    (
        "\"at_s\",\"counted\",\"receivers\",\"delivered\"\n\"1\",\"true\",\"3\",\"2\"\n2.5,false,0,0\n",
        Ok(SENT),
    ),
    ("# a\nat_s,counted,receivers,delivered\n\n1,true,3,2 # b\n% c\n2.5,false,0,0\n", Ok(SENT)),
    ("at_s, counted, receivers, delivered\n1, true, 3, 2\n2.5 ,false ,0 ,0\n", Ok(SENT)),
    ("at_s,counted,receivers,delivered\n1e0,true,03,002\n25e-1,false,0,0\n", Ok(SENT)),
    (",at_s,counted,receivers,delivered\n0,1,true,3,2\n1,2.5,false,0,0\n", Ok(SENT)),
    (
        "at_s,counted,receivers,delivered\n0,true,18446744073709551615,0\n",
        Ok("0 true 18446744073709551615 0"),
    ),
    ("at_s,counted,receivers,delivered\n", Ok("")),
    ("", Err("f: the file has no heading")),
    ("\n# none\n", Err("f: the file has no heading")),
    ("1,true,3,2\n", Err("f:1:1: line 1: no column is called `at_s`")),
    ("at_s,receivers,delivered\n1,3,2\n", Err("f:1:1: line 1: no column is called `counted`")),
    ("at_ms,counted,receivers,delivered\n1,true,3,2\n", Err("f:1:1: line 1: no column is called `at_s`")),
    ("at_s,counted,receivers\n1,true,3\n", Err("f:1:1: line 1: no column is called `delivered`")),
    (
        "at_s,counted,receivers,delivered,receivers\n1,true,3,2,3\n",
        Err("f:1:34: line 1, column 5: the heading names `receivers` twice"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,yes,1,1\n",
        Err("f:2:3: line 2, column 2: `yes` is none of false, true"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,True,1,1\n",
        Err("f:2:3: line 2, column 2: `True` is none of false, true"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,1,1,1\n",
        Err("f:2:3: line 2, column 2: `1` is none of false, true"),
    ),
    ("at_s,counted,receivers,delivered\n1,,1,1\n", Err("f:2:3: line 2, column 2: a cell is blank")),
    ("at_s,counted,receivers,delivered\n,true,1,1\n", Err("f:2:1: line 2, column 1: a cell is blank")),
    ("at_s,counted,receivers,delivered\n1,true,,1\n", Err("f:2:8: line 2, column 3: a cell is blank")),
    ("at_s,counted,receivers,delivered\n1,true,1,\n", Err("f:2:10: line 2, column 4: a cell is blank")),
    ("at_s\tcounted\treceivers\tdelivered\n1\ttrue\t\t1\n", Err("f:2:8: line 2, column 3: a cell is blank")),
    ("at_s,counted,receivers,delivered\n1,true,1\n", Err("f:2:8: line 2: 3 cells, but line 1 has 4")),
    ("at_s,counted,receivers,delivered\n1,true,1,1,1\n", Err("f:2:12: line 2: 5 cells, but line 1 has 4")),
    (
        "at_s,counted,receivers,delivered\n1,true,1.5,1\n",
        Err("f:2:8: line 2, column 3: `1.5` is not a whole number"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,true,-1,1\n",
        Err("f:2:8: line 2, column 3: `-1` is not a whole number"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,true,3,1e2\n",
        Err("f:2:10: line 2, column 4: `1e2` is not a whole number"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,true,18446744073709551616,1\n",
        Err("f:2:8: line 2, column 3: `18446744073709551616` is not a whole number"),
    ),
    (
        "at_s,counted,receivers,delivered\ninf,true,1,1\n",
        Err("f:2:1: line 2, column 1: `inf` is not a number"),
    ),
    (
        "at_s,counted,receivers,delivered\n1 s,true,1,1\n",
        Err("f:2:1: line 2, column 1: `1 s` is not a number"),
    ),
    (
        "at_s,counted,receivers,delivered\n1,\"true,1,1\n",
        Err("f:2:3: line 2, column 2: quotes stand in odd places"),
    ),
];

#[test]
fn odd_tables_of_latencies() {
    check(&LATENCIES, &LATENCY, point, |(ms, share)| format!("{ms} {share}"));
}

#[test]
fn odd_tables_of_messages() {
    check(&MESSAGES, &MESSAGE, message, |Message { at_s, counted, receivers, delivered }| {
        format!("{at_s} {counted} {receivers} {delivered}")
    });
}
