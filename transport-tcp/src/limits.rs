//! What a node allows its peers and itself, as three profiles.
//!
//! | | `public` | `lan` | `lab` |
//! |---|---|---|---|
//! | meant for | a port that the world can reach | a network of people who share a room | many nodes on one machine |
//! | links that others dialed, that we dialed | 48, 16 | 96, 32 | 4,096, 4,096 |
//! | links per source group (/24, /48) | 2 | none | none |
//! | half-open connections, per source group | 64, 8 | 64, 32 | 1,024, none |
//! | connections accepted | 20/s, burst 50 | 50/s, burst 200 | none |
//! | packets per link | 100/s, burst 200 | 200/s, burst 1,000 | none |
//! | bytes per link | 256 KiB/s, burst 1 MiB | 1 MiB/s, burst 4 MiB | none |
//! | dials of peers that only others told of | 1/s, burst 4; one per address a minute | 10/s, burst 40 | 200/s, burst 2,000 |
//! | private, loopback and multicast addresses, ports below 1024 | never dialed when only named by others | private and loopback dialed | all but multicast dialed |
//! | packet | 16 KiB | 16 KiB | 65,518 bytes |
//! | waiting for one peer | 256 frames, 256 KiB | 256 frames, 256 KiB | 256 frames, 1 MiB |
//!
//! All share the times: 5 s to connect and shake hands, a sign of life each 5 s, dead after 15 s without
//! one, 5 s with a full queue.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use floodnet_core::token_bucket::Rate;

pub use crate::addresses::Reach;

/// For what surroundings limits are made; the module's table says what each allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// A port that the world can reach.
    Public,
    /// A network of people who share a room or a house.
    #[default]
    Lan,
    /// Many nodes on one machine.
    Lab,
}

impl Profile {
    /// The profile for a node that listens on this address: `lan` on loopback and private ones.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        if crate::addresses::is_near(address) { Self::Lan } else { Self::Public }
    }

    /// The name, as it is typed and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Lan => "lan",
            Self::Lab => "lab",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No profile has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoProfile;

impl fmt::Display for NoProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a profile is one of public, lan, lab")
    }
}

impl std::error::Error for NoProfile {}

impl FromStr for Profile {
    type Err = NoProfile;

    fn from_str(text: &str) -> Result<Self, NoProfile> {
        [Self::Public, Self::Lan, Self::Lab]
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or(NoProfile)
    }
}

/// Bounds on what peers, and the node itself, can take up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the longest packet; at most [`MAX_PACKET`].
    pub packet: usize,
    /// Packets that wait for one peer; beyond it the oldest application's message is dropped.
    pub outbox: usize,
    /// Bytes that wait for one peer; likewise.
    pub outbox_bytes: usize,
    /// Time with a full outbox after which the link is closed.
    pub outbox_patience: Duration,
    /// Reports of connections that wait for the node; more make the connections wait.
    pub inbox: usize,
    /// Commands that wait for the node; more make the application wait.
    pub commands: usize,
    /// Events that wait for the application; more are dropped.
    pub events: usize,
    /// Links that others dialed; beyond it one that nobody uses makes room, or the newcomer is refused.
    pub incoming: usize,
    /// Links that the node dialed, tries included; beyond it a dial fails.
    pub outgoing: usize,
    /// Connections that have not shaken hands yet; beyond it the oldest makes room.
    pub half_open: usize,
    /// The same from one source group: a /24 of IPv4, a /48 of IPv6.
    pub half_open_group: usize,
    /// Links that others dialed from one source group.
    pub group: usize,
    /// Connections accepted; more are closed at once. One source group gets a quarter of it.
    pub accepts: Rate,
    /// Packets taken from one link; it waits for more.
    pub packets: Rate,
    /// Bytes taken from one link; it waits for more.
    pub bytes: Rate,
    /// Dials of peers that the node knows from others only; more fail.
    pub dials: Rate,
    /// Pause between two such dials to one IP address.
    pub dial_pause: Duration,
    /// Which addresses may be dialed so.
    pub reach: Reach,
    /// Time to connect and shake hands.
    pub handshake: Duration,
    /// Time for a write to make way; then the link is closed.
    pub stall: Duration,
    /// Time for a frame that has begun to be there; then the link is closed.
    pub frame: Duration,
    /// Time between signs of life on a link with nothing to say.
    pub ping: Duration,
    /// Time without any sign of life after which a link is closed.
    pub dead: Duration,
    /// Time for a link to give a sign of life after the machine has slept; then it is closed.
    pub probe: Duration,
    /// Time without a message after which a link that is not a neighbor's is closed.
    pub idle: Duration,
    /// Time to send what is queued on a link that is being closed.
    pub linger: Duration,
    /// Time after which a link takes fresh keys, at the latest.
    pub rekey: Duration,
}

