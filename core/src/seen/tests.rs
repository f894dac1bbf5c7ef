//! Both memories against what they must answer, and against each other.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use proptest::prelude::*;

use super::*;

/// Ids of sockets are hashes of 32 bytes. If they all had one place in the table, each look would search it whole.
#[test]
fn ids_of_bytes_have_places_of_their_own() {
    let place = |id: &[u8]| FixedState::default().hash_one(id);
    assert_eq!(place(b"as long as 2 words"), place(b"as long as 2 words"));
    for (one, other) in [("a", "b"), ("a", "ab"), ("8 bytes.", "8 bytes!"), ("8 bytes.1", "8 bytes.2")] {
        assert_ne!(place(one.as_bytes()), place(other.as_bytes()), "{one} {other}");
    }
}

const LIMITS: SeenLimits = SeenLimits { capacity: Some(3), ttl: Some(Duration::from_secs(10)) };

fn the_oldest_makes_room_and_age_forgets<S: Seen<u32>>() {
    let mut seen = S::default();
    for id in 1..=3u32 {
        assert!(seen.insert(id, Time::from_secs(u64::from(id)), &LIMITS));
    }
    assert!(!seen.insert(1, Time::from_secs(3), &LIMITS), "still remembered");
    assert!(seen.insert(4, Time::from_secs(3), &LIMITS));
    assert_eq!(seen.len(), 3);
    assert!(seen.insert(1, Time::from_secs(3), &LIMITS), "made room for 4");
    // 3 and 4 came at second 3 and are kept for ten seconds: to the end of second 13.
    assert!(!seen.insert(4, Time::from_secs(13), &LIMITS));
    assert!(seen.insert(4, Time::from_millis(13_001), &LIMITS));
}

#[test]
fn the_oldest_makes_room_and_age_forgets_in_both() {
    the_oldest_makes_room_and_age_forgets::<SeenCache<u32>>();
    the_oldest_makes_room_and_age_forgets::<SeenWindow>();
}

fn unlimited_keeps_everything<S: Seen<u32>>() {
    let mut seen = S::default();
    for id in 0..100_000u32 {
        assert!(seen.insert(id, Time::MAX, &SeenLimits::UNLIMITED));
    }
    assert!((0..100_000).all(|id| !seen.insert(id, Time::MAX, &SeenLimits::UNLIMITED)));
    assert_eq!(seen.len(), 100_000);
}

#[test]
fn unlimited_keeps_everything_in_both() {
    unlimited_keeps_everything::<SeenCache<u32>>();
    unlimited_keeps_everything::<SeenWindow>();
}

proptest! {
    /// Against a list that is scanned: the same answers, within the bounds, through both regimes.
    #[test]
    fn the_cache_behaves_as_a_list(
        ids in prop::collection::vec((0u32..60, 0u64..3), 0..300),
        capacity in 0u32..40,
    ) {
        let limits = SeenLimits { capacity: Some(capacity), ttl: Some(Duration::from_secs(20)) };
        let mut seen = SeenCache::default();
        let mut list: Vec<(u32, Time)> = Vec::new();
        let mut now = Time::ZERO;
        for (id, step) in ids {
            now = now + Duration::from_secs(step);
            list.retain(|(_, since)| now.since(*since) <= Duration::from_secs(20));
            let new = list.iter().all(|(known, _)| *known != id);
            if new {
                if list.len() >= capacity as usize && !list.is_empty() {
                    list.remove(0);
                }
                if capacity > 0 {
                    list.push((id, now));
                }
            }
            prop_assert_eq!(seen.insert(id, now, &limits), new);
            prop_assert_eq!(seen.len(), list.len());
        }
    }
}

/// How an id lies to the latest of a stream of ids.
#[derive(Clone, Copy, Debug)]
enum Pick {
    /// The next one.
    Next,
    /// So many before or behind it.
    Near(i32),
    /// Behind a gap, from where the stream goes on.
    Leap(u32),
    /// Anywhere, once.
    Far(u32),
}

