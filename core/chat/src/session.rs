//! One person in one room: says and hears.
//!
//! A newcomer announces itself by a signed presence, so that `@bob` works before bob has spoken. The others answer
//! with their own presence after a pause, once for all newcomers in that time, and everybody repeats theirs now
//! and then. The more people there are, the longer the pauses: all together send a few presences a second.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Clock;
use crate::direct::{self, Label, Unreadable};
use crate::keys::{Identity, Key};
use crate::people::{People, PresenceChange};
use crate::signed_message::{Draft, Envelope, Kind, NetworkId};
use crate::text::Name;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_core::token_bucket::{Rate, TokenBucket};

/// The longest text for everybody, in bytes.
pub const MAX_TEXT: usize = 4_096;
/// How many sealed messages a second are tried.
const OPENINGS: Rate = Rate::per_second(50, 500);
/// Presences are repeated after so long, and a bit more in a crowd. Well below [`SILENT_MS`].
pub const PRESENCE_MS: u64 = 120 * 1_000;
const REPEAT: Duration = Duration::from_millis(PRESENCE_MS);
/// A person who was not heard for so long is taken for gone.
pub const SILENT_MS: u64 = 15 * 60 * 1_000;

/// The highest count to begin with: by the clock, in the year 36,000,000.
const MAX_FIRST_SEQ: u64 = 1 << 60;

/// First byte of a presence: its author leaves.
const LEAVES: u8 = 0;
/// First byte of a presence: its author is here.
const STAYS: u8 = 1;
/// Its author is here, does not know the others, and asks for their presences.
const ASKS: u8 = 2;

/// Why something cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsayable {
    /// The text is empty, or only white space.
    Empty,
    /// Longer than so many bytes.
    TooLong(usize),
    /// The key cannot be sealed to.
    BadKey,
}

impl core::fmt::Display for Unsayable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => write!(f, "there is nothing to send"),
            Self::TooLong(max) => write!(f, "a message holds at most {max} bytes: send it in parts"),
            Self::BadKey => write!(f, "nothing can be sealed for this key"),
        }
    }
}

impl core::error::Error for Unsayable {}

/// What a message means to its hearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Text for everybody in the room.
    Said {
        /// The key of its author, whose signature was checked.
        from: Key,
        /// The text as its author typed it: to be escaped before it is shown.
        text: String,
    },
    /// Text that was sealed for us alone.
    Direct {
        /// The key of its author, whose signature was checked.
        from: Key,
        /// The text as its author typed it: to be escaped before it is shown.
        text: String,
    },
    /// Somebody told who they are.
    Presence {
        /// The key of the person.
        from: Key,
        /// What is new about it.
        change: PresenceChange,
    },
    /// There is nothing to show; the text names the reason.
    Nothing(&'static str),
}

/// One person in one room.
#[derive(Clone, Debug)]
pub struct Session<I> {
    identity: I,
    network: NetworkId,
    name: Name,
    next_seq: u64,
    people: People,
    openings: TokenBucket,
    /// When to say who we are.
    presence_due: Option<Time>,
    presence_said: Option<Time>,
    /// The next presence asks the others for theirs.
    asks: bool,
}

impl<I: Identity> Session<I> {
    /// Somebody called `name`, who has used counts below `next_seq` before. Counts go on from there or from
    /// the clock, whichever is higher: so they rise even if what was saved is lost.
    pub fn new(identity: I, network: NetworkId, name: Name, next_seq: u64, clock: Clock) -> Self {
        let people = People::new(identity.key());
        // A clock beyond all reason must leave counts to go on with.
        let next_seq = next_seq.max(clock.unix_ms.saturating_mul(1_000).min(MAX_FIRST_SEQ));
        Self {
            identity,
            network,
            name,
            next_seq,
            people,
            openings: TokenBucket::default(),
            presence_due: None,
            presence_said: None,
            asks: true,
        }
    }

    /// The public key of the person whose session this is.
    pub fn me(&self) -> Key {
        self.identity.key()
    }

