//! Contestants under the same conditions: which of them does better, and where that is beyond chance.
//!
//! A bake-off is a sweep with two axes, the contestants and the conditions. Run k of every cell has the same seed, so
//! contestants see the same users come and go, the same messages and the same links, and are compared in pairs by
//! [`compare`](crate::compare).
//!
//! | module | subject |
//! |---|---|
//! | [`plan`] | the plan as it is written; it becomes that of a sweep |
//! | [`result`] | what a finished bake-off says |
//! | `letters` | who differs from whom, in letters |
//! | `tables` | tables for people, pull requests and programs |

mod letters;
pub mod plan;
pub mod result;
mod tables;
