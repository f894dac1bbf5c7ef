//! What was said before: kept on disk, given to neighbors, caught up from them, and shown again.

use std::collections::BTreeMap;
use std::time::Duration;

use floodnet_chat::session::Heard;
use floodnet_chat::signed_message::Envelope;
use floodnet_chat::text::fingerprint;
use floodnet_core::reconcile::{Dated, Key};
use floodnet_tcp::peer::Peer;
use tokio::time::Instant;

use super::App;
use super::hearing::names;
use super::throttle::Throttle;
use super::unread::Waiting;
use crate::command::Span;
use crate::history::{History, Past, Put, Source};
use crate::node::HistoryCommand;
use crate::screen::{Spoken, When};
use crate::time_of_day::at;

/// Messages that are shown when the program starts.
const SCROLL_BACK: u32 = 20;
/// Messages that `/history` shows at most.
const MAX_SHOWN: u32 = 1_000;
/// What is caught up is shown after a pause of this length, in order of time ...
const PAUSE: Duration = Duration::from_millis(700);
/// ... and at the latest after this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Messages that are not kept longer than that they are shown wait for that, at most.
const MAX_WAITING: usize = 1_000;

/// Why a message from before is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occasion {
    Start,
    CaughtUp,
    Asked,
}

/// The history, if there is one, and what is to be shown of it.
#[derive(Default)]
pub(super) struct Memory {
    history: Option<History>,
    /// Caught up and not shown yet, in order of time, and within a millisecond of counts, which begin with the clock.
    waiting: BTreeMap<(u64, u64, Key), Past>,
    /// When the first and the last of them came.
    came: Option<(Instant, Instant)>,
    warnings: Throttle,
    trouble: Option<String>,
}

impl Memory {
    pub(super) fn new(history: Option<History>) -> Self {
        Self { history, ..Self::default() }
    }

    /// Whether what is said is kept.
    pub(super) const fn is_there(&self) -> bool {
        self.history.is_some()
    }

    /// What a node has to know of the history when it starts.
    pub(super) fn known(&mut self) -> Vec<HistoryCommand> {
        let Some(history) = &self.history else { return Vec::new() };
        let floor = history.floor();
        let keys = history.keys();
        let keys = self.checked(keys).unwrap_or_default();
        vec![HistoryCommand::ForgetBefore(floor), HistoryCommand::Remember(keys)]
    }

    /// Keeps a message. None without a history, or if it cannot be written: the chat goes on.
    pub(super) fn put(
        &mut self,
        envelope: &Envelope,
        nick: &str,
        source: Source,
        now_ms: u64,
    ) -> Option<Put> {
        let put = self.history.as_mut()?.put(envelope, nick, source, now_ms);
        self.checked(put)
    }

    /// Notes what is wrong with the disk, to be told.
    fn checked<T>(&mut self, done: Result<T, rusqlite::Error>) -> Option<T> {
        match done {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(%error, "the history cannot be used");
                self.trouble = Some(error.to_string());
                None
            }
        }
    }

    /// What was wrong with the disk lately; once in a while.
    fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take().filter(|_| self.warnings.allows())
    }

    /// When what was caught up is to be shown.
    pub(super) fn due(&self) -> Option<Instant> {
        self.came.map(|(first, last)| (first + LONGEST_PAUSE).min(last + PAUSE))
    }

    fn is_due(&self) -> bool {
        self.waiting.len() >= MAX_WAITING || self.due().is_some_and(|due| due <= Instant::now())
    }
}

impl App {
    /// Whether a message that came as it was said is to be shown: it may have come from the history before.
    pub(super) async fn is_news(&mut self, envelope: &Envelope) -> bool {
        match self.talk.keep(envelope, Source::Live).0 {
            Some(Put::New) => {
                self.talk.tell_history(HistoryCommand::Kept(envelope.key())).await;
                true
            }
            Some(Put::Known) => false,
            Some(Put::Refused(_)) | None => true,
        }
    }

    /// A message from before came that the node has asked for.
    pub(super) async fn on_caught_up(&mut self, envelope: Envelope) {
        let key = envelope.key();
        let (put, nick) = self.talk.keep(&envelope, Source::CaughtUp);
        let is_kept = matches!(put, Some(Put::New | Put::Known));
        self.talk.tell_history(HistoryCommand::Settle { key, is_kept }).await;
        match put {
            Some(Put::New) => {
                let (now, memory) = (Instant::now(), &mut self.talk.memory);
                let first = memory.came.map_or(now, |(first, _)| first);
                memory.came = Some((first, now));
                memory.waiting.insert((key.at, envelope.seq(), key), Past { envelope, nick });
            }
            Some(Put::Refused(reason)) => self.talk.validator.lock().count_refused(reason),
            Some(Put::Known) | None => {}
        }
    }

    /// A neighbor asks for messages.
    pub(super) async fn on_wanted(&mut self, from: Peer, keys: Vec<Key>) {
        let Some(history) = &mut self.talk.memory.history else { return };
        let got = history.get(&keys);
        let (envelopes, missing) = self.talk.memory.checked(got).unwrap_or((Vec::new(), keys));
        self.talk.tell_history(HistoryCommand::Give { to: from, envelopes, missing }).await;
    }

