//! How nodes reach each other: straight over the machine's sockets, or through what shapes links.

use std::net::SocketAddr;
use std::sync::Arc;

use floodnet_core::time::Time;
use floodnet_tcp::options::Connector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::directory::Directory;
use super::link_emulation::{LinkEmulation, PREFACE};
use super::netns::Hub;
use super::schedule::{Ending, LifeSchedule};

/// The way between nodes.
#[derive(Clone, Debug)]
pub(crate) enum NetworkPath {
    /// Straight.
    Direct,
    /// Straight, through networks whose links are the kernel's.
    Netns(Arc<Hub>),
    /// Through the shaper that listens there.
    Emulated {
        /// Where.
        at: SocketAddr,
        /// The shaper, if it is of this process.
        shaper: Option<Arc<LinkEmulation>>,
        /// Who is which slot.
        directory: Arc<Directory>,
    },
}

impl NetworkPath {
    /// How the node of `slot` opens connections.
    pub(crate) fn connector(&self, slot: u32) -> Connector {
        let Self::Emulated { at, directory, .. } = self else { return Connector::default() };
        let (at, directory) = (*at, Arc::clone(directory));
        Connector::new(move |peer| {
            let to = directory.slot(peer);
            Box::pin(async move {
                let to = to.ok_or(std::io::ErrorKind::NotFound)?;
                let mut tcp = TcpStream::connect(at).await?;
                tcp.set_nodelay(true)?;
                let mut preface = [0; PREFACE];
                preface[..4].copy_from_slice(&slot.to_be_bytes());
                preface[4..].copy_from_slice(&to.to_be_bytes());
                tcp.write_all(&preface).await?;
                Ok(tcp)
            })
        })
    }

    /// Where the shaper is dialed, if there is one.
    pub(crate) const fn shaper(&self) -> Option<SocketAddr> {
        match self {
            Self::Direct | Self::Netns(_) => None,
            Self::Emulated { at, .. } => Some(*at),
        }
    }

    /// From now on nothing of `slot` reaches anybody, not even that its connections are closed. (In networks of
    /// their own that was settled by [`Self::expect`].)
    pub(crate) fn silence(&self, slot: u32) {
        if let Self::Emulated { shaper: Some(shaper), .. } = self {
            shaper.silence(slot);
        }
    }

    /// `slot` is going to live this life.
    pub(crate) fn expect(&self, slot: u32, schedule: &LifeSchedule) {
        if let Self::Netns(hub) = self {
            // A machine that falls silent is one whose plug is pulled. Others say goodbye, or their kernels do.
            let until = if schedule.ending == Ending::Silent { schedule.stop } else { Time::MAX };
            hub.connect(slot, schedule.start, until);
        }
    }

    /// All is over.
    pub(crate) async fn end(&self) {
        if let Self::Emulated { shaper: Some(shaper), .. } = self {
            shaper.end().await;
        }
    }
}