/// The longest packet: what a Noise message holds, less its tag and the kind of frame.
pub const MAX_PACKET: usize = u16::MAX as usize - 16 - 1;

const KIB: u32 = 1_024;
const MIB: u32 = 1_024 * KIB;

impl Limits {
    /// The limits of a profile.
    #[must_use]
    pub const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Public => Self::PUBLIC,
            Profile::Lan => Self::LAN,
            Profile::Lab => Self::LAB,
        }
    }

    const PUBLIC: Self = Self {
        packet: 16 * KIB as usize,
        outbox: 256,
        outbox_bytes: 256 * KIB as usize,
        outbox_patience: Duration::from_secs(5),
        inbox: 256,
        commands: 64,
        events: 1_024,
        incoming: 48,
        outgoing: 16,
        half_open: 64,
        half_open_group: 8,
        group: 2,
        accepts: Rate::per_second(20, 50),
        packets: Rate::per_second(100, 200),
        bytes: Rate::per_second(256 * KIB, MIB),
        dials: Rate::per_second(1, 4),
        dial_pause: Duration::from_secs(60),
        reach: Reach::Global,
        handshake: Duration::from_secs(5),
        stall: Duration::from_secs(10),
        frame: Duration::from_secs(10),
        ping: Duration::from_secs(5),
        dead: Duration::from_secs(15),
        probe: Duration::from_secs(5),
        idle: Duration::from_secs(60),
        linger: Duration::from_secs(2),
        rekey: Duration::from_secs(3_600),
    };

    const LAN: Self = Self {
        incoming: 96,
        outgoing: 32,
        half_open_group: 32,
        group: usize::MAX,
        accepts: Rate::per_second(50, 200),
        packets: Rate::per_second(200, 1_000),
        bytes: Rate::per_second(MIB, 4 * MIB),
        dials: Rate::per_second(10, 40),
        dial_pause: Duration::ZERO,
        reach: Reach::Near,
        ..Self::PUBLIC
    };

    const LAB: Self = Self {
        packet: MAX_PACKET,
        outbox_bytes: MIB as usize,
        inbox: 1_024,
        incoming: 4_096,
        outgoing: 4_096,
        half_open: 1_024,
        half_open_group: usize::MAX,
        accepts: Rate::UNLIMITED,
        packets: Rate::UNLIMITED,
        bytes: Rate::UNLIMITED,
        dials: Rate::per_second(200, 2_000),
        reach: Reach::Any,
        ..Self::LAN
    };
}

/// The limits of [`Profile::Lan`].
impl Default for Limits {
    fn default() -> Self {
        Self::of(Profile::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_known_by_name() {
        for profile in [Profile::Public, Profile::Lan, Profile::Lab] {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        assert_eq!("Public".parse::<Profile>(), Err(NoProfile));
    }

    #[test]
    fn the_profile_follows_the_address() {
        for (address, profile) in [
            ("127.0.0.1", Profile::Lan),
            ("192.168.1.7", Profile::Lan),
            ("fe80::1", Profile::Lan),
            ("203.0.112.5", Profile::Public),
            ("2a00::1", Profile::Public),
            ("0.0.0.0", Profile::Public),
        ] {
            assert_eq!(Profile::of(address.parse().expect("an address")), profile, "{address}");
        }
    }
}
