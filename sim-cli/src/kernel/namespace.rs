//! A network of its own: a thread that left the machine's network for an empty one, and does there what it is
//! told.
//!
//! The network has no name and no file. It is gone when the thread and all sockets and devices in it are: also
//! when the process is killed.

use std::io;
use std::process::Command;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, unshare};

type Job = Box<dyn FnOnce() + Send>;

/// See the module.
#[derive(Debug)]
pub(super) struct Namespace {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Namespace {
    /// An empty network.
    ///
    /// # Errors
    /// The system refuses: it takes the rights of root.
    pub(super) fn new(name: &str) -> io::Result<Self> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let left = unshare(CloneFlags::CLONE_NEWNET);
            let is_there = left.is_ok();
            let _ = tell.send(left);
            if is_there {
                todo.into_iter().for_each(|job| job());
            }
        })?;
        told.recv().map_err(io::Error::other)?.map_err(io::Error::from)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `job` there. Threads and processes that it starts are there, too.
    ///
    /// # Errors
    /// The job panicked.
    pub(super) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let (tell, told) = mpsc::channel();
        let wrapped: Job = Box::new(move || {
            let _ = tell.send(job());
        });
        let gone = || io::Error::other("a job in a network of its own panicked");
        self.jobs.as_ref().ok_or_else(gone)?.send(wrapped).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())
    }

    /// Runs a program there.
    ///
    /// # Errors
    /// It is not there, or fails; says what it said.
    pub(super) fn call(&self, program: &'static str, arguments: &str) -> io::Result<()> {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        self.run(move || {
            let found = Command::new(program).args(&arguments).output();
            let output = found.map_err(|error| io::Error::other(format!("{program}: {error}")))?;
            if output.status.success() {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&output.stderr);
            Err(io::Error::other(format!("{program} {}: {}", arguments.join(" "), said.trim())))
        })?
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
