//! What only shows when a run is prepared: refused like any other error of the scenario, at the key.

use insta::assert_snapshot;

use crate::lab::{Lab, SMALL};

/// A scenario over a file, and what the program says to it.
fn over(file: &str, text: &str, assignments: &[&str]) -> String {
    let lab = Lab::new();
    lab.write(file, text);
    let pairs = assignments.iter().flat_map(|assignment| ["--set", assignment]);
    let arguments: Vec<&str> = ["run", "small.toml"].into_iter().chain(pairs).collect();
    let said = lab.refused(&arguments);
    let checked: Vec<&str> = std::iter::once("validate").chain(arguments[1..].iter().copied()).collect();
    assert_eq!(lab.refused(&checked), said, "validate finds the same");
    said
}

const MATRIX: &str = "link.latency={ matrix = { file = \"delays.txt\" } }";
const TRACE: &str = "churn={ session = { trace = { file = \"trace.csv\" } } }";
const GRAPH: &str = "overlay.static.file=graph.txt";

#[test]
fn matrices() {
    assert_snapshot!(over("delays.txt", "0 1 2\n1 0 3\n", &[MATRIX]), @r#"
    error: the matrix ends after 2 rows of 3 columns
     --> --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ^^^^^^^^^^^^ a matrix has a row for each host, and a delay to each host in every row; a column that numbers the hosts is none
    "#);
    assert_snapshot!(over("delays.txt", "0 1\n1 0 3\n", &[MATRIX]), @r#"
    error: line 2: 3 cells, but line 1 has 2
     --> delays.txt:2:5
      |
    2 | 1 0 3
      |     ^ all lines have as many cells, separated by blanks
      |
     ::: --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ------------ the file is named here
    "#);
    assert_snapshot!(over("delays.txt", "0 1\n1 far\n", &[MATRIX]), @r#"
    error: line 2, column 2: `far` is not a number of zero or more
     --> delays.txt:2:3
      |
    2 | 1 far
      |   ^^^ write a delay: a number of zero or more, without its unit
      |
     ::: --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ------------ the file is named here
    "#);
    assert_snapshot!(over("delays.txt", "", &[MATRIX]), @r#"
    error: the matrix is empty
     --> --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ^^^^^^^^^^^^ a matrix has a row for each host, and a delay to each host in every row
    "#);
    assert_snapshot!(over("delays.txt", "0,,10,20\n1,10,,30\n2,20,30,\n", &[MATRIX]), @r#"
    error: line 1, column 2: a blank cell is no delay
     --> delays.txt:1:3
      |
    1 | 0,,10,20
      |   ^ write the delay; 0 from a host to itself
      |
     ::: --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ------------ the file is named here
    "#);
    assert_snapshot!(over("delays.txt", "2500 2500\n2500 2500\n", &[MATRIX]), @"
    error: `link.dead_after`: dead_after - ping is shorter than the least delay
      --> small.toml:13:2
       |
    13 | [link]
       |  ^^^^ it is 2s, no packet takes less than 2500ms
    ");
}

#[test]
fn edge_lists() {
    assert_snapshot!(over("graph.txt", "# from to\n0 1\n1\n", &[GRAPH]), @"
    error: line 3: 1 cell, but line 2 has 2
     --> graph.txt:3:1
      |
    3 | 1
      | ^ all lines have as many cells, separated by blanks
      |
     ::: --set:1:21
      |
    1 | overlay.static.file=graph.txt
      |                     --------- the file is named here
    ");
    assert_snapshot!(over("graph.txt", "a b\n", &[GRAPH]), @"
    error: line 1: no column is called `source`
     --> graph.txt:1:1
      |
    1 | a b
      | ^^^ write two labels per line, whole numbers such as `0,1`; a heading names them `source,target`
      |
     ::: --set:1:21
      |
    1 | overlay.static.file=graph.txt
      |                     --------- the file is named here
    ");
    assert_snapshot!(over("graph.txt", "0,1,5\n1,2,5\n2,,9\n", &[GRAPH]), @"
    error: line 3, column 2: the second label is missing
     --> graph.txt:3:3
      |
    3 | 2,,9
      |   ^ a label is a whole number
      |
     ::: --set:1:21
      |
    1 | overlay.static.file=graph.txt
      |                     --------- the file is named here
    ");
    assert_snapshot!(over("graph.txt", "0 1\n1 2\n", &[GRAPH]), @"
    error: the overlay has 3 nodes, not 50
     --> small.toml:6:9
      |
    6 | count = 50
      |         ^^ write 3, or leave nodes.count out
    ");
    assert_snapshot!(over("graph.txt", "0 1\n1 2\n", &[GRAPH, "nodes.count=4"]), @"
    error: the overlay has 3 nodes, not 4
     --> --set:1:13
      |
    1 | nodes.count=4
      |             ^ write 3, or leave nodes.count out
    ");
}

#[test]
fn a_static_file_alone_says_how_many_slots_there_are() {
    let lab = Lab::new();
    lab.write("graph.txt", "0 1\n1 2\n");
    lab.write(
        "file.toml",
        SMALL.replace("count = 50\n", "").replace("random_walk]", "static]\nfile = \"graph.txt\""),
    );
    assert!(lab.ok(&["validate", "file.toml"]).out.contains("ok: 3 slots"));
    assert_snapshot!(lab.refused(&["run", "file.toml", "--set", "traffic.0.from=3"]), @"
    error: there is no slot 3
     --> --set:1:16
      |
    1 | traffic.0.from=3
      |                ^ 3 slots are numbered 0 to 2
    ");
    assert_snapshot!(lab.refused(&["run", "file.toml", "--set", "nodes.entry=4"]), @"
    error: more entry slots than slots
     --> --set:1:13
      |
    1 | nodes.entry=4
      |             ^ there are 3 slots
    ");
    lab.write("graph.txt", "0 1\r1 2\r2 3\r3 4\r");
    assert!(lab.ok(&["validate", "file.toml"]).out.contains("ok: 5 slots"), "old Mac line ends");
    lab.write("graph.txt", "");
    assert_snapshot!(lab.refused(&["run", "file.toml"]), @r#"
    error: the file holds no link
     --> file.toml:9:8
      |
    9 | file = "graph.txt"
      |        ^^^^^^^^^^^ write two labels per line, whole numbers such as `0,1`; a heading names them `source,target`
    "#);
}

#[test]
fn a_file_is_called_what_the_scenario_calls_it() {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.path().join("study/data")).unwrap();
    lab.write("study/data/graph.txt", "0 1\n1 two\n");
    let text = SMALL.replace("random_walk]", "static]\nfile = \"data/graph.txt\"");
    lab.write("study/small.toml", text);
    assert_snapshot!(lab.refused(&["run", "study/small.toml"]), @r#"
    error: line 2, column 2: `two` is not a whole number in range
      --> study/data/graph.txt:2:3
       |
     2 | 1 two
       |   ^^^ a label is a whole number
       |
      ::: study/small.toml:10:8
       |
    10 | file = "data/graph.txt"
       |        ---------------- the file is named here
    "#);
    std::fs::remove_file(lab.path().join("study/data/graph.txt")).unwrap();
    std::fs::create_dir(lab.path().join("study/data/graph.txt")).unwrap();
    assert_snapshot!(lab.refused(&["run", "study/small.toml"]), @r#"
    error: cannot find the file `data/graph.txt`
      --> study/small.toml:10:8
       |
    10 | file = "data/graph.txt"
       |        ^^^^^^^^^^^^^^^^ this is not a file
    "#);
}

#[test]
fn traces() {
    assert_snapshot!(over("trace.csv", "slot,up_s,down_s\n1,0\n", &[TRACE]), @r#"
    error: line 2: 2 cells, but line 1 has 3
     --> trace.csv:2:3
      |
    2 | 1,0
      |   ^ all lines have as many cells, separated by commas
      |
     ::: --set:1:38
      |
    1 | churn={ session = { trace = { file = "trace.csv" } } }
      |                                      ----------- the file is named here
    "#);
    assert_snapshot!(over("trace.csv", "1,0,4\n3,,20\n", &[TRACE]), @r#"
    error: line 2, column 2: the session starts nowhere
     --> trace.csv:2:3
      |
    2 | 3,,20
      |   ^ write when the slot comes up, in seconds since the start of the run
      |
     ::: --set:1:38
      |
    1 | churn={ session = { trace = { file = "trace.csv" } } }
      |                                      ----------- the file is named here
    "#);
    assert_snapshot!(over("trace.csv", "1,0,4\n1,3,5\n", &[TRACE]), @r#"
    error: line 2: the session of slot 1 from 3s to 5s meets the one in line 1
     --> --set:1:38
      |
    1 | churn={ session = { trace = { file = "trace.csv" } } }
      |                                      ^^^^^^^^^^^ a slot is up once at a time: mend one of the two
    "#);
    assert_snapshot!(over("trace.csv", "1,0,4\n50,3,5\n", &[TRACE]), @r#"
    error: there is no slot 50
     --> --set:1:38
      |
    1 | churn={ session = { trace = { file = "trace.csv" } } }
      |                                      ^^^^^^^^^^^ 50 slots are numbered 0 to 49
    "#);
    assert_snapshot!(over("trace.csv", "0,1,4\n", &[TRACE]), @r#"
    error: slot 0 is an entry slot and does not churn
     --> --set:1:38
      |
    1 | churn={ session = { trace = { file = "trace.csv" } } }
      |                                      ^^^^^^^^^^^ write nodes.entry_churns = true, or take the slot out of the trace
    "#);
}

#[test]
fn plans_that_are_too_long() {
    assert_snapshot!(over("_", "", &["traffic.0.every=1ns"]), @"
    error: more than 16777216 messages
      --> small.toml:16:1
       |
    16 | [[traffic]]
       | ^^^^^^^^^^^ publish less often, or for a shorter time
    ");
    let churn = "churn={ session = { exponential = { mean = \"1ns\" } }, downtime = { exponential = { mean = \"1ns\" } } }";
    assert_snapshot!(over("_", "", &[churn]), @r#"
    error: slots come and go too often: more than 65536 lives of one or 33554432 of all
     --> --set:1:1
      |
    1 | churn={ session = { exponential = { mean = "1ns" } }, downtime = { exponential = { mean = "1ns" } } }
      | ^^^^^ make sessions or downtimes longer, or churn shorter
    "#);
}

#[test]
fn links_that_cannot_work() {
    assert_snapshot!(over("_", "", &["link.break_after=5ms"]), @"
    error: link.break_after is shorter than the least delay
     --> --set:1:18
      |
    1 | link.break_after=5ms
      |                  ^^^ it is 5ms, no packet takes less than 10ms
    ");
    assert_snapshot!(over("_", "", &["link.latency.constant=2500ms"]), @"
    error: dead_after - ping is shorter than the least delay
      --> small.toml:13:2
       |
    13 | [link]
       |  ^^^^ it is 2s, no packet takes less than 2500ms
    ");
}
