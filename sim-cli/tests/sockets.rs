//! The backend on real TCP, in small: everything arrives, every fault of the scenario language happens, and
//! nothing of a run is left when it is over.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sim_cli::measure::latency::Ms;
use sim_cli::measure::metrics::Summary;
use sim_cli::registry::Registry;
use sim_cli::scenario::Scenario;
use sim_cli::testbed::{self, RunError, Settings};

/// Runs are one after the other: each looks at the files of this process.
static TURN: Mutex<()> = Mutex::new(());

/// Ten nodes that join at once and say something ten times a second from the third second on.
const SMALL: &str = "name = \"small\"\nseed = 3\nduration = \"9s\"\nnodes.count = 10\noverlay.random_walk = {}\n\
                     broadcast.flood = {}\nlink.latency.uniform = { min = \"5ms\", max = \"30ms\" }\n\
                     link.ping = \"200ms\"\nlink.dead_after = \"8s\"\nlink.dial_timeout = \"1s\"\n\
                     [[traffic]]\nfrom = \"random\"\nevery = \"100ms\"\nstart = \"3s\"\nstop = \"7s\"\n\
                     [measure]\nstart = \"3s\"\nevery = \"200ms\"\ndeadline = \"2s\"\n";

fn scenario(set: &[(&str, &str)]) -> Scenario {
    let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let registry = Registry::builtin();
    Scenario::parse("small.toml", SMALL, Path::new("."), &set, registry.tables()).unwrap()
}

fn run(set: &[(&str, &str)], settings: Settings) -> Result<Summary, RunError> {
    let ran = testbed::run(&scenario(set), Registry::builtin().sockets(), settings, &mut |_| true)?;
    let finished = ran.finished.unwrap();
    assert_eq!(finished.tcp.unwrap().tasks_left, 0);
    Ok(finished.results.summary)
}

/// Peers that say nothing are given up soon. Elsewhere they are not: what is silent for a while, a busy machine may
/// keep silent for longer.
const IMPATIENT: (&str, &str) = ("link.dead_after", "\"600ms\"");

const FAST: Settings = Settings { speed: 3.0, ..Settings::USUAL };

/// Later traffic and a longer end, for runs of which all must arrive. A flood sends nothing again: who is not there yet
/// misses it, and on a busy machine joining takes its time.
const PATIENT: [(&str, &str); 3] = [
    ("duration", "\"13s\""),
    ("measure.start", "\"5s\""),
    ("traffic", "[{ from = \"random\", every = \"100ms\", start = \"5s\", stop = \"9s\" }]"),
];

/// Every message came to each of the other nine, however late; when it comes is for the machine to say.
fn all_arrived(summary: &Summary, what: &str) {
    let counts = (summary.publishes, summary.deliveries, summary.double_deliveries);
    assert_eq!(counts, (40, 40 * 9, 0), "{what}: {:?} {:?}", summary.delivery_ratio, summary.drops);
}

fn ms(quantile: Option<Ms>) -> f64 {
    match quantile {
        Some(Ms::After(ms)) => ms,
        other => panic!("{other:?}"),
    }
}

/// Open files of this process, and threads that a run starts, where the system tells.
fn held() -> Option<[usize; 2]> {
    // The first runtime of a process opens two files for signals, which stay.
    drop(tokio::runtime::Builder::new_current_thread().enable_all().build());
    let files = fs::read_dir("/proc/self/fd").ok()?.count();
    let threads = fs::read_dir("/proc/self/task").ok()?.flatten();
    let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    let ours = names.filter(|name| name.starts_with("tokio") || name.starts_with("alarm"));
    Some([files, ours.count()])
}

/// Runs with one fault and some other values in the scenario, and gives what came of it when nothing is left of the run.
fn with_set(fault: &str, set: &[(&str, &str)]) -> Summary {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = held();
    let faults = format!("[{{ {fault} }}]");
    let set = [set, &[("fault", faults.as_str())]].concat();
    let summary = run(&set, FAST).unwrap();
    assert_eq!(held(), before, "open files and threads after: {fault}");
    assert!(summary.complete && summary.double_deliveries == 0);
    assert_eq!(summary.phases.len(), 1, "{fault}");
    summary
}

