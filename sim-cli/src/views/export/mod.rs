//! Runs in the formats of other tools. `docs/formats.md` is the description for users.
//!
//! | module | subject |
//! |---|---|
//! | [`graph`] | the graph at one time: DOT, edge list |
//! | [`gexf`] | the whole run as a graph in time |
//! | [`tables`] | lives, links and arrivals as rows |
//!
//! GraphML is written by `floodnet_measure::tables`, because each run has one in its folder.

pub mod gexf;
pub mod graph;
pub mod tables;

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use floodnet_lab::trace::overlay::{OverlayChange, OverlayHistory};
use floodnet_sim::plan::Plan;

/// One life of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifeSpan {
    /// The slot.
    pub slot: u32,
    /// Number of the life, 0 for the first.
    pub life: u32,
    /// When it comes up.
    pub from: Time,
    /// When it held its first neighbor.
    pub joined: Option<Time>,
    /// When it goes down; none: it is up at the end of the run.
    pub until: Option<Time>,
}

/// An open link: both ends hold each other, and no fault cuts between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpan {
    /// The lower slot.
    pub low: u32,
    /// The higher slot.
    pub high: u32,
    /// Since when.
    pub from: Time,
    /// Until when; none: it is open at the end of the run.
    pub until: Option<Time>,
}

/// What is there when, over a whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// By slot, then by time.
    pub lives: Vec<LifeSpan>,
    /// By pair, then by time.
    pub links: Vec<LinkSpan>,
}

impl Timeline {
    /// Of a run with this plan and this history.
    #[must_use]
    pub fn of(plan: &Plan, history: &OverlayHistory) -> Self {
        let mut lives: Vec<Vec<LifeSpan>> = vec![Vec::new(); plan.lives.len()];
        let mut open: BTreeMap<(u32, u32), Time> = BTreeMap::new();
        let mut links = Vec::new();
        for event in &history.events {
            let at = event.at;
            match event.change {
                OverlayChange::Up(slot) => {
                    let of_slot = &mut lives[slot as usize];
                    let life = u32::try_from(of_slot.len()).unwrap_or(u32::MAX);
                    of_slot.push(LifeSpan { slot, life, from: at, joined: None, until: None });
                }
                OverlayChange::Joined(slot) => {
                    if let Some(life) = lives[slot as usize].last_mut() {
                        life.joined = Some(at);
                    }
                }
                OverlayChange::Down(slot, _) => {
                    if let Some(life) = lives[slot as usize].last_mut() {
                        life.until = Some(at);
                    }
                }
                OverlayChange::Linked(low, high) | OverlayChange::Mended(low, high) => {
                    open.entry((low, high)).or_insert(at);
                }
                OverlayChange::Unlinked(low, high) | OverlayChange::Cut(low, high) => {
                    if let Some(from) = open.remove(&(low, high)).filter(|from| *from < at) {
                        links.push(LinkSpan { low, high, from, until: Some(at) });
                    }
                }
            }
        }
        // What is open now is there at the end of the run.
        links.extend(open.into_iter().map(|((low, high), from)| LinkSpan { low, high, from, until: None }));
        links.sort_by_key(|link| (link.low, link.high, link.from));
        Self { lives: lives.into_iter().flatten().collect(), links }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_lab::trace::overlay::OverlayEvent;
    use floodnet_sim::plan::End;

    #[test]
    fn spans_are_what_lies_between_changes() {
        let at = Time::from_millis;
        let changes = [
            (1, OverlayChange::Up(0)),
            (1, OverlayChange::Up(2)),
            (2, OverlayChange::Joined(2)),
            (2, OverlayChange::Linked(0, 2)),
            (3, OverlayChange::Cut(0, 2)),
            (5, OverlayChange::Mended(0, 2)),
            (6, OverlayChange::Linked(1, 2)),
            // Cut from its first instant on.
            (6, OverlayChange::Cut(1, 2)),
            (7, OverlayChange::Unlinked(0, 2)),
            (7, OverlayChange::Down(2, End::Leave)),
            (8, OverlayChange::Up(2)),
        ];
        let events = changes.map(|(time, change)| OverlayEvent { at: at(time), change });
        let history = OverlayHistory { events: events.to_vec(), arrivals: Vec::new() };
        let found = Timeline::of(&Plan::still(1, 3, at(9)), &history);
        let life = |slot, life, from, joined: Option<u64>, until: Option<u64>| LifeSpan {
            slot,
            life,
            from: at(from),
            joined: joined.map(at),
            until: until.map(at),
        };
        let lives = [life(0, 0, 1, None, None), life(2, 0, 1, Some(2), Some(7)), life(2, 1, 8, None, None)];
        let link = |from, until| LinkSpan { low: 0, high: 2, from: at(from), until: Some(at(until)) };
        assert_eq!(found, Timeline { lives: lives.to_vec(), links: vec![link(2, 3), link(5, 7)] });
    }
}
