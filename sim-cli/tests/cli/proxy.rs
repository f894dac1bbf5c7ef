//! `proxy`: what it says to wrong use. What it does to bytes is tested where it is built.

use crate::lab::Lab;

const ENDS: [&str; 5] = ["proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9"];

fn refused(more: &[&str]) -> String {
    Lab::new().refused(&[&ENDS, more].concat())
}

#[test]
fn the_help_has_every_fault_and_an_example() {
    let said = Lab::new().ok(&["proxy", "--help"]);
    for word in [
        "--latency",
        "--law",
        "--jitter",
        "--rate",
        "--up",
        "--down",
        "--queue",
        "--loss",
        "--rto",
        "--corrupt",
        "--cut-after",
        "--cut-for",
        "--silent-after",
        "--reset-after",
        "--seed",
        "Example: sim-cli proxy",
    ] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
}

#[test]
fn both_ends_must_be_named() {
    let lab = Lab::new();
    let said = lab.refused(&["proxy"]);
    assert!(said.contains("--listen <ADDRESS>") && said.contains("--to <ADDRESS>"), "{said}");
    for (arguments, key) in [
        (["proxy", "--listen", "nowhere", "--to", "127.0.0.1:9"], "--listen: nowhere"),
        (["proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1"], "--to: 127.0.0.1"),
    ] {
        let said = lab.refused(&arguments);
        assert!(said.contains(&format!("invalid address for {key} (expected HOST:PORT, ")), "{said}");
    }
}

#[test]
fn values_that_mean_nothing_are_refused_with_what_to_write() {
    for (arguments, why) in [
        (["--loss", "120%"], "--loss must be at most 100%"),
        (["--corrupt", "2"], "--corrupt must be at most 100%"),
        (["--loss", "some"], "invalid percentage `some` (example: 5%)"),
        (["--rto", "0s"], "--rto must be more than zero"),
        (["--latency", "5"], "--latency"),
        (["--rate", "fast"], "--rate"),
        (["--law", "{ regions = {} }"], "--law"),
        (["--law", "{ uniform = { min = \"9ms\", max = \"1ms\" } }"], "--law"),
        (["--cut-for", "1s"], "--cut-after"),
    ] {
        let said = refused(&arguments);
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
    let both = refused(&["--latency", "5ms", "--law", "{ constant = \"1ms\" }"]);
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn a_port_that_is_taken_is_a_failure_not_a_wrong_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let said = Lab::new().run(&["proxy", "--listen", &at, "--to", "127.0.0.1:9"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&format!("cannot listen on {at}")), "{}", said.err);
}
