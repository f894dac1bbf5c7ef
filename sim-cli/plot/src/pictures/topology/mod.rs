//! The graph at one time.

mod sidebar;

use crate::canvas::{Canvas, Pen, Picture, Point};
use crate::color::Rgb;
use crate::density::Density;
use crate::graph::Adjacency;
use crate::layout::{Layout, growth, layout};
use crate::place::is_coarse;
use crate::text::Anchor;
use crate::{Style, format};

/// Width and height of the picture.
pub(super) const SIZE: (u32, u32) = (1600, 1200);
/// Left, top, right and bottom edge of the graph's area.
const AREA: [f32; 4] = [60.0, 140.0, 1240.0, 1150.0];
/// Up to this many nodes carry the number of their slot.
pub(super) const LABELED: usize = 60;
/// Up to this many links are single strokes, more become shades.
const STROKES: usize = 1500;
/// Most links drawn; of more, every k-th is, and the caption says so.
const DRAWN: usize = 600_000;

/// State of a node at the time of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Up, and has held a link since it came up. Without a link now, it is isolated.
    Joined,
    /// Up, but never held a link.
    Unjoined,
    /// The node is down, so it is left out of the picture.
    Down,
}

/// One slot as the picture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Number of the slot, shown in small pictures.
    pub slot: u32,
    /// State of the slot at this time.
    pub state: NodeState,
    /// Hops that a message took to it; 0 at the origin, none where it did not arrive.
    pub hop: Option<u16>,
    /// Its side of an imposed partition, its region, or whether it is hostile.
    pub group: Option<u16>,
}

/// What the colors of nodes mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorBy {
    /// Nodes of one component share a color; the largest has the first.
    #[default]
    Component,
    /// Nodes are colored by [`NodeView::hop`].
    Hop,
    /// Nodes are colored by [`NodeView::group`].
    Group,
}

/// What a picture of the graph shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyView {
    /// Title, written above the picture.
    pub title: String,
    /// Simulated time of the graph in seconds.
    pub time_s: f64,
    /// All slots of the run.
    pub nodes: Vec<NodeView>,
    /// Links as pairs of indices into `nodes`. They make the components. Pairs that repeat, name a node
    /// twice, are out of range or end at a node that is down are left out.
    pub links: Vec<(u32, u32)>,
    /// Links that carry nothing: held by one end only, or cut by a fault. Drawn apart, without a part in
    /// components and degrees.
    pub cut: Vec<(u32, u32)>,
    /// Meaning of the colors of nodes.
    pub color_by: ColorBy,
    /// What the groups are called, by number; one without a name goes by its number.
    pub group_names: Vec<String>,
    /// The layout of an earlier picture of the same slots, to be kept. A node that it does not know is
    /// put among its neighbors.
    pub layout: Option<Layout>,
}

impl TopologyView {
    /// Lays the graph out as [`topology()`] does without a [`TopologyView::layout`]. For several pictures of
    /// one graph, so that it is done once.
    #[must_use]
    pub fn lay_out(&self) -> Layout {
        Scene::new(self).lay_out()
    }
}

/// What is shown, sorted out.
pub(super) struct Scene<'a> {
    pub(super) view: &'a TopologyView,
    pub(super) graph: Adjacency,
    /// Components of two nodes or more, largest first.
    pub(super) components: Vec<Vec<u32>>,
    /// For each node its component's rank.
    rank: Vec<Option<usize>>,
    /// Joined nodes without a link.
    pub(super) isolated: Vec<u32>,
    /// Nodes that are up but never joined.
    pub(super) unjoined: Vec<u32>,
    /// Number of links in the graph.
    pub(super) links: usize,
    /// Mean degree of nodes with a link.
    pub(super) usual: f32,
    /// Greatest number of hops of any node.
    pub(super) farthest: u16,
}

