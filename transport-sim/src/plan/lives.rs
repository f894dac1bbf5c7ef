//! The lives of one slot.

use std::ops::{Deref, DerefMut};

use super::Life;

/// The lives of one slot, in order and not overlapping: a slice that owns them. Most slots have one life, which
/// takes no memory of its own.
#[derive(Clone, Debug)]
pub struct Lives(Kept);

#[derive(Clone, Debug)]
enum Kept {
    One(Life),
    Any(Box<[Life]>),
}

const _: () = assert!(size_of::<Lives>() == size_of::<Life>(), "there are millions");

impl Lives {
    /// None: the slot never comes up.
    #[must_use]
    pub fn none() -> Self {
        Self(Kept::Any(Box::default()))
    }
}

impl Deref for Lives {
    type Target = [Life];

    #[inline]
    fn deref(&self) -> &[Life] {
        match &self.0 {
            Kept::One(life) => std::slice::from_ref(life),
            Kept::Any(lives) => lives,
        }
    }
}

impl DerefMut for Lives {
    fn deref_mut(&mut self) -> &mut [Life] {
        match &mut self.0 {
            Kept::One(life) => std::slice::from_mut(life),
            Kept::Any(lives) => lives,
        }
    }
}

impl From<Vec<Life>> for Lives {
    fn from(lives: Vec<Life>) -> Self {
        lives.into_iter().collect()
    }
}

impl FromIterator<Life> for Lives {
    fn from_iter<I: IntoIterator<Item = Life>>(lives: I) -> Self {
        let mut lives = lives.into_iter();
        match (lives.next(), lives.next()) {
            (None, _) => Self::none(),
            (Some(life), None) => Self(Kept::One(life)),
            (Some(first), Some(second)) => {
                Self(Kept::Any([first, second].into_iter().chain(lives).collect()))
            }
        }
    }
}

impl<'a> IntoIterator for &'a Lives {
    type Item = &'a Life;
    type IntoIter = std::slice::Iter<'a, Life>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Lives {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Lives {}
