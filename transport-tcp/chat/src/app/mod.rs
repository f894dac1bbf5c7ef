//! The program: what is typed, heard and due.
//!
//! | module | subject |
//! |---|---|
//! | `setup` | from the command line to a running chat |
//! | `conversation` | what is said and heard: one person's session on its node |
//! | `commands`, `contacts`, `answers` | what is done about a typed line |
//! | `pending` | a typed line, from the keyboard until it is dealt with |
//! | `neighborhood` | the peers that this node met |
//! | `storage` | what is kept while the chat runs |
//! | `unread` | direct messages that were not answered |
//! | `throttle` | warnings that could come in masses |

mod answers;
mod commands;
mod contacts;
mod conversation;
mod neighborhood;
mod pending;
mod setup;
mod storage;
mod throttle;
mod unread;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use floodnet_chat::crypto::Key;
use floodnet_chat::envelope::Envelope;
use floodnet_chat::people::PresenceChange;
use floodnet_chat::session::Heard;
use floodnet_chat::text::fingerprint;
use floodnet_core::broadcast::BroadcastEvent;
use floodnet_core::node::Layer;
use floodnet_core::overlay::OverlayEvent;
use floodnet_tcp::limits::Profile;
use floodnet_tcp::peer::Peer;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::conversation::Conversation;
use self::neighborhood::Neighborhood;
use self::pending::{After, PendingLine};
use self::storage::Storage;
use self::throttle::Throttle;
use self::unread::{Direct, Unread};
use crate::input::Typed;
use crate::metrics::Snapshot;
use crate::node::Event;
use crate::room::Room;
use crate::screen::{Screen, now};

pub use setup::{Failure, run};

/// What was taken is saved so often.
const SAVE: Duration = Duration::from_secs(10);
/// Longest sleep while nothing is due.
const REST: Duration = Duration::from_secs(3_600);

/// The reason why the program ends; its exit code depends on it.
enum End {
    /// The user said so, or there is no more input.
    Quit,
    /// A signal or an interrupt asked for it.
    Signal,
    /// The task of the node has ended, which it should not.
    Stopped,
}

struct App {
    talk: Conversation,
    screen: Screen,
    storage: Storage,
    neighborhood: Neighborhood,
    unread: Unread,
    pending: Option<PendingLine>,
    /// Something was said while nobody was connected.
    said_to_nobody: bool,
    clock: ClockCheck,
    metrics: Option<watch::Sender<Snapshot>>,
    about: About,
}

/// What was chosen when the program started.
struct About {
    room: Room,
    profile: Profile,
    log: PathBuf,
}

/// Tells when the clock of this machine seems to be slow.
#[derive(Default)]
struct ClockCheck {
    /// Messages from the future of which the user knows.
    told: u64,
    warnings: Throttle,
}

impl App {
    async fn run(mut self, mut input: mpsc::Receiver<Typed>) -> ExitCode {
        let end = self.live(&mut input).await;
        self.end(end).await
    }

    async fn live(&mut self, input: &mut mpsc::Receiver<Typed>) -> End {
        let mut save = interval(SAVE);
        save.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut signals = std::pin::pin!(signal());
        loop {
            // While a line is pending no further one is read, so that lines keep their order.
            let due = self.next_due();
            tokio::select! {
                typed = input.recv(), if self.pending.is_none() => match typed {
                    Some(Typed::Line { text, next }) => {
                        if self.on_line(PendingLine::new(text, next)).await { return End::Quit }
                    }
                    Some(Typed::Interrupted) => return End::Signal,
                    Some(Typed::End) | None => return End::Quit,
                },
                event = self.talk.handle.next_event() => match event {
                    Some(event) => self.on_event(event),
                    None => return End::Stopped,
                },
                () = sleep_until(due) => {}
                _ = save.tick() => self.save(false),
                _ = second.tick() => self.each_second(),
                () = &mut signals => return End::Signal,
            }
            self.talk.tell_presence().await;
            if let Some(line) = self.pending.take()
                && self.on_line(line).await
            {
                return End::Quit;
            }
        }
    }

    fn next_due(&self) -> Instant {
        let due = Instant::now() + self.talk.until_presence().unwrap_or(REST);
        self.pending.as_ref().and_then(PendingLine::until).map_or(due, |until| until.min(due))
    }

    /// Deals with a line, or keeps it as pending; true to leave.
    async fn on_line(&mut self, mut line: PendingLine) -> bool {
        match self.obey(&line.text, line.may_wait()).await {
            After::Quit => return true,
            After::Wait(patience) => {
                line.wait(patience);
                self.pending = Some(line);
            }
            After::Next => line.done(self.prompt()),
        }
        false
    }

