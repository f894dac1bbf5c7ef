//! The terminal of a window: taken at the start, given back on every way out.

use std::collections::VecDeque;
use std::io::{self, Stdout};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use floodnet_chat::keys::Key;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::Rect;
use ratatui_core::terminal::{Terminal, TerminalOptions, Viewport};
use ratatui_crossterm::CrosstermBackend;
use ratatui_crossterm::crossterm::cursor::Show;
use ratatui_crossterm::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use ratatui_crossterm::crossterm::execute;
use ratatui_crossterm::crossterm::style::Print;
use ratatui_crossterm::crossterm::terminal::{
    BeginSynchronizedUpdate, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use tokio::sync::mpsc as queue;
use tokio::sync::mpsc::error::TrySendError;
use unicode_width::UnicodeWidthStr;

use super::{Asked, Update, Window};
use crate::input::{Names, Typed};

/// Keys and updates that wait for the window; the queue of updates before it is bounded in bytes.
const WAITING: usize = 256;
/// So often it is looked whether the chat takes what was typed ...
const LOOK: Duration = Duration::from_millis(30);
/// ... and, while nothing was, whether the terminal was given back.
const REST: Duration = Duration::from_millis(500);
/// So long a drawing that is under way is waited for, and then the terminal itself.
const PATIENCE: Duration = Duration::from_millis(500);
/// The size of a terminal that does not tell.
const SIZE: Rect = Rect::new(0, 0, 80, 24);

/// The terminal is a window's now.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// Held while something is drawn.
static DRAWING: Mutex<()> = Mutex::new(());

/// Gives the terminal back, if a window has it. May be called at any time and more than once.
pub fn restore() {
    if !IS_TAKEN.swap(false, SeqCst) {
        return;
    }
    let until = Instant::now() + PATIENCE;
    let mut drawing = DRAWING.try_lock();
    // The thread that draws may be the one that ends.
    while drawing.is_err() && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
        drawing = DRAWING.try_lock();
    }
    // A terminal that takes nothing must not keep the chat from its end.
    let (done, is_done) = sync_channel(1);
    thread::spawn(move || {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            EnableLineWrap,
            LeaveAlternateScreen,
            Show
        );
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(PATIENCE);
    let _ = disable_raw_mode();
}

/// Whether a window has the terminal.
pub(in crate::screen) fn is_taken() -> bool {
    IS_TAKEN.load(SeqCst)
}

/// What the thread of a window wakes up for.
pub(crate) enum Wake {
    /// A key, the mouse, another size; or why they cannot be read.
    Event(io::Result<Event>),
    /// Something to show.
    Update(Box<Update>),
}

/// Takes the terminal for a window, on threads of its own. Gives what is typed, and takes what is to be shown.
///
/// # Errors
/// The terminal cannot be used so.
pub(crate) fn open(
    prompt: String,
    names: Names,
    has_color: bool,
) -> io::Result<(queue::Receiver<Typed>, SyncSender<Wake>)> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        hook(panic);
    }));
    enable_raw_mode()?;
    IS_TAKEN.store(true, SeqCst);
    let terminal = begin().inspect_err(|_| restore())?;
    let (sender, receiver) = queue::channel(1);
    let (waker, wakes) = sync_channel(WAITING);
    let keeper = Keeper {
        terminal,
        window: Window::new(prompt, names, has_color),
        wakes,
        sender,
        lines: VecDeque::new(),
        prompt: None,
        is_interrupted: false,
        opened: None,
        is_stale: false,
        joined: Vec::new(),
    };
    thread::spawn(move || keeper.run());
    let keys = waker.clone();
    thread::spawn(move || read_keys(&keys));
    Ok((receiver, waker))
}

fn begin() -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
    // Terminals disagree on how wide some letters are: one that is wider than thought must not break its row.
    execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, EnableBracketedPaste, EnableMouseCapture)?;
    let viewport = match size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => Viewport::Fullscreen,
        _ => Viewport::Fixed(SIZE),
    };
    Terminal::with_options(CrosstermBackend::new(io::stdout()), TerminalOptions { viewport })
}

/// Reads keys until the window is gone.
fn read_keys(keys: &SyncSender<Wake>) {
    loop {
        let event = event::read();
        let is_last = event.is_err();
        if keys.send(Wake::Event(event)).is_err() || is_last {
            return;
        }
    }
}

/// Wide letters of several characters, as flags and families are, and their places. A terminal that shows the parts side
/// by side leaves some of them behind when the letter is drawn over.
fn joined(buffer: &Buffer) -> Vec<(usize, String)> {
    let symbols = buffer.content().iter().map(Cell::symbol).enumerate();
    let joined = symbols.filter(|(_, symbol)| symbol.chars().nth(1).is_some() && symbol.width() > 1);
    joined.map(|(at, symbol)| (at, symbol.to_owned())).collect()
}

