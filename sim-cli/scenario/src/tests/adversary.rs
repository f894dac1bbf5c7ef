//! What a protocol lets adversaries do, and what the others keep.

use floodnet_core::broadcast::{Flood, Gossip};
use floodnet_core::node::Node;
use floodnet_core::overlay::{Fixed, RandomWalk};
use floodnet_sim::hostile::Hostile;
use floodnet_sim::payload::SimPayload;

use floodnet_text::units::Duration;

use super::*;
use crate::build::{Setup, set_up_nodes};
use crate::protocol::Runnable;
use crate::{Complaint, Who};

type Walker = Node<RandomWalk<u32>, Flood<u32, SimPayload>>;
type Static = Node<Fixed, Gossip<u32, SimPayload>>;

fn set_up<P: Runnable>(text: &str) -> Result<Setup, Complaint> {
    set_up_nodes::<Hostile<P>>(&good(text)).map(|(setup, _)| setup)
}

fn walks(hostile: &str) -> String {
    small(&format!("[[adversary]]\n{hostile}\n"))
}

fn graph(hostile: &str) -> String {
    headed(&format!(
        "[nodes]\ncount = 10\n[overlay.static]\nline = true\n[broadcast.gossip]\n[[adversary]]\n{hostile}\n"
    ))
}

#[test]
fn every_adversary_is_read_and_reads_back() {
    let all = [
        "share = \"10 %\"\ndoes = [{ drop = 0.5, of = \"payload\" }, { censor = { from = 7 } }]",
        "count = 2\nstart = \"10s\"\nstop = \"1min\"\ndoes = [{ delay = \"2s\", of = \"join\" }, { ignore = \"prune\" }]",
        "slots = [4, 5]\ndoes = [{ repeat = 3, after = \"1s\" }, { lie = \"membership\" }]",
        "extra = 5\narrive = \"5s\"\nconnect = { to = \"random\", links = 100, at = \"10s\" }",
        "extra = 1\nconnect = { to = 3 }\ndoes = [{ forge = \"join\", every = \"100ms\" }, { collude = \"first_spy\" }]",
        "share = 0\nconnect = { to = \"publishers\", every = \"5s\" }",
        "share = 0\nconnect = { to = \"joiners\" }",
    ];
    let text = small(&all.map(|one| format!("[[adversary]]\n{one}\n")).concat());
    let scenario = good(&text);
    assert_eq!(scenario.adversaries.len(), all.len());
    assert_eq!(scenario.adversaries[0].who(), Some(Who::Share(0.1)));
    assert_eq!(scenario.adversaries[3].connects_at(), Some(Duration::from_secs(10)));
    assert_eq!(scenario.adversaries[4].names(), 16);
    assert_eq!(good(&scenario.to_resolved_toml()), scenario);
    let setup = set_up::<Walker>(&text).unwrap();
    // 10 slots, 6 that adversaries bring, and 16 names.
    assert_eq!((setup.plan.slots(), setup.setting.slots), (32, 32));
    assert_eq!(setup.notes.iter().filter(|note| note.contains("it has no slot")).count(), 2);
}

#[test]
fn what_a_protocol_cannot_do_is_said_at_its_key() {
    let walker: fn(&str) -> Result<Setup, Complaint> = |text| set_up::<Walker>(&walks(text));
    let fixed: fn(&str) -> Result<Setup, Complaint> = |text| set_up::<Static>(&graph(text));
    for (set_up, hostile, said) in [
        (
            walker,
            "share = 0.1\ndoes = [{ drop = 1 }, { drop = 1, of = \"advert\" }]",
            "`adversary.0.does.1.of`: random_walk with flood has no packets of class `advert`: are known: \
             payload, join, accept, membership, prune",
        ),
        (
            walker,
            "share = 0.1\ndoes = [{ ignore = \"ping\" }]",
            "`adversary.0.does.0.ignore`: random_walk with flood has no packets of class `ping`: are known: \
             payload, join, accept, membership, prune",
        ),
        (
            walker,
            "share = 0.1\ndoes = [{ forge = \"payload\", every = \"1s\" }]",
            "`adversary.0.does.0.forge`: random_walk with flood cannot forge packets of class `payload`: can be \
             forged: join, accept, membership, prune",
        ),
        (
            walker,
            "share = 0.1\ndoes = [{ lie = \"request\" }]",
            "`adversary.0.does.0.lie`: random_walk with flood cannot lie in packets of class `request`: can be \
             altered: join, accept, membership, prune",
        ),
        (
            walker,
            "class = \"relays\"\ndoes = [{ drop = 1 }]",
            "`adversary.0.class`: there is no class `relays`: the scenario has no [[class]]",
        ),
        (
            walker,
            "share = 0.2\nbest_connected = true\ndoes = [{ drop = 1 }]",
            "`adversary.0.best_connected`: it is not known who will have the most links: only a static graph has \
             links before the run; name such slots in `slots`",
        ),
        (
            fixed,
            "share = 0.1\ndoes = [{ forge = \"join\", every = \"1s\" }]",
            "`adversary.0.does.0.forge`: static with gossip cannot forge packets of class `join`: none can be forged",
        ),
        (
            fixed,
            "share = 0.1\nconnect = { to = \"random\" }",
            "`adversary.0.connect`: static with gossip gives adversaries no way to connect: remove it, or choose an \
             overlay that can be joined, such as random_walk",
        ),
        (
            fixed,
            "extra = 1\ndoes = [{ drop = 1 }]",
            "`adversary.0.extra`: nobody can join this overlay: a static graph has a place for each slot and no \
             other; write share, count or slots",
        ),
    ] {
        assert_eq!(set_up(hostile).unwrap_err().to_string(), said, "{hostile}");
    }
}

