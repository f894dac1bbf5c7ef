//! The program: what is typed, heard and due.
//!
//! | module | subject |
//! |---|---|
//! | `setup` | from the command line to a running chat |
//! | `online` | its node: where it listens, and whom it asks first |
//! | `conversation` | what is said and heard: one person's session on its node |
//! | `commands`, `contacts`, `answers` | what is done about a typed line |
//! | `invite` | a ticket for others, and what the user is told while nobody is here |
//! | `hearing` | what is done about what the node tells |
//! | `sending` | how fast messages go out, and which of them a neighbor has read |
//! | `past` | what was said before |
//! | `moving` | from one room into another |
//! | `pending` | a typed line, from the keyboard until it is dealt with |
//! | `neighborhood` | the address book |
//! | `silence` | whether anybody is heard |
//! | `signals` | what asks from outside for the end |
//! | `storage` | what is kept while the chat runs |
//! | `unread` | direct messages that were not answered, and who named the user |
//! | `window` | what a window shows beside messages |
//! | `crowd` | what of strangers is not shown |
//! | `day` | the line that a new day begins with |
//! | `clock_check` | whether the clock of this machine is right |
//! | `twin` | another program with the same key |
//! | `throttle` | warnings that could come in masses |

mod answers;
mod clock_check;
mod commands;
mod contacts;
mod conversation;
mod crowd;
mod day;
mod hearing;
mod invite;
mod moving;
mod neighborhood;
mod online;
mod past;
mod pending;
mod sending;
mod setup;
mod signals;
mod silence;
mod storage;
mod throttle;
mod twin;
mod unread;
mod window;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use floodnet_chat::keys::Key;
use floodnet_tcp::limits::Profile;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::clock_check::ClockCheck;
use self::conversation::Conversation;
use self::crowd::{Crowd, Ignored};
use self::day::Day;
use self::moving::Left;
use self::neighborhood::Neighborhood;
use self::pending::{After, PendingLine};
use self::signals::signal;
use self::silence::Silence;
use self::storage::Storage;
use self::twin::Twin;
use self::unread::Unread;
use crate::args::Args;
use crate::command::{Command, parse, parse_text};
use crate::input::{Names, Typed};
use crate::metrics::Snapshot;
use crate::room::Room;
use crate::screen::{Broken, Screen};

pub use setup::{Failure, run};

/// What was taken is saved so often.
const SAVE: Duration = Duration::from_secs(10);
/// Longest sleep while nothing is due.
const REST: Duration = Duration::from_secs(3_600);
/// So often it is looked whether everything is sent, at the end.
const LOOK: Duration = Duration::from_millis(20);

/// The reason why the program ends; its exit code depends on it.
enum End {
    /// The user said so, or there is no more input.
    Quit,
    /// The user goes into another room.
    Room,
    /// A signal or an interrupt asked for it.
    Signal,
    /// The task of the node has ended, which it should not.
    Stopped,
    /// What is heard cannot be written any more.
    Output(Broken),
}

struct App {
    talk: Conversation,
    screen: Screen,
    storage: Storage,
    neighborhood: Neighborhood,
    silence: Silence,
    twin: Twin,
    unread: Unread,
    /// Whose direct messages a window shows; none in the room.
    opened: Option<Key>,
    /// What a terminal completes.
    names: Names,
    crowd: Crowd,
    ignored: Ignored,
    day: Day,
    pending: Option<PendingLine>,
    /// The settings for another room, and the line that asked for it.
    next_room: Option<(Box<Args>, PendingLine)>,
    lines: LineCounts,
    /// There is no more input, or it asks to leave: what was sent is waited for.
    is_ending: bool,
    /// When somebody was connected, or nobody was any more, or the start.
    changed: Instant,
    clock: ClockCheck,
    /// What is in the way of meeting others, when it was looked for.
    found: mpsc::Receiver<Vec<String>>,
    metrics: Option<watch::Sender<Snapshot>>,
    about: About,
}

/// What was chosen when the program started.
struct About {
    args: Args,
    room: Room,
    profile: Profile,
    log: PathBuf,
    /// Where it looks for others, in words.
    places: String,
}

/// Lines of the input.
#[derive(Default)]
struct LineCounts {
    taken: u64,
    /// Those that could not be sent, or whose command could not be done.
    refused: u64,
    /// Since when nobody was connected when the user was last told so.
    told_alone: Option<Instant>,
}

