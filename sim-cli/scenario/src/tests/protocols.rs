//! What the one type for all overlays says of itself is what each overlay says.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use floodnet_core::graph::Graph;
use floodnet_core::invariants::{Invariants, Promises};
use floodnet_core::overlay::OverlayVisitor;
use floodnet_core::overlay::{self, Fixed, Overlay as _};
use floodnet_core::tables::CheckedTable;
use floodnet_sim::spec::Transport;

use crate::protocol::{AnyOverlay, Given, NamedOverlay, Setting};

/// Compares each overlay that it is shown, and counts them.
struct Compare<'a> {
    edges: &'a Path,
    compared: u32,
}

impl Compare<'_> {
    /// The table of the overlay of this name.
    fn table(&self, name: &str) -> toml::Table {
        let mut table = toml::Table::new();
        if name == "static" {
            table.insert("file".to_owned(), self.edges.to_string_lossy().into_owned().into());
        }
        table
    }
}

fn setting(graph: Option<Arc<Graph>>) -> Setting {
    let (slots, transport) = (3, Transport::Stream);
    Setting { slots, entry: vec![0, 1], seed: 1, transport, graph, scene: Arc::default() }
}

fn promises<O: Invariants>(config: &O::Config) -> Promises {
    let mut promises = Promises::default();
    O::promise(config, &mut promises);
    promises
}

impl OverlayVisitor<Setting> for Compare<'_> {
    fn overlay<O: NamedOverlay<Setting>>(&mut self) {
        let name = O::NAME;
        let mut table: O::Table = self.table(name).try_into().unwrap();
        table.fill_in();
        let named = toml::Table::from_iter([(name.to_owned(), toml::Value::try_from(&table).unwrap())]);
        let any: <AnyOverlay as NamedOverlay<Setting>>::Table = named.try_into().unwrap();

        assert_eq!(AnyOverlay::target_degree(&any), O::target_degree(&table), "{name}");
        assert_eq!(AnyOverlay::links(&any, 90), O::links(&table, 90), "{name}");
        assert_eq!(AnyOverlay::is_directed(&any), O::is_directed(&table), "{name}");
        let parts = |given: Option<Given>| given.map(|given| (given.graph, given.labels));
        let given = parts(O::given(&table).unwrap());
        assert_eq!(parts(AnyOverlay::given(&any).unwrap()), given, "{name}");
        assert_eq!(given.is_some(), name == "static");

        let setting = setting(given.map(|(graph, _)| graph));
        let (config, of_any) =
            (O::config(table, &setting).unwrap(), AnyOverlay::config(any, &setting).unwrap());
        assert_eq!(AnyOverlay::classes(&of_any), O::classes(&config), "{name}");
        assert_eq!(AnyOverlay::forges(&of_any), O::forges(&config), "{name}");
        assert_eq!(AnyOverlay::lies(&of_any), O::lies(&config), "{name}");
        assert_eq!(AnyOverlay::states(&of_any), O::states(&config), "{name}");
        assert_eq!(promises::<AnyOverlay>(&of_any), promises::<O>(&config), "{name}");
        assert_eq!(AnyOverlay::static_neighbors(&of_any, 1), O::static_neighbors(&config, 1), "{name}");
        let state = O::node(2, &config).state(&config);
        assert_eq!(AnyOverlay::node(2, &of_any).state(&of_any), state, "{name}");
        assert_eq!(
            state.is_some(),
            matches!(name, "random_walk" | "swim"),
            "{name}: those that name their states"
        );
        self.compared += 1;
    }
}

#[test]
fn any_overlay_says_what_each_says() {
    let folder = tempfile::tempdir().unwrap();
    let edges = folder.path().join("edges.txt");
    fs::write(&edges, "10 20\n20 30\n").unwrap();
    let mut compare = Compare { edges: &edges, compared: 0 };
    overlay::visit(&mut compare);
    compare.overlay::<Fixed>();
    assert_eq!(compare.compared, 5);
}