impl<'a> Scene<'a> {
    fn new(view: &'a TopologyView) -> Self {
        let up = |node: u32| view.nodes.get(node as usize).is_some_and(|node| node.state != NodeState::Down);
        let valid = |&&(a, b): &&(u32, u32)| up(a) && up(b);
        let links: Vec<(u32, u32)> = view.links.iter().filter(valid).copied().collect();
        let graph = Adjacency::new(view.nodes.len(), &links);
        let components = graph.components();
        let mut rank = vec![None; view.nodes.len()];
        for (place, members) in components.iter().enumerate() {
            for &node in members {
                rank[node as usize] = Some(place);
            }
        }
        let alone = |state: NodeState| -> Vec<u32> {
            let nodes = view.nodes.iter().zip(0u32..).filter(|(node, _)| node.state == state);
            nodes.map(|(_, index)| index).filter(|&index| graph.of(index as usize).is_empty()).collect()
        };
        let (isolated, unjoined) = (alone(NodeState::Joined), alone(NodeState::Unjoined));
        let farthest = view.nodes.iter().filter_map(|node| node.hop).max().unwrap_or(0);
        let (links, usual) = (graph.links().count(), graph.mean_degree());
        Self { view, graph, components, rank, isolated, unjoined, links, usual, farthest }
    }

    fn lay_out(&self) -> Layout {
        let [left, top, right, bottom] = AREA;
        let links: Vec<(u32, u32)> = self.graph.links().map(|(a, b)| (a as u32, b as u32)).collect();
        layout(self.graph.len(), &links, (right - left) / (bottom - top))
    }

    /// Number of nodes that are up.
    pub(super) fn up(&self) -> usize {
        self.view.nodes.iter().filter(|node| node.state != NodeState::Down).count()
    }

    /// The color of a node; none where what colors mean is not known of it.
    fn color(&self, canvas: &Canvas, node: usize) -> Option<Rgb> {
        let palette = &canvas.palette;
        let NodeView { hop, group, .. } = self.view.nodes[node];
        match self.view.color_by {
            ColorBy::Component => self.rank[node].map(|rank| palette.category(rank)),
            ColorBy::Hop => hop.map(|hop| self.hop_color(canvas, hop)),
            ColorBy::Group => group.map(|group| palette.category(group.into())),
        }
    }

    /// The color of a number of hops; the origin has that of the ink.
    pub(super) fn hop_color(&self, canvas: &Canvas, hop: u16) -> Rgb {
        match hop {
            0 => canvas.palette.ink,
            hop => {
                let steps = f32::from(self.farthest.max(2) - 1);
                canvas.palette.sequential(f32::from(hop - 1) / steps)
            }
        }
    }

    /// How large a node of this degree is, where one of usual degree is `radius`.
    pub(super) fn radius(&self, degree: usize, radius: f32) -> f32 {
        radius * growth(degree, self.usual)
    }

    /// How a node is filled: hollow where what colors mean is not known of it, red if that is a message
    /// that it did not get.
    pub(super) fn fill(&self, canvas: &Canvas, node: usize) -> Fill {
        match self.color(canvas, node) {
            Some(color) => Fill::Solid(color),
            None => self.hollow(canvas),
        }
    }

    /// The mark of a node of which nothing is known.
    pub(super) fn hollow(&self, canvas: &Canvas) -> Fill {
        let hop = self.view.color_by == ColorBy::Hop;
        Fill::Hollow(if hop { canvas.palette.alarm } else { canvas.palette.absent })
    }
}

/// How a node's disc is filled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// With this color.
    Solid(Rgb),
    /// With the background's, and a rim of this color.
    Hollow(Rgb),
}

/// Draws the graph at one time: 1600 by 1200 pixels. Components lie apart from each other; nodes without
/// a link stand at the side.
#[must_use]
pub fn topology(view: &TopologyView, style: &Style) -> Picture {
    let mut canvas = Canvas::of(SIZE, style);
    let scene = Scene::new(view);
    canvas.heading(&view.title, &caption(&scene));
    let (points, spacing) = places(&scene);
    // Nodes take half of the room that the layout gives them, or there would be none for links.
    let radius = (0.24 * spacing).clamp(0.55, if scene.up() <= LABELED { 17.0 } else { 11.0 });
    draw_cut(&mut canvas, view, &points);
    draw_links(&mut canvas, &scene, &points);
    draw_nodes(&mut canvas, &scene, &points, radius);
    if scene.components.is_empty() {
        let middle = ((AREA[0] + AREA[2]) / 2.0, (AREA[1] + AREA[3]) / 2.0);
        let why = if scene.up() == 0 { "no node is up" } else { "no links" };
        canvas.write(canvas.quiet(28.0), why, middle, Anchor::Center);
    }
    sidebar::draw(&mut canvas, &scene, radius);
    canvas.finish()
}