impl App {
    async fn run(mut self, mut input: mpsc::Receiver<Typed>) -> Left {
        let end = self.live(&mut input).await;
        match self.next_room.take() {
            Some((args, line)) if matches!(end, End::Room) => self.move_out(args, line, input).await,
            _ => Left::Exit(self.end(end).await),
        }
    }

    async fn live(&mut self, input: &mut mpsc::Receiver<Typed>) -> End {
        let mut save = interval(SAVE);
        save.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut signals = std::pin::pin!(signal());
        loop {
            // While a line is pending no further one comes: its reader waits, so that lines keep their order.
            let due = self.next_due();
            tokio::select! {
                typed = input.recv(), if !(self.is_ending && input.is_closed()) => {
                    match typed.unwrap_or(Typed::End) {
                        Typed::Line { text, next } => self.on_typed(text, next).await,
                        Typed::Opened(opened) => self.opens(opened),
                        Typed::Note(note) => self.screen.warning(&note),
                        Typed::Interrupted => return End::Signal,
                        Typed::End => self.is_ending = true,
                        Typed::Failed(why) if self.screen.lists_people() => {
                            return End::Output(Broken::Failed(why));
                        }
                        Typed::Failed(why) => {
                            self.refuse(&format!("cannot read the input: {why}"));
                            self.is_ending = true;
                        }
                    }
                }
                event = self.talk.handle.next_event() => match event {
                    Some(event) => self.on_event(event).await,
                    None => return End::Stopped,
                },
                () = sleep_until(due) => {}
                Some(found) = self.found.recv() => self.tell_alone(&found),
                _ = save.tick() => self.save(false),
                _ = second.tick() => self.each_second().await,
                () = &mut signals => return End::Signal,
                broken = self.screen.broken() => return End::Output(broken),
            }
            self.talk.tell_presence().await;
            self.show_caught_up();
            if let Some(line) = self.pending.take() {
                self.on_line(line).await;
            }
            if self.next_room.is_some() {
                return End::Room;
            }
            if self.is_ending && self.pending.is_none() && self.talk.sending.is_settled() {
                return End::Quit;
            }
        }
    }

    fn next_due(&self) -> Instant {
        let due = Instant::now() + self.talk.until_presence().unwrap_or(REST);
        let due = if self.is_ending { due.min(Instant::now() + LOOK) } else { due };
        let due = self.talk.memory.due().map_or(due, |caught_up| caught_up.min(due));
        self.pending.as_ref().map_or(due, |line| line.again.min(due))
    }

    /// Deals with a line that was typed, unless it could not be taken.
    async fn on_typed(&mut self, text: Result<String, String>, next: SyncSender<String>) {
        self.lines.taken += 1;
        let command = match text {
            Ok(text) if self.about.args.text => parse_text(&text),
            Ok(text) => parse(&text),
            Err(why) => Command::Wrong(format!("not sent: {why}")),
        };
        self.on_line(PendingLine::new(command, next)).await;
    }

    /// Deals with a line, or keeps it as pending.
    async fn on_line(&mut self, mut line: PendingLine) {
        loop {
            match self.obey(line.command.clone(), line.typed).await {
                After::Quit => return self.is_ending = true,
                After::Wait(again) => {
                    line.again = again;
                    return self.pending = Some(line);
                }
                After::Room(args) => return self.next_room = Some((args, line)),
                After::Rest(rest) => line.command = rest,
                After::Next => return line.done(self.prompt()),
            }
        }
    }

    fn prompt(&self) -> String {
        match self.unread.len() {
            _ if self.screen.lists_people() => format!("{}> ", self.talk.session.name()),
            0 => format!("{}> ", self.talk.session.name()),
            unread => format!("{} ({unread} unread)> ", self.talk.session.name()),
        }
    }

