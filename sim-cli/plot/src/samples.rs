//! Pictures of made-up runs, for looking at: with `FLOODNET_PICTURES` set to a folder, the test below
//! writes one file for each kind of picture and kind of data into it.

use super::*;
use floodnet_core::rng::NodeRng;

/// A node that is up and has joined.
pub(super) fn joined(slot: u32) -> NodeView {
    NodeView { slot, state: NodeState::Joined, hop: None, group: None }
}

/// An overlay as joins make it: each node links itself to some earlier ones, about `degree` links each.
pub(super) fn overlay(seed: u64, nodes: u32, degree: u32) -> TopologyView {
    let mut rng = NodeRng::new(seed);
    let mut links = Vec::new();
    for node in 1..nodes {
        for _ in 0..degree.div_ceil(2).min(node) {
            links.push((node, rng.below(node)));
        }
    }
    TopologyView {
        title: format!("Overlay of {} nodes", format::count(nodes.into())),
        time_s: 330.0,
        nodes: (0..nodes).map(joined).collect(),
        links,
        ..TopologyView::default()
    }
}

/// Adds `other` beside `view`, its nodes numbered on.
fn beside(mut view: TopologyView, other: TopologyView) -> TopologyView {
    let offset = view.nodes.len() as u32;
    view.nodes.extend(other.nodes.into_iter().map(|node| NodeView { slot: node.slot + offset, ..node }));
    view.links.extend(other.links.into_iter().map(|(a, b)| (a + offset, b + offset)));
    view
}

fn halves() -> TopologyView {
    let mut view = beside(overlay(2, 500, 6), overlay(3, 500, 6));
    for (index, node) in view.nodes.iter_mut().enumerate() {
        node.group = Some((index / 500) as u16);
    }
    let mut rng = NodeRng::new(4);
    view.cut = (0..250).map(|_| (rng.below(500), 500 + rng.below(500))).collect();
    view.title = "Partition in two halves".into();
    view
}

fn crumbs() -> TopologyView {
    let mut view = overlay(5, 600, 4);
    let mut rng = NodeRng::new(6);
    for seed in 0..40 {
        let nodes = 2 + rng.below(4) * rng.below(5);
        view = beside(view, overlay(100 + seed, nodes, 3));
    }
    for kind in [NodeState::Joined, NodeState::Unjoined] {
        for _ in 0..30 {
            let slot = view.nodes.len() as u32;
            view.nodes.push(NodeView { state: kind, ..joined(slot) });
        }
    }
    view.title = "A largest component, forty small ones, and nodes alone".into();
    view
}

fn with_hops(mut view: TopologyView) -> TopologyView {
    let graph = graph::Adjacency::new(view.nodes.len(), &view.links);
    let mut reached = vec![0u32];
    view.nodes[0].hop = Some(0);
    let mut next = 0;
    while let Some(&node) = reached.get(next) {
        next += 1;
        let hop = view.nodes[node as usize].hop;
        for &neighbor in graph.of(node as usize) {
            let lost = neighbor % 41 == 40;
            if view.nodes[neighbor as usize].hop.is_none() && !lost {
                view.nodes[neighbor as usize].hop = hop.map(|hop| hop + 1);
                reached.push(neighbor);
            }
        }
    }
    view.color_by = ColorBy::Hop;
    view.title = "Spread of one message".into();
    view
}

fn mesh(side: u32) -> TopologyView {
    let mut view = overlay(1, side * side, 0);
    for y in 0..side {
        for x in 0..side {
            let node = y * side + x;
            if x > 0 {
                view.links.push((node - 1, node));
            }
            if y > 0 {
                view.links.push((node - side, node));
            }
        }
    }
    view.title = "A grid".into();
    view
}

fn tree(nodes: u32) -> TopologyView {
    let mut view = overlay(1, nodes, 0);
    view.links = (1..nodes).map(|node| (node, (node - 1) / 3)).collect();
    view.title = "A tree".into();
    view
}

