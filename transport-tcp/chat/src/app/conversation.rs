//! What is said and heard: one person's session on its node.

use std::sync::Arc;
use std::time::Duration;

use floodnet_chat::clocks::Disagreement;
use floodnet_chat::keys::Key;
use floodnet_chat::session::{Heard, SILENT_MS, Session, Unsayable};
use floodnet_chat::signed_message::Envelope;
use floodnet_chat::text::Name;
use floodnet_core::reconcile::Dated;
use floodnet_core::rng::NodeRng;
use floodnet_tcp::handle::Handle;

use super::past::Memory;
use super::sending::Sending;
use crate::cipher::Cipher;
use crate::history::{Put, Source};
use crate::node::{Command, HistoryCommand};
use crate::recorded::ChatNode;
use crate::validator::{ChatValidator, Clocks};

/// One person's session on its node.
pub(super) struct Conversation {
    pub(super) session: Session<Cipher>,
    pub(super) handle: Handle<ChatNode>,
    pub(super) validator: Arc<ChatValidator>,
    pub(super) clocks: Clocks,
    pub(super) rng: NodeRng,
    pub(super) sending: Sending,
    pub(super) memory: Memory,
}

impl Conversation {
    /// Whether there is a neighbor.
    pub(super) fn is_connected(&self) -> bool {
        !self.handle.neighbors().borrow().is_empty()
    }

    /// Time until others should be told again who we are; none while there is nothing to tell.
    pub(super) fn until_presence(&self) -> Option<Duration> {
        let now = self.clocks.read().now;
        self.session.presence_due().map(|due| Duration::from_nanos(due.since(now).as_nanos()))
    }

    /// Tells others who we are, if it is time.
    pub(super) async fn tell_presence(&mut self) {
        let clock = self.clocks.read();
        if self.session.presence_due().is_some_and(|due| due <= clock.now)
            && self.is_connected()
            && let Some(envelope) = self.session.presence(true, clock)
        {
            self.publish(envelope, false).await;
        }
    }

    /// Tells who we are, if nobody knows that yet.
    async fn introduce(&mut self) {
        if !self.session.is_introduced()
            && let Some(envelope) = self.session.presence(true, self.clocks.read())
        {
            self.publish(envelope, false).await;
        }
    }

    /// Says something to all.
    ///
    /// # Errors
    /// It cannot be said.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), Unsayable> {
        self.introduce().await;
        let envelope = self.session.say(text, self.clocks.read())?;
        self.publish(envelope, true).await;
        Ok(())
    }

    /// Says something to one person.
    ///
    /// # Errors
    /// It cannot be said, or not to them.
    pub(super) async fn say_to(&mut self, to: Key, text: &str) -> Result<(), Unsayable> {
        self.introduce().await;
        let envelope = self.session.say_to(to, text, self.clocks.read())?;
        self.publish(envelope, true).await;
        Ok(())
    }

    /// Says that we leave, if there is anybody to hear it.
    pub(super) async fn say_goodbye(&mut self) {
        let clock = self.clocks.read();
        if self.is_connected()
            && let Some(goodbye) = self.session.presence(false, clock)
        {
            self.publish(goodbye, false).await;
        }
    }

    /// Time until the others take one more message of this author; none if they do now.
    pub(super) fn until_turn(&mut self) -> Option<Duration> {
        let now = self.clocks.read().now;
        self.sending.wait(now)
    }

    async fn publish(&mut self, envelope: Envelope, is_line: bool) {
        let line = is_line.then(|| envelope.bytes().len());
        let clock = self.clocks.read();
        self.sending.publishes(line, clock.now);
        self.validator.lock().said(&envelope);
        // First on disk: what was sent must not be gone here.
        let (key, name) = (envelope.key(), self.session.name().to_string());
        let is_kept =
            is_line && self.memory.put(&envelope, &name, Source::Live, clock.unix_ms) == Some(Put::New);
        if self.handle.publish(envelope).await.is_err() {
            tracing::error!("the node has stopped");
        }
        if is_kept {
            self.tell_history(HistoryCommand::Kept(key)).await;
        }
    }

    /// Keeps a message of somebody, if there is a history: under what its author is called now, which is told too.
    pub(super) fn keep(&mut self, envelope: &Envelope, source: Source) -> (Option<Put>, String) {
        let nick =
            self.session.people().nick(&envelope.origin()).map(ToString::to_string).unwrap_or_default();
        let put = self.memory.put(envelope, &nick, source, self.clocks.read().unix_ms);
        (put, nick)
    }

    /// Tells the node what became of a message on disk.
    pub(super) async fn tell_history(&mut self, command: HistoryCommand) {
        if self.handle.command(Command::History(command)).await.is_err() {
            tracing::error!("the node has stopped");
        }
    }

    /// Takes a message that came.
    pub(super) fn hear(&mut self, envelope: &Envelope) -> Heard {
        self.session.hear(envelope, self.clocks.read(), &mut self.rng)
    }

    /// A link to a new neighbor stands: it may not know yet who we are.
    pub(super) fn on_neighbor(&mut self) {
        let is_only = self.handle.neighbors().borrow().len() <= 1;
        self.session.on_neighbor(is_only, self.clocks.read(), &mut self.rng);
    }

    /// Takes another name, which is told to others soon.
    pub(super) fn rename(&mut self, name: Name) {
        self.session.rename(name, self.clocks.read());
    }

    /// Marks people as gone who were not heard for a long time.
    pub(super) fn forget_silent(&mut self) {
        let silent_since = self.clocks.read().now_ms().saturating_sub(SILENT_MS);
        self.session.people_mut().gone_before(silent_since);
    }

    /// How the clock of this machine differs from those of most neighbors; none if it does not.
    pub(super) fn clock_disagreement(&self) -> Option<Disagreement> {
        let found = self.validator.lock().clocks().disagreement(self.clocks.read());
        // The first neighbor that is heard may be the one whose clock is wrong.
        found.filter(|found| 2 * found.neighbors > self.handle.neighbors().borrow().len())
    }
}