    fn prompt(&self) -> String {
        match self.unread.len() {
            0 => format!("{}> ", self.talk.session.name()),
            unread => format!("{} ({unread} unread)> ", self.talk.session.name()),
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Layer::Overlay(OverlayEvent::Up(peer)) => self.on_neighbor(peer),
            Layer::Overlay(OverlayEvent::Down(_)) => {
                if self.neighborhood.down(self.talk.is_connected()) {
                    self.screen.notice("nobody is connected any more; looking for a way back");
                }
            }
            Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) => self.hear(&payload),
            Layer::Overlay(_) | Layer::Broadcast(_) => {}
        }
    }

    fn on_neighbor(&mut self, peer: Peer) {
        self.talk.on_neighbor();
        if self.neighborhood.up(peer) {
            self.screen.notice("connected");
        }
    }

    fn hear(&mut self, envelope: &Envelope) {
        match self.talk.hear(envelope) {
            Heard::Said { from, text } => {
                let shown = self.talk.session.people().shown(&from);
                let verified = self.talk.session.people().is_verified(&from);
                self.screen.said(&from, &shown, verified, &text);
            }
            Heard::Direct { from, text } => {
                let shown = self.talk.session.people().shown(&from);
                let verified = self.talk.session.people().is_verified(&from);
                let came = now();
                self.screen.direct(&from, &shown, verified, &text, &came);
                self.unread.push(Direct { from, text, came });
            }
            Heard::Presence { from, change } => self.on_presence(&from, change),
            Heard::Nothing(reason) => tracing::debug!(reason, "nothing to show"),
        }
    }

    fn on_presence(&mut self, from: &Key, change: PresenceChange) {
        let shown = self.talk.session.people().shown(from);
        match change {
            PresenceChange::Unchanged => {}
            PresenceChange::Joined => self.screen.notice(&format!("{shown} is here")),
            PresenceChange::Left => self.screen.notice(&format!("{shown} left")),
            PresenceChange::Renamed { from: former } => {
                let nick = self.talk.session.people().nick(from).map(ToString::to_string).unwrap_or_default();
                self.screen.notice(&format!("{former}~{} is called {nick} now", fingerprint(from)));
            }
            PresenceChange::Impersonates { contact } => {
                let people = self.talk.session.people();
                let nick = people.nick(from).map(ToString::to_string).unwrap_or_default();
                let known = people.shown(&contact);
                self.screen.warning(&format!(
                    "somebody calls themself {nick} who is NOT your contact {known}: another key, {}, where {known} has {}. \
                     It may be a stranger, or {known} with a new key: ask them another way, and compare with /verify ~{}",
                    fingerprint(from),
                    fingerprint(&contact),
                    &fingerprint(from)[..9]
                ));
            }
        }
    }

    /// Does what has to be done once a second: publish counts, save peers, forget the silent, check the clock.
    fn each_second(&mut self) {
        if let Some(metrics) = &self.metrics {
            metrics.send_replace(self.snapshot());
        }
        if let Some(met) = self.neighborhood.take_new() {
            self.storage.save_peers(met, &mut self.screen);
        }
        self.talk.forget_silent();
        let ahead = self.talk.refused_ahead();
        if ahead > self.clock.told && self.clock.warnings.allows() {
            self.screen.warning(&format!(
                "{} messages came from the future and were not shown: is the clock of this machine right? It says {}",
                ahead - self.clock.told,
                jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S %:z")
            ));
            self.clock.told = ahead;
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

    async fn end(mut self, end: End) -> ExitCode {
        self.talk.say_goodbye().await;
        self.save(true);
        let Self { talk, mut screen, said_to_nobody, .. } = self;
        let left = talk.handle.leave().await;
        match end {
            End::Stopped => {
                screen.warning("the node has stopped; the log says more");
                ExitCode::from(1)
            }
            _ if left.is_err() => ExitCode::from(1),
            End::Signal => ExitCode::from(130),
            End::Quit if said_to_nobody && screen.is_plain() => ExitCode::from(1),
            End::Quit => ExitCode::SUCCESS,
        }
    }
}

/// Waits until somebody wants the program to end.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).ok();
        let (mut hangup, mut term) = (listen(SignalKind::hangup()), listen(SignalKind::terminate()));
        let wait = async |signal: &mut Option<tokio::signal::unix::Signal>| match signal {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = wait(&mut hangup) => {}
            () = wait(&mut term) => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
