//! Scenarios that make sense.
use super::*;
#[test]
fn smoke() {
    for t in crate::scenario::templates() {
        let s = good(t.text);
        println!("{}", s.to_resolved_toml());
        assert_eq!(good(&s.to_resolved_toml()), s);
    }
    println!("{}", serde_json::to_string_pretty(&crate::scenario::schema(&Tables::builtin())).unwrap());
    println!("{}", bad("name=\"x\"\nduraton = 5"));
    println!("{}", bad(&format!("{HEAD}{REST}[link]\nloss = 1.5")));
    println!("{}", bad_with(&format!("{HEAD}{REST}[link]\nloss = 0.5"), &[("link.los", "3")]));
    println!("{}", bad(&format!("{HEAD}{REST}[link]\nlatency = \"50ms\"")));
    println!("{}", bad(&format!("{HEAD}{REST}[link]\nlatency = 5")));
    println!("{}", bad(&format!("{HEAD}{REST}[link]\nlatency = {{ uniform = {{ min = 5, mx = 3}} }}")));
}
