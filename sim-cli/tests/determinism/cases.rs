//! Small scenarios that between them switch on every feature.

use std::path::Path;

use sim_cli::registry::Registry;
use sim_cli::scenario::Scenario;

/// What all cases have in common.
const BASE: &str = r#"
seed = 1
duration = "20s"
[nodes]
count = 48
arrive = "2s"
[measure]
start = "4s"
deadline = "3s"
"#;

/// Traffic that most cases have.
const TRAFFIC: &str = r#"
[[traffic]]
from = "random"
every = "700ms"
start = "4s"
stop = "17s"
"#;

/// Files that cases name, by name.
pub(crate) const FILES: [(&str, &str); 3] = [
    ("links.txt", "0 1\n1 2\n2 3\n3 4\n4 0\n0 2\n5 1\n6 5\n7 6\n7 0\n"),
    ("delays.tsv", "0 31 82.5\n31 0 12\n82.5 12 0\n"),
    ("sessions.csv", "slot,up_s,down_s\n1,1,9.5\n1,11,20\n2,0.5,20\n3,2,7\n3,7.25,15\n4,3,20\n5,1,19\n"),
];

const WALK: &str = "[overlay.random_walk]\n[broadcast.flood]\n";
const UNIFORM: &str = "[link]\nlatency = { uniform = { min = \"10ms\", max = \"90ms\" } }\n";

