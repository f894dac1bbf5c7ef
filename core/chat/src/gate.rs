//! What is checked before a node accepts a message, cheap checks first.
//!
//! The order is: network, time window, ids of messages accepted before, quota, **signature**, sequence window.
//! The message is remembered only after all of them, so an attacker gains nothing by sending garbage under a
//! known id, or an id before its message.

use alloc::collections::BTreeMap;
use alloc::collections::BTreeSet;

use crate::Clock;
use crate::clocks::NeighborClocks;
use crate::history::belongs;
use crate::keys::{Key, Verify};
use crate::quota::{Limits, Quota};
use crate::replay::{Replay, is_in_own_time};
use crate::signed_message::{Envelope, NetworkId};

/// Why a message does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The message is dropped, for this reason.
    Drop(&'static str),
    /// The message proves that the peer who sent it breaks the rules: the link to that peer is cut as well.
    Cut(&'static str),
}

impl Refusal {
    /// The name of the reason, as it is counted.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Drop(reason) | Self::Cut(reason) => reason,
        }
    }
}

/// The checks of one node.
#[derive(Clone, Debug)]
pub struct Gate {
    network: NetworkId,
    replay: Replay,
    clocks: NeighborClocks,
    quota: Quota,
    /// The authors that are refused last when there is too much to say.
    contacts: BTreeSet<Key>,
    passed: u64,
    refused: BTreeMap<&'static str, u64>,
}

impl Gate {
    /// The gate of a node in this network.
    #[must_use]
    pub fn new(network: NetworkId, limits: Limits, replay: Replay) -> Self {
        Self {
            network,
            replay,
            clocks: NeighborClocks::default(),
            quota: Quota::new(limits),
            contacts: BTreeSet::new(),
            passed: 0,
            refused: BTreeMap::new(),
        }
    }

    /// All checks in order, for callers that do not need the two steps apart.
    ///
    /// # Errors
    /// The message does not pass.
    pub fn check(
        &mut self,
        envelope: &Envelope,
        verify: &(impl Verify + ?Sized),
        clock: Clock,
    ) -> Result<(), Refusal> {
        self.before_signature(envelope, clock)?;
        let is_authentic = envelope.is_authentic(verify);
        self.after_signature(envelope, is_authentic, clock)
    }

    /// The checks before the signature, which are cheap. Until [`after_signature`](Self::after_signature) is called
    /// others may use the gate, so that signatures are checked on several threads at once.
    ///
    /// # Errors
    /// The message does not pass, and its signature need not be looked at.
    pub fn before_signature(&mut self, envelope: &Envelope, clock: Clock) -> Result<(), Refusal> {
        let checked = self.check_before_signature(envelope, clock);
        self.counted(checked)
    }

    /// The rest of the checks, after the signature was found good or bad. What passes is remembered.
    ///
    /// # Errors
    /// The message does not pass.
    pub fn after_signature(
        &mut self,
        envelope: &Envelope,
        is_authentic: bool,
        clock: Clock,
    ) -> Result<(), Refusal> {
        let checked = self.check_after_signature(envelope, is_authentic, clock);
        self.counted(checked)?;
        self.passed = self.passed.saturating_add(1);
        self.replay.take(envelope, clock.unix_ms);
        self.quota.count(envelope.origin(), clock.now);
        Ok(())
    }

    fn check_before_signature(&mut self, envelope: &Envelope, clock: Clock) -> Result<(), Refusal> {
        if envelope.network() != self.network {
            return Err(Refusal::Cut("other_network"));
        }
        let others = || [self.clocks.of(&envelope.origin(), clock.now), self.clocks.middle(clock)];
        self.replay.in_time(envelope, clock, others).map_err(Refusal::Drop)?;
        if self.replay.has(envelope) {
            return Err(Refusal::Drop("duplicate"));
        }
        // Copies of a message out of the own time have no id: the count saves the work of verifying them.
        if !is_in_own_time(envelope, clock.unix_ms) && !self.replay.is_new_count(envelope) {
            return Err(Refusal::Drop("old_count"));
        }
        self.within_quota(envelope, clock)
    }

    fn check_after_signature(
        &mut self,
        envelope: &Envelope,
        is_authentic: bool,
        clock: Clock,
    ) -> Result<(), Refusal> {
        if !is_authentic {
            return Err(Refusal::Cut("bad_signature"));
        }
        // Another copy may have passed meanwhile.
        if self.replay.has(envelope) {
            return Err(Refusal::Drop("duplicate"));
        }
        if !self.replay.is_new_count(envelope) {
            return Err(Refusal::Drop("old_count"));
        }
        self.within_quota(envelope, clock)
    }

    /// Checked twice: before the signature to save the work of verifying it, and after it because other messages
    /// may have been counted meanwhile.
    fn within_quota(&mut self, envelope: &Envelope, clock: Clock) -> Result<(), Refusal> {
        let is_contact = self.contacts.contains(&envelope.origin());
        self.quota.admits(envelope.origin(), is_contact, clock.now).map_err(Refusal::Drop)
    }

    fn counted(&mut self, checked: Result<(), Refusal>) -> Result<(), Refusal> {
        if let Err(refusal) = checked {
            self.count_refused(refusal.reason());
        }
        checked
    }

    /// What is checked, before its signature, of a message that was said before: the node looks for it in its history.
    ///
    /// # Errors
    /// No honest neighbor sends it.
    pub fn before_signature_of_history(&mut self, envelope: &Envelope) -> Result<(), Refusal> {
        self.counted(belongs(envelope, self.network).map_err(Refusal::Cut))
    }

    /// The rest: nothing is remembered, since the history knows what it holds.
    ///
    /// # Errors
    /// The signature is not good.
    pub fn after_signature_of_history(&mut self, is_authentic: bool) -> Result<(), Refusal> {
        self.counted(if is_authentic { Ok(()) } else { Err(Refusal::Cut("bad_signature")) })
    }

    /// Counts that a message was refused, here or by the history, for this reason.
    pub fn count_refused(&mut self, reason: &'static str) {
        let count = self.refused.entry(reason).or_default();
        *count = count.saturating_add(1);
    }

    /// Remembers a message of this node itself, so that it is a duplicate when it comes back.
    pub fn said(&mut self, envelope: &Envelope) {
        self.replay.take(envelope, envelope.unix_ms());
    }

    /// A neighbor has sent this message on its own link, and is its author: so its clock is known.
    pub fn hear_clock(&mut self, envelope: &Envelope, clock: Clock) {
        if envelope.network() == self.network {
            self.clocks.hear(envelope.origin(), envelope.unix_ms(), clock.now);
        }
    }

    /// What the clocks of the neighbors say.
    #[must_use]
    pub const fn clocks(&self) -> &NeighborClocks {
        &self.clocks
    }

    /// Sets the authors that are refused last when there is too much to say.
    pub fn set_contacts(&mut self, contacts: impl IntoIterator<Item = Key>) {
        self.contacts = contacts.into_iter().collect();
    }

    /// How many messages passed.
    #[must_use]
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// How many messages did not pass, by the name of the reason.
    #[must_use]
    pub const fn refused(&self) -> &BTreeMap<&'static str, u64> {
        &self.refused
    }

    /// The memory of what was taken.
    #[must_use]
    pub const fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The memory of what was taken, to ask whether it changed.
    pub const fn replay_mut(&mut self) -> &mut Replay {
        &mut self.replay
    }
}
