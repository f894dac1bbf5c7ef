//! Counting by valgrind's tool callgrind: this program is run again under it.

use std::process::{Command, Stdio};

use crate::accepted::Count;

/// The word that makes this program do one run, the next word, and print how many inputs were handled.
pub(crate) const RUN: &str = "--run";

/// The function during which instructions count, as a pattern: its symbol is decorated.
const COUNTED: &str = "*counted_run*";

/// Whether valgrind is installed.
pub(crate) fn is_there() -> bool {
    let asked =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Does a run under callgrind.
///
/// # Errors
/// The run fails, or nothing is counted, which a stripped symbol would do.
pub(crate) fn count(name: &str) -> Result<Count, String> {
    let me = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(me)
        .args([RUN, name])
        // What the environment holds lies on the stack and in the allocator's way.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let (said, report) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let inputs = said.trim().parse().map_err(|_| format!("{name} failed under valgrind:\n{report}"))?;
    match collected(&report) {
        Some(instructions) if instructions > 0 => Ok(Count { instructions, inputs }),
        _ => Err(format!("valgrind counted no instructions of {name}: is the program stripped?\n{report}")),
    }
}

/// The count in callgrind's report: `==1234== Collected : 567`.
fn collected(report: &str) -> Option<u64> {
    let line = report.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found() {
        let report = "==7== Events    : Ir\n==7== Collected : 81234567\n==7== \n";
        assert_eq!(collected(report), Some(81_234_567));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
        assert_eq!(collected("==7== Collected : \n"), None);
    }
}
