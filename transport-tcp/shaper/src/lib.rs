//! What a link does to the bytes between two sockets: delay, jitter, a rate, loss, corruption, cuts, resets
//! and silence. All in user space, so it needs no rights and no help of the kernel.
//!
//! A [`LinkEmulator`] says of each piece that passes in one direction when it arrives. A [`Proxy`] listens, dials a
//! target for each connection, and moves bytes as the two emulators of the connection say. Times are those of the
//! proxy's clock, which begins when the proxy does.
//!
//! | module | subject |
//! |---|---|
//! | `emulator` | [`Link`], what a direction of a link does, and [`LinkEmulator`], which does it |
//! | `rate` | [`RateLine`], a line with a rate |
//! | `proxy` | listening |
//! | `connection` | dialing, the life of a connection |
//! | `shared` | settings and clock, which the connections of a proxy share |
//! | `pump` | one direction of a connection |
//! | `control` | cut, heal, silence and reset while all runs; counts |
//! | `alarm` | waking to a tenth of a millisecond |

mod alarm;
mod connection;
mod control;
mod emulator;
mod proxy;
mod pump;
mod rate;
mod shared;

pub use alarm::Alarm;
pub use control::{Control, Counts};
pub use emulator::{Fate, Link, LinkEmulator, SEGMENT};
pub use proxy::{Ended, Proxy};
pub use rate::RateLine;
pub use shared::Options;
