//! Which peers may be dialed. The address of a peer that only other nodes named may be a victim's, named so that
//! many nodes dial it: such dials are few, and go to few addresses. And whoever has just said that it leaves, or was cut
//! for breaking the rules, is not looked for again at once, unlike a peer that was lost.

use std::collections::BTreeMap;
use std::net::IpAddr;

use floodnet_core::time::{Duration, Time};
use floodnet_core::token_bucket::TokenBucket;

use crate::addresses::may_dial;
use crate::clock::duration;
use crate::identity::Identity;
use crate::limits::Limits;
use crate::peer::Peer;

/// Why a peer is not dialed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// Its address is of a kind that is not dialed when only other nodes named it.
    Address,
    /// Too many dials lately, in all or to that address.
    Rate,
    /// Its link has just ended on purpose.
    Parted,
}

/// Who has said that it leaves is not dialed for so long. Short, since it may start again, with nobody to dial.
pub(crate) const LEFT: Duration = Duration::from_secs(10);
/// Who was cut is not dialed for so long.
pub(crate) const CUT: Duration = Duration::from_secs(60);
/// Peers that parted are remembered up to so many; of more, the one whose time is up first is forgotten.
const MAX_PARTED: usize = 64;

/// Addresses remembered at most; beyond it those dialed longest ago are forgotten first.
const MAX_REMEMBERED: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Dialing {
    all: TokenBucket,
    /// When each address was last dialed.
    last: BTreeMap<IpAddr, Time>,
    /// Who parted on purpose, and until when it is not dialed.
    parted: BTreeMap<Identity, Time>,
}

impl Dialing {
    /// The link to this peer has ended on purpose: it is not dialed for so long.
    pub(crate) fn parts(&mut self, peer: Identity, pause: Duration, now: Time) {
        self.parted.insert(peer, now + pause);
        if self.parted.len() > MAX_PARTED
            && let Some(first) = self.parted.iter().min_by_key(|(_, until)| **until).map(|(peer, _)| *peer)
        {
            self.parted.remove(&first);
        }
    }

    /// This peer has a link again.
    pub(crate) fn is_back(&mut self, peer: Identity) {
        self.parted.remove(&peer);
    }

    /// Whether `peer` may be dialed now; it counts as dialed then. Peers without a known identity are those
    /// that a person typed in, so they always may.
    pub(crate) fn take(&mut self, peer: Peer, limits: &Limits, now: Time) -> Result<(), Forbidden> {
        self.check(peer, limits, now)?;
        if peer.identity().is_some() {
            self.all.take(limits.dials, 1, now);
            if !limits.dial_pause.is_zero() {
                self.remember(peer.address().ip(), duration(limits.dial_pause), now);
            }
        }
        Ok(())
    }

    /// As [`take`](Self::take), but it does not count as dialed.
    pub(crate) fn check(&self, peer: Peer, limits: &Limits, now: Time) -> Result<(), Forbidden> {
        let Some(identity) = peer.identity() else { return Ok(()) };
        if self.parted.get(&identity).is_some_and(|until| now < *until) {
            return Err(Forbidden::Parted);
        }
        if !may_dial(peer.address(), limits.reach) {
            return Err(Forbidden::Address);
        }
        let last = self.last.get(&peer.address().ip());
        let is_recent = last.is_some_and(|last| now < *last + duration(limits.dial_pause));
        if is_recent || !{ self.all }.try_take(limits.dials, 1, now) {
            return Err(Forbidden::Rate);
        }
        Ok(())
    }

