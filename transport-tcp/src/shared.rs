//! What all tasks of a node share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use floodnet_core::time::Time;
use floodnet_core::token_bucket::{Rate, TokenBucket};
use tokio::time::Instant;

use crate::admission::Admission;
use crate::clock::time;
use crate::counters::Counters;
use crate::limits::Limits;
use crate::options::Connector;
use crate::peer::Peer;
use crate::receipts::Unconfirmed;
use crate::secure::{About, Credentials, Hello};

/// Lines that a node logs about its links: strangers that connect must not fill a disk.
const LOG_RATE: Rate = Rate::per_second(10, 100);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) me: Peer,
    pub(crate) credentials: Credentials,
    /// Which life of the node this is; later ones have greater numbers.
    pub(crate) session: u64,
    pub(crate) limits: Limits,
    pub(crate) connector: Connector,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) counters: Counters,
    pub(crate) admission: Arc<Admission>,
    /// The number of links that stand.
    pub(crate) links: AtomicUsize,
    /// How many of the neighbors the node has chosen itself.
    pub(crate) chosen: AtomicUsize,
    started: Instant,
    connections: AtomicU64,
    log: Mutex<TokenBucket>,
}

impl Shared {
    pub(crate) fn new(
        me: Peer,
        credentials: Credentials,
        session: u64,
        options: (Limits, Connector, bool),
    ) -> Self {
        let (limits, connector, receipts) = options;
        Self {
            me,
            credentials,
            session,
            admission: Arc::new(Admission::new(&limits)),
            links: AtomicUsize::new(0),
            chosen: AtomicUsize::new(0),
            limits,
            connector,
            unconfirmed: Unconfirmed::new(receipts),
            counters: Counters::default(),
            started: Instant::now(),
            connections: AtomicU64::new(0),
            log: Mutex::default(),
        }
    }

    /// A number greater than all before, for a connection.
    pub(crate) fn next_number(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed) + 1
    }

    /// Time since the node was started.
    pub(crate) fn now(&self) -> Time {
        time(self.started.elapsed())
    }

    /// When the node was started.
    pub(crate) const fn started(&self) -> Instant {
        self.started
    }

    /// What this node says of itself on its link of this number.
    pub(crate) fn hello(&self, number: u64) -> Hello {
        self.credentials.hello(About::new(self.me.address().port(), self.session, number))
    }

    /// Whether one more line may be logged.
    pub(crate) fn may_log(&self) -> bool {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let may = log.try_take(LOG_RATE, 1, self.now());
        if !may {
            self.counters.log_dropped.add();
        }
        may
    }
}
