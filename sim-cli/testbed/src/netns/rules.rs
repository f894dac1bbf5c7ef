//! Losses, cuts and NATs of a scenario as rules of `nft` in the hub. They meet a packet when it leaves, so what
//! left before a cut still arrives.

use std::fmt::Write as _;

use floodnet_core::distributions::share_to_threshold;
use floodnet_core::time::Time;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::{Disturbance, DisturbanceKind, Plan};

use super::address::address;

/// The device through which packets come to this program and go back.
pub(super) const DEVICE: &str = "road0";
/// The table that holds all rules.
pub(super) const TABLE: &str = "ip floodnet";
/// The reasons for which rules drop packets, as their comments have them.
pub(super) const LOSS: &str = "loss";
pub(super) const CUT: &str = "cut";
pub(super) const UNREACHABLE: &str = "unreachable";
/// Random numbers of `nft` are below this.
const OF: u64 = 1_000_000_000;

/// All rules, with those that hold at the start.
pub(super) fn table(plan: &Plan, links: &LinkModel) -> String {
    let mut text = format!("table {TABLE} {{\n");
    for (number, fault) in faults(plan) {
        let _ = write!(text, "chain fault{number} {{\n{}}}\n", fault_rules(&fault.kind));
    }
    text.push_str("chain faults {\n}\n");
    let _ = writeln!(
        text,
        "chain path {{\ntype filter hook forward priority 0; policy accept;\noifname != \"{DEVICE}\" accept\n\
         jump faults"
    );
    let unreachable = (0..plan.slots()).filter(|&slot| !links.class(slot).reachable);
    let unreachable: Vec<u32> = unreachable.collect();
    if !unreachable.is_empty() {
        let to = set(unreachable);
        let _ = writeln!(text, "ip daddr {to} tcp flags & (syn | ack) == syn {}", drop_as(UNREACHABLE));
    }
    text.push_str(&loss(share_to_threshold(links.spec.loss)));
    text.push_str("}\n}\n");
    text.push_str(&change(plan, Time::ZERO));
    text
}

/// The change after which exactly the faults of `at` hold, made at once.
pub(super) fn change(plan: &Plan, at: Time) -> String {
    let mut text = format!("flush chain {TABLE} faults\n");
    for (number, _) in faults(plan).filter(|(_, fault)| fault.from <= at && at < fault.until) {
        let _ = writeln!(text, "add rule {TABLE} faults jump fault{number}");
    }
    text
}

/// When faults begin or end, after the start and before the end of the run.
pub(super) fn changes(plan: &Plan) -> Vec<Time> {
    let mut times: Vec<Time> = faults(plan).flat_map(|(_, fault)| [fault.from, fault.until]).collect();
    times.retain(|time| Time::ZERO < *time && *time < plan.duration);
    times.sort_unstable();
    times.dedup();
    times
}

/// The faults that are rules.
fn faults(plan: &Plan) -> impl Iterator<Item = (usize, &Disturbance)> {
    // Delays come from the simulator's net/faults.rs, through the packet relay: nothing to add here.
    plan.disturbances.iter().enumerate().filter(|(_, fault)| !fault.kind.delays())
}

fn fault_rules(kind: &DisturbanceKind) -> String {
    match kind {
        DisturbanceKind::Partition { group, one_way } => partition(group, *one_way),
        DisturbanceKind::CutLinks(pairs) if pairs.is_empty() => String::new(),
        DisturbanceKind::CutLinks(pairs) => {
            let both = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
            let pairs: Vec<String> =
                both.map(|(from, to)| format!("{} . {}", address(from), address(to))).collect();
            format!("ip saddr . ip daddr {{ {} }} {}\n", pairs.join(", "), drop_as(CUT))
        }
        DisturbanceKind::Loss(threshold) => loss(*threshold),
        DisturbanceKind::Slow { .. } | DisturbanceKind::Pause(_) => String::new(),
    }
}