fn caption(scene: &Scene<'_>) -> String {
    let number = |value: usize| format::count(value as u64);
    let mut parts = vec![
        format!("t = {}", format::clock(scene.view.time_s)),
        format!("{} up", format::plural(scene.up(), "node")),
        format::plural(scene.links, "link"),
    ];
    // As everywhere: an isolated node is a component by itself.
    let count = scene.components.len() + scene.isolated.len();
    if count > 0 {
        let alone = scene.isolated.iter().map(|_| 1);
        let sizes = scene.components.iter().map(Vec::len).chain(alone).take(4);
        let sizes: Vec<String> = sizes.map(number).collect();
        let dots = if count > 4 { ", …" } else { "" };
        parts.push(format!("{} ({}{dots})", format::plural(count, "component"), sizes.join(", ")));
    }
    parts.push(format!("{} isolated", number(scene.isolated.len())));
    parts.push(format!("{} never joined", number(scene.unjoined.len())));
    if scene.components.first().is_some_and(|c| is_coarse(c.len())) {
        parts.push("coarse layout".to_owned());
    }
    if scene.links > DRAWN {
        parts.push(format!("one link in {} drawn", scene.links.div_ceil(DRAWN)));
    }
    parts.join("  ·  ")
}

/// For each node its pixel, none for those without a link, and the usual distance of two in pixels.
fn places(scene: &Scene<'_>) -> (Vec<Option<Point>>, f32) {
    let [left, top, right, bottom] = AREA;
    let (width, height) = (right - left, bottom - top);
    let nodes = scene.graph.len();
    let fresh;
    let layout = match &scene.view.layout {
        Some(layout) => layout,
        None => {
            fresh = scene.lay_out();
            &fresh
        }
    };
    let known = |node: usize| layout.positions.get(node).copied().flatten();
    let among = |node: usize| {
        let neighbors: Vec<Point> = scene.graph.of(node).iter().filter_map(|&n| known(n as usize)).collect();
        let count = neighbors.len().max(1) as f32;
        let sum = neighbors.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        if neighbors.is_empty() { (0.5, 0.5) } else { (sum.0 / count, sum.1 / count) }
    };
    let place = |node: usize| {
        scene.rank[node]?;
        let (x, y) = known(node).unwrap_or_else(|| among(node));
        Some((left + x.clamp(0.0, 1.0) * width, top + y.clamp(0.0, 1.0) * height))
    };
    ((0..nodes).map(place).collect(), layout.spacing * height)
}

/// The color of a link's end: that of its node, softened.
fn link_color(canvas: &Canvas, scene: &Scene<'_>, node: usize) -> Rgb {
    let color = scene.color(canvas, node).unwrap_or(canvas.palette.absent);
    color.mix(canvas.palette.absent, 0.35)
}

fn draw_links(canvas: &mut Canvas, scene: &Scene<'_>, points: &[Option<Point>]) {
    let ends = |(a, b): (usize, usize)| Some((a, b, points[a]?, points[b]?));
    if scene.links <= STROKES {
        let share = scene.links as f32 / STROKES as f32;
        for (a, _, from, to) in scene.graph.links().filter_map(ends) {
            let pen = Pen::new(link_color(canvas, scene, a), 2.4 - 1.1 * share.sqrt());
            canvas.line(from, to, pen.alpha(0.75 - 0.25 * share));
        }
        return;
    }
    let mut density = Density::new(SIZE.0, SIZE.1);
    let colors: Vec<Rgb> = (0..points.len()).map(|node| link_color(canvas, scene, node)).collect();
    for (a, b, from, to) in scene.graph.links().step_by(scene.links.div_ceil(DRAWN)).filter_map(ends) {
        density.line((from, colors[a]), (to, colors[b]));
    }
    density.lay_over(canvas, 0.55);
}