/// A name, and what the case says beside [`BASE`]; the first letter `-` stands for "no [`TRAFFIC`]".
const CASES: [(&str, &[&str]); 20] = [
    ("walk-flood", &[WALK, UNIFORM]),
    ("tutorial", &["preset = \"tutorial\"\n", UNIFORM]),
    ("walk-gossip", &["[overlay.random_walk]\ndegree = 4\n[broadcast.gossip]\nfanout = 3\n", UNIFORM]),
    (
        "walk-endpoint",
        &["[overlay.random_walk]\naccept = \"endpoint\"\nmax_degree = \"unlimited\"\nhop_limit = 9\n\
           [broadcast.flood]\n"],
    ),
    (
        "walk-always-datagram",
        &[
            "[overlay.random_walk]\naccept = \"always\"\nretry = false\n[broadcast.flood]\nseen = 4\nqueue = 2\n\
           [link]\ntransport = \"datagram\"\nloss = 0.02\njitter = \"7ms\"\n",
        ],
    ),
    (
        "ring-loss",
        &["[overlay.static]\nring = true\n[broadcast.flood]\n[link]\nloss = 0.1\nrto = \"90ms\"\n"],
    ),
    (
        "regular-crash",
        &[
            "[overlay.static]\nregular = 4\n[broadcast.flood]\n",
            UNIFORM,
            "[[fault]]\nat = \"8s\"\ncrash = { fraction = 0.25, kind = \"silent\", back = \"3s\" }\n\
           [[fault]]\nat = \"13s\"\ncrash = { slots = [3, 4, 5], kind = \"reset\" }\n",
        ],
    ),
    (
        "gnp-partition",
        &[
            "[overlay.static]\ngnp = { mean_degree = 5.5 }\n[broadcast.flood]\n",
            UNIFORM,
            "[[fault]]\nat = \"7s\"\npartition = { groups = [0.3, 0.7], for = \"5s\", one_way = true }\n",
        ],
    ),
    (
        "small-world-cut",
        &["[overlay.static]\nsmall_world = { k = 4, rewire = 0.2 }\n[broadcast.flood]\n\
           [link]\nbreak_after = \"2s\"\nlatency = { constant = \"35ms\" }\n\
           [[fault]]\nat = \"6s\"\ncut = { links = [[0, 1], [2, 3], [10, 11]], for = \"4s\" }\n"],
    ),
    (
        "preferential-slow",
        &[
            "[overlay.static]\npreferential = { links = 2 }\n[broadcast.flood]\n",
            UNIFORM,
            "[[fault]]\nat = \"6s\"\nslow = { fraction = 0.5, factor = 9.0, for = \"6s\" }\n",
        ],
    ),
    (
        "k-out-pause",
        &[
            "[overlay.static]\nk_out = 3\n[broadcast.flood]\n",
            UNIFORM,
            "[[fault]]\nat = \"7s\"\npause = { fraction = 0.3, for = \"4s\" }\n",
        ],
    ),
    (
        "grid-loss",
        &["[overlay.static]\ngrid = true\n[broadcast.flood]\n\
           [link]\ntransport = \"datagram\"\nper = \"packet\"\nlatency = { uniform = { min = \"5ms\", max = \"40ms\" } }\n\
           [[fault]]\nat = \"5s\"\nloss = { share = 0.3, for = \"8s\" }\n"],
    ),
    (
        "tree-echo",
        &[
            "[overlay.static]\ntree = { arity = 3 }\n[broadcast.flood]\necho = true\n[link]\ntransport = \"datagram\"\n",
        ],
    ),
    (
        "complete-gossip",
        &["[overlay.static]\ncomplete = true\n[broadcast.gossip]\nfanout = 2\n\
           [link]\nlatency = { lognormal = { median = \"40ms\", sigma = 0.6 } }\njitter = \"11ms\"\n"],
    ),
    (
        "line-floor",
        &[
            "[overlay.static]\nline = true\n[broadcast.flood]\n[link]\nlatency = { constant = \"1ms\" }\nfloor = \"3ms\"\n",
        ],
    ),
    (
        "classes-nat",
        &["[overlay.random_walk]\n[broadcast.flood]\n\
           [link]\nlatency = { regions = \"world8\" }\nqueue = \"4 KiB\"\nloss = 0.01\n\
           [[class]]\nname = \"server\"\nshare = 0.3\nup = \"2 Mbit/s\"\ndown = \"4 Mbit/s\"\nregion = \"europe\"\n\
           [[class]]\nname = \"home\"\nshare = 0.5\nup = \"64 kbit/s\"\ndown = \"256 kbit/s\"\n\
           [[class]]\nname = \"nat\"\nshare = 0.2\nup = \"128 kbit/s\"\nreachable = false\n"],
    ),
    (
        "churn-weibull",
        &[
            WALK,
            UNIFORM,
            "[churn]\nstart = \"3s\"\ncrash = 0.8\ncrash_kind = \"reset\"\n\
           session = { weibull = { shape = 0.59, scale = \"8s\" } }\ndowntime = { exponential = { mean = \"3s\" } }\n",
        ],
    ),
    (
        "churn-pareto",
        &[
            WALK,
            UNIFORM,
            "[churn]\nstart = \"2s\"\nstop = \"15s\"\nsession = { pareto = { shape = 1.5, least = \"2s\" } }\n\
           downtime = { lognormal = { median = \"2s\", sigma = 1.0 } }\n\
           [[fault]]\nat = \"9s\"\npartition = { groups = [0.5, 0.25, 0.25], for = \"3s\" }\n",
        ],
    ),
    (
        "trace-matrix",
        &["[overlay.random_walk]\ndegree = 3\n[broadcast.flood]\n\
           [link]\nlatency = { matrix = { file = \"delays.tsv\" } }\n\
           [churn]\nsession = { trace = { file = \"sessions.csv\" } }\n"],
    ),
    (
        "file-poisson",
        &["-[overlay.static]\nfile = \"links.txt\"\n[broadcast.flood]\n\
                        [[traffic]]\nfrom = 3\npoisson = \"500ms\"\nsize = \"2 KiB\"\nstart = \"4s\"\n"],
    ),
];

/// The names of all cases.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, _)| *name)
}

/// The scenario of a case as a file has it; with `more` tables at its end.
pub(crate) fn text(name: &str, more: &str) -> String {
    let (_, parts) = CASES.iter().find(|(known, _)| *known == name).expect("a case of that name");
    let own = parts.concat();
    let (own, traffic) = own.strip_prefix('-').map_or((own.as_str(), TRAFFIC), |own| (own, ""));
    // Keys of the file itself come before its tables.
    let (keys, tables) = own.split_at(own.find('[').unwrap_or(own.len()));
    let base = if name == "file-poisson" { BASE.replace("count = 48\n", "") } else { BASE.to_owned() };
    format!("name = \"{name}\"\n{keys}{base}{tables}{traffic}{more}")
}

/// Reads a case with values put in, its files being in `folder`.
pub(crate) fn scenario(
    name: &str,
    more: &str,
    set: &[(&str, &str)],
    folder: &Path,
    registry: &Registry,
) -> Scenario {
    let set: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Scenario::parse(name, &text(name, more), folder, &set, registry.tables())
        .unwrap_or_else(|problems| panic!("{name}: {}", problems.render(false)))
}

/// A folder with [`FILES`] in it.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}
