//! Whether a run goes the same way again: on one thread, once more, on several; and as a folder says it went.
//!
//! | module | subject |
//! |---|---|
//! | [`files`] | what differs between the files of two runs |
//! | [`folder`] | a folder of results and the run that it says it holds |
//! | [`step`] | where two runs part: two of them side by side, step by step |

pub mod files;
pub mod folder;
pub mod step;

use std::num::NonZeroUsize;

use floodnet_sim::Progress;

use crate::Protocols;
use crate::run::folder::tables_of;
use crate::run::{Finished, Ran};
use crate::simulate::{simulate, simulate_divided};
use files::FileDifference;
use floodnet_scenario::{Complaint, Scenario};
use step::Parting;

/// How a run is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Number of threads.
    pub jobs: NonZeroUsize,
    /// For the second time.
    pub again: bool,
}

impl Way {
    /// The way in words.
    #[must_use]
    pub fn name(self) -> String {
        let threads = floodnet_text::format::plural(self.jobs.get(), "thread");
        if self.again { format!("{threads}, again") } else { threads }
    }

    /// Whether the run has to be divided by force.
    const fn divides(self) -> bool {
        self.jobs.get() > 1
    }
}

/// What came of running a scenario several ways.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The ways, each with its digest.
    pub ways: Vec<(Way, String)>,
    /// What differs, if anything does.
    pub difference: Option<Difference>,
    /// False if the watcher stopped it.
    pub complete: bool,
}

/// Two ways that came to different results.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The two ways that differ.
    pub ways: [Way; 2],
    /// What differs in their files.
    pub files: Vec<FileDifference>,
    /// Where they part; none if following them step by step did not show it.
    pub parting: Option<Parting>,
}

/// Following two runs that differ by chance may need luck.
const ATTEMPTS: usize = 5;

/// Runs `scenario` on one thread, once more, and on `jobs` threads, and holds the files against each other,
/// byte for byte. When they differ, runs two side by side until they part. Stops when `watch` says so.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn verify(
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: &[NonZeroUsize],
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Verified, Complaint> {
    let first = Way { jobs: NonZeroUsize::MIN, again: false };
    let several = jobs.iter().filter(|jobs| jobs.get() > 1).map(|&jobs| Way { jobs, again: false });
    let others = [Way { again: true, ..first }].into_iter().chain(several);
    let Some((digest, expected)) = outputs(scenario, protocols, first, watch)? else {
        return Ok(Verified { ways: Vec::new(), difference: None, complete: false });
    };
    let mut ways = vec![(first, digest)];
    for way in others {
        let Some((digest, found)) = outputs(scenario, protocols, way, watch)? else {
            return Ok(Verified { ways, difference: None, complete: false });
        };
        ways.push((way, digest));
        let files = files::compare(&expected, &found);
        if !files.is_empty() {
            let parting = part(scenario, protocols, [first, way], watch)?;
            let difference = Some(Difference { ways: [first, way], files, parting });
            return Ok(Verified { ways, difference, complete: true });
        }
    }
    Ok(Verified { ways, difference: None, complete: true })
}

/// Digest and files of a run; none if it was stopped.
type Outputs = Option<(String, Vec<(String, Vec<u8>)>)>;

fn outputs(
    scenario: &Scenario,
    protocols: &Protocols,
    way: Way,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Outputs, Complaint> {
    let ran = if way.divides() {
        simulate_divided(scenario, protocols, way.jobs, watch)
    } else {
        simulate(scenario, protocols, way.jobs, watch)
    };
    let Ran { setup, finished: Some(Finished { results, .. }) } = ran? else { return Ok(None) };
    let complete = results.summary.complete;
    Ok(complete.then(|| (results.summary.digest.clone(), tables_of(&setup, &results))))
}

fn part(
    scenario: &Scenario,
    protocols: &Protocols,
    ways: [Way; 2],
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Parting>, Complaint> {
    for _ in 0..ATTEMPTS {
        let parting = step::side_by_side(scenario, protocols, ways, watch)?;
        if parting.is_some() {
            return Ok(parting);
        }
    }
    Ok(None)
}
