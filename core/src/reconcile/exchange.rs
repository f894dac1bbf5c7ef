//! Which of the neighbors is told, asked and answered, and when.
//!
//! A new neighbor is greeted after a short pause, unless it greets first: one comparison serves both. Who has learned
//! something compares with all neighbors soon after, so that news cross the network, and are sent only to those who
//! lack them. No key is asked of two neighbors at a time.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use super::ranges::{Difference, KeySet};
use super::{Content, Key, MAX_HAVE, MAX_WANT, Message, Range};
use crate::rng::NodeRng;
use crate::time::{Duration, Time};
use crate::token_bucket::{Rate, TokenBucket};

/// While something is to be done, [`Exchange::look`] is due after so long.
pub const LOOK: Duration = Duration::from_millis(500);
/// Keys of one neighbor that wait to be asked for, at most.
pub const MAX_QUEUE: usize = 1_024;
/// Keys remembered that nobody is asked for now, at most.
pub const MAX_REFUSED: usize = 4_096;
/// Messages out of turn after which a neighbor is not listened to any more.
pub const MAX_STRIKES: u8 = 16;

/// What a neighbor may make this node compute, about in keys that are looked at: a comparison of a million keys takes
/// three millions.
const WORK: Rate = Rate::per_second(1_000_000, 16_000_000);
/// What each message costs, and each key to be given.
const MESSAGE: usize = 2_000;
const GIFT: usize = 1_000;
/// How often a neighbor is asked: less than it allows by [`WORK`], also where answers come at once.
const QUESTIONS: Rate = Rate::per_second(40, 200);
/// What a message costs that was not asked for.
const UNASKED: usize = 200_000;
/// A greeting comes so long after a link, at most, in milliseconds.
const GREETING_MS: u32 = 400;
/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Times without an answer after which a neighbor is not asked for a while.
const MAX_SILENCES: u8 = 3;
const BREAK: Duration = Duration::from_secs(300);
/// What cannot be had is not asked for again for so long.
const PAUSE: Duration = Duration::from_secs(60);
/// For each key that is held, the pause after news is longer by this.
const PAUSE_PER_KEY: Duration = Duration::from_nanos(5_000);

/// A neighbor.
#[derive(Clone, Debug, Default)]
struct Partner {
    /// When to begin, unless it has begun.
    greet_at: Option<Time>,
    /// Keys that it has and that are to be asked for.
    queue: VecDeque<Key>,
    asked: BTreeSet<Key>,
    /// When it was last asked, or has last answered.
    asked_at: Time,
    /// It is to be compared with once it has answered.
    has_news: bool,
    work: TokenBucket,
    questions: TokenBucket,
    strikes: u8,
    /// Times without an answer, one after the other.
    silences: u8,
    /// It is not asked until then.
    silent_until: Time,
}

impl Partner {
    fn is_asked(&self) -> bool {
        !self.queue.is_empty() || !self.asked.is_empty()
    }
}

/// What a message of a neighbor leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// To be sent to it.
    pub send: Vec<Message>,
    /// The messages of these keys are to be sent to it: at most [`MAX_WANT`].
    pub give: Vec<Key>,
    /// It was ignored, for this reason.
    pub ignored: Option<&'static str>,
    /// The neighbor breaks the rules and is not listened to any more.
    pub is_over: bool,
}

impl Answer {
    fn ignored(reason: &'static str) -> Self {
        Self { ignored: Some(reason), ..Self::default() }
    }
}

/// What a node holds, and the comparison with its neighbors.
#[derive(Clone, Debug)]
pub struct Exchange<Peer> {
    keys: KeySet,
    floor: Key,
    partners: BTreeMap<Peer, Partner>,
    /// Keys that some neighbor is or will be asked for.
    claimed: BTreeSet<Key>,
    /// Keys that came and wait for [`settle`](Self::settle), since when.
    arrived: BTreeMap<Key, Time>,
    /// Keys that nobody is asked for until then.
    refused: BTreeMap<Key, Time>,
    /// When to compare with all neighbors, because there is news.
    news_at: Option<Time>,
}

impl<Peer> Default for Exchange<Peer> {
    fn default() -> Self {
        Self {
            keys: KeySet::default(),
            floor: Key::FIRST,
            partners: BTreeMap::new(),
            claimed: BTreeSet::new(),
            arrived: BTreeMap::new(),
            refused: BTreeMap::new(),
            news_at: None,
        }
    }
}

