//! The program: what is typed, heard and due.

mod commands;
mod setup;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use floodnet_chat::crypto::Key;
use floodnet_chat::envelope::Envelope;
use floodnet_chat::people::Met;
use floodnet_chat::session::{Heard, SILENT_MS, Session};
use floodnet_chat::text::fingerprint;
use floodnet_core::broadcast::BroadcastEvent;
use floodnet_core::node::Layer;
use floodnet_core::overlay::OverlayEvent;
use floodnet_core::rng::NodeRng;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::Profile;
use floodnet_tcp::peer::Peer;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::cipher::Cipher;
use crate::files::{Files, Kept};
use crate::folder::Folder;
use crate::gate::{ChatGate, Clocks};
use crate::input::Typed;
use crate::metrics::Snapshot;
use crate::node::Event;
use crate::recorded::ChatNode;
use crate::room::Room;
use crate::screen::{Screen, now};

pub use setup::{Failure, run};

/// What was taken is saved so often.
const SAVE: Duration = Duration::from_secs(10);
/// Counts of messages that are given out between two saves: more than anybody sends meanwhile.
const RESERVED: u64 = 100_000;
/// Direct messages that wait for an answer.
const MOST_UNREAD: usize = 100;
/// Peers met lately, of which the first few are saved.
const MOST_MET: usize = 16;
/// A pipe's message waits so long for somebody to take it.
const PATIENCE_PIPE: Duration = Duration::from_secs(15);
/// A direct message waits so long for its reader to tell who they are.
const PATIENCE_NAME: Duration = Duration::from_secs(2);
/// Warnings that could come in masses come so often.
const PAUSE: Duration = Duration::from_secs(60);

/// A direct message that was not answered.
struct Unread {
    from: Key,
    text: String,
    came: String,
}

/// A line that cannot be dealt with yet.
struct Waiting {
    text: String,
    next: std::sync::mpsc::SyncSender<String>,
    until: Instant,
}

/// What to do after a line.
enum After {
    /// Go on.
    Next,
    /// Try the line again when something has changed, for at most so long.
    Wait(Duration),
    /// Leave.
    Quit,
}

/// Why the program ends.
enum End {
    /// The user said so, or there is no more input.
    Quit,
    /// By a signal.
    Signal,
    /// The node has stopped.
    Stopped,
}

