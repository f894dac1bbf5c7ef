//! Random settings for a fuzz campaign.

use alloc::vec::Vec;

use crate::rng::NodeRng;

/// Draws the values of one scenario, and notes which features it has.
#[derive(Debug)]
pub struct Draw {
    rng: NodeRng,
    features: Vec<&'static str>,
    slots: u32,
}

impl Draw {
    /// Draws from `rng`; nothing is switched on yet.
    #[must_use]
    pub const fn new(rng: NodeRng) -> Self {
        Self { rng, features: Vec::new(), slots: 0 }
    }

    /// From `min` to `max`, both included.
    pub fn between(&mut self, min: u32, max: u32) -> u32 {
        min + self.rng.below(max - min + 1)
    }

    /// True in `numerator` cases of `denominator`.
    pub fn chance(&mut self, numerator: u32, denominator: u32) -> bool {
        self.rng.chance(numerator, denominator)
    }

    /// True in `percent` cases of a hundred, and then notes the feature.
    pub fn sometimes(&mut self, feature: &'static str, percent: u32) -> bool {
        let on = self.chance(percent, 100);
        if on {
            self.note(feature);
        }
        on
    }

    /// One of these values, each under the name of its feature, which is noted.
    ///
    /// # Panics
    /// When there is none to choose from.
    pub fn one_of<T: Copy>(&mut self, values: &[(&'static str, T)]) -> T {
        let (feature, value) = values[self.rng.place(values.len())];
        self.note(feature);
        value
    }

    /// The scenario has this feature.
    pub fn note(&mut self, feature: &'static str) {
        self.features.push(feature);
    }

    /// The features noted so far, in the order in which they were drawn.
    #[must_use]
    pub fn features(&self) -> &[&'static str] {
        &self.features
    }

    /// How many slots the scenario has.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// The scenario has this many slots.
    pub const fn set_slots(&mut self, slots: u32) {
        self.slots = slots;
    }

    /// The scenario has no more than `max` slots: for settings that would take too long with more.
    pub fn limit_slots(&mut self, max: u32) {
        self.slots = self.slots.min(max);
    }
}
