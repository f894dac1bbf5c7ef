//! The language between a coordinator and its workers.
//!
//! Both prove to each other that they have the run's [`Token`] before anything else is said. What they say
//! afterwards is neither encrypted nor signed. A message is a JSON value behind its length. Commands go down with
//! the times at which they are due, so the way there costs no precision; observations come up with the times at
//! which they were made, on the coordinator's clock. A worker whose coordinator is gone exits.
//!
//! | module | subject |
//! |---|---|
//! | `token` | the secret of a run, and proofs of having it |
//! | `messages` | what is said |
//! | `codec` | how it is framed |

pub(crate) mod codec;
pub(crate) mod messages;
mod token;

pub(crate) use token::{Side, nonce, same};
pub use token::{TOKEN, Token};

use std::time::Duration as Span;

/// Time that two ends have to prove themselves.
pub(crate) const HANDSHAKE_TIMEOUT: Span = Span::from_secs(10);