/// Links that carry nothing: broken red strokes, or a red shade where there are many.
fn draw_cut(canvas: &mut Canvas, view: &TopologyView, points: &[Option<Point>]) {
    let place = |node: u32| points.get(node as usize).copied().flatten();
    let ends = |&(a, b): &(u32, u32)| Some((place(a)?, place(b)?));
    let color = canvas.palette.alarm;
    if view.cut.len() <= 300 {
        // Fainter the more there are: the gap that they cross must stay a gap.
        let share = view.cut.len() as f32 / 300.0;
        let pen = Pen::new(color, 1.8 - 0.7 * share).alpha(0.8 - 0.5 * share.sqrt()).dashed(8.0, 7.0);
        for (from, to) in view.cut.iter().filter_map(ends) {
            canvas.line(from, to, pen);
        }
        return;
    }
    let mut density = Density::new(SIZE.0, SIZE.1);
    for (from, to) in view.cut.iter().step_by(view.cut.len().div_ceil(DRAWN)).filter_map(ends) {
        density.line((from, color), (to, color));
    }
    density.lay_over(canvas, 0.3);
}

fn draw_nodes(canvas: &mut Canvas, scene: &Scene<'_>, points: &[Option<Point>], usual: f32) {
    let labeled = scene.up() <= LABELED;
    for (node, point) in points.iter().enumerate() {
        let Some(point) = *point else { continue };
        let radius = scene.radius(scene.graph.of(node).len(), usual).max(if labeled { 15.0 } else { 0.55 });
        let fill = scene.fill(canvas, node);
        draw_node(canvas, point, radius, fill);
        if labeled {
            label(canvas, point, fill, scene.view.nodes[node].slot);
        }
    }
    // The origin last, so that nothing hides it.
    if scene.view.color_by == ColorBy::Hop {
        for (view, point) in scene.view.nodes.iter().zip(points) {
            if let (Some(0), Some(point)) = (view.hop, point) {
                origin(canvas, *point, (usual * 1.6).max(7.0));
                if labeled {
                    label(canvas, *point, Fill::Solid(canvas.palette.ink), view.slot);
                }
            }
        }
    }
}

/// A disc with a rim of the background's color, so that it stands out from links.
pub(super) fn draw_node(canvas: &mut Canvas, point: Point, radius: f32, fill: Fill) {
    let background = canvas.palette.background;
    if radius > 2.0 {
        canvas.disc(point, radius + (0.18 * radius).clamp(0.6, 2.0), background, 1.0);
    }
    match fill {
        Fill::Solid(color) => canvas.disc(point, radius, color, 1.0),
        // Too small for a hole.
        Fill::Hollow(color) if radius < 3.0 => canvas.disc(point, radius + 0.4, color, 1.0),
        Fill::Hollow(color) => {
            let width = (0.35 * radius).min(2.5);
            canvas.disc(point, radius, background, 1.0);
            canvas.ring(point, radius - width / 2.0, Pen::new(color, width));
        }
    }
}

/// The mark of a message's origin.
pub(super) fn origin(canvas: &mut Canvas, point: Point, radius: f32) {
    canvas.disc(point, radius + 5.0, canvas.palette.background, 1.0);
    canvas.ring(point, radius + 3.0, Pen::new(canvas.palette.ink, 2.0));
    canvas.disc(point, radius, canvas.palette.ink, 1.0);
}

