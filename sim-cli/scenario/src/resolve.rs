//! Defaults that depend on other keys, and the scenario as text with every default filled in.

use super::file::ScenarioFile;
use super::measure::Measure;
use super::tables::NamedTable;
use super::units::Duration;
use super::{Scenario, units};
use floodnet_measure::expect::Expectation;
use floodnet_measure::reach::Reach;

/// Time that arrivals get to settle before averages and traffic begin.
const SETTLE: units::Duration = Duration::from_secs(10);

/// Puts the parts of a scenario together and fills in what they leave out.
pub(crate) fn fill(
    file: ScenarioFile,
    overlay: NamedTable,
    broadcast: NamedTable,
    expect: Vec<Expectation>,
    reach: Vec<Reach>,
) -> Scenario {
    let ScenarioFile { nodes, link, duration, .. } = file;
    // What is left out depends on other parts: traffic waits for the arrivals, classes start from the default link.
    let settled = Duration(nodes.arrive.0 + SETTLE.0);
    let classes = file.class.into_iter().map(|class| class.fill(&link)).collect();
    let traffic = file.traffic.into_iter().map(|traffic| traffic.fill(settled, duration)).collect();
    let churn = file.churn.map(|churn| churn.fill(nodes.arrive, duration));
    let measure = Measure {
        every: file.measure.every,
        start: file.measure.start.unwrap_or(settled),
        stop: file.measure.stop.unwrap_or(duration),
        deadline: file.measure.deadline,
        grace: file.measure.grace,
    };
    Scenario {
        name: file.name,
        about: file.about,
        seed: file.seed,
        duration,
        preset: file.preset,
        classes,
        overlay,
        broadcast,
        churn,
        traffic,
        faults: file.fault,
        adversaries: file.adversary,
        measure,
        expect,
        reach,
        output: file.output,
        nodes,
        link,
    }
}

impl Scenario {
    /// The scenario as TOML, every default filled in and files as absolute paths: it can be run from any
    /// folder of this machine, and reads back equal.
    ///
    /// # Panics
    /// Never: every value of a scenario has a form in TOML.
    #[must_use]
    pub fn to_resolved_toml(&self) -> String {
        toml::to_string_pretty(self).expect("every value of a scenario has a form in TOML")
    }
}
