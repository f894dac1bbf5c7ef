//! The parts of a chat together, with ciphers that are only pretended.

mod bounds;
mod clocks;
mod direct;
mod gate;
mod people;
mod replay;
mod session;
mod signed_message;
mod text;
mod toy;

use floodnet_chat::Clock;
use floodnet_chat::gate::Gate;
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::Replay;
use floodnet_chat::session::Session;
use floodnet_chat::signed_message::{Draft, Envelope, Kind, NetworkId};
use floodnet_chat::text::Name;
use floodnet_core::time::Time;

use self::toy::Toy;

const NOW: u64 = 1_764_000_000_000;
const NET: NetworkId = NetworkId([7; 16]);

fn clock(ms: u64) -> Clock {
    Clock { now: Time::from_millis(ms), unix_ms: NOW + ms }
}

fn said(by: u64, seq: u64, unix_ms: u64, body: &[u8]) -> Envelope {
    let draft = Draft { network: NET, kind: Kind::Say, seq, unix_ms, body };
    Envelope::sign(&draft, &Toy::new(by)).expect("short enough")
}

fn gate() -> Gate {
    Gate::new(NET, Limits::PUBLIC, Replay::new(NOW - 1))
}

fn toy() -> Toy {
    Toy::new(0)
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn session(number: u64, called: &str) -> Session<Toy> {
    Session::new(Toy::new(number), NET, name(called), 0, clock(0))
}
