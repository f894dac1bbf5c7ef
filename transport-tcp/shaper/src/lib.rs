//! What a link does to the bytes between two sockets: delay, jitter, a rate, loss, corruption, cuts, resets
//! and silence. All in user space, so it needs no rights and no help of the kernel.
//!
//! A [`Line`] says of each piece that passes in one direction when it arrives. A [`Proxy`] listens, dials a
//! target for each connection, and moves bytes as the two lines of the connection say. Times are those of the
//! proxy's clock, which begins when the proxy does.
//!
//! | module | subject |
//! |---|---|
//! | `line` | [`Line`], and [`Link`], the one that is made of laws and shares |
//! | `proxy` | listening, dialing, the life of a connection |
//! | `pump` | one direction of a connection |
//! | `control` | cut, heal, silence and reset while all runs; counts |
//! | `alarm` | waking to a tenth of a millisecond |

mod alarm;
mod control;
mod line;
mod proxy;
mod pump;

pub use alarm::Alarm;
pub use control::{Control, Counts};
pub use line::{Fate, Line, Link, LinkLine, SEGMENT};
pub use proxy::{Ended, Options, Proxy};
