//! What is kept while the chat runs. A full disk does not end it.

use std::io;
use std::path::Path;

use floodnet_chat::people::People;
use floodnet_chat::replay::Replay;
use floodnet_chat::text::Name;
use floodnet_tcp::peer::Peer;

use super::throttle::Throttle;
use crate::files::{Files, Kept};
use crate::folder::Folder;
use crate::screen::Screen;
use crate::validator::ChatValidator;

/// Counts of messages that are given out between two saves: more than anybody sends meanwhile.
const RESERVED: u64 = 100_000;

/// The files of a running chat, and what was written last.
pub(super) struct Storage {
    files: Files,
    /// Holds the lock on the folder.
    folder: Folder,
    kept: Kept,
    warnings: Throttle,
}

impl Storage {
    /// Begins a run. It counts as not ended in order until it has: then the next run leaves out the counts that
    /// are reserved here.
    ///
    /// # Errors
    /// The files cannot be written.
    pub(super) fn start(
        files: Files,
        folder: Folder,
        name: Option<Name>,
        next_seq: u64,
        replay: &Replay,
    ) -> io::Result<Self> {
        let kept = Kept { name, next_seq: next_seq.saturating_add(RESERVED) };
        files.save_kept(&kept)?;
        files.save_replay(replay, false)?;
        Ok(Self { files, folder, kept, warnings: Throttle::default() })
    }

    /// The folder of the files.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps name and count: only when half of what was reserved is used, or the name is another, or at the end.
    pub(super) fn save_kept(&mut self, name: &Name, next_seq: u64, is_end: bool, screen: &mut Screen) {
        let is_used = next_seq.saturating_add(RESERVED / 2) > self.kept.next_seq;
        if is_end || is_used || self.kept.name.as_ref() != Some(name) {
            let reserved = if is_end { 0 } else { RESERVED };
            self.kept = Kept { name: Some(name.clone()), next_seq: next_seq.saturating_add(reserved) };
            let saved = self.files.save_kept(&self.kept);
            self.check(saved, screen);
        }
    }

    /// Keeps which messages were taken, if there are new ones, or at the end.
    pub(super) fn save_replay(&mut self, validator: &ChatValidator, is_end: bool, screen: &mut Screen) {
        let mut gate = validator.lock();
        let replay = (gate.replay_mut().take_changed() || is_end).then(|| gate.replay().clone());
        drop(gate);
        let saved = replay.map_or(Ok(()), |replay| self.files.save_replay(&replay, is_end));
        self.check(saved, screen);
    }

    /// Writes the contacts to their file.
    pub(super) fn save_contacts(&mut self, people: &People, screen: &mut Screen) {
        let saved = self.files.save_contacts(people);
        self.check(saved, screen);
    }

    /// Writes whom the user ignores to its file.
    pub(super) fn save_ignored(&mut self, patterns: &[String], screen: &mut Screen) {
        let saved = self.files.save_ignored(patterns);
        self.check(saved, screen);
    }

    /// Keeps the first few of these peers.
    pub(super) fn save_peers(&mut self, met: &[Peer], screen: &mut Screen) {
        let saved = self.files.save_peers(met);
        self.check(saved, screen);
    }

    fn check(&mut self, saved: io::Result<()>, screen: &mut Screen) {
        if let Err(error) = saved {
            tracing::warn!(%error, "cannot save");
            if self.warnings.allows() {
                let folder = self.folder.path().display();
                screen.warning(&format!("cannot save to {folder}: {error}. The chat goes on"));
            }
        }
    }
}
