//! Drawing a plan: who is up when.

use floodnet_core::distributions::{Distribution, happens, share_to_threshold};
use floodnet_core::rng::{Purpose, scale};
use floodnet_core::time::{Duration, Time};

use super::check::{MOST_LIVES, MOST_LIVES_OF_ONE};
use super::spec::{PlanSpec, Session};
use super::{Adversaries, End, Life, Lives, Plan, adversaries, faults, traffic};
use crate::rng::PlanRng;
use crate::spec::{Churn, Complaint, Lifetime, Nodes, Spacing};

impl PlanSpec {
    /// Draws the plan that belongs to `seed`: first lives, then crashes, then the other faults, then
    /// traffic, then adversaries, each from a sequence of its own ([`Purpose`]).
    ///
    /// So a change disturbs only what must change (common random numbers): with another distribution of sessions
    /// the arrivals are the same, with another rate of messages the sessions, and a further fault at the
    /// end of the list changes only the lives of slots that it strikes, the messages that these would
    /// have published, and whom later faults find up.
    ///
    /// # Errors
    /// When [`PlanSpec::check`] finds something, or there would be more than [`MOST_LIVES`] lives or
    /// [`MOST_MESSAGES`](super::MOST_MESSAGES) messages.
    pub fn draw(&self, seed: u64) -> Result<Plan, Complaint> {
        self.check()?;
        let mut lives = draw_lives(self, seed)?;
        let mut hits = vec![0; self.faults.len()];
        faults::crash(self, seed, &mut lives, &mut hits);
        let disturbances = faults::disturb(self, seed, &lives, &mut hits);
        let (publishes, skipped) = traffic::draw(self, seed, &lives)?;
        let (duration, faults) = (self.end(), faults::spans(self, &hits));
        let honest = Adversaries::default();
        let mut plan =
            Plan { seed, duration, lives, publishes, skipped, disturbances, faults, adversaries: honest };
        if !self.adversaries.is_empty() {
            adversaries::draw(&self.adversaries, &self.known, self.nodes.entry, &mut plan)?;
        }
        Ok(plan)
    }

    /// The end of the run.
    pub(super) fn end(&self) -> Time {
        Time::ZERO + self.duration
    }
}

/// The lives of each slot, before faults.
fn draw_lives(spec: &PlanSpec, seed: u64) -> Result<Vec<Lives>, Complaint> {
    let forever = |start: Time| life(start, Time::MAX, End::Leave, spec.end()).into_iter().collect();
    let arrivals = arrivals(&spec.nodes, spec.slots(), seed);
    let Some(churn) = &spec.churn else { return Ok(arrivals.into_iter().map(forever).collect()) };
    // Entry slots come first.
    let settled = if spec.nodes.entry_churns { 0 } else { spec.nodes.entry };
    let mut lives: Vec<Lives> = arrivals[..settled as usize].iter().copied().map(forever).collect();
    let Some(lengths) = Lengths::of(churn) else {
        lives.resize(spec.slots() as usize, Lives::none());
        let mut trace = spec.trace.clone();
        trace.sort_unstable();
        for sessions in trace.chunk_by(|a, b| a.slot == b.slot) {
            lives[sessions[0].slot as usize] = recorded(sessions, churn, spec.end(), seed);
        }
        if lives[settled as usize..].iter().all(|lives| lives.is_empty()) && spec.slots() > settled {
            return Err(nobody_comes(spec));
        }
        return Ok(lives);
    };
    let mut room = MOST_LIVES;
    for slot in settled..spec.slots() {
        let rng = PlanRng::new(seed, Purpose::Sessions, u64::from(slot));
        let most = room.min(MOST_LIVES_OF_ONE);
        let drawn = drawn(arrivals[slot as usize], churn, lengths, spec.end(), rng, most);
        let drawn = drawn.ok_or_else(too_many_lives)?;
        room -= drawn.len().min(room);
        lives.push(drawn);
    }
    Ok(lives)
}

