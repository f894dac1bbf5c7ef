//! A chat as a process of its own, driven through pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Lines that came out, and when.
#[derive(Default)]
struct Lines {
    all: Mutex<Vec<(Instant, String)>>,
    more: Condvar,
}

impl Lines {
    /// Collects from `source` until it ends.
    fn collect(source: impl Read + Send + 'static) -> Arc<Self> {
        let lines = Arc::new(Self::default());
        let filled = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                filled.all.lock().expect("no panic").push((Instant::now(), line));
                filled.more.notify_all();
            }
        });
        lines
    }

    fn find(&self, what: &str) -> Option<Instant> {
        let all = self.all.lock().expect("no panic");
        all.iter().find(|(_, line)| line.contains(what)).map(|(at, _)| *at)
    }

    fn wait(&self, what: &str, until: Instant) -> Option<Instant> {
        let mut all = self.all.lock().expect("no panic");
        let mut looked_at = 0;
        loop {
            if let Some((at, _)) = all[looked_at..].iter().find(|(_, line)| line.contains(what)) {
                return Some(*at);
            }
            looked_at = all.len();
            let left = until.checked_duration_since(Instant::now())?;
            all = self.more.wait_timeout(all, left).expect("no panic").0;
        }
    }

    fn text(&self) -> Vec<String> {
        self.all.lock().expect("no panic").iter().map(|(_, line)| line.clone()).collect()
    }
}

/// A running chat. Dropping it kills it.
pub(crate) struct Chat {
    pub(crate) started: Instant,
    child: Child,
    input: Option<ChildStdin>,
    out: Arc<Lines>,
    err: Arc<Lines>,
}

/// How to start a chat.
pub(crate) struct Start {
    command: Command,
}

impl Start {
    /// The program `binary`, with its state in `data`, at any free port.
    pub(crate) fn new(binary: &Path, data: PathBuf, name: &str) -> Self {
        let start = Self::bare(binary, data);
        start.args(&["--name", name, "--listen", "127.0.0.1:0", "--profile", "lab"])
    }

    /// The program `binary`, with its state in `data`, and nothing else said.
    pub(crate) fn bare(binary: &Path, data: PathBuf) -> Self {
        let mut command = Command::new(binary);
        command.arg("--data").arg(data).env("NO_COLOR", "1");
        Self { command }
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// Without these variables of the environment.
    pub(crate) fn without(mut self, variables: &[&str]) -> Self {
        for variable in variables {
            self.command.env_remove(variable);
        }
        self
    }

    /// Joins by these addresses.
    pub(crate) fn peers(mut self, peers: &[String]) -> Self {
        for peer in peers {
            self.command.args(["--peer", peer]);
        }
        self
    }

    pub(crate) fn spawn(self) -> Chat {
        let (mut chat, out) = self.spawn_unread();
        chat.out = Lines::collect(out);
        chat
    }

    /// As `spawn`, and nobody reads what it hears but the caller.
    pub(crate) fn spawn_unread(self) -> (Chat, ChildStdout) {
        let mut chat = self.spawn_to(Stdio::piped());
        let out = chat.child.stdout.take().expect("piped");
        (chat, out)
    }

    /// As `spawn`, and what it hears goes there.
    pub(crate) fn spawn_to(mut self, out: Stdio) -> Chat {
        let started = Instant::now();
        let spawned = self.command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::piped()).spawn();
        let mut child = spawned.expect("the program starts");
        let err = Lines::collect(child.stderr.take().expect("piped"));
        let input = child.stdin.take();
        Chat { started, child, input, out: Arc::default(), err }
    }
}

impl Chat {
    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Types these bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("not ended");
        input.write_all(bytes).and_then(|()| input.flush()).expect("it reads");
    }

    /// Waits for a message that contains `what`.
    pub(crate) fn hears(&self, what: &str) -> Instant {
        let heard = self.out.wait(what, Instant::now() + PATIENCE);
        heard.unwrap_or_else(|| panic!("`{what}` was not heard: {:?} {:?}", self.out.text(), self.err.text()))
    }

    /// When a message that contains `what` was heard, if it was by `until`.
    pub(crate) fn heard_by(&self, what: &str, until: Instant) -> Option<Instant> {
        self.out.wait(what, until)
    }

    /// Waits until the program has told something by the way that contains `what`.
    pub(crate) fn tells(&self, what: &str) -> Instant {
        let told = self.err.wait(what, Instant::now() + PATIENCE);
        told.unwrap_or_else(|| panic!("`{what}` was not told: {:?} {:?}", self.err.text(), self.out.text()))
    }

    /// Whether it has told something that contains `what`.
    pub(crate) fn has_told(&self, what: &str) -> bool {
        self.err.find(what).is_some()
    }

    /// Everything told by the way.
    pub(crate) fn told(&self) -> Vec<String> {
        self.err.text()
    }

    /// All messages heard.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.out.text()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.tells("listening on ");
        let told = self.err.text();
        let line = told.iter().find(|line| line.contains("listening on ")).expect("just told");
        let rest = line.split("listening on ").nth(1).expect("a place");
        rest.split_whitespace().next().expect("a place").to_owned()
    }

    /// Stands still, as a machine that sleeps does, or goes on.
    pub(crate) fn sleeps(&self, is_asleep: bool) {
        let signal = if is_asleep { "-STOP" } else { "-CONT" };
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("it runs").success());
    }

    /// Stops where it stands.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// No more input; waits for its end.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        drop(self.input.take());
        self.has_ended()
    }

    /// Waits for its end, though there may be more input.
    pub(crate) fn has_ended(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {:?}", self.err.text());
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        self.kill();
    }
}