struct App {
    session: Session<Cipher>,
    handle: Handle<ChatNode>,
    gate: Arc<ChatGate>,
    clocks: Clocks,
    screen: Screen,
    files: Files,
    folder: Folder,
    rng: NodeRng,
    room: Room,
    profile: Profile,
    log: PathBuf,
    /// Peers met, the latest first.
    met: Vec<Peer>,
    /// They are not saved yet.
    met_more: bool,
    /// What was saved last.
    kept: Kept,
    unread: VecDeque<Unread>,
    waiting: Option<Waiting>,
    was_connected: bool,
    /// Something was said while nobody was connected.
    said_to_nobody: bool,
    disk_warned: Option<Instant>,
    clock_warned: Option<Instant>,
    refused_ahead: u64,
    metrics: Option<watch::Sender<Snapshot>>,
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
            let due = self.next_due();
            tokio::select! {
                typed = input.recv(), if self.waiting.is_none() => match typed {
                    Some(Typed::Line { text, next }) => {
                        if self.on_line(text, next, false).await { return End::Quit }
                    }
                    Some(Typed::Interrupted) => return End::Signal,
                    Some(Typed::End) | None => return End::Quit,
                },
                event = self.handle.next_event() => match event {
                    Some(event) => self.on_event(event),
                    None => return End::Stopped,
                },
                () = sleep_until(due) => {}
                _ = save.tick() => self.save(false),
                _ = second.tick() => self.each_second(),
                () = &mut signals => return End::Signal,
            }
            self.on_due().await;
            if let Some(Waiting { text, next, until }) = self.waiting.take()
                && self.on_line_again(text, next, until).await
            {
                return End::Quit;
            }
        }
    }

    fn next_due(&self) -> Instant {
        let now = self.clocks.read().now;
        let presence = self
            .session
            .presence_due()
            .map_or(Duration::from_secs(3_600), |due| Duration::from_nanos(due.since(now).as_nanos()));
        let due = Instant::now() + presence;
        self.waiting.as_ref().map_or(due, |waiting| waiting.until.min(due))
    }

    async fn on_due(&mut self) {
        let clock = self.clocks.read();
        if self.session.presence_due().is_some_and(|due| due <= clock.now)
            && self.is_connected()
            && let Some(envelope) = self.session.presence(true, clock)
        {
            self.publish(envelope).await;
        }
    }

    fn is_connected(&self) -> bool {
        !self.handle.neighbors().borrow().is_empty()
    }

    /// Says who we are, if nobody knows that yet.
    async fn introduce(&mut self) {
        if !self.session.is_introduced()
            && let Some(envelope) = self.session.presence(true, self.clocks.read())
        {
            self.publish(envelope).await;
        }
    }

    async fn publish(&mut self, envelope: Envelope) {
        self.gate.lock().said(&envelope);
        if self.handle.publish(envelope).await.is_err() {
            tracing::error!("the node has stopped");
        }
    }

    /// Deals with a line; true to leave. `is_last` if it must not wait any longer.
    async fn on_line(
        &mut self,
        text: String,
        next: std::sync::mpsc::SyncSender<String>,
        is_last: bool,
    ) -> bool {
        match self.obey(&text, is_last).await {
            After::Quit => return true,
            After::Wait(patience) => {
                self.waiting = Some(Waiting { text, next, until: Instant::now() + patience });
            }
            After::Next => {
                let _ = next.send(self.prompt());
            }
        }
        false
    }

    async fn on_line_again(
        &mut self,
        text: String,
        next: std::sync::mpsc::SyncSender<String>,
        until: Instant,
    ) -> bool {
        let is_last = Instant::now() >= until;
        let quits = self.on_line(text, next, is_last).await;
        if let Some(waiting) = &mut self.waiting {
            waiting.until = until;
        }
        quits
    }

    fn prompt(&self) -> String {
        match self.unread.len() {
            0 => format!("{}> ", self.session.name()),
            unread => format!("{} ({unread} unread)> ", self.session.name()),
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Layer::Overlay(OverlayEvent::Up(peer)) => self.on_neighbor(peer),
            Layer::Overlay(OverlayEvent::Down(_)) => {
                if self.was_connected && !self.is_connected() {
                    self.was_connected = false;
                    self.screen.notice("nobody is connected any more; looking for a way back");
                }
            }
            Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) => self.hear(&payload),
            Layer::Overlay(_) | Layer::Broadcast(_) => {}
        }
    }

    fn on_neighbor(&mut self, peer: Peer) {
        let is_only = self.handle.neighbors().borrow().len() <= 1;
        self.session.on_neighbor(is_only, self.clocks.read(), &mut self.rng);
        self.met.retain(|known| *known != peer);
        self.met.insert(0, peer);
        self.met.truncate(MOST_MET);
        self.met_more = true;
        if !self.was_connected {
            self.was_connected = true;
            self.screen.notice("connected");
        }
    }

    fn hear(&mut self, envelope: &Envelope) {
        match self.session.hear(envelope, self.clocks.read(), &mut self.rng) {
            Heard::Said { from, text } => {
                let shown = self.session.people().shown(&from);
                let verified = self.session.people().is_verified(&from);
                self.screen.said(&from, &shown, verified, &text);
            }
            Heard::Direct { from, text } => {
                let shown = self.session.people().shown(&from);
                let verified = self.session.people().is_verified(&from);
                let came = now();
                self.screen.direct(&from, &shown, verified, &text, &came);
                if self.unread.len() == MOST_UNREAD {
                    self.unread.pop_front();
                }
                self.unread.push_back(Unread { from, text, came });
            }
            Heard::Presence { from, met } => self.on_presence(&from, met),
            Heard::Nothing(reason) => tracing::debug!(reason, "nothing to show"),
        }
    }

    fn on_presence(&mut self, from: &Key, met: Met) {
        let shown = self.session.people().shown(from);
        match met {
            Met::Known => {}
            Met::Came => self.screen.notice(&format!("{shown} is here")),
            Met::Left => self.screen.notice(&format!("{shown} left")),
            Met::Renamed { from: former } => {
                let nick = self.session.people().nick(from).map(ToString::to_string).unwrap_or_default();
                self.screen.notice(&format!("{former}~{} is called {nick} now", fingerprint(from)));
            }
            Met::Impersonates { contact } => {
                let people = self.session.people();
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

    /// Things that are looked at now and then.
    fn each_second(&mut self) {
        if let Some(metrics) = &self.metrics {
            metrics.send_replace(self.snapshot());
        }
        if std::mem::take(&mut self.met_more) {
            let saved = self.files.save_peers(&self.met);
            self.saved(saved);
        }
        let clock = self.clocks.read();
        let silent_since = clock.unix_ms.saturating_sub(SILENT_MS);
        self.session.people_mut().gone_before(silent_since);
        let ahead = self.gate.lock().refused().get("too_far_ahead").copied().unwrap_or_default();
        if ahead > self.refused_ahead && is_time(&mut self.clock_warned) {
            self.screen.warning(&format!(
                "{} messages came from the future and were not shown: is the clock of this machine right? It says {}",
                ahead - self.refused_ahead,
                jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S %:z")
            ));
            self.refused_ahead = ahead;
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let gate = self.gate.lock();
        let size = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        snapshot.gauges.insert("neighbors", size(self.handle.neighbors().borrow().len()));
        snapshot.gauges.insert("people", size(self.session.people().count_present()));
        snapshot.gauges.insert("message_ids", size(gate.replay().ids()));
        snapshot.gauges.insert("unread", size(self.unread.len()));
        snapshot.counters.insert("messages_passed", gate.passed());
        snapshot.counters.extend(self.handle.stats().iter());
        snapshot.refused.clone_from(gate.refused());
        drop(gate);
        snapshot
    }

    /// Keeps what must not be forgotten. A full disk does not end the chat.
    fn save(&mut self, is_end: bool) {
        // Only when half of what was given out is used, or the name is another.
        let next_seq = self.session.next_seq();
        let is_used = next_seq.saturating_add(RESERVED / 2) > self.kept.next_seq;
        if is_end || is_used || self.kept.name.as_ref() != Some(self.session.name()) {
            let reserved = if is_end { 0 } else { RESERVED };
            self.kept =
                Kept { name: Some(self.session.name().clone()), next_seq: next_seq.saturating_add(reserved) };
            let saved = self.files.save_kept(&self.kept);
            self.saved(saved);
        }
        let mut gate = self.gate.lock();
        let replay = (gate.replay_mut().take_changed() || is_end).then(|| gate.replay().clone());
        drop(gate);
        let saved = replay.map_or(Ok(()), |replay| self.files.save_replay(&replay, is_end));
        self.saved(saved);
    }

    /// Keeps the contacts, and tells the gate about them.
    fn save_contacts(&mut self) {
        let contacts: Vec<Key> = self.session.people().contacts().keys().copied().collect();
        self.gate.lock().set_contacts(contacts);
        let saved = self.files.save_contacts(self.session.people());
        self.saved(saved);
    }

    fn saved(&mut self, saved: std::io::Result<()>) {
        if let Err(error) = saved {
            tracing::warn!(%error, "cannot save");
            if is_time(&mut self.disk_warned) {
                let folder = self.folder.path().display();
                self.screen.warning(&format!("cannot save to {folder}: {error}. The chat goes on"));
            }
        }
    }

    async fn end(mut self, end: End) -> ExitCode {
        let clock = self.clocks.read();
        if self.is_connected()
            && let Some(goodbye) = self.session.presence(false, clock)
        {
            self.publish(goodbye).await;
        }
        self.save(true);
        let Self { handle, mut screen, said_to_nobody, .. } = self;
        let left = handle.leave().await;
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

/// Whether a warning may come again.
fn is_time(last: &mut Option<Instant>) -> bool {
    let is_time = last.is_none_or(|last| last.elapsed() >= PAUSE);
    if is_time {
        *last = Some(Instant::now());
    }
    is_time
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