/// No recorded session begins within the run.
fn nobody_comes(spec: &PlanSpec) -> Complaint {
    let first = spec.trace.iter().map(|session| session.up).min().unwrap_or(Time::ZERO);
    let title = format!("no session of the trace begins before the end of the run at {}", spec.end());
    let label = format!("the first begins at {first}: times are seconds since the start of the run");
    Complaint::new("churn.session.trace.file", title, label)
}

fn too_many_lives() -> Complaint {
    let most = format!("more than {MOST_LIVES_OF_ONE} lives of one or {MOST_LIVES} of all");
    let label = "make sessions or downtimes longer, or churn shorter";
    Complaint::new("churn", format!("slots come and go too often: {most}"), label)
}

/// When each slot first comes up.
fn arrivals(nodes: &Nodes, slots: u32, seed: u64) -> Vec<Time> {
    let mut rng = PlanRng::new(seed, Purpose::Arrivals, 0);
    let (span, newcomers) = (nodes.arrive.as_nanos(), slots - nodes.entry);
    let arrival = |slot: u32| match (slot.checked_sub(nodes.entry), nodes.spacing) {
        (None, _) => 0,
        (Some(_), Spacing::Random) => scale(rng.bits(), span),
        // Both factors are below 2^64 and the quotient below `span`.
        (Some(place), Spacing::Even) => (u128::from(span) * u128::from(place) / u128::from(newcomers)) as u64,
    };
    (0..slots).map(arrival).map(Time::from_nanos).collect()
}

/// The life `[start, stop)` as far as it falls before `end`; none when nothing does.
fn life(start: Time, stop: Time, how: End, end: Time) -> Option<Life> {
    let whole = stop < end;
    let (stop, how) = if whole { (stop, how) } else { (Time::MAX, End::Leave) };
    (start < end).then_some(Life { start, stop, end: how })
}

/// How a session ends, by 64 bits of chance.
fn ending(bits: u64, churn: &Churn) -> End {
    if happens(share_to_threshold(churn.crash), (bits >> 32) as u32) {
        End::Crash(churn.crash_kind)
    } else {
        End::Leave
    }
}

/// The lives of one slot by its recorded sessions, in order.
fn recorded(sessions: &[Session], churn: &Churn, end: Time, seed: u64) -> Lives {
    let mut rng = PlanRng::new(seed, Purpose::Sessions, u64::from(sessions[0].slot));
    let lives = sessions.iter().map(|session| (session, ending(rng.bits(), churn)));
    lives.filter_map(|(session, how)| life(session.up, session.down, how, end)).collect()
}

/// How long slots stay up and away, by chance.
#[derive(Clone, Copy)]
struct Lengths {
    session: Distribution,
    downtime: Distribution,
}

impl Lengths {
    /// None where a trace says it.
    fn of(churn: &Churn) -> Option<Self> {
        let session = churn.session.distribution()?;
        Some(Self { session, downtime: churn.downtime.as_ref().and_then(Lifetime::distribution)? })
    }
}

/// The lives of one slot by chance, or none when there would be more than `room`.
fn drawn(
    arrival: Time,
    churn: &Churn,
    lengths: Lengths,
    end: Time,
    mut rng: PlanRng,
    room: usize,
) -> Option<Lives> {
    let (start, stop) = (churn.start.after_start(), churn.stop.after_start());
    // Each session takes three draws, whatever they are used for, so that one distribution's change does not
    // shift the others' draws.
    let at_least_an_instant = |span: Duration| span.max(Duration::from_nanos(1));
    let mut lives = Vec::new();
    let (mut up, mut clock) = (arrival, arrival.max(start));
    loop {
        let down = clock + at_least_an_instant(lengths.session.sample(rng.bits()));
        let how = ending(rng.bits(), churn);
        let back = down + at_least_an_instant(lengths.downtime.sample(rng.bits()));
        let stays = down >= stop;
        lives.extend(life(up, if stays { Time::MAX } else { down }, how, end));
        if lives.len() > room {
            return None;
        }
        if stays || back >= stop || back >= end {
            return Some(lives.into());
        }
        (up, clock) = (back, back);
    }
}
