//! What goes where: results to standard output, the rest to standard error, colors to terminals.

use crate::lab::Lab;

const ESCAPE: char = '\x1b';

#[test]
fn no_progress_is_shown_where_nobody_looks() {
    let said = Lab::new().ok(&["run", "small.toml", "--no-pictures"]);
    assert!(!said.err.contains('\r') && !said.err.contains("eta"), "{:?}", said.err);
    assert!(!said.out.contains("results") && said.err.contains("  results  runs/small-7\n"), "{}", said.err);
}

#[test]
fn errors_have_color_on_a_terminal_or_when_asked() {
    let lab = Lab::new();
    lab.write("bad.toml", "name = \"bad\"\n");
    for file in ["bad.toml", "nowhere.toml"] {
        let plain = lab.refused(&["validate", file]);
        assert!(plain.starts_with("error: ") && !plain.contains(ESCAPE), "{plain:?}");
        assert_eq!(lab.refused(&["validate", file, "--color", "never"]), plain);
        let colored = lab.refused(&["validate", file, "--color", "always"]);
        assert!(colored.contains(ESCAPE) && colored.contains("error"), "{colored:?}");
        let said = |variable, color| {
            let mut command = lab.command(&["validate", file, "--color", color]);
            lab.said(command.env(variable, "1")).err
        };
        assert_eq!(said("CLICOLOR_FORCE", "auto"), colored, "forced by the environment");
        assert_eq!(said("NO_COLOR", "auto"), plain);
        assert_eq!(said("CLICOLOR_FORCE", "never"), plain, "the argument wins");
        assert_eq!(said("NO_COLOR", "always"), colored, "the argument wins");
    }
    let colored = lab.run(&["render", "nowhere", "--color", "always"]);
    assert!(colored.err.contains(ESCAPE), "{:?}", colored.err);
    let plain = lab.run(&["render", "nowhere"]);
    assert!(!plain.err.contains(ESCAPE), "{:?}", plain.err);
}

#[test]
fn a_summary_has_no_color_anywhere() {
    let lab = Lab::new();
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--color", "always"]);
    assert!(!said.out.contains(ESCAPE), "{:?}", said.out);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::io::Read;
    use std::process::Stdio;
    let lab = Lab::new();
    let mut child = lab.command(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