    /// Does what has to be done once a second: publish counts, save peers, forget the silent and the old, check the
    /// clock.
    async fn each_second(&mut self) {
        if let Some(metrics) = &self.metrics {
            metrics.send_replace(self.snapshot());
        }
        self.save_book();
        if let Some(word) = self.silence.look(self.talk.is_connected(), Instant::now()) {
            self.screen.warning(&word);
        }
        let (refused, is_heard) =
            (self.talk.handle.stats().refused_as_earlier, self.talk.validator.take_twin());
        if let Some(word) = self.twin.look(self.talk.is_connected(), refused, is_heard) {
            self.screen.warning(word);
        }
        self.talk.forget_silent();
        self.look_after_screen();
        self.look_after_history().await;
        match self.clock.look(self.talk.clock_disagreement()) {
            Some(Ok(word)) => self.screen.notice(&word),
            Some(Err(word)) => self.screen.warning(&word),
            None => {}
        }
    }

    /// Tells what was not shown, and that a day has begun; keeps the names that can be completed.
    fn look_after_screen(&mut self) {
        if let Some(word) = self.crowd.take_word() {
            self.screen.notice(&word);
        }
        if self.screen.is_plain() {
            return;
        }
        if let Some(day) = self.day.look(jiff::Zoned::now().date()) {
            self.screen.day(&day);
        }
        self.names.set(self.talk.session.people().typed_names());
        self.list_people();
    }

    /// Keeps the way in for the next run.
    fn save_book(&mut self) {
        let (chosen, mut others) = self.talk.handle.chosen_and_others();
        others.truncate(crate::node::KEPT.saturating_sub(chosen.len()));
        self.neighborhood.keeps(&chosen, &others);
        if let Some(met) = self.neighborhood.take_new(&[chosen, others].concat()) {
            self.storage.save_peers(&met, &mut self.screen);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let gate = self.talk.validator.lock();
        let size = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        snapshot.gauges.insert("neighbors", size(self.talk.handle.neighbors().borrow().len()));
        snapshot.gauges.insert("people", size(self.talk.session.people().count_present()));
        snapshot.gauges.insert("message_ids", size(gate.replay().ids()));
        snapshot.gauges.insert("unread", size(self.unread.len()));
        snapshot.counters.insert("messages_passed", gate.passed());
        snapshot.counters.extend(self.talk.handle.stats().iter());
        snapshot.refused.clone_from(gate.refused());
        drop(gate);
        snapshot
    }

    /// Keeps what must not be forgotten.
    fn save(&mut self, is_end: bool) {
        let session = &self.talk.session;
        self.storage.save_kept(session.name(), session.next_seq(), is_end, &mut self.screen);
        self.storage.save_replay(&self.talk.validator, is_end, &mut self.screen);
    }

    /// Says goodbye, and keeps everything.
    async fn close(&mut self) {
        // It is kept as shown already: the next run would not show it.
        self.show_waiting();
        self.talk.say_goodbye().await;
        self.save(true);
    }

    async fn end(mut self, end: End) -> ExitCode {
        self.close().await;
        let is_all_sent = self.tell_unsent(&end);
        let Self { talk, mut screen, .. } = self;
        let left = talk.handle.leave().await;
        let end = match screen.flush() {
            Err(broken) if matches!(end, End::Quit) => End::Output(broken),
            _ => end,
        };
        let code = match end {
            End::Stopped => {
                screen.warning("the node has stopped; the log says more");
                1
            }
            // As the shell says of those that a broken pipe ends.
            End::Output(Broken::ReaderGone) => 141,
            End::Output(broken) => {
                // The screen cannot say it any more.
                let _ = writeln!(io::stderr(), "chat: {broken}");
                1
            }
            End::Signal => 130,
            End::Quit if left.is_err() || !is_all_sent => 1,
            End::Quit | End::Room => 0,
        };
        ExitCode::from(code)
    }

    /// Tells how many lines of a pipe were not sent; true if all were.
    fn tell_unsent(&mut self, end: &End) -> bool {
        let LineCounts { taken, refused, .. } = self.lines;
        let waiting = self.talk.sending.unsent() + u64::from(self.pending.is_some());
        let unsent = refused + waiting;
        if !self.screen.is_plain() {
            return true;
        }
        let is_early = !self.is_ending && !matches!(end, End::Stopped);
        // Who only listened has nothing to count.
        if is_early && taken > 0 {
            let sent = taken.saturating_sub(unsent);
            self.screen.notice(&format!(
                "ended before its input did: {sent} of {taken} lines taken from it were sent"
            ));
        } else if !is_early && taken > 0 && unsent > 0 {
            self.screen.warning(&format!("{unsent} of {taken} lines of the input were not sent or not done"));
        }
        unsent == 0
    }
}
