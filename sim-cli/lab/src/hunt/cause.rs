//! What a failure needs: the ingredients of a scenario without which nothing goes wrong.
//!
//! A scenario that is made smaller can go on failing for another reason: with messages before anybody has joined,
//! every broadcast fails. So a hunt first asks which ingredients the failure needs: the smallest sets of them that are
//! enough, each a [`Cause`]. It then goes on with one cause alone, and takes a smaller scenario only if it fails and
//! does not fail without what was needed ([`Cause::allows`], [`Cause::controls`]).

use std::fmt;

use super::{Filter, Found, Hunt, Tried};
use crate::swarm::in_order::in_order;
use floodnet_scenario::{FaultKind, Scenario};
use floodnet_text::spelling::choices;
use floodnet_text::units::Duration;

/// Something in a scenario that can make a run go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ingredient {
    /// All faults of the kind with this key.
    Fault(&'static str),
    /// Users that come and go.
    Churn,
    /// The loss of all links.
    Loss,
}

impl fmt::Display for Ingredient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(kind) => write!(f, "fault.{kind}"),
            Self::Churn => f.write_str("churn"),
            Self::Loss => f.write_str("link.loss"),
        }
    }
}

impl Ingredient {
    /// Those of `scenario`: kinds of faults in the order of their keys, churn, loss.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Vec<Self> {
        let has = |&&kind: &&&str| scenario.faults.iter().any(|fault| fault.kind.key() == kind);
        let mut found: Vec<Self> =
            FaultKind::KEYS.iter().filter(has).map(|&kind| Self::Fault(kind)).collect();
        found.extend(scenario.churn.is_some().then_some(Self::Churn));
        found.extend((scenario.link.loss > 0.0).then_some(Self::Loss));
        found
    }

    /// Takes it out of `scenario`.
    fn leave(self, scenario: &mut Scenario) {
        match self {
            Self::Fault(kind) => scenario.faults.retain(|fault| fault.kind.key() != kind),
            Self::Churn => scenario.churn = None,
            Self::Loss => scenario.link.loss = 0.0,
        }
    }

    /// Reads a list such as `fault,churn`: `fault` is every kind of fault that `scenario` has.
    ///
    /// # Errors
    /// A word is none of them, or the scenario has no such thing; says what it has.
    pub fn list(text: &str, scenario: &Scenario) -> Result<Vec<Self>, String> {
        let there = Self::of(scenario);
        let mut list = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let kind = word.strip_prefix("fault.").unwrap_or(word);
            let kind = FaultKind::KEYS.iter().find(|&&key| key == kind);
            // A fault may be of the kind `loss` too, but that word alone means the loss of links.
            let is_meant = |&&of: &&Self| match of {
                Self::Fault(key) => word == "fault" || (kind == Some(&key) && word != "loss"),
                Self::Churn => word == "churn",
                Self::Loss => word == "link.loss" || word == "loss",
            };
            let meant: Vec<Self> = there.iter().filter(is_meant).copied().collect();
            let is_known = kind.is_some() || ["fault", "churn", "link.loss", "loss"].contains(&word);
            match (meant.is_empty(), is_known) {
                (true, false) => {
                    let all: Vec<&str> = ["fault", "churn", "link.loss"]
                        .into_iter()
                        .chain(FaultKind::KEYS.iter().copied())
                        .collect();
                    return Err(format!("nothing is called `{word}`: {}", choices(word, &all)));
                }
                (true, true) => {
                    let has = if there.is_empty() { "none of all".to_owned() } else { words(&there) };
                    return Err(format!("the scenario has no `{word}`; it has {has}"));
                }
                _ => list.extend(meant),
            }
        }
        list.sort_unstable();
        list.dedup();
        Ok(list)
    }
}

/// A list in words; nothing is the network itself.
#[must_use]
pub fn words(list: &[Ingredient]) -> String {
    match list {
        [] => "the network itself".to_owned(),
        _ => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
    }
}

/// `scenario` without these.
fn without(scenario: &Scenario, list: &[Ingredient]) -> Scenario {
    let mut rest = scenario.clone();
    list.iter().for_each(|of| of.leave(&mut rest));
    rest
}

/// What must stay while a scenario is made smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// What stays in the scenario.
    pub has: Vec<Ingredient>,
    /// Those of it without any of which nothing goes wrong.
    pub needed: Vec<Ingredient>,
    /// Messages begin at least this long after the last arrival.
    settle: Option<Duration>,
}

/// Longer than this nobody needs to wait for the network to settle.
const SETTLED: Duration = Duration::from_secs(5);

impl Cause {
    /// Keeps these in the scenario, whether anything goes wrong without them or not.
    #[must_use]
    pub fn kept(has: &[Ingredient]) -> Self {
        Self { has: has.to_vec(), ..Self::default() }
    }

    /// Whether `scenario` still has all that must stay.
    #[must_use]
    pub fn allows(&self, scenario: &Scenario) -> bool {
        let there = Ingredient::of(scenario);
        let waits = |settle: Duration| settled(scenario).is_none_or(|after| after >= settle);
        self.has.iter().all(|of| there.contains(of)) && self.settle.is_none_or(waits)
    }

