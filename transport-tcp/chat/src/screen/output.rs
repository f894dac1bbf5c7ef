//! Writes what is shown, on a thread of its own: a reader that is slow must not hold up the chat.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use rustyline::ExternalPrinter;
use tokio::sync::watch;

use super::window::{Update, Wake, is_taken};

/// Bytes that wait for a slow reader; beyond it the chat ends.
const MAX_WAITING: usize = 16 * 1_024 * 1_024;
/// So often it is looked whether the reader is there still.
const LOOK: Duration = Duration::from_millis(500);
/// At the end the reader has so long to take what is left.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why messages cannot be written any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Whoever read them is gone.
    ReaderGone,
    /// The reader is too slow: so many bytes wait.
    ReaderSlow(usize),
    /// The system says no, for this reason.
    Failed(String),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReaderGone => write!(f, "nobody reads what is heard any more"),
            Self::ReaderSlow(bytes) => {
                write!(f, "what is heard is read too slowly: {} KiB wait", bytes / 1_024)
            }
            Self::Failed(why) => write!(f, "cannot write what is heard: {why}"),
        }
    }
}

/// What is to be shown: lines without their ends.
pub(super) enum Item {
    /// A message of somebody.
    Message(String),
    /// What the program itself has to say.
    Aside(String),
    /// What a window is told.
    Update(Box<Update>),
    /// Tell when all before it is written.
    Flush(SyncSender<()>),
}

/// The place to which lines are written.
enum Out {
    /// Messages to standard output, all else to standard error.
    Plain,
    /// All above the line that is being typed.
    Terminal(Box<dyn ExternalPrinter + Send>),
    /// To the window that has the terminal.
    Window(SyncSender<Wake>),
}

/// What is written, and by which threads: the asides must come though nobody reads the messages.
#[derive(Debug)]
pub(super) struct Output {
    messages: Lane,
    /// None on a terminal, where one thread prints everything.
    asides: Option<Lane>,
    broken: watch::Receiver<Option<Broken>>,
}

impl Output {
    pub(super) fn plain() -> Self {
        let (sender, broken) = watch::channel(None);
        let asides = Lane::new(Out::Plain, sender.clone());
        Self { messages: Lane::new(Out::Plain, sender), asides: Some(asides), broken }
    }

    pub(super) fn terminal(printer: Box<dyn ExternalPrinter + Send>) -> Self {
        let (sender, broken) = watch::channel(None);
        Self { messages: Lane::new(Out::Terminal(printer), sender), asides: None, broken }
    }

    pub(super) fn window(waker: SyncSender<Wake>) -> Self {
        let (sender, broken) = watch::channel(None);
        Self { messages: Lane::new(Out::Window(waker), sender), asides: None, broken }
    }

    /// Has an item written soon.
    pub(super) fn print(&mut self, item: Item) {
        match (&self.asides, &item) {
            (Some(asides), Item::Aside(_)) => asides.print(item),
            _ => self.messages.print(item),
        }
    }

