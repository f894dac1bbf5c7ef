//! What tests of nodes in processes share: who was started by whom, and how long to wait.

use std::fs;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// After this time a test gives up. It measures nothing: it is long enough for any machine.
const SOON: Duration = Duration::from_secs(60);

/// What a program said of its troubles.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All processes.
pub(crate) fn processes() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The processes that `pid` has started.
pub(crate) fn children(pid: u32) -> impl Iterator<Item = u32> {
    processes().filter(move |&child| parent(child) == Some(pid))
}

/// Whether this is a node of a run that is not dead.
pub(crate) fn is_node(pid: u32) -> bool {
    parent(pid).is_some()
        && fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("testbed\0node"))
}

/// The parent of a process, if there is one that is not dead.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = stat.rsplit_once(')')?.1.split_whitespace();
    let state = words.next()?;
    (state != "Z").then_some(words.next()?.parse().ok()?)
}

/// Waits until `is_so`. False if it is not so soon.
pub(crate) fn soon(mut is_so: impl FnMut() -> bool) -> bool {
    let give_up = Instant::now() + SOON;
    while !is_so() {
        if Instant::now() >= give_up {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}
