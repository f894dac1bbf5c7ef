//! How nodes reach each other: directly over the machine's sockets, or through what emulates links.

use std::net::SocketAddr;
use std::sync::Arc;

use floodnet_core::time::Time;
use floodnet_sim::between::Between;
use floodnet_tcp::options::Connector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::link_emulation::{LinkEmulation, PREFACE};
use crate::machine::LOOPBACK;
use crate::netns::Hub;
use crate::schedule::{Ending, LifeSchedule};

/// The way between nodes.
#[derive(Clone, Debug)]
pub(crate) enum NetworkPath {
    /// Directly.
    Direct,
    /// Directly, through network namespaces whose links are the kernel's.
    Netns(Arc<Hub>),
    /// Through the link emulation that listens at `at`.
    Emulated {
        at: SocketAddr,
        /// The emulation itself, if it runs in this process.
        emulation: Option<Arc<LinkEmulation>>,
        directory: Arc<Directory>,
    },
}

impl NetworkPath {
    /// A path through a new link emulation in this process.
    ///
    /// # Errors
    /// The machine has no port or thread to give; says so.
    pub(crate) async fn emulated(
        between: &Between,
        directory: &Arc<Directory>,
        clock: Clock,
    ) -> Result<Self, String> {
        let listen = SocketAddr::new(LOOPBACK.into(), 0);
        let started = LinkEmulation::start(between.clone(), Arc::clone(directory), clock, listen).await;
        let emulation = started.map_err(|error| format!("link emulation cannot start: {error}"))?;
        let at = emulation.address();
        Ok(Self::Emulated { at, emulation: Some(emulation), directory: Arc::clone(directory) })
    }

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

    /// Where the link emulation is dialed, if there is one.
    pub(crate) const fn emulation_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Direct | Self::Netns(_) => None,
            Self::Emulated { at, .. } => Some(*at),
        }
    }

    /// From now on nothing of `slot` reaches anybody, not even that its connections are closed. (Between network
    /// namespaces that was settled by [`Self::expect`].)
    pub(crate) fn silence(&self, slot: u32) {
        if let Self::Emulated { emulation: Some(emulation), .. } = self {
            emulation.silence(slot);
        }
    }

    /// `slot` is going to live this life. Its machine is up already, unless it `was_silenced`.
    pub(crate) fn expect(&self, slot: u32, schedule: &LifeSchedule, was_silenced: bool) {
        if let Self::Netns(hub) = self {
            // A machine that falls silent is one whose cable is pulled. Others say goodbye, or their kernels do, and
            // refuse dials from then on.
            let from = if was_silenced { schedule.start } else { Time::ZERO };
            let until = if schedule.ending == Ending::Silent { schedule.stop } else { Time::MAX };
            hub.connect(slot, from, until);
        }
    }

    /// `slot` has no life at all, but its machine is up.
    pub(crate) fn expect_no_life(&self, slot: u32) {
        if let Self::Netns(hub) = self {
            hub.connect(slot, Time::ZERO, Time::MAX);
        }
    }

    /// All is over.
    pub(crate) async fn end(&self) {
        if let Self::Emulated { emulation: Some(emulation), .. } = self {
            emulation.end().await;
        }
    }
}
