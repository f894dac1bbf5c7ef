//! Times of the node's own clock, in the integers of core, and of the operating system.

use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};

/// A time on the clock that has run for so long.
pub(crate) fn time(elapsed: Span) -> Time {
    Time::ZERO + duration(elapsed)
}

/// A span of time in core's terms: of more than 584 years, so many.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_nanos(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

/// A span of time in the operating system's terms.
pub(crate) const fn span(duration: Duration) -> Span {
    Span::from_nanos(duration.as_nanos())
}
