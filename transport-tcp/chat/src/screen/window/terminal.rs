//! The terminal of a window: taken at the start, given back on every way out.

use std::collections::VecDeque;
use std::io::{self, Stdout};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use tokio::sync::mpsc as queue;
use tokio::sync::mpsc::error::TrySendError;

use super::{Asked, Update, Window};
use crate::input::{MAX_LINE, Names, Typed};

/// Updates that wait for the window; the queue before them is bounded in bytes.
const WAITING: usize = 256;
/// So often it is looked for updates.
const LOOK: Duration = Duration::from_millis(30);
/// So long a drawing that is under way is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

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
    let _ = execute!(
        io::stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        ratatui::crossterm::cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Whether a window has the terminal.
pub(in crate::screen) fn is_taken() -> bool {
    IS_TAKEN.load(SeqCst)
}

/// Takes the terminal for a window, on a thread of its own. Gives what is typed, and takes what is to be shown.
///
/// # Errors
/// The terminal cannot be used so.
pub(crate) fn open(
    prompt: String,
    names: Names,
    has_color: bool,
) -> io::Result<(queue::Receiver<Typed>, SyncSender<Update>)> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        hook(panic);
    }));
    enable_raw_mode()?;
    IS_TAKEN.store(true, SeqCst);
    let begun = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableMouseCapture)
        .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
    let terminal = begun.inspect_err(|_| restore())?;
    let (sender, receiver) = queue::channel(1);
    let (updates, shown) = sync_channel(WAITING);
    let keeper = Keeper {
        terminal,
        window: Window::new(prompt, names, has_color),
        shown,
        sender,
        asked: VecDeque::new(),
        prompt: None,
    };
    thread::spawn(move || keeper.run());
    Ok((receiver, updates))
}

/// The thread that draws the window and reads keys.
struct Keeper {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    window: Window,
    shown: Receiver<Update>,
    sender: queue::Sender<Typed>,
    /// What the chat has not taken yet.
    asked: VecDeque<Asked>,
    /// Where the prompt comes from when the last line is dealt with.
    prompt: Option<Receiver<String>>,
}

impl Keeper {
    fn run(mut self) {
        let ended = self.live();
        restore();
        if let Err(error) = ended {
            let _ = self.sender.blocking_send(Typed::Failed(error.to_string()));
        }
    }

    fn live(&mut self) -> io::Result<()> {
        let mut is_changed = true;
        loop {
            for _ in 0..WAITING {
                match self.shown.try_recv() {
                    Ok(update) => self.window.apply(update),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
                is_changed = true;
            }
            is_changed |= self.take_prompt();
            if !self.hand_over() {
                return Ok(());
            }
            if std::mem::take(&mut is_changed) && !self.draw()? {
                return Ok(());
            }
            if event::poll(LOOK)? {
                let asked = self.window.on_event(event::read()?);
                self.asked.extend(asked);
                is_changed = true;
            }
        }
    }

    /// False if the terminal was given back.
    fn draw(&mut self) -> io::Result<bool> {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_taken() {
            return Ok(false);
        }
        if self.window.take_bell() {
            execute!(io::stdout(), ratatui::crossterm::style::Print('\u{7}'))?;
        }
        self.terminal.draw(|frame| self.window.draw(frame))?;
        Ok(true)
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

    /// Hands over what was typed, as soon as the chat takes it. False if the chat is gone.
    fn hand_over(&mut self) -> bool {
        while self.prompt.is_none()
            && let Some(asked) = self.asked.front()
        {
            let (next, prompt) = sync_channel(1);
            let is_line = matches!(asked, Asked::Line(_));
            let typed = match asked {
                Asked::Line(text) if text.len() > MAX_LINE => {
                    let why = format!("{} bytes are too long: send them in parts", text.len());
                    Typed::Line { text: Err(why), next }
                }
                Asked::Line(text) => Typed::Line { text: Ok(text.clone()), next },
                Asked::Interrupt => Typed::Interrupted,
                Asked::End => Typed::End,
            };
            match self.sender.try_send(typed) {
                Ok(()) => {
                    self.asked.pop_front();
                    self.prompt = is_line.then_some(prompt);
                }
                Err(TrySendError::Full(_)) => return true,
                Err(TrySendError::Closed(_)) => return false,
            }
        }
        true
    }
}
