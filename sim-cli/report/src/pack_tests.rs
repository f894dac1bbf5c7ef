use std::io::Read as _;

use flate2::read::DeflateDecoder;

use super::*;
use crate::data::{Message, Recording};

/// Reads what [`pack`] writes, as the page does.
struct Reader(std::vec::IntoIter<u8>);

impl Reader {
    fn new(text: &str) -> Self {
        let mut bytes = Vec::new();
        DeflateDecoder::new(&BASE64.decode(text.as_bytes()).unwrap()[..]).read_to_end(&mut bytes).unwrap();
        Self(bytes.into_iter())
    }

    fn take(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.0.next().unwrap();
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }

    fn small(&mut self) -> u32 {
        self.take().try_into().unwrap()
    }

    fn short(&mut self) -> u16 {
        self.take().try_into().unwrap()
    }

    fn many<T>(&mut self, count: u64, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| read(self)).collect()
    }

    fn rising(&mut self, count: u64) -> Vec<u64> {
        let mut last = 0;
        self.many(count, |reader| {
            last += reader.take();
            last
        })
    }

    fn changes(&mut self, count: u64) -> Vec<u32> {
        let mut last = 0;
        self.many(count, |reader| {
            let step = reader.take();
            last += (step >> 1) as i64 ^ -((step & 1) as i64);
            u32::try_from(last).unwrap()
        })
    }

    fn recording(&mut self) -> Recording {
        assert_eq!(self.take(), FORM);
        let end_us = self.take();
        let count = self.take();
        let sides = self.many(count, Self::short);
        let count = self.take();
        let layouts = self.many(count, Self::layout);
        let events = self.events();
        let count = self.take();
        Recording { end_us, layouts, sides, events, waves: self.many(count, Self::wave) }
    }

    fn text(&mut self) -> String {
        let count = self.take();
        self.many(count, |reader| char::from_u32(reader.small()).unwrap()).into_iter().collect()
    }

    fn why(&mut self) -> (u32, Vec<Place>) {
        let (message, count) = (self.small(), self.take());
        let place = |reader: &mut Self| {
            let (text, count) = (reader.text(), reader.take());
            let slots = reader.rising(count).into_iter().map(|slot| slot.try_into().unwrap()).collect();
            Place { text, slots }
        };
        (message, self.many(count, place))
    }

    fn layout(&mut self) -> Layout {
        let name = self.text();
        let count = self.take();
        let x = self.many(count, Self::short);
        Layout { name, places: x.into_iter().zip(self.many(count, Self::short)).collect() }
    }

    fn events(&mut self) -> Vec<Event> {
        let count = self.take();
        let times = self.rising(count);
        let kinds = self.many(count, Self::take);
        let first = self.changes(count);
        let second = self.changes(kinds.iter().filter(|&&kind| kind >= 4).count() as u64);
        let mut second = second.into_iter();
        let mut change = |(kind, a): (u64, u32)| match kind {
            0 => Change::Up(a),
            1 => Change::Join(a),
            2 => Change::Leave(a),
            3 => Change::Crash(a),
            4 => Change::Link(a, second.next().unwrap()),
            5 => Change::Unlink(a, second.next().unwrap()),
            6 => Change::Cut(a, second.next().unwrap()),
            _ => Change::Mend(a, second.next().unwrap()),
        };
        let changes = kinds.into_iter().zip(first).map(&mut change);
        times.into_iter().zip(changes).map(|(at_us, change)| Event { at_us, change }).collect()
    }

    fn wave(&mut self) -> Wave {
        let (message, at_us, origin, count) = (self.small(), self.take(), self.small(), self.take());
        let times = self.rising(count);
        let slots = self.many(count, Self::small);
        let from = self.many(count, Self::small);
        let hops = self.many(count, Self::short);
        let both = times.into_iter().zip(slots).zip(from.into_iter().zip(hops));
        let arrivals = both.map(|((after, slot), (from, hops))| Arrival { after, slot, from, hops });
        Wave { message, at_us, origin, arrivals: arrivals.collect() }
    }
}

#[test]
fn comes_back_as_it_went_in() {
    let at = |at_us, change| Event { at_us, change };
    let last = u32::MAX;
    let arrival = |after, slot, from, hops| Arrival { after, slot, from, hops };
    let recording = Recording {
        end_us: 1 << 52,
        layouts: vec![
            Layout { name: "overlay ✓".to_owned(), places: vec![(0, Layout::STEPS), (127, 128)] },
            Layout::default(),
        ],
        sides: vec![0, u16::MAX],
        events: vec![
            at(0, Change::Up(last)),
            at(0, Change::Up(0)),
            at(1, Change::Join(last)),
            at(127, Change::Link(0, last)),
            at(128, Change::Cut(0, last)),
            at(1 << 40, Change::Mend(0, last)),
            at(1 << 40, Change::Unlink(0, last)),
            at(1 << 40, Change::Leave(0)),
            at((1 << 40) + 1, Change::Crash(last)),
        ],
        waves: vec![
            Wave {
                message: 9,
                at_us: 5,
                origin: 3,
                arrivals: vec![arrival(0, 1, 3, 1), arrival(900, last, 1, u16::MAX)],
            },
            Wave::default(),
        ],
    };
    // What explains messages stands behind the waves.
    let place = |text: &str, slots: &[u32]| Place { text: text.to_owned(), slots: slots.to_vec() };
    let places = vec![place("the copy from 1 to 3 → lost", &[3, 200, last]), place("", &[])];
    let why = Why { places: places.clone(), ..Why::default() };
    let explained = Message { number: 9, why: Some(why), ..Message::default() };
    let whole = Report { recording, messages: vec![Message::default(), explained], ..Report::default() };
    for report in [Report::default(), whole] {
        let waves: Vec<&Wave> = report.recording.waves.iter().collect();
        let text = pack(&report, &waves);
        let mut reader = Reader::new(&text);
        assert_eq!(reader.recording(), report.recording);
        let count = reader.take();
        let expected: &[(u32, Vec<Place>)] = &[(9, places.clone())];
        assert_eq!(reader.many(count, Reader::why), expected[..count as usize]);
        assert_eq!(count as usize, report.messages.iter().filter(|message| message.why.is_some()).count());
        assert_eq!(reader.0.len(), 0);
        assert_eq!(pack(&report, &waves), text, "the same text again");
    }
}
