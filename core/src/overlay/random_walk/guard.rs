//! Which links a node keeps, whoever asks for their place.
//!
//! Whoever asks a full node gets a place there, since newcomers must get in. So whoever asks often enough could have
//! all places, and with them decide what the node hears. Therefore a node with a bound on its degree keeps its
//! neighbors in an order: first those that it asked for itself, the oldest first, then those that came to it, likewise.
//! The first half of its places is never given away: links that it asked for, and if these are fewer, those that have
//! lasted longest. A joiner gets the place of the youngest neighbor of the other half, and of the source group that has
//! most of them. One source group has no more than a quarter of the places.
//!
//! A node asks through the links that it asked for, not through who came to it, and the answers carry its ticket. It
//! wants half of its degree to be such links, and asks for more until it has them, or until its walks have ended at
//! neighbors that it has: these are its choice then.
//!
//! (Bitcoin protects peers that connect to it in the same way, and asks eight of its own choice: Heilman, Kendler, Zohar
//! and Goldberg, "Eclipse attacks on Bitcoin's peer-to-peer network", 2015.)

use alloc::vec::Vec;

use super::{Config, Message, RandomWalk};
use crate::overlay::OverlayEvent;
use crate::protocol::{Context, Effects};

/// A peer that comes from somewhere: one person easily gets many identities, but few sources.
pub trait Sourced: Copy + Ord {
    /// Whether peers have groups without a table.
    const HAS_GROUPS: bool = false;

    /// The group of sources that this peer belongs to. `table` has the groups of nodes by number, if they are given:
    /// [`Config::groups`].
    fn source_group(self, table: &[u32]) -> u64;
}

/// Nodes that are numbers: as the table says, else each its own.
impl Sourced for u32 {
    fn source_group(self, table: &[u32]) -> u64 {
        const UNLISTED: u64 = 1 << 32;
        usize::try_from(self)
            .ok()
            .and_then(|number| table.get(number))
            .map_or(UNLISTED | u64::from(self), |&group| u64::from(group))
    }
}

impl<Peer: Sourced> Config<Peer> {
    const fn has_groups(&self) -> bool {
        Peer::HAS_GROUPS || !self.groups.is_empty()
    }
}

impl<Peer: Sourced> RandomWalk<Peer> {
    /// The neighbors that are never let go for a joiner: so many, the first ones.
    fn protected(&self, config: &Config<Peer>) -> usize {
        let half = config.max_degree.map_or(0, |max| if max > 1 { max.div_ceil(2) } else { 0 });
        self.neighbors.len().min(half as usize)
    }

    /// How many links this node wants that it asked for itself.
    fn own_wanted(&self, config: &Config<Peer>) -> usize {
        if !config.proves() {
            return 0;
        }
        self.protected(config).min(config.degree.div_ceil(2) as usize)
    }

    /// How many of those are missing.
    pub(super) fn lacks_own(&self, config: &Config<Peer>) -> u32 {
        u32::from(u16::try_from(self.own_wanted(config)).unwrap_or(u16::MAX).saturating_sub(self.own))
    }

    /// The neighbors whom this node asks when it looks for others: those of its own choice, else the oldest.
    pub(super) fn trusted(&self, config: &Config<Peer>) -> &[Peer] {
        let count = match self.own {
            _ if config.max_degree.is_none() => self.neighbors.len(),
            0 => self.protected(config).max(1),
            own => own.into(),
        };
        self.neighbors.get(..count).unwrap_or(&self.neighbors)
    }

    /// Holds `peer`, as one that this node asked for or as one that came to it.
    pub(super) fn add<E: Effects<Self>>(&mut self, peer: Peer, is_own: bool, cx: &mut Context<'_, Self, E>) {
        if cx.config.max_degree.is_none() {
            self.neighbors.push(peer);
        } else if is_own && u32::from(self.own) < cx.config.degree {
            self.neighbors.insert(self.own.into(), peer);
            self.own += 1;
        } else {
            self.neighbors.insert(self.neighbors.len(), peer);
        }
        self.has_come(peer, cx);
    }

    /// No longer holds `peer`. Says whether it did.
    pub(super) fn remove<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) -> bool {
        let held = if cx.config.max_degree.is_none() {
            self.neighbors.remove(peer)
        } else {
            let place = self.neighbors.remove_in_order(peer);
            self.own -= u16::from(place.is_some_and(|place| place < self.own.into()));
            place.is_some()
        };
        if held {
            cx.emit(OverlayEvent::Down(peer));
        }
        held
    }

    /// A walk has ended at a neighbor: it is one of the node's own choice from now on, if such are missing.
    pub(super) fn choose(&mut self, peer: Peer, config: &Config<Peer>) {
        let own = usize::from(self.own);
        if own < self.own_wanted(config) && self.neighbors.position(peer).is_some_and(|place| place >= own) {
            self.neighbors.remove_in_order(peer);
            self.neighbors.insert(own, peer);
            self.own += 1;
        }
    }

    /// Whether the source group of `peer` has no place left.
    pub(super) fn is_group_full(&self, peer: Peer, config: &Config<Peer>) -> bool {
        let Some(max) = config.max_degree.filter(|_| config.has_groups()) else { return false };
        let group = peer.source_group(&config.groups);
        let same = self.neighbors.iter().filter(|held| held.source_group(&config.groups) == group);
        same.count() >= (max as usize / 4).max(1)
    }

    /// The neighbor that goes for `joiner`: the youngest that is not protected, of the joiner's source group if that has
    /// no place left, else of the group that has most. None if all are protected.
    fn to_displace(&self, joiner: Peer, config: &Config<Peer>) -> Option<Peer> {
        let group = |peer: Peer| peer.source_group(&config.groups);
        let open = self.neighbors.get(self.protected(config)..)?;
        if self.is_group_full(joiner, config) {
            return open.iter().rev().copied().find(|&peer| group(peer) == group(joiner));
        }
        let youngest = open.last().copied()?;
        if !config.has_groups() {
            return Some(youngest);
        }
        let mut groups: Vec<u64> = self.neighbors.iter().map(|&peer| group(peer)).collect();
        groups.sort_unstable();
        let size = |peer: Peer| {
            let of = group(peer);
            groups.partition_point(|&other| other <= of) - groups.partition_point(|&other| other < of)
        };
        // Of several of the largest group the last one, which is the youngest.
        open.iter().copied().max_by_key(|&peer| size(peer))
    }

    /// Lets a neighbor go for `joiner`, and names to it whom it gets instead. Says which.
    pub(super) fn displace<E: Effects<Self>>(
        &mut self,
        joiner: Peer,
        instead: Option<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) -> Option<Peer> {
        let displaced = self.to_displace(joiner, cx.config)?;
        self.remove(displaced, cx);
        cx.send(displaced, Message::Displaced { for_joiner: instead });
        cx.disconnect(displaced);
        Some(displaced)
    }

    /// Whether a joiner can be put between two nodes that have as many neighbors as they want. Where it cannot, a few
    /// nodes that have only each other want nobody, and nobody ever comes between them.
    pub(super) fn is_crowded(config: &Config<Peer>) -> bool {
        config.proves()
            && config.repair
            && config.max_degree.is_some_and(|max| max < config.degree.saturating_add(2))
    }
}