    /// Shows what was caught up, if no more of it seems to come.
    pub(super) fn show_caught_up(&mut self) {
        if self.talk.memory.is_due() {
            self.show_waiting();
        }
    }

    /// Shows what was caught up and not shown yet.
    pub(super) fn show_waiting(&mut self) {
        let memory = &mut self.talk.memory;
        memory.came = None;
        let caught_up: Vec<Past> = std::mem::take(&mut memory.waiting).into_values().collect();
        let (Some(first), Some(last)) = (caught_up.first(), caught_up.last()) else { return };
        let (from, to) = (at(first.envelope.unix_ms()), at(last.envelope.unix_ms()));
        match caught_up.len() {
            1 => self.screen.notice(&format!("caught up with a message of {from}")),
            count => self.screen.notice(&format!("caught up with {count} messages, {from} to {to}")),
        }
        for past in &caught_up {
            self.show_past(past, Occasion::CaughtUp);
        }
    }

    /// Shows a message from before; true if there was something to show.
    fn show_past(&mut self, Past { envelope, nick }: &Past, occasion: Occasion) -> bool {
        let is_caught_up = occasion == Occasion::CaughtUp;
        let unix_ms = envelope.unix_ms();
        let when = When { unix_ms, is_caught_up };
        let heard = self.talk.session.recall(envelope);
        let (Heard::Said { from, .. } | Heard::Direct { from, .. }) = &heard else { return false };
        let people = self.talk.session.people();
        let is_unknown = people.nick(from).is_none() && !people.contacts().contains_key(from);
        let shown = if *from == self.talk.session.me() {
            self.talk.session.name().to_string()
        } else if is_unknown && !nick.is_empty() {
            format!("{nick}~{}", fingerprint(from))
        } else {
            people.shown(from)
        };
        let verified = people.is_verified(from);
        let is_direct = matches!(heard, Heard::Direct { .. });
        let (Heard::Said { from, text } | Heard::Direct { from, text }) = heard else { return false };
        if self.is_hidden(&from, &shown) {
            return false;
        }
        let is_own = from == self.talk.session.me();
        let is_mention = !is_own && names(&text, self.talk.session.name().as_str());
        let when_shown = Some(when);
        let spoken = Spoken {
            key: &from,
            shown: &shown,
            verified,
            text: &text,
            is_direct,
            is_mention,
            when: when_shown,
        };
        match occasion {
            Occasion::Asked => self.screen.spoken_again(&spoken),
            Occasion::Start | Occasion::CaughtUp => self.screen.spoken(&spoken),
        }
        if is_caught_up && (is_direct || is_mention) {
            self.await_answer(Waiting { from, text, when, is_direct });
        }
        true
    }

    /// Shows the end of what was said before this program started, on a terminal.
    pub(super) fn scroll_back(&mut self) {
        if self.screen.is_plain() {
            return;
        }
        let Some(history) = &self.talk.memory.history else { return };
        let past = history.last(SCROLL_BACK);
        for past in self.talk.memory.checked(past).unwrap_or_default() {
            self.show_past(&past, Occasion::Start);
        }
    }

    /// Shows what was said before.
    pub(super) fn tell_history(&mut self, span: Span) {
        let Some(history) = &self.talk.memory.history else {
            return self.refuse("no history is kept: chat was started with --no-history");
        };
        let now_ms = self.talk.clocks.read().unix_ms;
        let past = match span {
            Span::Last(count) => history.last(count.min(MAX_SHOWN)),
            Span::Since { seconds } => {
                history.since(now_ms.saturating_sub(seconds.saturating_mul(1_000)), MAX_SHOWN)
            }
        };
        let past = self.talk.memory.checked(past).unwrap_or_default();
        let mut is_any = false;
        for past in &past {
            is_any |= self.show_past(past, Occasion::Asked);
        }
        if !is_any {
            self.screen.answer("nothing was said then, as far as it is kept");
        }
    }

    /// How many messages are kept, in words.
    pub(super) fn history_size(&mut self) -> String {
        let Some(history) = &self.talk.memory.history else { return "not kept".to_owned() };
        let count = history.count();
        match self.talk.memory.checked(count) {
            Some(count) => format!("{count} messages kept"),
            None => "cannot be read".to_owned(),
        }
    }

    /// Lets go of what is too old or too much, and tells what is wrong with the disk.
    pub(super) async fn look_after_history(&mut self) {
        // A clock that disagrees with those of all others must not make this chat forget.
        let is_sure = self.talk.is_connected() && self.talk.clock_disagreement().is_none();
        let now_ms = is_sure.then(|| self.talk.clocks.read().unix_ms);
        if let Some(history) = &mut self.talk.memory.history {
            let expired = history.expire(now_ms);
            let floor = history.floor();
            if self.talk.memory.checked(expired) == Some(true) {
                self.talk.tell_history(HistoryCommand::ForgetBefore(floor)).await;
            }
        }
        if let Some(trouble) = self.talk.memory.take_trouble() {
            self.screen.warning(&format!("cannot use the history: {trouble}. The chat goes on"));
        }
    }
}