/// From each group to those that it does not reach.
fn partition(group: &[u16], one_way: bool) -> String {
    let mut groups = group.to_vec();
    groups.sort_unstable();
    groups.dedup();
    let workers = |is_of: &dyn Fn(u16) -> bool| -> Vec<u32> {
        (0..).zip(group).filter(|(_, group)| is_of(**group)).map(|(slot, _)| slot).collect()
    };
    let mut text = String::new();
    for &from in &groups {
        let to = workers(&|to| if one_way { to > from } else { to != from });
        if !to.is_empty() {
            let from = set(workers(&|of| of == from));
            let _ = writeln!(text, "ip saddr {from} ip daddr {} {}", set(to), drop_as(CUT));
        }
    }
    text
}

/// The rule that loses this share of packets, in units of 2^-32.
fn loss(threshold: u32) -> String {
    let below = (u64::from(threshold) * OF).div_ceil(1 << 32);
    if below == 0 {
        return String::new();
    }
    format!("numgen random mod {OF} < {below} {}\n", drop_as(LOSS))
}

fn drop_as(what: &str) -> String {
    format!("counter drop comment \"{what}\"")
}

fn set(slots: Vec<u32>) -> String {
    let addresses: Vec<String> = slots.into_iter().map(|slot| address(slot).to_string()).collect();
    format!("{{ {} }}", addresses.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_sim::spec::Link;

    fn plan() -> Plan {
        let mut plan = Plan::still(1, 3, Time::from_secs(9));
        let mut add = |from, until, kind| {
            plan.disturbances.push(Disturbance {
                from: Time::from_secs(from),
                until: Time::from_secs(until),
                kind,
            });
        };
        add(0, 4, DisturbanceKind::CutLinks(vec![(0, 2)]));
        add(3, 4, DisturbanceKind::Partition { group: vec![0, 1, 1], one_way: false });
        add(3, 20, DisturbanceKind::Partition { group: vec![0, 1, 0], one_way: true });
        add(5, 6, DisturbanceKind::Pause(floodnet_sim::plan::SlotSet::default()));
        add(6, 7, DisturbanceKind::Loss(1 << 31));
        plan
    }

    #[test]
    fn faults_hold_from_their_start_to_their_end() {
        let plan = plan();
        let seconds: Vec<u64> = changes(&plan).iter().map(|at| at.as_nanos() / 1_000_000_000).collect();
        assert_eq!(seconds, [3, 4, 6, 7], "not those of a pause, nor what is beyond the end");
        let hold = |at| {
            let text = change(&plan, Time::from_secs(at));
            (0..5).filter(|number| text.contains(&format!("jump fault{number}\n"))).collect::<Vec<i32>>()
        };
        assert_eq!([hold(0), hold(3), hold(4), hold(6)], [vec![0], vec![0, 1, 2], vec![2], vec![2, 4]]);
    }

    #[test]
    fn rules_are_those_of_the_scenario() {
        let mut links = LinkModel::new(Link { loss: 0.25, ..Link::default() });
        links.classes[0].reachable = false;
        let text = table(&plan(), &links);
        for rule in [
            "ip saddr . ip daddr { 10.99.0.1 . 10.99.0.3, 10.99.0.3 . 10.99.0.1 } counter drop comment \"cut\"",
            "ip saddr { 10.99.0.1 } ip daddr { 10.99.0.2, 10.99.0.3 } counter drop comment \"cut\"",
            "ip saddr { 10.99.0.2, 10.99.0.3 } ip daddr { 10.99.0.1 } counter drop comment \"cut\"",
            "ip saddr { 10.99.0.1, 10.99.0.3 } ip daddr { 10.99.0.2 } counter drop comment \"cut\"",
            "numgen random mod 1000000000 < 500000000 counter drop comment \"loss\"",
            "numgen random mod 1000000000 < 250000000 counter drop comment \"loss\"",
            "ip daddr { 10.99.0.1, 10.99.0.2, 10.99.0.3 } tcp flags & (syn | ack) == syn",
        ] {
            assert!(text.contains(rule), "{rule}\n{text}");
        }
        // One way: nothing from the higher group to the lower.
        assert!(!text.contains("ip saddr { 10.99.0.2 }"), "{text}");
        assert!(!table(&Plan::still(1, 3, Time::from_secs(9)), &LinkModel::default()).contains("drop"));
    }
}