#[test]
fn those_with_the_most_links_are_taken_where_a_graph_says_it() {
    let star = "[nodes]\ncount = 9\n[overlay.static]\ntree = { arity = 8 }\n[broadcast.flood]\n";
    let hostile = "[[adversary]]\ncount = 1\nbest_connected = true\ndoes = [{ drop = 1 }]\n";
    // The root is an entry node unless there are none among those that may be drawn.
    let setup = set_up::<Node<Fixed, Flood<u32, SimPayload>>>(&headed(&format!("{star}{hostile}"))).unwrap();
    let degree_two = graph("count = 8\nbest_connected = true\ndoes = [{ drop = 1 }]");
    let line = set_up::<Static>(&degree_two).unwrap();
    assert_eq!(line.plan.adversaries.slots().collect::<Vec<_>>(), (1..9).collect::<Vec<_>>());
    assert!(setup.plan.adversaries.slots().all(|slot| slot > 0));
}

#[test]
fn a_class_is_taken_whole_and_the_others_keep_what_they_had() {
    let classes = "[[class]]\nname = \"relays\"\nshare = 0.3\n[[class]]\nname = \"rest\"\nshare = 0.7\n";
    let churn = "[churn]\nsession = { exponential = { mean = \"30s\" } }\ndowntime = { exponential = { mean = \"5s\" } }\n";
    let fault = "[[fault]]\nat = \"20s\"\npartition = { groups = [0.5, 0.5], for = \"5s\" }\n";
    let traffic = "[[traffic]]\nfrom = \"random\"\nevery = \"1s\"\n";
    let base = format!("{classes}{churn}{fault}{traffic}");
    let honest = set_up::<Walker>(&small(&base)).unwrap();
    let hostile = "[[adversary]]\nclass = \"relays\"\ndoes = [{ drop = 1 }]\n\
                   [[adversary]]\nextra = 7\ndoes = [{ forge = \"join\", every = \"1s\", names = 3 }]\n";
    let attacked = set_up::<Walker>(&small(&format!("{base}{hostile}"))).unwrap();
    let groups = &attacked.plan.adversaries.groups;
    assert_eq!(groups[0].members.len(), 3);
    assert!(groups[0].members.iter().all(|slot| attacked.links.class(*slot).name == "relays"));
    assert_eq!((groups[1].members.clone(), groups[1].names.clone()), ((10..17).collect(), 17..20));
    let lives = |setup: &Setup| setup.plan.lives[..10].iter().map(|lives| lives.to_vec()).collect::<Vec<_>>();
    assert_eq!(lives(&attacked), lives(&honest));
    assert_eq!(attacked.plan.publishes, honest.plan.publishes);
    assert_eq!(attacked.plan.faults, honest.plan.faults);
    assert_eq!(attacked.links.class_of[..10], honest.links.class_of);
    let is_cut = |setup: &Setup, a, b| setup.plan.disturbances[0].kind.cuts(a, b);
    assert!((0..10).all(|a| (0..10).all(|b| is_cut(&attacked, a, b) == is_cut(&honest, a, b))));
    // Who was added is on one side.
    assert!((10..20).all(|slot| (0..10).any(|other| is_cut(&attacked, slot, other))));
    assert!(attacked.links.check(20).is_ok());
}