    /// The name by which this person is known to others.
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// Everybody else in the room, and the contacts.
    pub const fn people(&self) -> &People {
        &self.people
    }

    /// Everybody else, to change what the user thinks of them.
    pub const fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }

    /// The count of the next message, to be saved.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Says `text` to everybody.
    ///
    /// # Errors
    /// It is empty or too long.
    pub fn say(&mut self, text: &str, clock: Clock) -> Result<Envelope, Unsayable> {
        let text = sayable(text, MAX_TEXT)?;
        self.envelope(Kind::Say, text.as_bytes(), clock).ok_or(Unsayable::TooLong(MAX_TEXT))
    }

    /// Says `text` to `to` alone.
    ///
    /// # Errors
    /// It is empty or too long, or the key is bad.
    pub fn say_to(&mut self, to: Key, text: &str, clock: Clock) -> Result<Envelope, Unsayable> {
        let text = sayable(text, direct::MAX_TEXT)?;
        let label = Label {
            network: self.network,
            sender: self.me(),
            recipient: to,
            unix_ms: clock.unix_ms,
            seq: self.next_seq,
        };
        let body = direct::seal(&label, text, &mut self.identity).ok_or(Unsayable::BadKey)?;
        self.envelope(Kind::Direct, &body, clock).ok_or(Unsayable::TooLong(direct::MAX_TEXT))
    }

    /// Says who we are, and whether we stay. None only if it could not be signed.
    pub fn presence(&mut self, here: bool, clock: Clock) -> Option<Envelope> {
        let status = match (here, self.asks) {
            (false, _) => LEAVES,
            (true, false) => STAYS,
            (true, true) => ASKS,
        };
        self.asks = false;
        let mut body = Vec::from([status]);
        body.extend_from_slice(self.name.as_str().as_bytes());
        self.presence_said = Some(clock.now);
        self.presence_due = Some(clock.now + REPEAT + self.crowd(1_000));
        self.envelope(Kind::Presence, &body, clock)
    }

    fn envelope(&mut self, kind: Kind, body: &[u8], clock: Clock) -> Option<Envelope> {
        let draft = Draft { network: self.network, kind, seq: self.next_seq, unix_ms: clock.unix_ms, body };
        let envelope = Envelope::sign(&draft, &self.identity)?;
        self.next_seq = self.next_seq.saturating_add(1);
        Some(envelope)
    }

    /// Takes another name; the presence that tells it is due at once.
    pub fn rename(&mut self, name: Name, clock: Clock) {
        self.name = name;
        self.presence_due = Some(clock.now);
    }

    /// When the next presence is due.
    pub const fn presence_due(&self) -> Option<Time> {
        self.presence_due
    }

    /// Whether our presence was sent. Until then the others cannot show a name for what we say.
    pub const fn is_introduced(&self) -> bool {
        self.presence_said.is_some()
    }

    /// A new neighbor may know people who do not know us: says who we are soon. If it is the only neighbor, we
    /// may have missed others, so that presence asks for theirs.
    pub fn on_neighbor(&mut self, is_only: bool, clock: Clock, rng: &mut NodeRng) {
        self.asks |= is_only;
        self.hurry(clock, rng);
    }

    /// Brings the presence forward, but not closer to the last one than the crowd allows.
    fn hurry(&mut self, clock: Clock, rng: &mut NodeRng) {
        let spread =
            Duration::from_millis(u64::from(rng.below(150)).saturating_add(50)) + self.crowd_random(rng);
        let earliest = self
            .presence_said
            .map_or(Time::ZERO, |said| said + Duration::from_millis(1_500) + self.crowd(200));
        let due = (clock.now + spread).max(earliest);
        self.presence_due = Some(self.presence_due.map_or(due, |set| set.min(due)));
    }

    /// So many milliseconds per person.
    fn crowd(&self, ms_each: u64) -> Duration {
        let people = u64::try_from(self.people.remembered()).unwrap_or(u64::MAX);
        Duration::from_millis(people.saturating_mul(ms_each))
    }

    /// A random part of a tenth of a second per person.
    fn crowd_random(&self, rng: &mut NodeRng) -> Duration {
        let people = u32::try_from(self.people.remembered()).unwrap_or(u32::MAX);
        Duration::from_millis(u64::from(rng.below(people.saturating_mul(100))))
    }

    /// Takes a message that passed the gate.
    pub fn hear(&mut self, envelope: &Envelope, clock: Clock, rng: &mut NodeRng) -> Heard {
        let from = envelope.origin();
        if from == self.me() {
            return Heard::Nothing("own");
        }
        if envelope.kind() == Kind::Presence {
            return self.hear_presence(envelope, clock, rng);
        }
        self.people.heard(from, clock.now_ms());
        if envelope.kind() == Kind::Direct && !self.openings.try_take(OPENINGS, 1, clock.now) {
            return Heard::Nothing("too_many_sealed");
        }
        self.read(envelope)
    }

    /// Reads a message from before, of somebody or of this person: it tells nothing about who is here. Sealed ones do
    /// not count among those that are tried as they come: the caller bounds how many it shows.
    pub fn recall(&self, envelope: &Envelope) -> Heard {
        self.read(envelope)
    }

    /// The text of a message, unless its author is blocked.
    fn read(&self, envelope: &Envelope) -> Heard {
        let from = envelope.origin();
        match envelope.kind() {
            Kind::Presence => Heard::Nothing("presence"),
            _ if self.people.is_blocked(&from) => Heard::Nothing("blocked"),
            // What this person sealed for others cannot be opened again.
            Kind::Direct if from == self.me() => Heard::Nothing("own_direct"),
            Kind::Direct => self.open(envelope),
            Kind::Say => said(envelope),
        }
    }

    fn hear_presence(&mut self, envelope: &Envelope, clock: Clock, rng: &mut NodeRng) -> Heard {
        let read = envelope.body().split_first().and_then(|(status, name)| {
            let text = core::str::from_utf8(name).ok()?;
            let name = Name::new(text).ok().filter(|name| name.as_str() == text)?;
            (*status <= ASKS).then_some((*status, name))
        });
        let Some((status, name)) = read else { return Heard::Nothing("bad_presence") };
        let from = envelope.origin();
        let is_stranger = self.people.nick(&from).is_none();
        let change = self.people.meet(from, name, status != LEAVES, clock.now_ms());
        if status == ASKS || (status == STAYS && is_stranger) {
            self.hurry(clock, rng);
        }
        if self.people.is_blocked(&from) {
            return Heard::Nothing("blocked");
        }
        Heard::Presence { from, change }
    }

    fn open(&self, envelope: &Envelope) -> Heard {
        let from = envelope.origin();
        let outside = Label {
            network: self.network,
            sender: from,
            recipient: self.me(),
            unix_ms: envelope.unix_ms(),
            seq: envelope.seq(),
        };
        match direct::open(&outside, envelope.body(), &self.identity) {
            Ok(text) => Heard::Direct { from, text },
            Err(Unreadable::NotForMe) => Heard::Nothing("not_for_me"),
            Err(Unreadable::Wrong(reason)) => Heard::Nothing(reason),
        }
    }
}

fn said(envelope: &Envelope) -> Heard {
    match core::str::from_utf8(envelope.body()) {
        Ok(text) if text.len() > MAX_TEXT => Heard::Nothing("text_too_long"),
        Ok(text) => Heard::Said { from: envelope.origin(), text: text.into() },
        Err(_) => Heard::Nothing("text_not_utf8"),
    }
}

fn sayable(text: &str, max: usize) -> Result<&str, Unsayable> {
    if text.len() > max {
        return Err(Unsayable::TooLong(max));
    }
    if text.trim().is_empty() {
        return Err(Unsayable::Empty);
    }
    Ok(text)
}
