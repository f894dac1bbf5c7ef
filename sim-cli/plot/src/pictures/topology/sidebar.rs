//! What stands beside a graph: the meaning of colors, sizes and lines, and the nodes without a link.

use super::{ColorBy, Fill, LABELED, NodeView, SIZE, Scene, draw_node, label, origin};
use crate::canvas::{Canvas, MARGIN, Pen, Point};
use crate::color::Rgb;
use crate::format;
use crate::text::Anchor;

const LEFT: f32 = 1290.0;
const RIGHT: f32 = SIZE.0 as f32 - MARGIN;
const TEXT: f32 = 20.0;
/// Height of one entry in pixels.
const ROW: f32 = 34.0;
/// Most entries of one legend.
const ENTRIES: usize = 8;
/// Lower edge of the trays in pixels.
const BOTTOM: f32 = 1150.0;

/// Draws the whole side, from the top: colors, sizes, lines, trays.
pub(super) fn draw(canvas: &mut Canvas, scene: &Scene<'_>, radius: f32) {
    let mut y = 160.0;
    if !scene.components.is_empty() {
        y = match scene.view.color_by {
            ColorBy::Component => components(canvas, scene, y),
            ColorBy::Hop => hops(canvas, scene, y),
            ColorBy::Group => groups(canvas, scene, y),
        };
        y = sizes(canvas, scene, radius, y + 18.0);
        y = lines(canvas, scene, y + 18.0);
    }
    trays(canvas, scene, y + 18.0);
}

/// The head of a section, with what the numbers at the right edge count.
fn head(canvas: &mut Canvas, text: &str, unit: &str, y: f32) -> f32 {
    canvas.write(canvas.bold(TEXT), text, (LEFT, y), Anchor::Left);
    canvas.write(canvas.quiet(TEXT), unit, (RIGHT, y), Anchor::Right);
    y + ROW
}

/// A colored disc with its meaning, and a number at the right edge.
fn entry(canvas: &mut Canvas, y: f32, fill: Fill, text: &str, number: &str) -> f32 {
    draw_node(canvas, (LEFT + 10.0, y - 7.0), 9.0, fill);
    row(canvas, y, text, number)
}

fn row(canvas: &mut Canvas, y: f32, text: &str, number: &str) -> f32 {
    canvas.write(canvas.quiet(TEXT), text, (LEFT + 32.0, y), Anchor::Left);
    canvas.write(canvas.face(TEXT), number, (RIGHT, y), Anchor::Right);
    y + ROW
}

fn components(canvas: &mut Canvas, scene: &Scene<'_>, y: f32) -> f32 {
    let mut y = head(canvas, "Component", "nodes", y);
    // Colors repeat after the last: only as many entries as there are different ones.
    let shown = scene.components.len().min(canvas.palette.others.len() + 1);
    for (rank, members) in scene.components.iter().enumerate().take(shown) {
        let name = match rank {
            0 => "largest".to_owned(),
            1 => "2nd".to_owned(),
            2 => "3rd".to_owned(),
            rank => format!("{}th", rank + 1),
        };
        let color = canvas.palette.category(rank);
        y = entry(canvas, y, Fill::Solid(color), &name, &format::count(members.len() as u64));
    }
    let rest = &scene.components[shown..];
    if !rest.is_empty() {
        let nodes: usize = rest.iter().map(Vec::len).sum();
        let name = format!("{} more", format::count(rest.len() as u64));
        y = row(canvas, y, &name, &format::count(nodes as u64));
    }
    y
}

fn hops(canvas: &mut Canvas, scene: &Scene<'_>, y: f32) -> f32 {
    let mut y = head(canvas, "Hops to delivery", "nodes", y);
    let reached = |matches: &dyn Fn(u16) -> bool| -> String {
        let linked = |&(node, view): &(usize, &NodeView)| {
            !scene.graph.of(node).is_empty() && view.hop.is_some_and(matches)
        };
        format::count(scene.view.nodes.iter().enumerate().filter(linked).count() as u64)
    };
    origin(canvas, (LEFT + 10.0, y - 7.0), 6.0);
    y = row(canvas, y, "origin", &reached(&|hop| hop == 0));
    // Beyond a few, neighboring numbers share an entry.
    let width = usize::from(scene.farthest).div_ceil(ENTRIES + 2).max(1) as u16;
    let mut first = 1;
    while first <= scene.farthest {
        let last = (first + (width - 1)).min(scene.farthest);
        let name = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let color = scene.hop_color(canvas, first + (last - first) / 2);
        y = entry(canvas, y, Fill::Solid(color), &name, &reached(&|hop| (first..=last).contains(&hop)));
        let Some(next) = last.checked_add(1) else { break };
        first = next;
    }
    unknown(canvas, scene, y, "not reached", |view| view.hop.is_none())
}

fn groups(canvas: &mut Canvas, scene: &Scene<'_>, y: f32) -> f32 {
    let mut y = head(canvas, "Group", "nodes", y);
    let mut sizes = std::collections::BTreeMap::<u16, u64>::new();
    let linked = |&(node, _): &(usize, &NodeView)| !scene.graph.of(node).is_empty();
    for (_, view) in scene.view.nodes.iter().enumerate().filter(linked) {
        *sizes.entry(view.group.unwrap_or(u16::MAX)).or_default() += u64::from(view.group.is_some());
    }
    sizes.retain(|_, count| *count > 0);
    for (group, count) in sizes.iter().take(ENTRIES) {
        let color = canvas.palette.category((*group).into());
        let name = scene.view.group_names.get(usize::from(*group)).cloned();
        let name = name.unwrap_or_else(|| format!("group {group}"));
        y = entry(canvas, y, Fill::Solid(color), &name, &format::count(*count));
    }
    if sizes.len() > ENTRIES {
        let rest = sizes.values().skip(ENTRIES).sum();
        y = row(canvas, y, &format!("{} more", sizes.len() - ENTRIES), &format::count(rest));
    }
    unknown(canvas, scene, y, "in no group", |view| view.group.is_none())
}

