//! A crowd that comes at once, through several entry nodes that do not know each other yet.

use crate::lab::Lab;

/// While each newcomer asked one entry node only, each entry node gathered a network of its own: four in ten such
/// crowds were never one.
#[test]
fn a_crowd_with_three_entry_nodes_is_one_network() {
    let lab = Lab::new();
    lab.write(
        "crowd.toml",
        "name = \"crowd\"\n\
         duration = \"20s\"\n\
         nodes = { count = 60, arrive = \"20ms\", entry = 3 }\n\
         overlay.random_walk = {}\n\
         broadcast.flood = {}\n\
         link.latency = { uniform = { min = \"1ms\", max = \"100ms\" } }\n\
         [expect]\n\
         \"components.end\" = \"== 1\"\n\
         never_joined = \"== 0\"\n",
    );
    let said = lab.run(&["run", "crowd.toml", "--runs", "60", "--no-pictures"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}