/// A slot's number on its node.
pub(super) fn label(canvas: &mut Canvas, (x, y): Point, on: Fill, slot: u32) {
    let text = slot.to_string();
    let mut face = canvas.bold(14.0).fitting(&text, 28.0);
    face.color = match on {
        Fill::Solid(color) if color.is_bright() => Rgb(20, 26, 33),
        Fill::Solid(_) => Rgb(255, 255, 255),
        Fill::Hollow(_) => canvas.palette.ink,
    };
    canvas.write(face, &text, (x, y + 5.0), Anchor::Center);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{joined, overlay};

    fn draw(view: &TopologyView) -> Picture {
        topology(view, &Style::default())
    }

    fn count(picture: &Picture, color: [u8; 3]) -> usize {
        picture.rgb().chunks(3).filter(|pixel| *pixel == color).count()
    }

    #[test]
    fn every_input_gives_a_picture() {
        let down = vec![NodeView { state: NodeState::Down, ..joined(0) }; 3];
        let cases = [
            TopologyView::default(),
            TopologyView { nodes: vec![joined(0)], time_s: f64::NAN, ..TopologyView::default() },
            TopologyView { nodes: down, links: vec![(0, 1)], ..TopologyView::default() },
            TopologyView {
                nodes: vec![joined(0), joined(u32::MAX)],
                links: vec![(0, 1), (1, 1), (7, 0)],
                cut: vec![(0, 1), (9, 9)],
                ..TopologyView::default()
            },
        ];
        for case in cases {
            for color_by in [ColorBy::Component, ColorBy::Hop, ColorBy::Group] {
                let view = TopologyView { color_by, ..case.clone() };
                let picture = draw(&view);
                assert_eq!((picture.width(), picture.height()), SIZE);
            }
        }
    }

    #[test]
    fn the_caption_says_what_is_left_out() {
        let nodes = 40_000;
        let mut view = overlay(1, nodes, 2);
        let caption_of = |view: &TopologyView| caption(&Scene::new(view));
        assert!(caption_of(&view).contains("coarse layout"), "{}", caption_of(&view));
        assert!(!caption_of(&view).contains("drawn"), "{}", caption_of(&view));
        view.links = (1..=20).flat_map(|step| (0..nodes).map(move |a| (a, (a + step) % nodes))).collect();
        assert!(caption_of(&view).contains("one link in 2 drawn"), "{}", caption_of(&view));
        assert!(!caption_of(&overlay(1, 100, 4)).contains("coarse"));
    }

    #[test]
    fn the_same_data_is_the_same_picture() {
        let view = overlay(1, 300, 5);
        assert_eq!(draw(&view).to_png(), draw(&view).to_png());
    }

    #[test]
    fn isolated_nodes_are_red_and_only_they() {
        let mut view = overlay(1, 40, 4);
        let red = [208, 28, 28];
        let before = count(&draw(&view), red);
        view.nodes.push(joined(40));
        let after = count(&draw(&view), red);
        assert_eq!(before, 0);
        assert!(after > 40, "{after} red pixels");
        // The numbers of the summary: who is isolated is a component too.
        view.nodes.push(joined(41));
        let caption = caption(&Scene::new(&view));
        assert!(caption.contains("3 components (40, 1, 1)  ·  2 isolated"), "{caption}");
    }

    #[test]
    fn nodes_that_are_down_are_left_out() {
        let mut view = overlay(1, 20, 4);
        for node in &mut view.nodes {
            node.state = NodeState::Down;
        }
        let scene = Scene::new(&view);
        assert_eq!((scene.up(), scene.links, scene.components.len()), (0, 0, 0));
        assert!(caption(&scene).contains("0 nodes up"));
    }

    #[test]
    fn a_kept_layout_keeps_places() {
        let mut view = overlay(1, 50, 4);
        let first = layout(50, &view.links, 1.2);
        view.layout = Some(first.clone());
        // A node that the layout does not know, linked to two that it does.
        view.nodes.push(joined(50));
        view.links.extend([(50, 0), (50, 1)]);
        let scene = Scene::new(&view);
        let (points, _) = places(&scene);
        let [left, top, right, bottom] = AREA;
        let (x, y) = first.positions[7].expect("node 7 is linked");
        assert_eq!(points[7], Some((left + x * (right - left), top + y * (bottom - top))));
        let middle = |i: usize| points[i].map_or(0.0, |p| p.0);
        assert!((middle(50) - f32::midpoint(middle(0), middle(1))).abs() < 0.1);
    }
}
