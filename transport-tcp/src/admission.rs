//! Admission of incoming connections: how many at once, and how often, from one source group and in all.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floodnet_core::time::{Duration, Time};
use floodnet_core::token_bucket::{Rate, TokenBucket};
use tokio_util::sync::CancellationToken;

use crate::addresses::Group;
use crate::limits::Limits;

/// A half-open connection younger than this makes no room for others: it may be an honest one far away.
const GRACE: Duration = Duration::from_secs(1);

/// The reason for closing a connection at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Its source group has enough connections, or connects too often.
    Group,
    /// Connections come too often from all groups together.
    Rate,
    /// Too many are half-open, all of them young.
    HalfOpen,
}

#[derive(Debug)]
pub(crate) struct Admission {
    accepts: Rate,
    half_open: usize,
    half_open_group: usize,
    group: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    knocks: TokenBucket,
    groups: BTreeMap<Group, Source>,
    /// Connections that have not shaken hands, the oldest first.
    half_open: VecDeque<HalfOpen>,
    entered: u64,
}

/// The connections of one source group.
#[derive(Debug, Default)]
struct Source {
    knocks: TokenBucket,
    half_open: usize,
    open: usize,
}

#[derive(Debug)]
struct HalfOpen {
    number: u64,
    since: Time,
    token: CancellationToken,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let Limits { accepts, half_open, half_open_group, group, .. } = *limits;
        Self { accepts, half_open, half_open_group, group, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection from `ip` in, if there is room. `token` ends it when it must make room before it has
    /// shaken hands. Gives the number to leave with.
    fn enter(&self, ip: IpAddr, token: &CancellationToken, now: Time) -> Result<u64, Denied> {
        let group = Group::of(ip);
        let mut guard = self.state();
        let state = &mut *guard;
        // The group's own limits first: a group that connects too often uses up nothing of the common rate.
        if let Some(source) = state.groups.get_mut(&group)
            && (source.half_open >= self.half_open_group
                || source.open >= self.group
                || !source.knocks.try_take(self.accepts.divided(4), 1, now))
        {
            return Err(Denied::Group);
        }
        if !state.knocks.try_take(self.accepts, 1, now) {
            return Err(Denied::Rate);
        }
        if state.half_open.len() >= self.half_open {
            match state.half_open.front() {
                Some(oldest) if oldest.since + GRACE <= now => oldest.token.cancel(),
                _ => return Err(Denied::HalfOpen),
            }
            state.half_open.pop_front();
        }
        state
            .groups
            .retain(|_, source| source.half_open > 0 || source.open > 0 || !source.knocks.is_full(now));
        let source = state.groups.entry(group).or_default();
        source.half_open += 1;
        state.entered += 1;
        let number = state.entered;
        state.half_open.push_back(HalfOpen { number, since: now, token: token.clone() });
        Ok(number)
    }
}

/// A connection's place inside; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    group: Group,
    number: u64,
    is_open: bool,
}

/// A connection that has shaken hands may not stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Place {
    /// Lets a connection from `ip` in, if there is room.
    pub(crate) fn take(
        admission: &Arc<Admission>,
        ip: IpAddr,
        token: &CancellationToken,
        now: Time,
    ) -> Result<Self, Denied> {
        let number = admission.enter(ip, token, now)?;
        Ok(Self { admission: Arc::clone(admission), group: Group::of(ip), number, is_open: false })
    }

    /// The connection has shaken hands.
    pub(crate) fn opened(&mut self) -> Result<(), NoRoom> {
        let mut state = self.admission.state();
        let place = state.half_open.iter().position(|one| one.number == self.number).ok_or(NoRoom)?;
        state.half_open.remove(place);
        let Some(source) = state.groups.get_mut(&self.group) else { return Err(NoRoom) };
        source.half_open -= 1;
        source.open += 1;
        self.is_open = true;
        if source.open > self.admission.group { Err(NoRoom) } else { Ok(()) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.admission.state();
        if !self.is_open
            && let Some(place) = state.half_open.iter().position(|one| one.number == self.number)
        {
            state.half_open.remove(place);
        }
        if let Some(source) = state.groups.get_mut(&self.group) {
            let count = if self.is_open { &mut source.open } else { &mut source.half_open };
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn limits() -> Limits {
        Limits { half_open: 3, half_open_group: 2, group: 2, accepts: Rate::UNLIMITED, ..Limits::default() }
    }

    #[test]
    fn a_source_group_has_so_many_half_open_and_open_connections() {
        let (admission, token) = (Arc::new(Admission::new(&limits())), CancellationToken::new());
        let enter = |from: &str| Place::take(&admission, ip(from), &token, Time::ZERO);
        let mut first = enter("10.0.0.1").expect("room");
        let second = enter("10.0.0.2").expect("room");
        let refused = |from: &str| enter(from).err();
        assert_eq!(refused("10.0.0.3"), Some(Denied::Group));
        assert_eq!(refused("10.0.1.3"), None, "another group");
        drop(second);
        assert_eq!(first.opened(), Ok(()));
        let mut places: Vec<Place> = (0..2).map(|_| enter("10.0.0.4").expect("room")).collect();
        assert_eq!(places[0].opened(), Ok(()));
        assert_eq!(places[1].opened(), Err(NoRoom), "two of a group are open");
        assert_eq!(refused("10.0.0.5"), Some(Denied::Group));
        drop(places);
        assert_eq!(refused("10.0.0.5"), None);
        drop(first);
        let state = admission.state();
        assert!(state.half_open.is_empty());
        assert!(state.groups.values().all(|source| source.open == 0 && source.half_open == 0));
    }

    #[test]
    fn the_oldest_half_open_connection_makes_room_once_it_had_its_time() {
        let (admission, now) = (Admission::new(&limits()), Time::from_secs(10));
        let tokens: Vec<CancellationToken> = (0..3).map(|_| CancellationToken::new()).collect();
        for (token, from) in tokens.iter().zip(["1.0.0.1", "2.0.0.1", "3.0.0.1"]) {
            assert!(admission.enter(ip(from), token, now).is_ok());
        }
        let token = CancellationToken::new();
        assert_eq!(admission.enter(ip("4.0.0.1"), &token, now), Err(Denied::HalfOpen), "they are young");
        assert!(admission.enter(ip("4.0.0.1"), &token, now + GRACE).is_ok());
        let ended: Vec<bool> = tokens.iter().map(CancellationToken::is_cancelled).collect();
        assert_eq!(ended, [true, false, false]);
    }

    #[test]
    fn one_group_cannot_use_up_the_rate_of_all() {
        let accepts = Rate::per_second(20, 40);
        let limits = Limits { accepts, half_open: 99, half_open_group: 99, group: 99, ..Limits::default() };
        let admission = Admission::new(&limits);
        let (token, now) = (CancellationToken::new(), Time::from_secs(10));
        let storm = (0..1_000).filter(|_| admission.enter(ip("10.0.0.1"), &token, now).is_ok()).count();
        // The first of a group is free of its own bucket.
        assert_eq!(storm, 11);
        let honest =
            (1..=50u8).filter(|n| admission.enter(IpAddr::from([10, 1, *n, 1]), &token, now).is_ok());
        assert_eq!(honest.count(), 29, "what is left of 40");
    }
}