    /// Scenarios in which nothing may go wrong, if `scenario` goes wrong for this cause: one without each of what is
    /// needed.
    pub fn controls<'a>(&'a self, scenario: &'a Scenario) -> impl Iterator<Item = Scenario> + 'a {
        self.needed.iter().map(|&of| without(scenario, &[of]))
    }
}

/// The time between the last arrival and the first message; none without messages, or if they begin before.
fn settled(scenario: &Scenario) -> Option<Duration> {
    let first = scenario.traffic.iter().map(|traffic| traffic.start).min()?;
    Some(Duration::from_nanos(first.as_nanos().saturating_sub(scenario.nodes.arrive.as_nanos())))
}

/// Why a scenario goes wrong.
#[derive(Clone, Debug)]
pub struct Causes {
    /// The one that the hunt goes on with.
    pub cause: Cause,
    /// The scenario with this cause alone.
    pub found: Found,
    /// The other sets that are enough, each as small as can be.
    pub others: Vec<Vec<Ingredient>>,
    /// Whether every set was tried before the time was over.
    pub is_complete: bool,
}

impl Hunt<'_> {
    /// Why `found` goes wrong: runs it with every set of its ingredients, small ones first, that holds no set which is
    /// known to be enough. The hunt goes on with the first of them that has all of `keep`.
    #[must_use]
    pub fn causes(&self, found: &Found, keep: &[Ingredient]) -> Causes {
        let all = Ingredient::of(&found.scenario);
        let (enough, is_complete) = self.enough(found, &all);
        let has_kept = |(set, _): &&(Vec<Ingredient>, Found)| keep.iter().all(|of| set.contains(of));
        let own = enough.iter().find(has_kept).cloned();
        let others = enough.into_iter().map(|(set, _)| set);
        let others = others.filter(|set| own.as_ref().is_none_or(|(own, _)| own != set)).collect::<Vec<_>>();
        // Where no set that is enough has all that is to be kept, what is kept comes on top of one.
        let wider = || {
            let unions = others.iter().filter_map(|set| {
                let union: Vec<Ingredient> =
                    all.iter().filter(|of| set.contains(of) || keep.contains(of)).copied().collect();
                let found = self.only(found, &all, &union)?;
                Some((union, found))
            });
            unions.min_by_key(|(set, _)| set.len()).unwrap_or_else(|| (all.clone(), found.clone()))
        };
        let (has, small) = match own {
            Some((set, found)) => (set, found),
            None => wider(),
        };
        let is_needed = |of: &Ingredient| is_complete && self.is_fine(&without(&small.scenario, &[*of]));
        let needed = has.iter().filter(|of| is_needed(of)).copied().collect();
        let settle =
            settled(&small.scenario).filter(|settle| !settle.is_zero()).map(|settle| settle.min(SETTLED));
        Causes { cause: Cause { has, needed, settle }, found: small, others, is_complete }
    }

    /// The smallest sets of `all` that are enough for what was found, and whether all were tried.
    fn enough(&self, found: &Found, all: &[Ingredient]) -> (Vec<(Vec<Ingredient>, Found)>, bool) {
        let mut enough: Vec<(Vec<Ingredient>, Found)> = Vec::new();
        for size in 0..=all.len() {
            let of_size = (0_u32..1 << all.len()).filter(|bits| bits.count_ones() as usize == size);
            let sets = of_size.map(|bits| -> Vec<Ingredient> {
                all.iter().enumerate().filter(|(n, _)| bits & (1 << n) != 0).map(|(_, of)| *of).collect()
            });
            // A set that holds one which is enough says nothing new.
            let is_new = |set: &Vec<Ingredient>| {
                !enough.iter().any(|(known, _)| known.iter().all(|of| set.contains(of)))
            };
            let sets: Vec<Vec<Ingredient>> = sets.filter(is_new).collect();
            let mut next = Vec::new();
            let mut is_over = false;
            let work = |n: u64| {
                let set = &sets[usize::try_from(n).unwrap_or_default()];
                let out: Vec<Ingredient> = all.iter().filter(|of| !set.contains(of)).copied().collect();
                self.try_out(&without(&found.scenario, &out), &Filter::default(), &|| !self.is_over())
            };
            in_order(self.jobs, sets.len() as u64, work, |n, tried| match tried {
                Tried::Wrong(found) => {
                    next.push((sets[usize::try_from(n).unwrap_or_default()].clone(), *found));
                    true
                }
                Tried::Fine => true,
                Tried::Over => {
                    is_over = true;
                    false
                }
            });
            enough.extend(next);
            if is_over {
                return (enough, false);
            }
        }
        (enough, true)
    }

    /// What comes of the scenario with `set` alone, if it goes wrong.
    fn only(&self, found: &Found, all: &[Ingredient], set: &[Ingredient]) -> Option<Found> {
        let out: Vec<Ingredient> = all.iter().filter(|of| !set.contains(of)).copied().collect();
        match self.try_out(&without(&found.scenario, &out), &Filter::default(), &|| !self.is_over()) {
            Tried::Wrong(found) => Some(*found),
            Tried::Fine | Tried::Over => None,
        }
    }

    /// Whether a run of `scenario` ends, and nothing goes wrong in it.
    fn is_fine(&self, scenario: &Scenario) -> bool {
        matches!(self.try_out(scenario, &Filter::default(), &|| !self.is_over()), Tried::Fine)
    }
}
