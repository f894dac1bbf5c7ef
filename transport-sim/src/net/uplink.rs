//! A limited uplink: a queue in front of a line that sends one packet after the other.

use std::collections::VecDeque;

use crate::event::Connection;

/// What waits.
pub(crate) struct Waiting<M> {
    pub(crate) to: u32,
    pub(crate) connection: Connection,
    pub(crate) bytes: u32,
    /// The message of the application that it carries, if any.
    pub(crate) payload: Option<u32>,
    /// None for the goodbye of a connection, which takes no room.
    pub(crate) message: Option<M>,
}

/// See the module. The head of the queue is on the line.
pub(crate) struct Uplink<M> {
    /// Bits per second.
    pub(crate) rate: u64,
    /// Tells whether a departure belongs to the queue as it is, or to one that a crash emptied.
    pub(crate) epoch: u32,
    pub(crate) queue: VecDeque<Waiting<M>>,
    bytes: u64,
}

impl<M> Uplink<M> {
    pub(crate) const fn new(rate: u64) -> Self {
        Self { rate, epoch: 0, queue: VecDeque::new(), bytes: 0 }
    }

    /// Queues `item` where at most `room` bytes may wait, the head included. Gives what had to go for it:
    /// the oldest payloads behind the head, or the item itself.
    pub(crate) fn push(&mut self, item: Waiting<M>, room: u64) -> Vec<Waiting<M>> {
        let mut gone = Vec::new();
        // Goodbyes take no room, and a packet too large for the queue goes out of an empty one.
        let needed = u64::from(item.bytes);
        while !self.queue.is_empty() && item.message.is_some() && self.bytes + needed > room {
            let oldest = self.queue.iter().skip(1).position(|waiting| waiting.payload.is_some());
            match oldest.and_then(|behind_head| self.queue.remove(behind_head + 1)) {
                Some(evicted) => {
                    self.bytes -= u64::from(evicted.bytes);
                    gone.push(evicted);
                }
                None => {
                    gone.push(item);
                    return gone;
                }
            }
        }
        self.bytes += needed;
        self.queue.push_back(item);
        gone
    }

    /// Takes the head off.
    pub(crate) fn pop(&mut self) -> Option<Waiting<M>> {
        let head = self.queue.pop_front()?;
        self.bytes -= u64::from(head.bytes);
        Some(head)
    }

    /// Takes out everything; departures that were announced no longer count.
    pub(crate) fn clear(&mut self) -> VecDeque<Waiting<M>> {
        self.epoch = self.epoch.wrapping_add(1);
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }

    /// Takes out what waits for `connection` with `to`, the head excepted: it is on the line.
    pub(crate) fn cancel(&mut self, to: u32, connection: Connection) -> Vec<Waiting<M>> {
        let mut gone = Vec::new();
        let mut place = 1;
        while place < self.queue.len() {
            let waiting = &self.queue[place];
            if waiting.to == to && waiting.connection == connection {
                gone.extend(self.queue.remove(place));
            } else {
                place += 1;
            }
        }
        self.bytes -= gone.iter().map(|waiting| u64::from(waiting.bytes)).sum::<u64>();
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: u32, bytes: u32, payload: bool) -> Waiting<u32> {
        let payload = payload.then_some(name);
        Waiting { to: 1, connection: Connection::NONE, bytes, payload, message: Some(name) }
    }

    fn names(waiting: impl IntoIterator<Item = Waiting<u32>>) -> Vec<u32> {
        waiting.into_iter().filter_map(|waiting| waiting.message).collect()
    }

    #[test]
    fn the_oldest_payload_behind_the_head_goes_first_and_control_last() {
        let mut uplink = Uplink::new(8);
        for (name, payload) in [(1, true), (2, false), (3, true), (4, true)] {
            assert!(uplink.push(item(name, 25, payload), 100).is_empty());
        }
        assert_eq!(names(uplink.push(item(5, 25, true), 100)), [3]);
        assert_eq!(names(uplink.push(item(6, 50, false), 100)), [4, 5]);
        // Only the head and control are left: whatever comes now is refused.
        assert_eq!(names(uplink.push(item(7, 25, true), 100)), [7]);
        assert_eq!(names(uplink.push(item(8, 25, false), 100)), [8]);
        assert_eq!(names(uplink.clear()), [1, 2, 6]);
    }

    #[test]
    fn a_packet_larger_than_the_queue_leaves_an_empty_one() {
        let mut uplink = Uplink::new(8);
        assert!(uplink.push(item(1, 500, true), 100).is_empty());
        assert_eq!(names(uplink.push(item(2, 1, true), 100)), [2]);
        assert_eq!(uplink.pop().and_then(|head| head.message), Some(1));
        assert!(uplink.push(item(3, 100, true), 100).is_empty());
    }
}