/// Lower bounds alone: how much later than the scenario says things come, is for the machine to say.
#[test]
fn everything_arrives_and_not_before_the_delays_of_the_scenario() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = held();
    let ran = testbed::run(&scenario(&PATIENT), Registry::builtin().sockets(), FAST, &mut |_| true).unwrap();
    let finished = ran.finished.unwrap();
    let shaped = finished.results.summary;
    let hop = finished.tcp.unwrap().hop_overhead_ms.expect("delays that are each link's own");
    // Timers call at most 1 ms early, which is 3 of the plan at this speed.
    assert!(hop.mean > -3.0 && hop.p50 <= hop.p99, "{hop:?}");
    all_arrived(&shaped, "everything");
    assert_eq!(shaped.joins, 10);
    assert_eq!((shaped.backend.as_deref(), shaped.digest.as_str()), (Some("tcp"), ""));
    // One or two hops of 5 to 30 ms.
    assert!(ms(shaped.latency_ms.p50) > 8.0, "{:?}", shaped.latency_ms);
    assert_eq!(held(), before, "open files and threads");
}

#[test]
fn without_the_shaper_links_are_those_of_the_machine() {
    // With the shaper nothing would arrive before the end.
    let patience = "\"1000s\"";
    let far = [
        ("link.latency", "{ constant = \"100s\" }"),
        ("link.dial_timeout", patience),
        ("link.break_after", patience),
        ("link.dead_after", patience),
    ];
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = held();
    let set = [&far[..], &PATIENT].concat();
    let bare = run(&set, Settings { shaped: false, ..FAST }).unwrap();
    all_arrived(&bare, "without the shaper");
    assert_eq!(held(), before, "open files and threads");
}

#[test]
fn crashes() {
    for kind in ["silent", "reset"] {
        let crash = format!("at = \"5s\", crash = {{ slots = [7, 8], kind = \"{kind}\", back = \"1s\" }}");
        let summary = with_set(&crash, &[IMPATIENT]);
        assert_eq!((summary.crashes, summary.joins), (2, 12), "{kind}");
    }
}

#[test]
fn partitions_and_cuts() {
    let with = |fault: &str| with_set(fault, &[IMPATIENT]);
    let summary = with("at = \"4s\", partition = { groups = [0.5, 0.5], for = \"2s\" }");
    assert!(summary.components.max >= Some(2), "{:?}", summary.components);
    let one_way = with("at = \"4s\", partition = { groups = [0.5, 0.5], for = \"2s\", one_way = true }");
    assert!(one_way.components.max >= Some(2));
    let links: Vec<String> = (1..10).map(|slot| format!("[0, {slot}]")).collect();
    let cut = with(&format!("at = \"4s\", cut = {{ links = [{}], for = \"2s\" }}", links.join(", ")));
    assert!(cut.isolated.max >= Some(1), "{:?}", cut.isolated);
}

#[test]
fn losses_and_slowness_take_time_and_lose_nothing() {
    // What is lost is sent again when the next packet shows it, mostly the next message, or after 200 ms; a slow hop
    // takes 25 to 150 ms.
    for (fault, least) in [
        ("loss = { share = 0.3, for = \"3s\" }", 90.0),
        ("slow = { fraction = 1.0, factor = 5.0, for = \"3s\" }", 75.0),
    ] {
        let summary = with_set(&format!("at = \"6s\", {fault}"), &PATIENT);
        all_arrived(&summary, fault);
        assert!(ms(summary.latency_ms.max) > least, "{fault}: {:?}", summary.latency_ms);
    }
}

/// There is a message each 100 ms, so one is waited for during nearly all of the pause.
#[test]
fn who_stands_still_hears_it_late() {
    let summary = with_set("at = \"6s\", pause = { fraction = 0.3, for = \"500ms\" }", &PATIENT);
    all_arrived(&summary, "a pause");
    assert!(ms(summary.latency_ms.max) > 300.0, "{:?}", summary.latency_ms);
}

#[test]
fn users_leave_and_come_back() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let churn = "{ start = \"2s\", crash = 0.0, session.exponential.mean = \"4s\", \
                 downtime.exponential.mean = \"1s\" }";
    let summary = run(&[("churn", churn)], FAST).unwrap();
    assert!(summary.leaves >= 3 && summary.crashes == 0, "{} left", summary.leaves);
    assert!(summary.delivery_ratio > Some(0.8), "{:?}", summary.delivery_ratio);
}

/// Memory of this process, in bytes, where the system tells.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(1_024 * line.split_whitespace().nth(1)?.parse::<u64>().ok()?)
}

#[test]
fn memory_of_runs_is_given_back() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let faults = "[{ at = \"3s\", crash = { fraction = 0.3, back = \"300ms\" } }, \
                  { at = \"3s\", loss = { share = 0.2, for = \"1s\" } }, \
                  { at = \"4s\", partition = { groups = [0.5, 0.5], for = \"500ms\" } }]";
    let fast = Settings { speed: 9.0, ..FAST };
    let once = || run(&[("fault", faults)], fast).unwrap();
    // What a process needs for its first runs stays.
    let (_, _) = (once(), once());
    let Some(before) = memory() else { return };
    (0..4).for_each(|_| drop(once()));
    let grown = memory().unwrap().saturating_sub(before);
    assert!(grown < 4_000_000, "{grown} bytes more after four runs");
}

