//! Many runs of one scenario: independent seeds, runs side by side, results in order.
//!
//! One run is one draw. What is said of a scenario is said of many: [`seeds`] names them, [`run_all`] keeps
//! everything that came of each, [`numbers`] the metrics alone, [`run_each`] what the caller makes of each.
//! Each run stays on one thread, so its results are those of a single run of its seed, whatever else runs
//! beside it.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::path::Path;
//! use floodnet_lab::{Protocols, ensemble};
//! use floodnet_scenario::Scenario;
//!
//! let text = "name = \"ring\"\nduration = \"5s\"\nnodes.count = 9\noverlay.static.ring = true\nbroadcast.flood = {}\n\
//!             [[traffic]]\nfrom = \"random\"\nevery = \"1s\"\nstart = \"1s\"\nstop = \"3s\"\n\
//!             [measure]\nstart = \"1s\"\ndeadline = \"2s\"\n";
//! let protocols = Protocols::builtin();
//! let ring = Scenario::parse("ring.toml", text, Path::new("."), &[], protocols.tables()).unwrap();
//! let seeds = ensemble::seeds(ring.seed, 3);
//! let runs = ensemble::numbers(&ring, &protocols, &seeds, NonZeroUsize::MIN).unwrap();
//! let ratios: Vec<f64> = runs.iter().map(|run| run.get("delivery_ratio").unwrap().unwrap()).collect();
//! assert_eq!(ratios, [1.0; 3]);
//! ```
//!
//! | module | subject |
//! |---|---|
//! | `seeds` | the seed of the k-th run |
//! | `pool` | runs side by side |
//! | `table` | metrics by run |
//! | [`side`] | finished runs of one configuration, read from a folder |
//! | [`keep`] | the folder of many runs while they are made |
//! | `config` | what two scenarios differ in, seeds apart |
//! | [`report`] | what all runs say: `runs.json`, `runs.csv` |
//! | `text` | the same for people |
//! | [`figure`] | means and intervals in as many digits as mean something |

pub mod config;
pub mod figure;
pub mod keep;
mod pool;
pub mod report;
mod seeds;
pub mod side;
mod table;
pub mod text;

pub use pool::{Control, Failed, numbers, run_all, run_each, run_list};
pub use seeds::{seed, seeds};
pub use table::{Table, estimate, unit};