fn picks() -> impl Strategy<Value = Pick> {
    prop_oneof![
        30 => Just(Pick::Next),
        30 => (-40i32..3).prop_map(Pick::Near),
        6 => (-900i32..300).prop_map(Pick::Near),
    ]
}

/// With these a history soon ends in the hash table, so most histories are without.
fn wild_picks() -> impl Strategy<Value = Pick> {
    prop_oneof![
        60 => picks(),
        2 => (0u32..3_000).prop_map(Pick::Leap),
        1 => any::<u32>().prop_map(Pick::Far),
        1 => (0u32..300).prop_map(|below| Pick::Far(u32::MAX - below)),
    ]
}

/// Milliseconds between two inserts: mostly within seconds, now and then hours.
fn pauses() -> impl Strategy<Value = u64> {
    prop_oneof![60 => 0u64..1_000, 4 => 0u64..60_000, 1 => 0u64..20_000_000]
}

fn limits() -> impl Strategy<Value = SeenLimits> {
    let capacity = prop_oneof![
        2 => Just(None),
        1 => Just(Some(0)),
        2 => (1u32..40).prop_map(Some),
        3 => (20u32..2_000).prop_map(Some),
    ];
    let ttl = prop_oneof![
        2 => Just(None),
        2 => (0u64..20).prop_map(|secs| Some(Duration::from_secs(secs))),
        2 => (0u64..2_000_000).prop_map(|millis| Some(Duration::from_millis(millis))),
        1 => Just(Some(Duration::MAX)),
    ];
    (capacity, ttl).prop_map(|(capacity, ttl)| SeenLimits { capacity, ttl })
}

fn histories() -> impl Strategy<Value = Vec<(Pick, u64)>> {
    prop_oneof![
        3 => prop::collection::vec((picks(), pauses()), 0..2_500),
        2 => prop::collection::vec((picks(), 0u64..500), 0..2_500),
        2 => prop::collection::vec((wild_picks(), pauses()), 0..600),
    ]
}

proptest! {
    /// Which memory a node has cannot be told from its answers, whatever the ids and whatever the bounds.
    #[test]
    fn both_memories_answer_alike(
        history in histories(),
        limits in limits(),
        start in prop_oneof![Just(0u32), 0u32..1_000, any::<u32>()],
        since_ms in prop_oneof![Just(0u64), Just(u64::from(u32::MAX) - 50_000)],
    ) {
        let (mut window, mut cache) = (SeenWindow::default(), SeenCache::default());
        let (mut latest, mut now_ms) = (start, since_ms);
        for (pick, pause) in history {
            now_ms += pause;
            let id = match pick {
                Pick::Next => latest.saturating_add(1),
                Pick::Near(by) => latest.saturating_add_signed(by),
                Pick::Leap(by) => latest.saturating_add(by),
                Pick::Far(id) => id,
            };
            if let Pick::Next | Pick::Leap(_) = pick {
                latest = id;
            }
            let now = Time::from_millis(now_ms);
            prop_assert_eq!(window.insert(id, now, &limits), cache.insert(id, now, &limits), "{}", id);
            prop_assert_eq!(window.len(), cache.len());
        }
    }

    /// Nor if time went back, or bounds changed on the way.
    #[test]
    fn both_answer_alike_out_of_order(
        history in prop::collection::vec((0u32..400, any::<u32>(), limits()), 0..200),
        spread in 0u32..32,
    ) {
        let (mut window, mut cache) = (SeenWindow::default(), SeenCache::default());
        for (id, at, limits) in history {
            let now = Time::from_millis(u64::from(at >> spread));
            prop_assert_eq!(window.insert(id, now, &limits), cache.insert(id, now, &limits), "{}", id);
            prop_assert_eq!(window.len(), cache.len());
        }
    }
}