impl<Peer: Copy + Ord> Exchange<Peer> {
    /// The keys that this node holds.
    #[must_use]
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// No key before this one is held or asked for.
    #[must_use]
    pub const fn floor(&self) -> Key {
        self.floor
    }

    /// How many neighbors there are.
    #[must_use]
    pub fn partners(&self) -> usize {
        self.partners.len()
    }

    /// Keys that are asked for or wait to be, of all neighbors together.
    #[must_use]
    pub fn claimed(&self) -> usize {
        self.claimed.len()
    }

    /// The node holds this message now. False if it did before, or the key is before the floor.
    pub fn insert(&mut self, key: Key) -> bool {
        // Whatever becomes of it, nobody has to give it any more.
        self.claimed.remove(&key);
        self.arrived.remove(&key);
        key >= self.floor && key != Key::END && self.keys.insert(key)
    }

    /// The node holds all these, as it did in a former life.
    pub fn extend(&mut self, keys: impl IntoIterator<Item = Key>) {
        let floor = self.floor;
        self.keys.extend(keys.into_iter().filter(|key| *key >= floor && *key != Key::END));
    }

    /// The node holds this message no more.
    pub fn remove(&mut self, key: &Key) {
        self.keys.remove(key);
    }

    /// Nothing before `floor` matters from now on.
    pub fn forget_before(&mut self, floor: Key) {
        if floor > self.floor {
            self.floor = floor;
            self.keys.forget_before(floor);
            // Whoever is asked for them is not listened to about these.
            self.claimed = self.claimed.split_off(&floor);
        }
    }

    /// There is a new neighbor. [`look`](Self::look) is due after [`LOOK`].
    pub fn up(&mut self, peer: Peer, now: Time, rng: &mut NodeRng) {
        // A link may be replaced without a word that the old one is gone.
        self.down(peer);
        let pause = Duration::from_millis(u64::from(rng.below(GREETING_MS)));
        self.partners.insert(peer, Partner { greet_at: Some(now + pause), ..Partner::default() });
    }

    /// A neighbor is gone.
    pub fn down(&mut self, peer: Peer) {
        if let Some(partner) = self.partners.remove(&peer) {
            for key in partner.queue.iter().chain(&partner.asked) {
                self.claimed.remove(key);
            }
            // What it did not give, others may.
            if !partner.asked.is_empty() && self.news_at.is_none() {
                self.news_at = Some(Time::ZERO);
            }
        }
    }

    /// Begins a comparison with this neighbor.
    pub fn begin(&mut self, peer: Peer, rng: &mut NodeRng) -> Option<Message> {
        self.begins(peer).then(|| self.keys.greeting(salt(rng), self.floor))
    }

    /// Notes that a comparison begins; false if it should not.
    fn begins(&mut self, peer: Peer) -> bool {
        let Some(partner) = self.partners.get_mut(&peer) else { return false };
        (partner.greet_at, partner.has_news) = (None, false);
        partner.strikes < MAX_STRIKES
    }