/// The thread that has the window.
struct Keeper {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    window: Window,
    wakes: Receiver<Wake>,
    sender: queue::Sender<Typed>,
    /// What the chat has not taken yet; none is the end.
    lines: VecDeque<Option<String>>,
    /// Where the prompt comes from when the last line is dealt with.
    prompt: Option<Receiver<String>>,
    /// The user wants to leave at once.
    is_interrupted: bool,
    /// Which conversation is open, as the chat knows.
    opened: Option<Key>,
    /// Everything is to be drawn again.
    is_stale: bool,
    /// Where joined letters were drawn last.
    joined: Vec<(usize, String)>,
}

impl Keeper {
    fn run(mut self) {
        let ended = self.live();
        restore();
        // If the chat has not ended it does so now: a panic has closed the window.
        let why = ended.map_or_else(|error| error.to_string(), |()| "the window is closed".to_owned());
        let _ = self.sender.blocking_send(Typed::Failed(why));
    }

    /// Lives until the terminal was given back or the chat is gone.
    fn live(&mut self) -> io::Result<()> {
        let mut is_changed = true;
        while is_taken() && self.hand_over() {
            if std::mem::take(&mut is_changed) {
                self.draw()?;
            }
            match self.wakes.recv_timeout(if self.has_more() { LOOK } else { REST }) {
                Ok(wake) => {
                    is_changed = true;
                    self.wake(wake)?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            for _ in 0..WAITING {
                let Ok(wake) = self.wakes.try_recv() else { break };
                self.wake(wake)?;
            }
            is_changed |= self.take_prompt();
        }
        Ok(())
    }

    fn wake(&mut self, wake: Wake) -> io::Result<()> {
        match wake {
            Wake::Update(update) => self.window.apply(*update),
            Wake::Event(event) => match self.window.on_event(event?) {
                None => {}
                Some(Asked::Line(line)) => self.lines.push_back(Some(line)),
                Some(Asked::End) => self.lines.push_back(None),
                Some(Asked::Interrupt) => self.is_interrupted = true,
                Some(Asked::Redraw) => self.is_stale = true,
            },
        }
        Ok(())
    }

    fn draw(&mut self) -> io::Result<()> {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_taken() {
            return Ok(());
        }
        if self.window.take_bell() {
            execute!(io::stdout(), Print('\u{7}'))?;
        }
        execute!(io::stdout(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.is_stale) {
            self.clear()?;
        }
        let frame = self.terminal.draw(|frame| self.window.draw(frame))?;
        let joined = joined(frame.buffer);
        let before = std::mem::replace(&mut self.joined, joined);
        if before.iter().any(|letter| !self.joined.contains(letter)) {
            self.clear()?;
            self.terminal.draw(|frame| self.window.draw(frame))?;
        }
        execute!(io::stdout(), EndSynchronizedUpdate)
    }

    /// Has the next drawing begin with nothing. `Terminal::clear` would ask where the cursor is, and the answer comes as
    /// a key.
    fn clear(&mut self) -> io::Result<()> {
        let area = self.terminal.get_frame().area();
        self.terminal.resize(area)
    }

    fn take_prompt(&mut self) -> bool {
        let Some(prompt) = self.prompt.as_ref().map(Receiver::try_recv) else { return false };
        match prompt {
            Ok(prompt) => self.window.set_prompt(prompt),
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => {}
        }
        self.prompt = None;
        true
    }

    /// Whether there is something that the chat does not know yet, or was not done with.
    fn has_more(&self) -> bool {
        let is_line_left = self.prompt.is_some() || !self.lines.is_empty();
        is_line_left || self.is_interrupted || self.window.opened() != self.opened
    }

    /// Hands over what the chat does not know, as soon as it takes it. False if the chat is gone.
    fn hand_over(&mut self) -> bool {
        loop {
            // An interrupt does not wait for lines that do.
            let (typed, prompt) = if self.is_interrupted {
                (Typed::Interrupted, None)
            } else if self.window.opened() != self.opened {
                (Typed::Opened(self.window.opened()), None)
            } else if self.prompt.is_some() {
                return true;
            } else {
                match self.lines.front() {
                    None => return true,
                    Some(None) => (Typed::End, None),
                    Some(Some(line)) => {
                        let (next, prompt) = sync_channel(1);
                        (Typed::Line { text: Ok(line.clone()), next }, Some(prompt))
                    }
                }
            };
            match self.sender.try_send(typed) {
                Ok(()) if self.is_interrupted => self.is_interrupted = false,
                Ok(()) if self.window.opened() != self.opened => self.opened = self.window.opened(),
                Ok(()) => {
                    self.prompt = prompt;
                    self.lines.pop_front();
                }
                Err(TrySendError::Full(_)) => return true,
                Err(TrySendError::Closed(_)) => return false,
            }
        }
    }
}
