//! A grid of scenarios: every combination of values, many seeds of each.
//!
//! A **cell** is one combination. It is known by the hash of its configuration, each run of it by that hash and
//! its seed, and a finished run is one file, written whole. So a sweep goes on where it was left, and its parts
//! may be made anywhere and put together in any way: the results are the same bytes. All cells have the same
//! seeds (common random numbers).
//!
//! | module | subject |
//! |---|---|
//! | [`plan`] | the plan as it is written |
//! | [`read`] | what plans of sweeps and of bake-offs have in common |
//! | [`index`] | the cells of a plan |
//! | [`schema`] | JSON Schemas of plans |
//! | [`store`] | the folder |
//! | [`run`] | making what is missing |
//! | [`batch`] | files that run a sweep on a batch system |
//! | `output` | tables and pictures of a finished sweep |

pub mod batch;
pub mod index;
pub mod output;
pub mod plan;
pub mod read;
pub mod run;
pub mod schema;
pub mod store;