/// The entry of linked nodes of which the colored property is not known.
fn unknown(canvas: &mut Canvas, scene: &Scene<'_>, y: f32, name: &str, is: fn(&NodeView) -> bool) -> f32 {
    let linked = |&(node, view): &(usize, &NodeView)| !scene.graph.of(node).is_empty() && is(view);
    let count = scene.view.nodes.iter().enumerate().filter(linked).count();
    if count == 0 {
        return y;
    }
    entry(canvas, y, scene.hollow(canvas), name, &format::count(count as u64))
}

/// What the size of a node means.
fn sizes(canvas: &mut Canvas, scene: &Scene<'_>, radius: f32, y: f32) -> f32 {
    let degrees = || (0..scene.graph.len()).map(|node| scene.graph.of(node).len()).filter(|&d| d > 0);
    let (least, most) = (degrees().min().unwrap_or(1), degrees().max().unwrap_or(1));
    let y = head(canvas, "Degree", "", y);
    let middle = (scene.usual.round() as usize).clamp(least, most);
    let mut shown = vec![least, middle, most];
    shown.dedup();
    let unit = radius.clamp(5.0, 9.0);
    let mut x = LEFT;
    for degree in shown {
        let size = scene.radius(degree, unit);
        draw_node(canvas, (x + size, y - 7.0), size, Fill::Solid(canvas.palette.muted));
        let text = format::count(degree as u64);
        x += 2.0 * size + 9.0;
        canvas.write(canvas.quiet(TEXT), &text, (x, y), Anchor::Left);
        x += canvas.quiet(TEXT).width(&text) + 22.0;
    }
    y + ROW
}

/// What the lines mean, where there is more than one kind.
fn lines(canvas: &mut Canvas, scene: &Scene<'_>, y: f32) -> f32 {
    if scene.view.cut.is_empty() {
        return y - 18.0;
    }
    let mut y = head(canvas, "Links", "", y);
    let cut = format::count(scene.view.cut.len() as u64);
    let whole = format::count(scene.links as u64);
    let pens = [
        (Pen::new(canvas.palette.muted, 2.0), "carrying", whole),
        (Pen::new(canvas.palette.alarm, 2.0).dashed(6.0, 5.0), "cut or half-open", cut),
    ];
    for (pen, text, number) in pens {
        canvas.line((LEFT, y - 7.0), (LEFT + 22.0, y - 7.0), pen);
        y = row(canvas, y, text, &number);
    }
    y
}

/// Draws the nodes without a link, one mark each as far as there is room.
fn trays(canvas: &mut Canvas, scene: &Scene<'_>, y: f32) {
    let (alarm, absent) = (canvas.palette.alarm, canvas.palette.absent);
    let kinds =
        [("Isolated", &scene.isolated, alarm, true), ("Never joined", &scene.unjoined, absent, false)];
    let labeled = scene.up() <= LABELED;
    let pitch = if labeled { 40.0 } else { 22.0 };
    let mut y = y;
    let full = kinds.iter().filter(|kind| !kind.1.is_empty()).count();
    for (place, (name, nodes, color, strong)) in
        kinds.into_iter().filter(|kind| !kind.1.is_empty()).enumerate()
    {
        // Each kind gets an equal part of the height that is left.
        let share = (BOTTOM - y) / (full - place) as f32;
        let mut face = canvas.bold(TEXT);
        face.color = if strong { color } else { canvas.palette.muted };
        canvas.write(
            face,
            &format!("{name}: {}", format::count(nodes.len() as u64)),
            (LEFT, y),
            Anchor::Left,
        );
        let columns = ((RIGHT - LEFT) / pitch) as usize;
        let rows = (((share - 70.0) / pitch) as usize).max(1);
        let shown = nodes.len().min(columns * rows);
        y += 10.0;
        for (index, &node) in nodes.iter().take(shown).enumerate() {
            let x = LEFT + (index % columns) as f32 * pitch + pitch / 2.0;
            let at = (x, y + (index / columns) as f32 * pitch + pitch / 2.0);
            lonely(canvas, at, 0.36 * pitch, color, strong);
            if labeled {
                label(canvas, at, Fill::Hollow(color), scene.view.nodes[node as usize].slot);
            }
        }
        y += shown.div_ceil(columns) as f32 * pitch + 26.0;
        if shown < nodes.len() {
            let text = format!("and {} more", format::count((nodes.len() - shown) as u64));
            canvas.write(canvas.quiet(TEXT - 2.0), &text, (LEFT, y - 4.0), Anchor::Left);
            y += 24.0;
        }
        y += 16.0;
    }
}

/// A ring: strong for what is wrong, faint for what takes no part.
fn lonely(canvas: &mut Canvas, at: Point, radius: f32, color: Rgb, strong: bool) {
    let width = if strong { 3.0 } else { 1.6 };
    canvas.ring(at, radius - width / 2.0, Pen::new(color, width));
}
