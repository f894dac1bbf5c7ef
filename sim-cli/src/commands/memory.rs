//! `--memory`: a run that needs more than there is, is refused before anything of it is made.

use clap::Args;
use floodnet_lab::run::machine::available;
use floodnet_lab::run::need::Need;
use floodnet_lab::simulate::need;
use floodnet_scenario::Scenario;
use floodnet_text::format::{bytes, count, plural};
use floodnet_text::units::Size;

use super::command_trait::Context;
use super::failure::Failure;
use super::files::threads;

/// From this share of what there is on, in percent, a run is warned of: the need is a model.
const NEARLY: u64 = 80;

/// How much memory runs may need.
#[derive(Args, Debug)]
pub(super) struct MemoryOptions {
    /// Most memory that may be needed, e.g. 8GiB: what needs more is refused; any: nothing is refused [default: what
    /// the machine, the container or the batch job has available]
    #[arg(long, value_name = "SIZE", value_parser = most)]
    memory: Option<Most>,
}

/// A value of `--memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Most {
    Any,
    Bytes(u64),
}

fn most(text: &str) -> Result<Most, String> {
    if text == "any" {
        return Ok(Most::Any);
    }
    let size: Size = text.parse()?;
    Ok(Most::Bytes(size.bytes()))
}

impl MemoryOptions {
    /// Refuses runs of these scenarios, so many in all and so many at a time as `jobs` allows, that need more memory than
    /// there is.
    pub(super) fn check(
        &self,
        scenarios: &[Scenario],
        (runs, jobs): (usize, u16),
        cx: &Context<'_>,
    ) -> Result<(), Failure> {
        let at_a_time = threads(jobs).get().min(runs);
        let (limit, whose) = match self.memory {
            Some(Most::Any) => return Ok(()),
            Some(Most::Bytes(limit)) => (limit, "--memory allows"),
            None => match available() {
                Some(available) => (available.bytes, available.by.words()),
                None => return Ok(()),
            },
        };
        // What is wrong with a scenario is told, with its place, when it is prepared.
        let needs = scenarios.iter().filter_map(|scenario| need(scenario, cx.registry.lab()).ok().flatten());
        let Some(greatest) = needs.max_by_key(Need::bytes) else { return Ok(()) };
        let all = greatest.bytes().saturating_mul(at_a_time as u64);
        let what = match at_a_time {
            1 => format!("a run of {} needs", plural(greatest.slots as usize, "node")),
            _ => format!(
                "{at_a_time} runs at a time, of {} each, need",
                plural(greatest.slots as usize, "node")
            ),
        };
        if all > limit {
            return Err(Failure::Failed(format!(
                "{what} about {} of memory, and {whose} {}\n  {}\n  help: {}",
                bytes(all),
                bytes(limit),
                parts(&greatest),
                helps(&greatest, limit, at_a_time)
            )));
        }
        if all > limit / 100 * NEARLY {
            let (all, limit) = (bytes(all), bytes(limit));
            cx.console
                .note(&format!("  memory   {what} about {all}, and {whose} {limit}: it may not be enough"));
        }
        Ok(())
    }
}

/// What takes the memory of one run.
fn parts(need: &Need) -> String {
    let parts = [
        (need.nodes, "nodes"),
        (need.links, "links"),
        (need.messages, "messages that nodes remember"),
        (need.events, "packets and timers"),
    ];
    let parts = parts.into_iter().filter(|(size, _)| *size > 0);
    format!(
        "of one run: {}",
        parts.map(|(size, of)| format!("{} for {of}", bytes(size))).collect::<Vec<_>>().join(", ")
    )
}

/// What would make it fit.
fn helps(need: &Need, limit: u64, at_a_time: usize) -> String {
    let one = need.bytes();
    let mut helps = Vec::new();
    let fit = limit / one.max(1);
    if at_a_time > 1 && fit > 0 {
        helps.push(format!("--jobs {fit}"));
    }
    if need.messages > one / 2 {
        helps.push("fewer messages, or a smaller `seen` of the broadcast".to_owned());
    } else if need.links > one / 2 {
        helps.push("fewer links".to_owned());
    }
    // All that is not the program grows with the nodes.
    let nodes = u128::from(need.slots) * u128::from(limit.saturating_sub(Need::default().bytes()));
    let nodes = nodes / u128::from((one - Need::default().bytes()).max(1));
    if let Some(nodes) = u64::try_from(nodes).ok().filter(|nodes| *nodes > 0 && *nodes < need.slots.into()) {
        let digits = nodes.ilog10().saturating_sub(1);
        let unit = 10_u64.pow(digits);
        helps.push(format!("nodes.count = {} or less", count(nodes / unit * unit)));
    }
    helps.push("a machine with more".to_owned());
    format!("{}; --memory any tries it all the same (docs/scale.md)", helps.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_scenarios_have_them() {
        assert_eq!(most("any"), Ok(Most::Any));
        assert_eq!(most("8GiB"), Ok(Most::Bytes(8 << 30)));
        assert_eq!(most("100 MB"), Ok(Most::Bytes(100_000_000)));
        assert!(most("8").is_err() && most("much").is_err());
    }

    #[test]
    fn what_helps_is_what_would_fit() {
        let program = Need::default().bytes();
        let need = Need { slots: 1_000_000, nodes: 1_000_000_000, ..Need::default() };
        let said = helps(&need, program + 123_456_789, 1);
        assert!(said.starts_with("nodes.count = 120,000 or less, or a machine with more; "), "{said}");
        let said = helps(&need, 3 * need.bytes(), 8);
        assert!(said.starts_with("--jobs 3, or a machine with more"), "{said}");
        let said = helps(&Need { messages: 2_000_000_000, ..need }, 1000, 1);
        assert!(said.starts_with("fewer messages, or a smaller `seen`"), "{said}");
    }
}
