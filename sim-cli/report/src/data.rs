//! What a page shows: plain data.

/// Everything that the page of one run shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Digest of the run.
    pub digest: String,
    /// The program that made the page, with version and revision.
    pub program: String,
    /// The command that repeats the run.
    pub command: String,
    /// Its folder, as commands that look into the run name it.
    pub folder: String,
    /// The scenario with every default filled in.
    pub resolved: String,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Slots of the network.
    pub slots: u32,
    /// End of the run, in seconds.
    pub duration_s: f64,
    /// What was expected, and what became of it.
    pub expectations: Vec<Expectation>,
    /// What some run must show, with what this one shows.
    pub reach: Vec<String>,
    /// The numbers of the run, in order.
    pub figures: Vec<Figure>,
    /// Samples in order of time.
    pub samples: Vec<Sample>,
    /// Faults of the scenario.
    pub faults: Vec<Fault>,
    /// Messages in order of their numbers.
    pub messages: Vec<Message>,
    /// Share of receivers reached, by milliseconds since the publication.
    pub latency: Vec<(f64, f64)>,
    /// How many joined nodes have 0, 1, 2, .. links at the end.
    pub degrees: Vec<u64>,
    /// Packets lost and inputs dropped, by reason.
    pub drops: Vec<(String, u64)>,
    /// What the player plays.
    pub recording: Recording,
}

/// An expectation and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Name of the metric.
    pub metric: String,
    /// The bound, such as `>= 0.95`.
    pub bound: String,
    /// The value measured, in words.
    pub measured: String,
    /// Whether it is within the bound.
    pub holds: bool,
}

/// A number of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Its name in `summary.json`.
    pub path: String,
    /// The words that people read for it.
    pub label: String,
    /// Its value, in words.
    pub value: String,
    /// Whether it stands for all of its kind.
    pub leads: bool,
}

/// The network at one time. Counts of events are since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// When, in seconds.
    pub at_s: f64,
    /// Slots that are up.
    pub up: u32,
    /// Slots that have held a neighbor in this life.
    pub joined: u32,
    /// Components of the graph of joined nodes.
    pub components: u32,
    /// Nodes of the largest one.
    pub largest: u32,
    /// Links.
    pub links: u64,
    /// Lives that have joined.
    pub joins: u64,
    /// Announced departures.
    pub leaves: u64,
    /// Unannounced departures.
    pub crashes: u64,
    /// Packets handed to the network.
    pub packets: u64,
}

/// A fault of the scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    /// Such as `partition`.
    pub name: String,
    /// Beginning, in seconds.
    pub from_s: f64,
    /// End, in seconds.
    pub until_s: f64,
}

/// What became of one message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Its number in the plan.
    pub number: u32,
    /// When it was published, in seconds.
    pub at_s: f64,
    /// Slot that published it.
    pub origin: u32,
    /// Whether it was due before the end of the run.
    pub counted: bool,
    /// Slots that should have it.
    pub receivers: u32,
    /// Receivers that got it on time.
    pub delivered: u32,
    /// Receivers that got it too late.
    pub late: u32,
    /// Time to the last receiver on time, in milliseconds.
    pub last_ms: Option<f64>,
    /// Why it went as it did; of those that went worst only.
    pub why: Option<Why>,
}

/// Why receivers missed a message, and what took it longest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// Causes, the most frequent first, each with how many receivers missed it for that.
    pub causes: Vec<(String, usize)>,
    /// Where it stopped, the most frequent first.
    pub places: Vec<Place>,
    /// The way to the last receiver that got it on time.
    pub last: Option<String>,
}

/// A place at which a message stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The place, in words.
    pub text: String,
    /// The receivers that it did not come to, ascending.
    pub slots: Vec<u32>,
}

/// What happened to the overlay over a run. Times are whole microseconds, rounded down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// End of the run.
    pub end_us: u64,
    /// Places for all slots, by layout.
    pub layouts: Vec<Layout>,
    /// For each slot its side of the first partition; empty without one.
    pub sides: Vec<u16>,
    /// In order of time. A state at time T has seen every event before T.
    pub events: Vec<Event>,
    /// How messages spread, in order of their numbers. The page keeps as many as it has room for.
    pub waves: Vec<Wave>,
}

/// Where nodes stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// What people read for it.
    pub name: String,
    /// For each slot its place in a box of 16 by 10, each side counted from 0 to [`Layout::STEPS`].
    pub places: Vec<(u16, u16)>,
}

impl Layout {
    /// Steps along each side.
    pub const STEPS: u16 = 4095;
}

/// A change of the overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at_us: u64,
    /// What changes.
    pub change: Change,
}

/// What an event changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The slot comes up.
    Up(u32),
    /// The slot holds its first neighbor.
    Join(u32),
    /// The slot leaves.
    Leave(u32),
    /// The slot crashes.
    Crash(u32),
    /// Both hold each other from now on.
    Link(u32, u32),
    /// One of both no longer holds the other.
    Unlink(u32, u32),
    /// A fault begins to cut the link.
    Cut(u32, u32),
    /// The fault no longer cuts the link.
    Mend(u32, u32),
}

/// How a message spread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wave {
    /// Number of the message in the plan.
    pub message: u32,
    /// When it was published.
    pub at_us: u64,
    /// Slot that published it.
    pub origin: u32,
    /// Deliveries at other slots, in order of time.
    pub arrivals: Vec<Arrival>,
}

/// A message reaches a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Time since the publication, in tenths of a millisecond, rounded down.
    pub after: u64,
    /// The slot.
    pub slot: u32,
    /// Slot that the first copy came from.
    pub from: u32,
    /// Hops from the origin.
    pub hops: u16,
}
