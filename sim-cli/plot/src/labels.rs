//! Names beside what they name, so that none lies over another.

use super::canvas::Point;

/// A rectangle in pixels: left, upper, right and lower edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Frame {
    /// The smallest that holds two corners, and `room` around them.
    pub(super) fn around((x0, y0): Point, (x1, y1): Point, room: f32) -> Self {
        Self {
            left: x0.min(x1) - room,
            top: y0.min(y1) - room,
            right: x0.max(x1) + room,
            bottom: y0.max(y1) + room,
        }
    }

    /// How many pixels both cover.
    fn common(&self, other: &Self) -> f32 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        across.max(0.0) * down.max(0.0)
    }

    fn size(&self) -> f32 {
        (self.right - self.left).max(0.0) * (self.bottom - self.top).max(0.0)
    }

    /// How many of its pixels are outside of `other`.
    fn outside(&self, other: &Self) -> f32 {
        self.size() - self.common(other)
    }

    /// The point of it that is nearest to `point`.
    pub(super) fn nearest(&self, (x, y): Point) -> Point {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }
}

/// Distances of a name from its point that are tried, the nearest first.
const DISTANCES: [f32; 7] = [13.0, 24.0, 38.0, 56.0, 78.0, 104.0, 134.0];

/// Where names of these sizes stand beside their points, within `room` and off `taken`: the nearest free place, or else
/// the one that covers least. In the order of the points.
pub(super) fn place(named: &[(Point, (f32, f32))], taken: &[Frame], room: Frame) -> Vec<Frame> {
    let mut taken = taken.to_vec();
    let mut placed = vec![None; named.len()];
    // Those at the edges have the least choice: from the right to the left.
    let mut order: Vec<usize> = (0..named.len()).collect();
    order.sort_by(|&one, &other| named[other].0.0.total_cmp(&named[one].0.0));
    for at in order {
        let (point, size) = named[at];
        let cost = |frame: &Frame| {
            let over: f32 = taken.iter().map(|other| frame.common(other)).sum();
            over + 3.0 * frame.outside(&room)
        };
        let mut best: Option<(f32, Frame)> = None;
        for frame in candidates(point, size) {
            let cost = cost(&frame);
            if best.is_none_or(|(least, _)| cost < least - 1e-3) {
                best = Some((cost, frame));
            }
        }
        if let Some((_, frame)) = best {
            taken.push(frame);
            placed[at] = Some(frame);
        }
    }
    let nowhere = |at: usize| Frame::around(named[at].0, named[at].0, 0.0);
    placed.into_iter().enumerate().map(|(at, frame)| frame.unwrap_or_else(|| nowhere(at))).collect()
}

/// Places around a point, the best first: right, left, above, below, and between.
fn candidates((x, y): Point, (width, height): (f32, f32)) -> impl Iterator<Item = Frame> {
    let slopes = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, -1.0),
        (0.0, 1.0),
        (1.0, -1.0),
        (-1.0, -1.0),
        (1.0, 1.0),
        (-1.0, 1.0),
    ];
    DISTANCES.into_iter().flat_map(move |far| {
        slopes.map(|(across, down): (f32, f32)| {
            let slant = if across != 0.0 && down != 0.0 { 0.71 } else { 1.0 };
            let middle = (x + across * (far * slant + width / 2.0), y + down * (far * slant + height / 2.0));
            let corner = (middle.0 - width / 2.0, middle.1 - height / 2.0);
            Frame::around(corner, (corner.0 + width, corner.1 + height), 0.0)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::rng::NodeRng;

    #[test]
    fn names_lie_over_nothing_where_there_is_room() {
        let room = Frame { left: 0.0, top: 0.0, right: 600.0, bottom: 360.0 };
        for seed in 0..200 {
            let mut rng = NodeRng::new(seed);
            let mut point = || (f32::from(rng.below(600) as u16), f32::from(rng.below(360) as u16));
            let named: Vec<(Point, (f32, f32))> = (0..6).map(|_| (point(), (110.0, 16.0))).collect();
            let dots: Vec<Frame> = named.iter().map(|(at, _)| Frame::around(*at, *at, 6.0)).collect();
            let placed = place(&named, &dots, room);
            for (at, frame) in placed.iter().enumerate() {
                let others = placed[..at].iter().chain(&dots);
                let over: f32 = others.map(|other| frame.common(other)).sum();
                assert!(over < 1.0 && frame.outside(&room) < 1.0, "{seed}: {frame:?} covers {over}");
            }
        }
    }

    #[test]
    fn names_of_one_place_stand_around_it() {
        let room = Frame { left: 0.0, top: 0.0, right: 900.0, bottom: 400.0 };
        let named = [((400.0, 200.0), (90.0, 16.0)); 8];
        let placed = place(&named, &[Frame::around((400.0, 200.0), (400.0, 200.0), 7.0)], room);
        for (at, frame) in placed.iter().enumerate() {
            assert!(placed[..at].iter().all(|other| frame.common(other) == 0.0), "{placed:?}");
        }
    }
}