    /// Whether [`look`](Self::look) has something to do later on.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_waiting =
            |partner: &Partner| partner.greet_at.is_some() || partner.has_news || partner.is_asked();
        self.news_at.is_some() || !self.arrived.is_empty() || self.partners.values().any(is_waiting)
    }

    /// Does what is due, and gives what is to be sent to whom.
    pub fn look(&mut self, now: Time, rng: &mut NodeRng) -> Vec<(Peer, Message)> {
        let overdue = |since: Time| since + PATIENCE <= now;
        let lost: Vec<Key> =
            self.arrived.iter().filter(|(_, since)| overdue(**since)).map(|(key, _)| *key).collect();
        lost.into_iter().for_each(|key| self.settle(key, false, now));
        let has_news = self.news_at.is_some_and(|at| at <= now);
        if has_news {
            self.news_at = None;
        }
        let (mut sent, mut greeting) = (Vec::new(), None);
        let peers: Vec<Peer> = self.partners.keys().copied().collect();
        for peer in peers {
            let Some(partner) = self.partners.get_mut(&peer) else { continue };
            partner.has_news |= has_news || partner.greet_at.is_some_and(|at| at <= now);
            if !partner.asked.is_empty() && overdue(partner.asked_at) {
                self.give_up(peer, now);
            }
            if self.partners.get(&peer).is_some_and(|partner| partner.has_news && !partner.is_asked()) {
                // One for all of them, since it takes a look at each key.
                let all = greeting.get_or_insert_with(|| self.keys.greeting(salt(rng), self.floor));
                if self.begins(peer) {
                    sent.push((peer, all.clone()));
                }
            }
            sent.extend(self.ask(peer, now).map(|message| (peer, message)));
        }
        sent
    }

    /// The neighbor did not answer.
    fn give_up(&mut self, peer: Peer, now: Time) {
        let Some(partner) = self.partners.get_mut(&peer) else { return };
        partner.silences = partner.silences.saturating_add(1);
        let mut lost: Vec<Key> = core::mem::take(&mut partner.asked).into_iter().collect();
        if partner.silences >= MAX_SILENCES {
            (partner.silences, partner.silent_until) = (0, now + BREAK);
            lost.extend(partner.queue.drain(..));
        }
        for key in lost {
            self.refuse(key, now);
        }
    }

    /// Asks the neighbor for the next keys, if it has answered the last time.
    fn ask(&mut self, peer: Peer, now: Time) -> Option<Message> {
        let partner = self.partners.get_mut(&peer)?;
        let is_turn = partner.asked.is_empty() && !partner.queue.is_empty();
        if !is_turn || !partner.questions.try_take(QUESTIONS, 1, now) {
            return None;
        }
        while partner.asked.len() < MAX_WANT
            && let Some(key) = partner.queue.pop_front()
        {
            // It may have come another way, or may not matter any more.
            if self.claimed.contains(&key) {
                partner.asked.insert(key);
            }
        }
        partner.asked_at = now;
        let asked: Vec<Key> = partner.asked.iter().copied().collect();
        (!asked.is_empty()).then_some(Message::Want(asked))
    }

    /// Takes a message of a neighbor.
    pub fn receive(&mut self, from: Peer, message: Message, now: Time) -> Answer {
        let Some(partner) = self.partners.get_mut(&from) else { return Answer::ignored("history_stranger") };
        if partner.strikes >= MAX_STRIKES {
            return Answer::ignored("history_muted");
        }
        if partner.work.available(WORK, now) == 0 {
            return self.strike(from, "history_too_much");
        }
        self.charge(from, MESSAGE, now);
        match message {
            Message::Ranges { salt, from: start, ranges } => self.compare(from, (salt, start), &ranges, now),
            Message::Have(keys) => {
                let lacking: Vec<Key> = keys.into_iter().filter(|key| !self.keys.contains(key)).collect();
                self.claim(from, &lacking, now);
                Answer { send: self.ask(from, now).into_iter().collect(), ..Answer::default() }
            }
            Message::Want(keys) => {
                self.charge(from, keys.len() * GIFT, now);
                let (give, lack): (Vec<Key>, Vec<Key>) = keys.iter().partition(|key| self.keys.contains(key));
                let send = if lack.is_empty() { Vec::new() } else { Vec::from([Message::Lack(lack)]) };
                Answer { send, give, ..Answer::default() }
            }
            Message::Lack(keys) => {
                for key in keys {
                    if self.partners.get_mut(&from).is_some_and(|partner| partner.asked.remove(&key)) {
                        self.refuse(key, now);
                    }
                }
                Answer { send: self.go_on(from, now).into_iter().collect(), ..Answer::default() }
            }
        }
    }

    fn charge(&mut self, peer: Peer, work: usize, now: Time) {
        if let Some(partner) = self.partners.get_mut(&peer) {
            partner.work.take(WORK, u32::try_from(work).unwrap_or(u32::MAX), now);
        }
    }

    fn strike(&mut self, peer: Peer, reason: &'static str) -> Answer {
        let mut answer = Answer::ignored(reason);
        if let Some(partner) = self.partners.get_mut(&peer) {
            partner.strikes = partner.strikes.saturating_add(1);
            answer.is_over = partner.strikes >= MAX_STRIKES;
            if answer.is_over {
                let queue = core::mem::take(&mut partner.queue);
                queue.iter().for_each(|key| _ = self.claimed.remove(key));
            }
        }
        answer
    }

    /// Compares the ranges of a neighbor with what this node holds: tells more of those that differ, asks for what is
    /// lacking, and says what the neighbor lacks.
    fn compare(&mut self, peer: Peer, (salt, from): (u64, Key), ranges: &[Range], now: Time) -> Answer {
        if let Some(partner) = self.partners.get_mut(&peer) {
            partner.greet_at = None;
        }
        let (mut differences, mut lacking, mut more, mut work) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let mut start = from;
        for Range { end, content } in ranges {
            // What is before the own floor does not matter; a sum that reaches across it cannot be compared.
            let (begin, end, is_cut) = (start.max(self.floor), *end, start < self.floor);
            start = end;
            if end <= begin {
                continue;
            }
            match content {
                Content::Equal => {}
                Content::Sum(theirs) => {
                    let (count, sum) = self.keys.sum(salt, begin, end);
                    work += count;
                    if is_cut || sum != *theirs {
                        work += count;
                        differences.push(Difference { start: begin, end, count });
                    }
                }
                Content::Keys(theirs) => {
                    let lacks = |key: &&Key| **key >= begin && !self.keys.contains(key);
                    lacking.extend(theirs.iter().filter(lacks).copied());
                    let count = self.keys.range(begin, end).count();
                    work += 2 * count;
                    let mine = self.keys.range(begin, end).skip(skipped(count, salt));
                    more.extend(mine.filter(|key| theirs.binary_search(key).is_err()).take(MAX_HAVE));
                }
            }
        }
        self.charge(peer, work, now);
        self.claim(peer, &lacking, now);
        let answer = self.keys.answer(salt, &differences);
        more.truncate(MAX_HAVE);
        let have = (!more.is_empty()).then_some(Message::Have(more));
        Answer { send: answer.into_iter().chain(have).collect(), ..Answer::default() }
    }

    /// These keys are to be asked of this neighbor, but for those that others are asked for, or nobody.
    fn claim(&mut self, peer: Peer, keys: &[Key], now: Time) {
        let Some(partner) = self.partners.get_mut(&peer) else { return };
        if partner.silent_until > now {
            return;
        }
        for key in keys {
            let is_refused = self.refused.get(key).is_some_and(|until| *until > now);
            let is_old = *key < self.floor || *key == Key::END;
            if partner.queue.len() >= MAX_QUEUE || is_refused || is_old || self.arrived.contains_key(key) {
                continue;
            }
            if self.claimed.insert(*key) {
                partner.queue.push_back(*key);
            }
        }
    }

    /// A message came from a neighbor. Only what it was asked for is taken, and then waits for
    /// [`settle`](Self::settle); else the answer says why it is ignored.
    pub fn arrive(&mut self, from: Peer, key: Key, now: Time) -> Result<(), Answer> {
        let Some(partner) = self.partners.get_mut(&from) else {
            return Err(Answer::ignored("history_stranger"));
        };
        if partner.asked.remove(&key) {
            partner.asked_at = now;
            partner.silences = 0;
            // Otherwise it has come another way meanwhile.
            if self.claimed.remove(&key) {
                self.arrived.insert(key, now);
                return Ok(());
            }
            // It was asked for before the node let go of all that is as old.
            return Err(if key < self.floor {
                Answer::ignored("history_too_old")
            } else {
                Answer::default()
            });
        }
        if partner.strikes >= MAX_STRIKES {
            return Err(Answer::ignored("history_muted"));
        }
        if partner.work.available(WORK, now) == 0 {
            return Err(self.strike(from, "history_too_much"));
        }
        self.charge(from, UNASKED, now);
        Err(Answer::ignored("history_unasked"))
    }

    /// The next question for a neighbor that has answered the last one whole.
    pub fn go_on(&mut self, peer: Peer, now: Time) -> Option<Message> {
        self.ask(peer, now)
    }

    /// A message that came is kept from now on, or is not wanted: then it is not asked for again for a while.
    pub fn settle(&mut self, key: Key, is_kept: bool, now: Time) {
        self.arrived.remove(&key);
        if is_kept {
            self.insert(key);
            let pause = LOOK + PAUSE_PER_KEY.times(self.keys.len() as u64);
            self.news_at.get_or_insert(now + pause);
        } else {
            self.refuse(key, now);
        }
    }

    fn refuse(&mut self, key: Key, now: Time) {
        self.claimed.remove(&key);
        if self.refused.len() >= MAX_REFUSED {
            self.refused.retain(|_, until| *until > now);
        }
        if self.refused.len() < MAX_REFUSED {
            self.refused.insert(key, now + PAUSE);
        }
    }
}

/// How many of so many keys are passed over, so that a message holds the rest: none, or a number by the salt. So keys
/// that the other never takes do not keep back those behind them.
fn skipped(keys: usize, salt: u64) -> usize {
    let beyond = keys.saturating_sub(MAX_HAVE) as u64;
    if salt & 1 == 0 { 0 } else { usize::try_from((salt >> 1) % (beyond + 1)).unwrap_or(0) }
}

fn salt(rng: &mut NodeRng) -> u64 {
    (u64::from(rng.bits()) << 32) | u64::from(rng.bits())
}
