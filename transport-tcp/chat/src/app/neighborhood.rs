//! The peers that this node met, and whether it is connected.

use floodnet_tcp::peer::Peer;

/// Peers met lately, of which the first few are saved.
const MAX_MET: usize = 16;

/// The peers that this node met, and whether it was connected last.
pub(super) struct Neighborhood {
    /// The peer met latest comes first.
    met: Vec<Peer>,
    /// Whether some are not saved yet.
    has_new: bool,
    was_connected: bool,
}

impl Neighborhood {
    /// Nobody is connected yet; these were met in former runs.
    pub(super) const fn new(met: Vec<Peer>) -> Self {
        Self { met, has_new: false, was_connected: false }
    }

    /// A link to a neighbor stands. True if nobody was connected before.
    pub(super) fn up(&mut self, peer: Peer) -> bool {
        self.met.retain(|known| *known != peer);
        self.met.insert(0, peer);
        self.met.truncate(MAX_MET);
        self.has_new = true;
        !std::mem::replace(&mut self.was_connected, true)
    }

    /// A link to a neighbor is gone. True if it was the last.
    pub(super) fn down(&mut self, is_connected: bool) -> bool {
        let is_lost = self.was_connected && !is_connected;
        self.was_connected &= !is_lost;
        is_lost
    }

    /// The peers to save, if some are new.
    pub(super) fn take_new(&mut self) -> Option<&[Peer]> {
        std::mem::take(&mut self.has_new).then_some(self.met.as_slice())
    }
}
