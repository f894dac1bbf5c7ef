//! The bounded queue between a node and a busy application.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Deliveries that wait while the application is busy. Takes one word while it is not.
#[derive(Clone, Debug)]
#[expect(clippy::box_collection, reason = "one word in each of a million nodes, nearly always empty")]
pub struct Inbox<T> {
    /// Present while the application is held.
    waiting: Option<Box<VecDeque<T>>>,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { waiting: None }
    }
}

impl<T> Inbox<T> {
    /// How many deliveries wait for the application.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.len())
    }

    /// Whether no delivery waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the application takes nothing now.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.waiting.is_some()
    }

    /// The application takes nothing until [`resume`](Self::resume).
    pub fn hold(&mut self) {
        self.waiting.get_or_insert_default();
    }

    /// The application takes deliveries again; gives those that waited, in order.
    pub fn resume(&mut self) -> Vec<T> {
        self.waiting.take().map(|waiting| Vec::from(*waiting)).unwrap_or_default()
    }

    /// Gives `item` back for delivery at once, or keeps it while the application is held.
    ///
    /// # Errors
    /// `capacity` deliveries wait already: `item` comes back and is to be dropped and counted.
    #[inline]
    pub fn offer(&mut self, item: T, capacity: u32) -> Result<Option<T>, T> {
        match &mut self.waiting {
            None => Ok(Some(item)),
            Some(waiting) if waiting.len() < capacity as usize => {
                waiting.push_back(item);
                Ok(None)
            }
            Some(_) => Err(item),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_up_to_the_bound_and_hands_out_in_order() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.offer(1, 2), Ok(Some(1)));
        inbox.hold();
        inbox.hold();
        assert_eq!((inbox.offer(2, 2), inbox.offer(3, 2), inbox.offer(4, 2)), (Ok(None), Ok(None), Err(4)));
        assert_eq!(inbox.resume(), [2, 3]);
        assert_eq!(inbox.offer(5, 2), Ok(Some(5)));
        assert!(inbox.resume().is_empty());
    }
}