fn topologies() -> Vec<(&'static str, TopologyView)> {
    let mut alone = overlay(1, 1, 0);
    alone.title = "One node".into();
    let mut small = overlay(1, 30, 4);
    small.nodes.push(joined(30));
    small.nodes.push(NodeView { state: NodeState::Unjoined, ..joined(31) });
    let mut alone_many = overlay(8, 300, 4);
    alone_many.title = "After a disaster".into();
    for slot in 300..4000 {
        let state = if slot % 5 == 0 { NodeState::Unjoined } else { NodeState::Joined };
        alone_many.nodes.push(NodeView { state, ..joined(slot) });
    }
    let mut pairs = (0..400).fold(overlay(1, 0, 0), |view, seed| beside(view, overlay(seed, 2, 2)));
    pairs.title = "Nothing but pairs".into();
    let by_group = TopologyView { color_by: ColorBy::Group, ..halves() };
    vec![
        ("empty", TopologyView { title: "Nobody".into(), ..TopologyView::default() }),
        ("one", alone),
        ("pair", overlay(1, 2, 2)),
        ("30", small),
        ("200", overlay(1, 200, 5)),
        ("1000", overlay(1, 1000, 6)),
        ("10000", overlay(1, 10_000, 10)),
        ("100000", overlay(1, 100_000, 10)),
        ("halves", halves()),
        ("groups", by_group),
        ("crumbs", crumbs()),
        ("pairs", pairs),
        ("alone", alone_many),
        ("hops", with_hops(overlay(7, 1000, 6))),
        ("hops-10000", with_hops(overlay(7, 10_000, 6))),
        ("grid", mesh(40)),
        ("tree", tree(1500)),
    ]
}

fn run() -> TimelineView {
    let mut rng = NodeRng::new(9);
    let mut noise = |scale: f64| (f64::from(rng.below(1000)) / 500.0 - 1.0) * scale;
    let split = |at: f64| (300.0..330.0).contains(&at);
    let crashed = |at: f64| (450.0..470.0).contains(&at);
    let messages = (90..590).map(|at| {
        let at = f64::from(at);
        let mean = if split(at) {
            0.5
        } else if crashed(at) {
            0.9
        } else {
            0.992
        };
        let ratio: f64 = (mean + noise(0.008)).min(1.0);
        MessagePoint { at_s: at, receivers: 1_000, delivered: (1e3 * ratio).round() as u32 }
    });
    let messages = messages.collect();
    let samples = (0..600).map(|second| {
        let at = f64::from(second);
        let target = if at >= 450.0 { 800.0 } else { 1000.0 };
        let up = (at / 60.0 * 1000.0).min(target) + if at > 60.0 { noise(12.0) } else { 0.0 };
        let up = up.max(1.0) as u32;
        let joined = (f64::from(up) * if at < 70.0 { 0.95 } else { 0.997 }) as u32;
        let alone = if crashed(at) {
            14
        } else if at < 70.0 {
            6
        } else {
            u32::from(noise(1.0) > 0.8)
        };
        let main = joined.saturating_sub(alone);
        let largest = if split(at) { main / 2 + 3 } else { main };
        Sample { at_s: at, up, joined, components: 1 + alone + u32::from(split(at)), largest }
    });
    TimelineView {
        title: "Churn with a partition and a crash".into(),
        duration_s: 600.0,
        messages,
        samples: samples.collect(),
        faults: vec![
            FaultMark { name: "partition".into(), from_s: 300.0, until_s: 330.0 },
            FaultMark { name: "crash".into(), from_s: 450.0, until_s: 450.0 },
        ],
        measure_s: Some((70.0, 600.0)),
    }
}

fn steady() -> TimelineView {
    let samples = (0..120).map(|second| Sample {
        at_s: f64::from(second),
        up: 50,
        joined: 50,
        components: 1,
        largest: 50,
    });
    let messages =
        (0..100).map(|second| MessagePoint { at_s: f64::from(second) + 10.0, receivers: 9, delivered: 9 });
    TimelineView {
        title: "Nothing happens".into(),
        duration_s: 120.0,
        messages: messages.collect(),
        samples: samples.collect(),
        ..TimelineView::default()
    }
}

