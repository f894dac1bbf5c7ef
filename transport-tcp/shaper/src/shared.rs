//! What the connections of a proxy share.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration as Span, Instant};

use floodnet_core::time::{Duration, Time};

use crate::alarm::Alarm;
use crate::control::Control;
use crate::emulator::Link;

/// Settings of a proxy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The direction from the dialer to the target.
    pub up: Link,
    /// The direction from the target back to the dialer.
    pub down: Link,
    /// Each connection is reset at this age.
    pub reset_after: Option<Duration>,
    /// Bytes under way in one direction of a connection at most; then its sender waits. A link of `rate` and
    /// `latency` has `rate` x `latency` under way, so more than that is needed to fill it. At least 1, at most
    /// 2^29.
    pub buffer: u32,
    /// Seed of the random draws of all connections.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { up: Link::default(), down: Link::default(), reset_after: None, buffer: 4 << 20, seed: 1 }
    }
}

/// Settings, switches and clock of a proxy, which all its connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) control: Control,
    alarm: Alarm,
    began: Instant,
    pub(crate) target: SocketAddr,
}

impl Shared {
    /// The clock starts now.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub(crate) fn start(options: Options, target: SocketAddr) -> io::Result<Self> {
        let control = Control::default();
        Ok(Self { options, control, alarm: Alarm::start()?, began: Instant::now(), target })
    }

    /// Time since the proxy started.
    pub(crate) fn now(&self) -> Time {
        Time::from_nanos(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Sleeps until the proxy's clock shows `at`.
    pub(crate) async fn wait_until(&self, at: Time) {
        self.alarm.until(self.began + Span::from_nanos(at.as_nanos())).await;
    }

    /// Waits while this way is cut, as a sender does that tries again; false when it gives up.
    pub(crate) async fn pass_cut(&self, way: usize) -> bool {
        let link = if way == 0 { &self.options.up } else { &self.options.down };
        let began = self.now();
        let (mut at, mut pause) = (began, link.rto);
        while self.control.state().cut[way] {
            at = at + pause;
            pause = pause.times(2);
            if at.since(began) > link.break_after {
                self.wait_until(began + link.break_after).await;
                return false;
            }
            self.wait_until(at).await;
        }
        true
    }
}
