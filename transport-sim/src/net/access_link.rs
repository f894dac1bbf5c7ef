//! The access line of a slot: what its limited directions hold up.

use floodnet_core::time::{Duration, Time};

use crate::net::uplink::Uplink;
use crate::spec::Class;

/// The slot's access to the network.
pub(crate) struct AccessLink<M> {
    /// When idle connections were last looked for.
    pub(crate) swept: Time,
    /// Present where a direction is limited.
    limits: Option<Box<Limits<M>>>,
}

const _: () = assert!(size_of::<AccessLink<u32>>() == 16, "in each of a million slots");

/// A limited access line.
struct Limits<M> {
    uplink: Option<Uplink<M>>,
    /// When the downlink has taken in all that reached it.
    downlink_free: Time,
}

impl<M> AccessLink<M> {
    /// Of a slot of this class.
    pub(crate) fn new(class: &Class) -> Self {
        let uplink = || class.up.bits_per_second().map(Uplink::new);
        let limits = || Limits { uplink: uplink(), downlink_free: Time::ZERO };
        Self { swept: Time::ZERO, limits: class.is_limited().then(limits).map(Box::new) }
    }

    /// The limited uplink, if it is limited.
    #[inline]
    pub(crate) fn uplink(&self) -> Option<&Uplink<M>> {
        self.limits.as_ref()?.uplink.as_ref()
    }

    /// As [`uplink`](Self::uplink), to change it.
    pub(crate) fn uplink_mut(&mut self) -> Option<&mut Uplink<M>> {
        self.limits.as_mut()?.uplink.as_mut()
    }

    /// Something takes this long on the limited downlink, behind what is there. When it is through.
    pub(crate) fn take_in(&mut self, now: Time, takes: Duration) -> Time {
        let Some(limits) = &mut self.limits else { return now + takes };
        limits.downlink_free = now.max(limits.downlink_free) + takes;
        limits.downlink_free
    }
}

/// Time that `bytes` take on a line of `rate` bits per second, rounded up to whole nanoseconds.
pub(crate) fn transfer_time(bytes: u32, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