fn series(name: &str, seed: u64, scale: f64, undelivered: u64) -> CdfSeries {
    let mut rng = NodeRng::new(seed);
    let mut latency = || {
        let hops = 2 + rng.below(4);
        (0..hops).map(|_| 10.0 + f64::from(rng.below(9000)) / 100.0).sum::<f64>() * scale
    };
    let counts = (0..4000).map(|_| (latency(), 25)).collect();
    CdfSeries { name: name.into(), counts, undelivered }
}

fn charts(style: &Style) -> Vec<(&'static str, Picture)> {
    let one = [series("flood", 1, 1.0, 3093)];
    let whole = [series("flood", 1, 1.0, 0)];
    let three =
        [series("flood", 1, 1.0, 0), series("gossip, fan-out 4", 2, 1.7, 9000), series("tree", 3, 3.5, 900)];
    let mut counts = vec![4, 9, 31, 74, 160];
    counts.extend([420, 231, 121, 52, 21, 9, 1]);
    let degrees = DegreeView { title: "Degrees at the end".into(), counts, target: Some(5) };
    let heavy = DegreeView {
        title: "Preferential attachment".into(),
        counts: (0..300u64).map(|d| if d < 3 { 0 } else { 90_000 / (d * d * d) }).collect(),
        target: None,
    };
    vec![
        ("timeline", timeline(&run(), style)),
        ("timeline-steady", timeline(&steady(), style)),
        (
            "timeline-empty",
            timeline(&TimelineView { title: "Empty".into(), ..TimelineView::default() }, style),
        ),
        ("cdf", latency_cdf("Latency of a flood with 3 % undelivered", &one, style)),
        ("cdf-whole", latency_cdf("Latency of a flood", &whole, style)),
        ("cdf-three", latency_cdf("Latency of three broadcasts", &three, style)),
        ("cdf-empty", latency_cdf("Latency of silence", &[], style)),
        ("degrees", degree_histogram(&degrees, style)),
        ("degrees-heavy", degree_histogram(&heavy, style)),
        ("degrees-empty", degree_histogram(&DegreeView::default(), style)),
    ]
}

/// Draws every sample; where a folder is named by the environment, also writes them.
#[test]
fn samples_are_drawn() {
    let folder = std::env::var_os("FLOODNET_PICTURES").map(std::path::PathBuf::from);
    let only = std::env::var("FLOODNET_PICTURES_ONLY").unwrap_or_default();
    // Without a folder nobody looks: small samples are enough.
    let most = if folder.is_some() { usize::MAX } else { 1000 };
    let themes = [("", Theme::Light), ("-dark", Theme::Dark)];
    let mut times = String::new();
    for (suffix, theme) in themes {
        let style = Style { theme, vector: true, ..Style::default() };
        let mut pictures = charts(&style);
        for (name, view) in topologies() {
            if view.nodes.len() <= most && name.contains(&only) {
                let start = std::time::Instant::now();
                pictures.push((name, topology(&view, &style)));
                times += &format!("{name}{suffix}: {} ms\n", start.elapsed().as_millis());
            }
        }
        for (name, picture) in pictures.iter().filter(|(name, _)| name.contains(&only)) {
            let bytes = picture.to_png();
            assert!(bytes.len() > 2000, "{name} is empty");
            if let Some(folder) = &folder {
                std::fs::write(folder.join(format!("{name}{suffix}.png")), bytes).expect("a writable folder");
                let svg = picture.to_svg().expect("it was asked for");
                std::fs::write(folder.join(format!("{name}{suffix}.svg")), svg).expect("a writable folder");
            }
        }
    }
    if let Some(folder) = &folder {
        std::fs::write(folder.join("times.txt"), times).expect("a writable folder");
    }
}
