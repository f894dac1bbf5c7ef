//! What does nothing changes nothing: a fault of probability 0, an option that is not used, more to write.

use sim_cli::registry::Registry;

use crate::{cases, digest};

/// Tables and values without effect on the run of any case.
const NOTHING: [(&str, &[(&str, &str)]); 3] = [
    ("[[fault]]\nat = \"6s\"\nloss = { share = 0.0, for = \"5s\" }\n", &[]),
    (
        "[output]\ntopology = [\"5s\", \"9500ms\", \"end\"]\n[expect]\ndelivery_ratio = \">= 0\"\n",
        &[("measure.every", "\"130ms\""), ("measure.deadline", "\"1s\"")],
    ),
    (
        "[[fault]]\nat = \"6s\"\npartition = { groups = [1.0, 0.0], for = \"5s\" }\n\
         [[fault]]\nat = \"6s\"\nslow = { fraction = 0.5, factor = 1.0, for = \"5s\" }\n",
        &[],
    ),
];

#[test]
fn what_does_nothing_changes_no_digest() {
    let (registry, folder) = (Registry::builtin(), cases::folder());
    for name in cases::names() {
        let plain = digest(&cases::scenario(name, "", &[], folder.path(), &registry), &registry);
        for (more, set) in NOTHING {
            let scenario = cases::scenario(name, more, set, folder.path(), &registry);
            assert_eq!(digest(&scenario, &registry), plain, "{name} with\n{more}{set:?}");
        }
    }
}

#[test]
fn options_of_what_is_not_used_change_no_digest() {
    let (registry, folder) = (Registry::builtin(), cases::folder());
    let unused = [
        ("tree-echo", "link.rto", "\"70ms\""),
        ("tree-echo", "link.ping", "\"2s\""),
        ("tree-echo", "link.break_after", "\"9s\""),
        ("tree-echo", "link.dial_timeout", "\"9s\""),
        ("walk-flood", "link.queue", "\"1 KiB\""),
        ("walk-flood", "broadcast.flood.queue", "7"),
        ("walk-flood", "link.rto", "\"70ms\""),
        ("complete-gossip", "link.ping", "\"900ms\""),
    ];
    for (name, key, value) in unused {
        let of = |set: &[(&str, &str)]| {
            digest(&cases::scenario(name, "", set, folder.path(), &registry), &registry)
        };
        assert_eq!(of(&[(key, value)]), of(&[]), "{name} with {key} = {value}");
    }
}

/// That the comparison can fail at all.
#[test]
fn what_does_something_changes_the_digest() {
    let (registry, folder) = (Registry::builtin(), cases::folder());
    let of =
        |more: &str| digest(&cases::scenario("walk-flood", more, &[], folder.path(), &registry), &registry);
    assert_ne!(of("[[fault]]\nat = \"6s\"\nloss = { share = 0.1, for = \"5s\" }\n"), of(""));
}