    fn remember(&mut self, ip: IpAddr, pause: Duration, now: Time) {
        if self.last.len() >= MAX_REMEMBERED {
            self.last.retain(|_, last| now < *last + pause);
        }
        if self.last.len() >= MAX_REMEMBERED
            && let Some(oldest) = self.last.iter().min_by_key(|(_, last)| **last).map(|(ip, _)| *ip)
        {
            self.last.remove(&oldest);
        }
        self.last.insert(ip, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use crate::limits::Profile;
    use std::net::SocketAddr;

    fn told(address: &str) -> Peer {
        Peer::new(Identity::from_bytes([1; 32]), address.parse().expect("an address"))
    }

    fn typed(address: &str) -> Peer {
        Peer::at(address.parse::<SocketAddr>().expect("an address"))
    }

    #[test]
    fn a_victims_address_is_dialed_once_a_minute() {
        let (limits, mut dialing) = (Limits::of(Profile::Public), Dialing::default());
        let start = Time::from_secs(100);
        let dials = (0..120).filter(|second| {
            let now = start + Duration::from_secs(*second);
            // A hundred requests a second, each with another port.
            (0..100)
                .filter(|port| dialing.take(told(&format!("8.8.8.8:{}", 2_000 + port)), &limits, now).is_ok())
                .count()
                == 1
        });
        assert_eq!(dials.count(), 2);
    }

    #[test]
    fn dials_on_hearsay_are_few_and_those_of_the_user_are_not_counted() {
        let (limits, mut dialing) = (Limits::of(Profile::Public), Dialing::default());
        let now = Time::from_secs(100);
        let dials =
            (0..200).filter(|n| dialing.take(told(&format!("8.8.{n}.8:5000")), &limits, now).is_ok()).count();
        assert_eq!(dials, 4, "the burst");
        assert_eq!(dialing.take(told("9.8.7.6:5000"), &limits, now), Err(Forbidden::Rate));
        assert_eq!(dialing.take(told("10.0.0.1:5000"), &limits, now), Err(Forbidden::Address));
        for address in ["8.8.0.8:5000", "10.0.0.1:22", "127.0.0.1:55555"] {
            assert_eq!(dialing.take(typed(address), &limits, now), Ok(()), "{address}");
        }
        let lab = Limits::of(Profile::Lab);
        assert!((0..500).all(|_| dialing.take(told("127.0.0.1:5000"), &lab, now).is_ok()));
    }

    #[test]
    fn who_parted_on_purpose_is_not_dialed_for_a_while() {
        let (limits, mut dialing) = (Limits::of(Profile::Lab), Dialing::default());
        let (peer, now) = (told("127.0.0.1:5000"), Time::from_secs(100));
        let identity = peer.identity().expect("told");
        for pause in [LEFT, CUT] {
            dialing.parts(identity, pause, now);
            let just_before = now + pause - Duration::from_nanos(1);
            assert_eq!(dialing.take(peer, &limits, just_before), Err(Forbidden::Parted));
            assert_eq!(dialing.take(typed("127.0.0.1:5000"), &limits, now), Ok(()), "the user wants it");
            assert_eq!(dialing.take(peer, &limits, now + pause), Ok(()));
        }
        let later = now + CUT;
        dialing.parts(identity, CUT, later);
        dialing.is_back(identity);
        assert_eq!(dialing.take(peer, &limits, later), Ok(()));
        for number in 0..=255 {
            dialing.parts(Identity::from_bytes([number; 32]), CUT, now + Duration::from_secs(number.into()));
        }
        assert_eq!(dialing.parted.len(), MAX_PARTED);
        assert!(dialing.parted.contains_key(&Identity::from_bytes([255; 32])), "the latest are kept");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits =
            Limits { dials: floodnet_core::token_bucket::Rate::UNLIMITED, ..Limits::of(Profile::Public) };
        let mut dialing = Dialing::default();
        for n in 0..5_000u32 {
            let [_, b, c, d] = n.to_be_bytes();
            let now = Time::from_millis(u64::from(n));
            assert_eq!(dialing.take(told(&format!("8.{b}.{c}.{d}:5000")), &limits, now), Ok(()));
        }
        assert_eq!(dialing.last.len(), MAX_REMEMBERED);
    }
}
