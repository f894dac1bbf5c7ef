//! Why a connection ended.

use crate::counters::Counters;
use crate::frame::Reason;
use crate::secure::{Broken, Refusal};

/// The reason for the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operating system closed it, or the other side did without a word.
    Closed,
    /// No connection could be opened to the address.
    Unreachable,
    /// The other side said goodbye.
    Goodbye(Reason),
    /// The other side did not want the link.
    Refused(Reason),
    /// This side ended the link with a goodbye.
    Left,
    /// The node has stopped, or does not want the link any more.
    Stopped,
    /// No sign of life came.
    Dead,
    /// It did not take data.
    Stalled,
    /// A frame did not become whole in time.
    SlowFrame,
    /// The handshake did not end in time.
    SlowHandshake,
    /// The handshake failed: another network or key, or no handshake at all.
    BadHandshake,
    /// The other side speaks another version.
    WrongVersion,
    /// Somebody else answered than was dialed, or the proof of the identity is wrong.
    WrongIdentity,
    /// This node has dialed itself.
    Itself,
    /// A frame was changed, repeated or left out in transit.
    Tampered,
    /// A frame of forbidden length or content.
    BadFrame,
    /// The application's validator has cut it.
    Cut,
    /// The task failed: an error of this program.
    Panicked,
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        Self::BadHandshake
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::BadHandshake,
            Refusal::Forged => Self::WrongIdentity,
            Refusal::Version => Self::WrongVersion,
        }
    }
}

impl End {
    /// Counts a connection that has ended so.
    pub(crate) fn count(self, counters: &Counters) {
        match self {
            Self::Closed => counters.broken.add(),
            Self::Unreachable => counters.unreachable.add(),
            Self::Goodbye(_) => counters.goodbyes.add(),
            Self::Refused(Reason::Version) | Self::WrongVersion => counters.wrong_version.add(),
            Self::Refused(Reason::Duplicate) => counters.refused_as_earlier.add(),
            Self::Refused(_) => counters.refused_by_peer.add(),
            Self::Dead => counters.dead.add(),
            Self::Stalled => counters.stalled.add(),
            Self::SlowFrame => counters.slow_frames.add(),
            Self::SlowHandshake => counters.slow_handshakes.add(),
            Self::BadHandshake => counters.bad_handshakes.add(),
            Self::WrongIdentity => counters.wrong_identity.add(),
            Self::Itself => counters.own_dials.add(),
            Self::Tampered => counters.tampered.add(),
            Self::BadFrame => counters.bad_frames.add(),
            Self::Panicked => counters.panicked.add(),
            // Counted where it was decided.
            Self::Left | Self::Stopped | Self::Cut => {}
        }
    }
}
