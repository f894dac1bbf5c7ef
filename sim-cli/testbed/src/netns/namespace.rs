//! A network namespace: a thread that left the machine's network for an empty one, and runs jobs there.
//!
//! The network has no name and no file. It is gone when the thread and all sockets and devices in it are: also
//! when the process is killed.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, gettid};

type Job = Box<dyn FnOnce() + Send>;

/// A network namespace, and the thread that works in it.
#[derive(Debug)]
pub(crate) struct Namespace {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    id: Pid,
}

impl Namespace {
    /// An empty network.
    ///
    /// # Errors
    /// The system refuses: it takes the rights of root.
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let left = unshare(CloneFlags::CLONE_NEWNET);
            let is_there = left.is_ok();
            let _ = tell.send(left.map(|()| gettid()));
            if is_there {
                todo.into_iter().for_each(|job| job());
            }
        })?;
        let id = told.recv().map_err(io::Error::other)?.map_err(io::Error::from)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), id })
    }

    /// The thread in it, by which programs of the system find it.
    pub(crate) const fn id(&self) -> Pid {
        self.id
    }

    /// Does `job` there. Threads and processes that it starts are there, too.
    ///
    /// # Errors
    /// The job panicked.
    pub(crate) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let (tell, told) = mpsc::channel();
        let wrapped: Job = Box::new(move || {
            let _ = tell.send(job());
        });
        let gone = || io::Error::other("a job in a network of its own panicked");
        self.jobs.as_ref().ok_or_else(gone)?.send(wrapped).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())
    }

    /// Runs a program there. Gives what it wrote.
    ///
    /// # Errors
    /// It is not there, or fails; says what it said.
    pub(crate) fn call(&self, program: &'static str, arguments: &str) -> io::Result<Vec<u8>> {
        self.feed(program, arguments, String::new())
    }

    /// The same with `input` for it to read.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub(crate) fn feed(&self, program: &'static str, arguments: &str, input: String) -> io::Result<Vec<u8>> {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        self.run(move || Program::start(program, &arguments)?.tell(&input))?
    }
}

/// A program that runs and waits for its input.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    called: String,
}

impl Program {
    /// Starts it in the network of this thread.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn start(program: &str, arguments: &[String]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for this process, which ends what it has started.
        command.process_group(0);
        let child = command.spawn().map_err(|error| io::Error::other(format!("{program}: {error}")))?;
        Ok(Self { child, called: format!("{program} {}", arguments.join(" ")) })
    }

    /// Gives it its input, and waits for its end. Gives what it wrote.
    ///
    /// # Errors
    /// It fails; says what it said.
    pub(crate) fn tell(mut self, input: &str) -> io::Result<Vec<u8>> {
        if let Some(mut stdin) = self.child.stdin.take() {
            // A program that does not read its input says why when it ends.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = self.child.wait_with_output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("{}: {}", self.called, said.trim())))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
