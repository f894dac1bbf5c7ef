//! The messages that stand for all: a page has no room for how each of them spread.

use std::collections::BTreeSet;

use super::data::{Message, Report, Wave};

/// Messages in the table of those that went worst.
const WORST: usize = 20;
/// Deliveries in the player: about four bytes each.
const MOST_ARRIVALS: usize = 100_000;

fn share(message: &Message) -> f64 {
    f64::from(message.delivered) / f64::from(message.receivers.max(1))
}

/// Messages that stand for all, each with the words for it: those of a median and of the greatest time to the last
/// receiver, and the one that reached the least share of its receivers.
pub(super) fn typical(report: &Report) -> Vec<(&'static str, &Message)> {
    let mut timed: Vec<&Message> =
        report.messages.iter().filter(|message| message.counted && message.last_ms.is_some()).collect();
    let last = |message: &Message| message.last_ms.unwrap_or(0.0);
    timed.sort_by(|a, b| last(a).total_cmp(&last(b)).then(a.number.cmp(&b.number)));
    let least = timed.iter().copied().filter(|message| share(message) < 1.0);
    let least = least.min_by(|a, b| share(a).total_cmp(&share(b)).then(a.number.cmp(&b.number)));
    let picked = [
        ("median", timed.get(timed.len() / 2).copied()),
        ("slowest", timed.last().copied()),
        ("least delivered", least),
    ];
    picked.into_iter().filter_map(|(what, message)| Some((what, message?))).collect()
}

/// The messages that went worst: first those that reached the least share, then the slowest.
#[must_use]
pub fn worst(messages: &[Message]) -> Vec<&Message> {
    let mut all: Vec<&Message> =
        messages.iter().filter(|message| message.counted && message.receivers > 0).collect();
    all.sort_by(|a, b| {
        let slower = b.last_ms.unwrap_or(0.0).total_cmp(&a.last_ms.unwrap_or(0.0));
        share(a).total_cmp(&share(b)).then(slower).then(a.number.cmp(&b.number))
    });
    all.truncate(WORST);
    all
}

/// The waves for the player, in order of their numbers: of the messages above, and of others spread over the run, as
/// many as there is room for.
pub(super) fn kept(report: &Report) -> Vec<&Wave> {
    let waves = &report.recording.waves;
    let named = typical(report).into_iter().map(|(_, message)| message).chain(worst(&report.messages));
    let named =
        named.filter_map(|message| waves.binary_search_by_key(&message.number, |wave| wave.message).ok());
    // Places by their bits in reverse: however many of them are taken, they are spread.
    let mut spread: Vec<usize> = (0..waves.len()).collect();
    spread.sort_by_key(|place| place.reverse_bits());
    let mut room = MOST_ARRIVALS;
    let mut taken = BTreeSet::new();
    for place in named.chain(spread) {
        let arrivals = waves[place].arrivals.len();
        if arrivals <= room && taken.insert(place) {
            room -= arrivals;
        }
    }
    taken.into_iter().map(|place| &waves[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Arrival, Recording};

    fn report(messages: u32, arrivals: usize) -> Report {
        let message = |number| Message {
            number,
            counted: true,
            receivers: 10,
            delivered: if number == 37 { 1 } else { 10 },
            last_ms: Some(f64::from(number % 50)),
            ..Message::default()
        };
        let arrival = Arrival { after: 0, slot: 0, from: 1, hops: 1 };
        let wave = |message| Wave { message, arrivals: vec![arrival; arrivals], ..Wave::default() };
        let waves = (0..messages).map(wave).collect();
        Report {
            messages: (0..messages).map(message).collect(),
            recording: Recording { waves, ..Recording::default() },
            ..Report::default()
        }
    }

    #[test]
    fn all_are_kept_where_there_is_room() {
        let report = report(100, 10);
        assert!(kept(&report).iter().map(|wave| wave.message).eq(0..100));
    }

    #[test]
    fn the_worst_are_kept_first_and_others_are_spread() {
        let report = report(1000, MOST_ARRIVALS / 60);
        let kept: Vec<u32> = kept(&report).iter().map(|wave| wave.message).collect();
        assert_eq!(kept.len(), 60);
        for message in
            worst(&report.messages).into_iter().chain(typical(&report).into_iter().map(|pair| pair.1))
        {
            assert!(kept.contains(&message.number), "{}", message.number);
        }
        for quarter in 0..4_u32 {
            let range = quarter * 250..(quarter + 1) * 250;
            assert!(kept.iter().filter(|number| range.contains(*number)).count() >= 8, "{kept:?}");
        }
        assert_eq!(worst(&report.messages)[0].number, 37);
    }
}