    pub(super) async fn broken(&mut self) -> Broken {
        match self.broken.wait_for(Option::is_some).await.map(|broken| broken.clone()) {
            Ok(Some(broken)) => broken,
            _ => std::future::pending().await,
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Broken> {
        let is_written = self.messages.flush();
        // Nobody has to read these.
        let _ = self.asides.as_ref().map(Lane::flush);
        match self.broken.borrow().clone() {
            Some(broken) => Err(broken),
            None if is_written => Ok(()),
            None => Err(Broken::ReaderSlow(self.messages.waiting.load(Relaxed))),
        }
    }
}

/// The queue before one thread that writes.
#[derive(Debug)]
struct Lane {
    items: Sender<Item>,
    waiting: Arc<AtomicUsize>,
    broken: watch::Sender<Option<Broken>>,
}

impl Lane {
    fn new(out: Out, broken: watch::Sender<Option<Broken>>) -> Self {
        let (items, queue) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let writer = Writer { out, waiting: Arc::clone(&waiting), broken: broken.clone() };
        thread::spawn(move || writer.run(&queue));
        Self { items, waiting, broken }
    }

    fn print(&self, item: Item) {
        let (bytes, is_aside) = (item.bytes(), matches!(item, Item::Aside(_)));
        let waiting = self.waiting.fetch_add(bytes, Relaxed) + bytes;
        if waiting > MAX_WAITING {
            self.waiting.fetch_sub(bytes, Relaxed);
            // An aside that nobody reads is no loss.
            if !is_aside {
                tell(&self.broken, Broken::ReaderSlow(waiting));
            }
            return;
        }
        // Without a writer it is known already that nothing can be written.
        let _ = self.items.send(item);
    }

    /// Whether everything is written in time.
    fn flush(&self) -> bool {
        let (done, is_done) = sync_channel(1);
        let _ = self.items.send(Item::Flush(done));
        is_done.recv_timeout(PATIENCE).is_ok()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// The first reason counts.
fn tell(to: &watch::Sender<Option<Broken>>, broken: Broken) {
    to.send_if_modified(|known| {
        let is_news = known.is_none();
        known.get_or_insert(broken);
        is_news
    });
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(line) | Self::Aside(line) => line.len(),
            Self::Update(update) => update.bytes(),
            Self::Flush(_) => 0,
        }
    }
}

/// The thread that writes.
struct Writer {
    out: Out,
    waiting: Arc<AtomicUsize>,
    broken: watch::Sender<Option<Broken>>,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Item>) {
        loop {
            match queue.recv_timeout(LOOK) {
                Ok(Item::Flush(done)) => _ = done.send(()),
                Ok(item) => {
                    let bytes = item.bytes();
                    self.write(item);
                    self.waiting.fetch_sub(bytes, Relaxed);
                }
                Err(RecvTimeoutError::Timeout) if matches!(self.out, Out::Plain) && is_reader_gone() => {
                    tell(&self.broken, Broken::ReaderGone);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn write(&mut self, item: Item) {
        let written = match (&mut self.out, item) {
            (Out::Plain, Item::Message(line)) => write(io::stdout().lock(), line),
            // That nobody reads the asides is no reason to end: messages may be read.
            (Out::Plain, Item::Aside(line)) => write(io::stderr().lock(), line).or(Ok(())),
            // The line editor owns the terminal and tells of its end itself.
            (Out::Terminal(printer), Item::Message(line) | Item::Aside(line)) => {
                _ = printer.print(line + "\n");
                Ok(())
            }
            // A window that is gone tells of it itself; what comes after it is for the terminal below.
            (Out::Window(window), Item::Update(update)) if is_taken() => {
                _ = window.send(Wake::Update(update));
                Ok(())
            }
            (Out::Window(_), Item::Update(update)) => match update.last_word() {
                Some(word) => write(io::stderr().lock(), word).or(Ok(())),
                None => Ok(()),
            },
            (_, Item::Message(_) | Item::Aside(_) | Item::Update(_) | Item::Flush(_)) => Ok(()),
        };
        if let Err(error) = written {
            tell(
                &self.broken,
                match error.kind() {
                    io::ErrorKind::BrokenPipe => Broken::ReaderGone,
                    _ => Broken::Failed(error.to_string()),
                },
            );
        }
    }
}

fn write(mut out: impl Write, mut line: String) -> io::Result<()> {
    line.push('\n');
    out.write_all(line.as_bytes()).and_then(|()| out.flush())
}

/// Whether standard output is a pipe of which nobody holds the other end.
#[cfg(unix)]
fn is_reader_gone() -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;
    let stdout = io::stdout();
    let mut look = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    let is_ready = poll(&mut look, PollTimeout::ZERO).is_ok_and(|ready| ready > 0);
    is_ready && look[0].revents().is_some_and(|events| events.contains(PollFlags::POLLERR))
}

#[cfg(not(unix))]
fn is_reader_gone() -> bool {
    false
}