#[test]
fn a_run_that_is_stopped_has_results_until_then() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = held();
    let watch = &mut |progress: floodnet_sim::Progress| progress.now.as_nanos() < 4_000_000_000;
    let ran = testbed::run(&scenario(&[]), Registry::builtin().sockets(), FAST, watch).unwrap();
    let summary = ran.finished.unwrap().results.summary;
    assert!(!summary.complete && summary.duration_s < 8.0, "{}", summary.duration_s);
    assert_eq!(held(), before);
}

#[test]
fn what_sockets_cannot_do_is_refused() {
    // It opens files too, which other tests would count.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let refused = |set: &[(&str, &str)], settings| run(set, settings).unwrap_err().to_string();
    let datagrams = refused(&[("link.transport", "datagram")], FAST);
    assert!(datagrams.contains("support only streams"), "{datagrams}");
    let bare = Settings { shaped: false, ..FAST };
    for (fault, why) in [
        ("at = \"5s\", crash = { fraction = 0.5 }", "a crash cannot be silent"),
        ("at = \"5s\", loss = { share = 0.1, for = \"1s\" }", "not possible to lose packets"),
        ("at = \"5s\", partition = { groups = [0.5, 0.5], for = \"1s\" }", "not possible to partition"),
    ] {
        let said = refused(&[("fault", &format!("[{{ {fault} }}]"))], bare);
        assert!(said.contains(why), "{said}");
    }
}

/// Each half hears the other in the end: what was said during the partition is caught up.
#[test]
fn with_a_history_everything_arrives_after_a_partition() {
    let set = [
        IMPATIENT,
        ("duration", "\"24s\""),
        ("measure.deadline", "\"16s\""),
        ("broadcast.flood.history.every", "\"1s\""),
    ];
    let partition = "at = \"4s\", partition = { groups = [0.5, 0.5], for = \"3s\" }";
    all_arrived(&with_set(partition, &set), "with a history");
    let without = with_set(partition, &set[..3]);
    assert!(without.deliveries < 40 * 9, "{}", without.deliveries);
}

/// Slots 0, 1 and 2 stand in a line, and 1 is hostile. Deadlines are those of a busy machine;
/// what is dropped never comes.
#[test]
fn adversaries_do_on_sockets_what_they_do_in_the_simulator() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let line = [
        ("nodes.count", "3"),
        ("overlay", "{ static = { line = true } }"),
        ("measure.deadline", "\"5s\""),
        ("duration", "\"14s\""),
        ("traffic", "[{ from = 0, every = \"100ms\", start = \"5s\", stop = \"8s\" }]"),
    ];
    let with = |does: &str| {
        let hostile = format!("[{{ slots = [1], does = [{does}] }}]");
        let set = [&line[..], &[("adversary", hostile.as_str())]].concat();
        run(&set, FAST).unwrap()
    };
    let control = with("{ drop = 0.0 }");
    assert_eq!((control.publishes, control.deliveries), (30, 60));
    assert_eq!(control.adversary.packets_dropped, Some(0));
    let silent = with("{ drop = 1.0 }, { collude = \"first_spy\" }");
    assert_eq!((silent.publishes, silent.deliveries), (30, 30));
    assert_eq!((silent.adversary.payloads_dropped, silent.adversary.delivery_honest), (Some(30), Some(0.0)));
    assert_eq!(silent.adversary.spy_recall, Some(1.0));
}

#[test]
fn extra_nodes_connect_to_their_victim_and_made_up_names_are_dialed_in_vain() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let hostile = "[{ extra = 6, arrive = \"1s\", start = \"3s\", connect = { to = 4, every = \"500ms\" }, \
                   does = [{ drop = 1.0 }, { forge = \"join\", every = \"500ms\", names = 3 }] }]";
    let attacked = run(&[("adversary", hostile)], FAST).unwrap();
    // Ten slots, six extra nodes and three names.
    assert_eq!((attacked.nodes, attacked.adversary.identities), (19, Some(9)));
    assert!(attacked.adversary.packets_forged > Some(0), "{:?}", attacked.adversary);
    assert!(attacked.adversary.view_max > Some(0.3), "{:?}", attacked.adversary);
    assert!(attacked.adversary.payloads_dropped > Some(0), "{:?}", attacked.adversary);
}
